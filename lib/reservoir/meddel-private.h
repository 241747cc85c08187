/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MEDDEL_FARTHEST 0.9 /* ε */
#define MEDDEL_ITERATIONS 50

/* MedDEL (Yang, Tan, Sun, Yan, arXiv:2401.17542, Algorithm 1): of @rows
 * `[n, size]`, embeddings of length 1, clustered into k = √n,
 *
 * 1. those go whose cosine distance 1 − cos from their centroid is more than
 *    @farthest (ε);
 * 2. of two in one cluster with cos > @similar (η) the one farther from the
 *    centroid goes.
 *
 * The printed algorithm also compares a sample with itself and keeps the
 * farther one; both are slips. Here j goes if any nearer i has cos(i, j) > η,
 * whether that goes itself or not, so that never fewer stay with a larger η.
 *
 * @dropped: `[n]` (out) */
void meddel_drop (const gfloat *rows, guint n, guint size, gdouble farthest,
    gdouble similar, gboolean *dropped);

/* k = √n, rounded */
guint meddel_get_n_clusters (guint n);

G_END_DECLS
