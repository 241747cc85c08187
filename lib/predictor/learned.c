/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/learned-private.h"

#include <math.h>

/* A knot of the recalibration wants as many frames of the panel: patches of one
 * are no independent witnesses. */
#define FRAMES_PER_KNOT 25

Learned *
learned_new (const VInfoMae *mae, Heads *heads)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (mae);
  guint n = mae_n_patches (config);
  MaeWorkspace *workspace = mae_workspace_new (config, 1, 0, FALSE);
  g_autofree float *features = g_new (float, (gsize)n * heads->width);
  Learned *self = g_new0 (Learned, 1);

  self->heads = heads_ref (heads);
  self->n_patches = n;
  self->dim = heads->dim;
  self->floor = -G_MAXDOUBLE;
  self->null_mean = g_new (float, (gsize)n * heads->dim);
  self->null_log_variances = g_new (float, n);
  heads_null_features (mae, workspace, features);
  heads_null (heads, features, n, self->null_mean, self->null_log_variances);
  mae_workspace_free (workspace);
  return self;
}

void
learned_free (Learned *self)
{
  if (!self)
    return;
  heads_unref (self->heads);
  g_free (self->null_mean);
  g_free (self->null_log_variances);
  g_free (self);
}

PatchTerms
learned_terms (const Learned *self, guint patch, const float *y, const float *f,
    const float *mu, double h, double weight)
{
  const float *null = self->null_mean + (gsize)patch * self->dim;
  double scale = weight / self->dim;
  PatchTerms t = { .h = h };

  for (guint i = 0; i < self->dim; i++) {
    double m = mu ? mu[i] : 0.0;
    double y_i = y[i] - m, f_i = f[i] - m, n_i = null[i] - m;

    t.yy += scale * y_i * y_i;
    t.ff += scale * f_i * f_i;
    t.nn += scale * n_i * n_i;
    t.yf += scale * y_i * f_i;
    t.yn += scale * y_i * n_i;
    t.fn += scale * f_i * n_i;
  }
  return t;
}

static double
null_log_variance (const Learned *self, guint patch)
{
  return MAX (self->null.b * self->null_log_variances[patch] + self->null.c,
      self->floor);
}

static BlendTerm
null_term (const Learned *self, guint patch, const PatchTerms *t)
{
  return (BlendTerm){ .rr = t->yy,
    .rd = t->yn,
    .dd = t->nn,
    .slope = self->null_log_variances[patch] };
}

/* Against the calibrated null, whose log-variance is v. */
static BlendTerm
conditional_term (const Learned *self, guint patch, const PatchTerms *t)
{
  double a = self->null.a, v = null_log_variance (self, patch);

  return (BlendTerm){ .rr = t->yy - 2 * a * t->yn + a * a * t->nn,
    .rd = t->yf - a * t->yn - a * t->fn + a * a * t->nn,
    .dd = t->ff - 2 * a * t->fn + a * a * t->nn,
    .v = v,
    .slope = t->h - v };
}

/* What the conditional says of a masked patch, and what came of it. */
typedef struct {
  double log_variance, error;
} Outcome;

static Outcome
conditional_outcome (const Learned *self, guint patch, const PatchTerms *t)
{
  BlendTerm term = conditional_term (self, patch, t);
  double log_variance = recalibration_apply (
      &self->recalibration, blend_log_variance (&self->conditional, &term));

  return (Outcome){ MAX (log_variance, self->floor),
    blend_error (&self->conditional, &term) };
}

static Outcome
null_outcome (const Learned *self, guint patch, const PatchTerms *t)
{
  BlendTerm term = null_term (self, patch, t);

  return (Outcome){ null_log_variance (self, patch),
    blend_error (&self->null, &term) };
}

/* Which patch the i-th of the terms of many frames is of. */
static guint
patch_of_term (const Masks *masks, guint n_masks, gsize i)
{
  guint n_masked = masks->n_patches - masks->n_visible;

  return masks_order (
      masks, i / n_masked % n_masks)[masks->n_visible + i % n_masked];
}

typedef BlendTerm (*MakeTerm) (
    const Learned *self, guint patch, const PatchTerms *terms);

/* Fits one of the two to all masked patches of n frames. */
static Blend
fit (const Learned *self, const Masks *masks, guint n_masks,
    const PatchTerms *terms, guint n, MakeTerm make)
{
  gsize total = n * learned_n_terms (masks, n_masks);
  g_autofree BlendTerm *made = g_new (BlendTerm, MAX (total, 1));

  for (gsize i = 0; i < total; i++)
    made[i] = make (self, patch_of_term (masks, n_masks, i), &terms[i]);
  return blend_fit (made, total);
}

static double
panel_iv (const Learned *self, const Masks *masks, guint n_masks,
    const PatchTerms *terms, guint n)
{
  double iv = 0, h_x, h_null;

  for (guint i = 0; i < n; i++) {
    learned_nll (self, masks, n_masks,
        terms + i * learned_n_terms (masks, n_masks), &h_x, &h_null);
    iv += h_null - h_x;
  }
  return iv;
}

static double
total_nll (const double *log_variances, const double *errors, gsize n,
    const Recalibration *recalibration)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += gaussian_nll (errors[i],
        recalibration ? recalibration_apply (recalibration, log_variances[i])
                      : log_variances[i]);
  return sum;
}

/* Kept where it makes the panel likelier: between knots that is not given. */
static void
recalibrate (Learned *self, const Masks *masks, guint n_masks,
    const PatchTerms *terms, guint n)
{
  gsize total = n * learned_n_terms (masks, n_masks);
  g_autofree double *log_variances = g_new (double, MAX (total, 1));
  g_autofree double *errors = g_new (double, MAX (total, 1));
  Recalibration fit;

  for (gsize i = 0; i < total; i++) {
    Outcome outcome = conditional_outcome (
        self, patch_of_term (masks, n_masks, i), &terms[i]);

    log_variances[i] = outcome.log_variance;
    errors[i] = outcome.error;
  }
  fit = recalibration_fit (log_variances, errors, total,
      MIN (n / FRAMES_PER_KNOT, RECALIBRATION_MAX_KNOTS));
  if (total_nll (log_variances, errors, total, &fit)
      < total_nll (log_variances, errors, total, NULL))
    self->recalibration = fit;
}

void
learned_calibrate (Learned *self, const Masks *masks, guint n_masks,
    const PatchTerms *terms, guint n, double floor)
{
  self->floor = log (floor);
  self->recalibration = (Recalibration){ 0 };
  self->null = fit (self, masks, n_masks, terms, n, null_term);
  self->conditional = fit (self, masks, n_masks, terms, n, conditional_term);
  recalibrate (self, masks, n_masks, terms, n);
  /* The floor takes part in no fit: where it matters the order may change. */
  if (!(panel_iv (self, masks, n_masks, terms, n) >= 0)) {
    self->conditional = (Blend){ 0 };
    self->recalibration = (Recalibration){ 0 };
  }
}

void
learned_variance (const Learned *self, guint patch, const PatchTerms *terms,
    double *variance, double *error)
{
  Outcome outcome = conditional_outcome (self, patch, terms);

  *variance = exp (outcome.log_variance);
  *error = outcome.error;
}

void
learned_nll (const Learned *self, const Masks *masks, guint n_masks,
    const PatchTerms *terms, double *h_x, double *h_null)
{
  gsize n = learned_n_terms (masks, n_masks);

  *h_x = *h_null = 0;
  for (gsize i = 0; i < n; i++) {
    guint patch = patch_of_term (masks, n_masks, i);
    Outcome null = null_outcome (self, patch, &terms[i]);
    Outcome conditional = conditional_outcome (self, patch, &terms[i]);

    *h_null += gaussian_nll (null.error, null.log_variance) / n;
    *h_x += gaussian_nll (conditional.error, conditional.log_variance) / n;
  }
}
