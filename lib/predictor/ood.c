/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Out-of-distribution statistics of embeddings φ:
 *   mahalanobis  s = min_c (φ − μ_c)ᵀ Σ⁻¹ (φ − μ_c), Σ pooled within classes
 *   relative     s minus the same under one Gaussian for all
 *   maha++       s of φ/‖φ‖, with means and Σ of those
 *   knn          ‖φ/‖φ‖ − its k-th nearest neighbour‖
 * There are no labels: classes are the clusters of an online k-means. */
#include "predictor/ood-private.h"

#include <math.h>
#include <string.h>

#include "nn/random-private.h"
#include "predictor/direction-private.h"

#define ORDER_STREAM 0x6f6f6420 /* "ood " */

/* The panel comes in order of time; classes shall not start in its first
 * scene. The order depends on n alone, so statistics repeat. */
static float *
shuffle_rows (const float *embeddings, guint n, guint width)
{
  NnRandom random = { .seed = n, .stream = ORDER_STREAM };
  g_autofree guint *order = g_new0 (guint, n);
  float *rows = g_new (float, (gsize)n *width);

  for (guint i = 0; i < n; i++) {
    guint j = nn_random_below (&random, i + 1);

    order[i] = order[j];
    order[j] = i;
  }
  for (guint i = 0; i < n; i++)
    memcpy (rows + (gsize)i * width, embeddings + (gsize)order[i] * width,
        width * sizeof *rows);
  return rows;
}

static gboolean
all_finite (const float *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (values[i]))
      return FALSE;
  return TRUE;
}

Ood *
ood_new (const float *embeddings, guint n, guint width)
{
  guint n_classes = CLAMP (n / OOD_PER_CLASS, OOD_MIN_CLASSES, OOD_MAX_CLASSES);
  gboolean full = n >= 2 * width;
  g_autofree float *rows = NULL;
  Ood *self;

  if (n < OOD_MIN || !all_finite (embeddings, (gsize)n * width))
    return NULL;
  rows = shuffle_rows (embeddings, n, width);
  self = g_new0 (Ood, 1);
  self->ref_count = 1;
  self->width = width;
  self->n = n;
  gaussians_fit (
      &self->classes, rows, n, width, n_classes, full, OOD_SHRINKAGE);
  gaussians_fit (&self->whole, rows, n, width, 1, full, OOD_SHRINKAGE);

  for (guint i = 0; i < n; i++)
    direction_of (rows + (gsize)i * width, width, rows + (gsize)i * width);
  gaussians_fit (
      &self->directions, rows, n, width, n_classes, full, OOD_SHRINKAGE);
  self->n_neighbours = MIN (n, MAX (2 * width, OOD_MIN_BANK));
  self->neighbours
      = g_memdup2 (rows, (gsize)self->n_neighbours * width * sizeof *rows);
  return self;
}

Ood *
ood_ref (Ood *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
ood_unref (Ood *self)
{
  if (!self || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  gaussians_finish (&self->classes);
  gaussians_finish (&self->whole);
  gaussians_finish (&self->directions);
  g_free (self->neighbours);
  g_free (self);
}

static double
row_distance (const float *a, const float *b, guint width)
{
  double sum = 0;

  for (guint d = 0; d < width; d++)
    sum += ((double)a[d] - b[d]) * ((double)a[d] - b[d]);
  return sum;
}

/* nearest: [OOD_NEIGHBOUR] the smallest squared distances, in order */
static double
neighbour_distance (const Ood *self, const float *direction, double *nearest)
{
  for (guint k = 0; k < OOD_NEIGHBOUR; k++)
    nearest[k] = INFINITY;
  for (guint i = 0; i < self->n_neighbours; i++) {
    double distance = row_distance (
        direction, self->neighbours + (gsize)i * self->width, self->width);
    guint k = OOD_NEIGHBOUR;

    for (; k > 0 && nearest[k - 1] > distance; k--)
      if (k < OOD_NEIGHBOUR)
        nearest[k] = nearest[k - 1];
    if (k < OOD_NEIGHBOUR)
      nearest[k] = distance;
  }
  return sqrt (nearest[OOD_NEIGHBOUR - 1]);
}

double
ood_score (
    const Ood *self, VInfoOodKind kind, const float *embedding, double *scratch)
{
  float *direction = (float *)(scratch + ood_scratch_size (self) - self->width);

  switch (kind) {
  case VINFO_OOD_MAHALANOBIS:
    return gaussians_distance (&self->classes, embedding, scratch);
  case VINFO_OOD_RELATIVE:
    return gaussians_distance (&self->classes, embedding, scratch)
           - gaussians_distance (&self->whole, embedding, scratch);
  case VINFO_OOD_MAHA_PLUS_PLUS:
    direction_of (embedding, self->width, direction);
    return gaussians_distance (&self->directions, direction, scratch);
  case VINFO_OOD_KNN:
    direction_of (embedding, self->width, direction);
    return neighbour_distance (self, direction, scratch);
  default:
    return NAN;
  }
}
