/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/spherical-kmeans-private.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define BLOCK 256u /* rows whose cosines are computed at once */

/* Shortest sum that still has a direction. */
#define MIN_LENGTH 1e-6

static guint
find_largest (const gfloat *values, guint n)
{
  guint largest = 0;

  for (guint i = 1; i < n; i++) {
    if (values[i] > values[largest])
      largest = i;
  }
  return largest;
}

/* rows: [n, size]. Returns whether a row moved. */
static gboolean
assign (SphericalKmeans *self, const gfloat *rows, guint n)
{
  g_autofree gfloat *cosines = g_new (gfloat, (gsize)BLOCK * self->k);
  gboolean moved = FALSE;

  for (guint first = 0; first < n; first += BLOCK) {
    guint n_rows = MIN (BLOCK, n - first);

    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n_rows, self->k,
        self->size, 1, rows + (gsize)first * self->size, self->size,
        self->centroids, self->size, 0, cosines, self->k);
    for (guint i = 0; i < n_rows; i++) {
      const gfloat *of_row = cosines + (gsize)i * self->k;
      guint nearest = find_largest (of_row, self->k);

      moved |= self->clusters[first + i] != nearest;
      self->clusters[first + i] = nearest;
      self->nearness[first + i] = of_row[nearest];
    }
  }
  return moved;
}

/* sums: [k, size] */
static void
add_rows (
    const SphericalKmeans *self, const gfloat *rows, guint n, gdouble *sums)
{
  for (guint row = 0; row < n; row++) {
    gdouble *sum = sums + (gsize)self->clusters[row] * self->size;

    for (guint i = 0; i < self->size; i++)
      sum[i] += rows[(gsize)row * self->size + i];
  }
}

static void
move_centroids (SphericalKmeans *self, const gfloat *rows, guint n)
{
  g_autofree gdouble *sums = g_new0 (gdouble, (gsize)self->k * self->size);

  add_rows (self, rows, n, sums);
  for (guint c = 0; c < self->k; c++) {
    const gdouble *sum = sums + (gsize)c * self->size;
    gdouble square = 0;

    for (guint i = 0; i < self->size; i++)
      square += sum[i] * sum[i];
    if (square < MIN_LENGTH * MIN_LENGTH)
      continue;
    for (guint i = 0; i < self->size; i++)
      self->centroids[(gsize)c * self->size + i] = sum[i] / sqrt (square);
  }
}

void
spherical_kmeans_init (SphericalKmeans *self, const gfloat *rows, guint n,
    guint size, guint k, guint iterations)
{
  g_return_if_fail (k > 0 && k <= n && size > 0);

  *self = (SphericalKmeans){
    .k = k,
    .size = size,
    .centroids = g_memdup2 (rows, (gsize)k * size * sizeof (gfloat)),
    .clusters = g_new (guint, n),
    .nearness = g_new (gfloat, n),
  };
  memset (self->clusters, 0xff, n * sizeof (guint)); /* none's */
  for (guint i = 0; assign (self, rows, n) && i < iterations; i++)
    move_centroids (self, rows, n);
}

void
spherical_kmeans_finish (SphericalKmeans *self)
{
  g_clear_pointer (&self->centroids, g_free);
  g_clear_pointer (&self->clusters, g_free);
  g_clear_pointer (&self->nearness, g_free);
}
