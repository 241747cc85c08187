/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoRedundancy:
 * @nearest: mean over the rows of the cosine to the nearest other row
 * @duplicates: pairs of rows with a cosine above the limit
 */
typedef struct {
  gdouble nearest;
  guint64 duplicates;
} VInfoRedundancy;

/**
 * vinfo_redundancy_measure:
 * @rows: (array): [n, width] row-major, embeddings as the encoder leaves them
 * @n: at least 2
 * @width: of a row
 * @centre: (array length=width): subtracted first: the mean of other rows, as
 *   those of one encoder are nearly parallel
 * @limit: cosine above which two rows are near-duplicates
 * @redundancy: (out): the result
 *
 * How much pictures repeat each other.
 */
VINFO_API
void vinfo_redundancy_measure (const gfloat *rows, guint n, guint width,
    const gfloat *centre, gdouble limit, VInfoRedundancy *redundancy);

G_END_DECLS
