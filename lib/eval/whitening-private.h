/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of the rows that it was fitted to: x ↦ L⁻¹(x − mean), where LLᵀ is their
 * covariance (with a small ridge), or only its diagonal. Cosines and distances
 * of whitened rows are the same for every square root of the covariance. */
typedef struct {
  guint width;
  gboolean full;
  double *mean;   /* [width] */
  double *factor; /* lower triangle of [width, width], or deviations [width] */
} Whitening;

void whitening_fit (
    Whitening *self, const float *rows, guint n, guint width, gboolean full);
void whitening_finish (Whitening *self);

/* Returns: (transfer full): [n, width] */
float *whitening_apply (const Whitening *self, const float *rows, guint n);

G_END_DECLS
