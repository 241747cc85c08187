/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/learned-private.h"

#include <math.h>

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
  double a = self->null.a;
  double v = MAX (self->null.b * self->null_log_variances[patch] + self->null.c,
      self->floor);

  return (BlendTerm){ .rr = t->yy - 2 * a * t->yn + a * a * t->nn,
    .rd = t->yf - a * t->yn - a * t->fn + a * a * t->nn,
    .dd = t->ff - 2 * a * t->fn + a * a * t->nn,
    .v = v,
    .slope = t->h - v };
}

typedef BlendTerm (*MakeTerm) (
    const Learned *self, guint patch, const PatchTerms *terms);

/* Fits one of the two to all masked patches of n frames. */
static Blend
fit (const Learned *self, const Masks *masks, guint n_masks,
    const PatchTerms *terms, guint n, MakeTerm make)
{
  guint n_masked = masks->n_patches - masks->n_visible;
  gsize total = n * learned_n_terms (masks, n_masks);
  g_autofree BlendTerm *made = g_new (BlendTerm, MAX (total, 1));

  for (gsize i = 0; i < total; i++) {
    guint mask = (guint)(i / n_masked % n_masks);
    guint patch = masks_order (masks, mask)[masks->n_visible + i % n_masked];

    made[i] = make (self, patch, &terms[i]);
  }
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

void
learned_calibrate (Learned *self, const Masks *masks, guint n_masks,
    const PatchTerms *terms, guint n, double floor)
{
  self->floor = log (floor);
  self->null = fit (self, masks, n_masks, terms, n, null_term);
  self->conditional = fit (self, masks, n_masks, terms, n, conditional_term);
  /* The floor takes part in no fit: where it matters the order may change. */
  if (!(panel_iv (self, masks, n_masks, terms, n) >= 0))
    self->conditional = (Blend){ 0 };
}

void
learned_nll (const Learned *self, const Masks *masks, guint n_masks,
    const PatchTerms *terms, double *h_x, double *h_null)
{
  guint n_masked = masks->n_patches - masks->n_visible;
  double total = (double)n_masks * n_masked;

  *h_x = *h_null = 0;
  for (guint m = 0; m < n_masks; m++) {
    const guint16 *masked = masks_order (masks, m) + masks->n_visible;

    for (guint i = 0; i < n_masked; i++) {
      const PatchTerms *t = &terms[(gsize)m * n_masked + i];
      BlendTerm null = null_term (self, masked[i], t);
      BlendTerm conditional = conditional_term (self, masked[i], t);

      *h_null += blend_nll (&self->null, &null, self->floor) / total;
      *h_x += blend_nll (&self->conditional, &conditional, self->floor) / total;
    }
  }
}
