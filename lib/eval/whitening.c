/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/whitening-private.h"

#include <cblas.h>
#include <math.h>

#include "predictor/cholesky-private.h"

/* No variance is below this share of the mean one. */
#define RIDGE 1e-6

/* Returns: (transfer full): [n, width] rows less the mean */
static double *
centre (const Whitening *self, const float *rows, guint n)
{
  double *centred = g_new (double, (gsize)n * self->width);

  for (gsize i = 0; i < (gsize)n * self->width; i++)
    centred[i] = rows[i] - self->mean[i % self->width];
  return centred;
}

static void
fit_full (Whitening *self, const double *centred, guint n)
{
  guint width = self->width;
  double trace = 0;

  self->factor = g_new0 (double, (gsize)width *width);
  cblas_dsyrk (CblasRowMajor, CblasLower, CblasTrans, (int)width, (int)n,
      1.0 / n, centred, (int)width, 0, self->factor, (int)width);
  for (guint d = 0; d < width; d++)
    trace += self->factor[(gsize)d * (width + 1)];
  for (guint d = 0; d < width; d++)
    self->factor[(gsize)d * (width + 1)] += RIDGE * trace / width + G_MINDOUBLE;
  cholesky_factorise (self->factor, width);
}

static void
fit_diagonal (Whitening *self, const double *centred, guint n)
{
  double trace = 0;

  self->factor = g_new0 (double, self->width);
  for (gsize i = 0; i < (gsize)n * self->width; i++)
    self->factor[i % self->width] += centred[i] * centred[i] / n;
  for (guint d = 0; d < self->width; d++)
    trace += self->factor[d];
  for (guint d = 0; d < self->width; d++)
    self->factor[d]
        = sqrt (self->factor[d] + RIDGE * trace / self->width + G_MINDOUBLE);
}

void
whitening_fit (
    Whitening *self, const float *rows, guint n, guint width, gboolean full)
{
  g_autofree double *centred = NULL;

  *self = (Whitening){ width, full, g_new0 (double, width), NULL };
  for (gsize i = 0; i < (gsize)n * width; i++)
    self->mean[i % width] += (double)rows[i] / n;
  centred = centre (self, rows, n);
  if (full)
    fit_full (self, centred, n);
  else
    fit_diagonal (self, centred, n);
}

void
whitening_finish (Whitening *self)
{
  g_clear_pointer (&self->mean, g_free);
  g_clear_pointer (&self->factor, g_free);
}

float *
whitening_apply (const Whitening *self, const float *rows, guint n)
{
  g_autofree double *centred = centre (self, rows, n);
  gsize size = (gsize)n * self->width;
  float *whitened = g_new (float, size);

  if (self->full)
    cblas_dtrsm (CblasRowMajor, CblasRight, CblasLower, CblasTrans,
        CblasNonUnit, (int)n, (int)self->width, 1, self->factor,
        (int)self->width, centred, (int)self->width);
  else
    for (gsize i = 0; i < size; i++)
      centred[i] /= self->factor[i % self->width];
  for (gsize i = 0; i < size; i++)
    whitened[i] = (float)centred[i];
  return whitened;
}
