/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Clusters of directions (Lloyd's iteration with cosines): each row belongs to
 * the centroid of the largest cosine (of equal ones the first), each centroid
 * is the normalised sum of its rows; one without rows, or whose rows cancel,
 * stays where it was. */
typedef struct {
  guint k;
  guint size;        /* d */
  gfloat *centroids; /* [k, size], of length 1 */
  guint *clusters;   /* [n]: to which a row belongs */
  gfloat *nearness;  /* [n]: cosine of a row and its centroid */
} SphericalKmeans;

/* Starts at the first @k of @rows `[n, size]` (of length 1), and ends where
 * nothing moves any more, or after @iterations. */
void spherical_kmeans_init (SphericalKmeans *kmeans, const gfloat *rows,
    guint n, guint size, guint k, guint iterations);
void spherical_kmeans_finish (SphericalKmeans *kmeans);

G_END_DECLS
