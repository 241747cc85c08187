/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/recalibration-private.h"

#include <math.h>
#include <stdlib.h>

/* A group whose variance is off by more than this factor is no group to go by. */
#define MAX_FACTOR 4.0
/* Log-variances that lie closer are all the same. */
#define MIN_RANGE 1e-6

typedef struct {
  double log_variance, error;
} Patch;

static int
compare_patches (const void *a, const void *b)
{
  const Patch *x = a, *y = b;

  return (x->log_variance > y->log_variance)
         - (x->log_variance < y->log_variance);
}

/* Under a factor k the likelihood of a group's errors e is highest for
 * k = mean e/σ². */
static void
fit_knot (Recalibration *self, const Patch *patches, gsize n)
{
  double at = 0, ratio = 0;

  for (gsize i = 0; i < n; i++) {
    at += patches[i].log_variance / n;
    ratio += patches[i].error * exp (-patches[i].log_variance) / n;
  }
  self->at[self->n] = at;
  self->factor[self->n++] = log (CLAMP (ratio, 1 / MAX_FACTOR, MAX_FACTOR));
}

Recalibration
recalibration_fit (
    const double *log_variances, const double *errors, gsize n, guint n_knots)
{
  Recalibration self = { 0 };
  g_autofree Patch *patches = g_new (Patch, MAX (n, 1));

  g_return_val_if_fail (n_knots <= RECALIBRATION_MAX_KNOTS, self);
  for (gsize i = 0; i < n; i++)
    patches[i] = (Patch){ log_variances[i], errors[i] };
  qsort (patches, n, sizeof *patches, compare_patches);
  if (n < n_knots || n_knots < 2
      || patches[n - 1].log_variance - patches[0].log_variance < MIN_RANGE)
    return self;

  for (gsize k = 0; k < n_knots; k++) {
    gsize begin = n * k / n_knots, end = n * (k + 1) / n_knots;

    fit_knot (&self, patches + begin, end - begin);
  }
  return self;
}

double
recalibration_apply (const Recalibration *self, double log_variance)
{
  guint k = 0;
  double share;

  if (self->n == 0)
    return log_variance;
  while (k < self->n && self->at[k] <= log_variance)
    k++;
  if (k == 0 || k == self->n)
    return log_variance + self->factor[k == 0 ? 0 : k - 1];
  share = (log_variance - self->at[k - 1]) / (self->at[k] - self->at[k - 1]);
  return log_variance + (1 - share) * self->factor[k - 1]
         + share * self->factor[k];
}
