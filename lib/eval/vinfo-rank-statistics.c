/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/vinfo-rank-statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Twice the rank of value i from below, less one: ties share their mean. */
static double
double_rank (const double *values, guint n, guint i)
{
  double below = 0, level = 0;

  for (guint j = 0; j < n; j++) {
    below += values[j] < values[i];
    level += values[j] == values[i];
  }
  return 2 * below + level;
}

gdouble
vinfo_rank_correlation (const gdouble *a, const gdouble *b, guint n)
{
  double ab = 0, aa = 0, bb = 0;

  for (guint i = 0; i < n; i++) {
    double x = double_rank (a, n, i) - n; /* their mean is n */
    double y = double_rank (b, n, i) - n;

    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / sqrt (aa * bb) : NAN;
}

static int
compare (const void *a, const void *b)
{
  double first = *(const double *)a, second = *(const double *)b;

  return (first > second) - (first < second);
}

/* Returns: (transfer full): in ascending order */
static double *
sort (const double *values, guint n)
{
  double *sorted = g_new (double, n);

  memcpy (sorted, values, n * sizeof *values);
  qsort (sorted, n, sizeof *sorted, compare);
  return sorted;
}

gdouble
vinfo_detection_auroc (
    const gdouble *in, guint n_in, const gdouble *out, guint n_out)
{
  g_autofree double *low = sort (in, n_in);
  g_autofree double *high = sort (out, n_out);
  guint below = 0, not_above = 0;
  double sum = 0;

  for (guint i = 0; i < n_out; i++) {
    while (below < n_in && low[below] < high[i])
      below++;
    while (not_above < n_in && low[not_above] <= high[i])
      not_above++;
    sum += (below + not_above) / 2.0;
  }
  return sum / n_in / n_out;
}

gdouble
vinfo_detection_fpr95 (
    const gdouble *in, guint n_in, const gdouble *out, guint n_out)
{
  g_autofree double *low = sort (in, n_in);
  double threshold = low[(95 * (guint64)n_in + 99) / 100 - 1];
  guint passed = 0;

  for (guint i = 0; i < n_out; i++)
    passed += out[i] <= threshold;
  return (double)passed / n_out;
}
