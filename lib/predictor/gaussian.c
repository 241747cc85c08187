/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/gaussian-private.h"

#include <cblas.h>
#include <math.h>

#include "predictor/cholesky-private.h"

/* No variance is below this share of the mean square of the values: rows that
 * are all alike still have distances. */
#define RELATIVE_FLOOR 1e-12

/* What one pass over the rows leaves behind. */
typedef struct {
  guint width;
  guint n_classes;
  gboolean full;
  double *means;   /* [n_classes, width] */
  double *scatter; /* lower triangle of [width, width], or [width] */
  guint *counts;   /* [n_classes] */
  double *delta;   /* [width] */
} Pass;

static double
squared_distance (const double *a, const float *b, guint width)
{
  double sum = 0;

  for (guint d = 0; d < width; d++)
    sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

static guint
nearest_class (const Pass *pass, const float *row)
{
  double best = INFINITY;
  guint nearest = 0;

  for (guint c = 0; c < pass->n_classes; c++) {
    double distance = squared_distance (
        pass->means + (gsize)c * pass->width, row, pass->width);

    if (distance < best) {
      best = distance;
      nearest = c;
    }
  }
  return nearest;
}

/* Welford: with δ = x − μ of the n − 1 rows before, μ grows by δ/n and the
 * scatter around it by (n − 1)/n·δδᵀ. No sum of squares is ever formed, so
 * nothing cancels however far the rows lie from the origin. */
static void
add_row (Pass *pass, guint class, const float *row)
{
  guint width = pass->width, n = ++pass->counts[class];
  double *mean = pass->means + (gsize) class * width;
  double weight = (n - 1.0) / n;

  for (guint d = 0; d < width; d++) {
    pass->delta[d] = row[d] - mean[d];
    mean[d] += pass->delta[d] / n;
  }
  if (pass->full)
    cblas_dsyr (CblasRowMajor, CblasLower, (int)width, weight, pass->delta, 1,
        pass->scatter, (int)width);
  else
    for (guint d = 0; d < width; d++)
      pass->scatter[d] += weight * pass->delta[d] * pass->delta[d];
}

static void
pass_run (Pass *pass, const float *rows, guint n)
{
  for (guint i = 0; i < n; i++) {
    const float *row = rows + (gsize)i * pass->width;

    add_row (pass, i < pass->n_classes ? i : nearest_class (pass, row), row);
  }
}

static double
mean_square (const float *rows, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (double)rows[i] * rows[i];
  return sum / n;
}

/* From the scatter of n rows to the shrunk covariance, in place. */
static void
shrink (Pass *pass, guint n, double shrinkage, double floor)
{
  gsize stride = pass->full ? pass->width + 1 : 1;
  gsize size = gaussians_factor_size (pass->width, pass->full);
  double trace = 0, ridge;

  for (guint d = 0; d < pass->width; d++)
    trace += pass->scatter[d * stride] / n;
  ridge = MAX (shrinkage * trace / pass->width, floor);
  for (gsize i = 0; i < size; i++)
    pass->scatter[i] *= (1 - shrinkage) / n;
  for (guint d = 0; d < pass->width; d++)
    pass->scatter[d * stride] += ridge;
}

/* values: [width] x − m, becomes L⁻¹(x − m) */
static void
whiten (const Gaussians *self, double *values)
{
  if (self->full)
    cblas_dtrsv (CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit,
        (int)self->width, self->factor, (int)self->width, values, 1);
  else
    for (guint d = 0; d < self->width; d++)
      values[d] /= self->factor[d];
}

static void
pass_init (Pass *pass, guint width, guint n_classes, gboolean full)
{
  *pass = (Pass){ .width = width,
    .n_classes = n_classes,
    .full = full,
    .means = g_new0 (double, (gsize)n_classes *width),
    .scatter = g_new0 (double, gaussians_factor_size (width, full)),
    .counts = g_new0 (guint, n_classes),
    .delta = g_new (double, width) };
}

/* The classes' mean by their counts: where the rows' own mean is. */
static double *
overall_mean (const Pass *pass, guint n)
{
  double *mean = g_new0 (double, pass->width);

  for (guint c = 0; c < pass->n_classes; c++)
    for (guint d = 0; d < pass->width; d++)
      mean[d] += pass->means[(gsize)c * pass->width + d] * pass->counts[c] / n;
  return mean;
}

void
gaussians_fit (Gaussians *self, const float *rows, guint n, guint width,
    guint n_classes, gboolean full, double shrinkage)
{
  Pass pass;

  n_classes = CLAMP (n_classes, 1, n);
  pass_init (&pass, width, n_classes, full);
  pass_run (&pass, rows, n);
  shrink (&pass, n, shrinkage,
      RELATIVE_FLOOR * mean_square (rows, (gsize)n * width) + G_MINDOUBLE);
  if (full)
    cholesky_factorise (pass.scatter, width);
  else
    for (guint d = 0; d < width; d++)
      pass.scatter[d] = sqrt (pass.scatter[d]);

  *self = (Gaussians){ width, n_classes, full, overall_mean (&pass, n),
    pass.scatter, pass.means };
  for (guint c = 0; c < n_classes; c++) {
    double *class = self->classes + (gsize)c * width;

    for (guint d = 0; d < width; d++)
      class[d] -= self->origin[d];
    whiten (self, class);
  }
  g_free (pass.counts);
  g_free (pass.delta);
}

void
gaussians_finish (Gaussians *self)
{
  g_clear_pointer (&self->origin, g_free);
  g_clear_pointer (&self->factor, g_free);
  g_clear_pointer (&self->classes, g_free);
}

double
gaussians_distance (const Gaussians *self, const float *row, double *scratch)
{
  double best = INFINITY;

  for (guint d = 0; d < self->width; d++)
    scratch[d] = row[d] - self->origin[d];
  whiten (self, scratch);
  for (guint c = 0; c < self->n_classes; c++) {
    const double *class = self->classes + (gsize)c * self->width;
    double sum = 0;

    for (guint d = 0; d < self->width; d++)
      sum += (scratch[d] - class[d]) * (scratch[d] - class[d]);
    best = MIN (best, sum);
  }
  return best;
}
