/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/nearest-neighbours-private.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "nn/sgemm-private.h"

/* Queries whose cosines are computed at once. */
#define BLOCK 240

/* rows: [n, width] to length 1; a row of zeroes stays one. */
static float *
normalise (const float *rows, guint n, guint width)
{
  float *unit = g_memdup2 (rows, (gsize)n * width * sizeof *rows);

  for (guint i = 0; i < n; i++) {
    float *row = unit + (gsize)i * width;
    float norm = cblas_snrm2 ((int)width, row, 1);

    if (norm > 0)
      cblas_sscal ((int)width, 1 / norm, row, 1);
  }
  return unit;
}

/* The k largest of n cosines, largest first; of equal ones the earlier. */
static void
find_nearest (const float *cosines, guint n, guint k, guint *nearest)
{
  guint found = 0;

  for (guint i = 0; i < n; i++) {
    guint at;

    if (found == k && !(cosines[i] > cosines[nearest[k - 1]]))
      continue;
    at = found < k ? found++ : k - 1;
    for (; at > 0 && cosines[i] > cosines[nearest[at - 1]]; at--)
      nearest[at] = nearest[at - 1];
    nearest[at] = i;
  }
}

static guint
vote (const guint *nearest, guint k, const guint *labels, guint n_classes,
    guint *votes)
{
  guint winner = 0;

  memset (votes, 0, n_classes * sizeof *votes);
  for (guint i = 0; i < k; i++)
    votes[labels[nearest[i]]]++;
  for (guint c = 1; c < n_classes; c++) {
    if (votes[c] > votes[winner])
      winner = c;
  }
  return winner;
}

void
nearest_neighbours_classify (const float *rows, const guint *labels, guint n,
    guint width, guint n_classes, guint k, const float *queries,
    guint n_queries, guint *predicted)
{
  g_autofree float *unit = normalise (rows, n, width);
  g_autofree float *cosines = g_new (float, (gsize)BLOCK *n);
  g_autofree guint *nearest = g_new (guint, k);
  g_autofree guint *votes = g_new (guint, n_classes);

  g_return_if_fail (k > 0 && k <= n);
  /* a query's own length doesn't change its order of neighbours */
  for (guint first = 0; first < n_queries; first += BLOCK) {
    guint count = MIN (BLOCK, n_queries - first);

    nn_sgemm (&(NnSgemm){ count, n, width, queries + (gsize)first * width, unit,
        cosines, width, width, n, .transpose_b = TRUE, .scale = 1 });
    for (guint i = 0; i < count; i++) {
      find_nearest (cosines + (gsize)i * n, n, k, nearest);
      predicted[first + i] = vote (nearest, k, labels, n_classes, votes);
    }
  }
}
