/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/vinfo-information.h"

#include <math.h>

#include "mae/mae-private.h"
#include "predictor/evaluator-private.h"

#define MASK_SEED 0

typedef struct {
  const VInfoMae *mae;
  Evaluator *evaluator;
  Masks *masks;
  gsize frame;    /* N·D */
  float *patches; /* [EVALUATOR_MAX_FRAMES, N, D] */
  float *mu;      /* [N, D] of the panel */
} Measure;

static guint
load (Measure *self, VInfoImage *const *images, guint n, guint first)
{
  guint count = MIN (EVALUATOR_MAX_FRAMES, n - first);

  evaluator_patchify (
      vinfo_mae_get_config (self->mae), images + first, count, self->patches);
  return count;
}

/* The mean of each position and channel, of targets weighted as errors are. */
static void
fit_null (Measure *self, VInfoImage *const *images, guint n)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (self->mae);
  guint dim = mae_patch_dim (config), n_patches = self->masks->n_patches;
  g_autofree double *sums = g_new0 (double, self->frame);
  g_autofree double *weights = g_new0 (double, n_patches);
  g_autofree float *target = g_new (float, dim);

  for (guint first = 0; first < n; first += EVALUATOR_MAX_FRAMES) {
    guint count = load (self, images, n, first);

    for (guint i = 0; i < count * n_patches; i++) {
      guint p = i % n_patches;
      double weight
          = evaluator_target (config, self->patches + (gsize)i * dim, target);

      weights[p] += weight;
      for (guint d = 0; d < dim; d++)
        sums[(gsize)p * dim + d] += weight * target[d];
    }
  }
  for (gsize i = 0; i < self->frame; i++)
    self->mu[i] = (float)(sums[i] / MAX (weights[i / dim], G_MINDOUBLE));
}

/* Sums over the pictures; loss is their sum too. */
static FrameErrors
sum_errors (Measure *self, VInfoImage *const *images, guint n)
{
  FrameErrors sum = { 0 }, errors[EVALUATOR_MAX_FRAMES];
  Evaluation evaluation = { .mae = self->mae,
    .masks = self->masks,
    .n_masks = self->masks->n_groups,
    .mu = self->mu };

  for (guint first = 0; first < n; first += EVALUATOR_MAX_FRAMES) {
    guint count = load (self, images, n, first);

    evaluator_run (self->evaluator, &evaluation, count, self->patches, errors);
    for (guint i = 0; i < count; i++) {
      sum.yy += errors[i].yy;
      sum.yf += errors[i].yf;
      sum.ff += errors[i].ff;
      sum.n += errors[i].n;
      sum.loss += errors[i].loss;
    }
  }
  return sum;
}

static void
measure_init (Measure *self, const VInfoMae *mae)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (mae);

  *self = (Measure){ .mae = mae,
    .evaluator = evaluator_new (),
    .masks = masks_new (config, MASK_SEED) };
  self->frame = (gsize)self->masks->n_patches * mae_patch_dim (config);
  self->patches = g_new (float, EVALUATOR_MAX_FRAMES * self->frame);
  self->mu = g_new (float, self->frame);
}

static void
measure_finish (Measure *self)
{
  evaluator_free (self->evaluator);
  masks_unref (self->masks);
  g_free (self->patches);
  g_free (self->mu);
}

void
vinfo_information_measure (const VInfoMae *mae, guint n_panel,
    VInfoImage *const *panel, guint n_test, VInfoImage *const *test,
    VInfoInformation *information)
{
  VInfoInformation *i = information;
  Measure self;
  FrameErrors calibration, errors;

  g_return_if_fail (n_panel > 0 && n_test > 0);
  measure_init (&self, mae);
  fit_null (&self, panel, n_panel);
  calibration = sum_errors (&self, panel, n_panel);
  errors = sum_errors (&self, test, n_test);
  measure_finish (&self);

  i->alpha
      = calibration.ff > 0 ? CLAMP (calibration.yf / calibration.ff, 0, 1) : 0;
  i->sigma2 = MAX (frame_error_model (&calibration, i->alpha), G_MINDOUBLE);
  i->s2 = MAX (frame_error_null (&calibration), G_MINDOUBLE);
  i->loss = errors.loss / n_test;
  i->iv = (log (i->s2 / i->sigma2) + frame_error_null (&errors) / i->s2
              - frame_error_model (&errors, i->alpha) / i->sigma2)
          / 2;
}
