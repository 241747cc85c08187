/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/heads-private.h"

#include <math.h>
#include <string.h>

/* Beyond these a variance is none, and its exponential no number. */
#define LOG_VARIANCE_LIMIT 20.0

Heads *
heads_new (const VInfoMaeConfig *config)
{
  Heads *self = g_new (Heads, 1);

  self->ref_count = 1;
  self->width = config->decoder_hidden_size;
  self->dim = mae_patch_dim (config);
  self->parameters = g_new0 (float, heads_size (self));
  return self;
}

Heads *
heads_copy (const Heads *heads)
{
  Heads *copy = g_new (Heads, 1);

  copy->ref_count = 1;
  copy->width = heads->width;
  copy->dim = heads->dim;
  copy->parameters
      = g_memdup2 (heads->parameters, heads_size (heads) * sizeof (float));
  return copy;
}

Heads *
heads_ref (Heads *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
heads_unref (Heads *self)
{
  if (!self || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_free (self->parameters);
  g_free (self);
}

void
heads_describe (const Heads *self, HeadsPart parts[HEADS_N_PARTS])
{
  static const char *const names[HEADS_N_PARTS] = { "learned.variance.weight",
    "learned.variance.bias", "learned.null_variance.weight",
    "learned.null_variance.bias", "learned.null.weight", "learned.null.bias" };
  gsize width = self->width, dim = self->dim, offset = 0;
  const gsize shapes[HEADS_N_PARTS][2] = { { width, 1 }, { 1, 1 }, { width, 1 },
    { 1, 1 }, { dim, width }, { dim, 1 } };

  for (guint i = 0; i < HEADS_N_PARTS; i++) {
    parts[i] = (HeadsPart){ names[i], shapes[i][1] > 1 ? 2 : 1,
      { shapes[i][0], shapes[i][1] }, offset };
    offset += shapes[i][0] * shapes[i][1];
  }
}

/* A linear layer of one value: F weights, then a bias. */
static double
apply (const float *layer, const float *feature, guint width)
{
  double sum = layer[width];

  for (guint i = 0; i < width; i++)
    sum += (double)layer[i] * feature[i];
  return CLAMP (sum, -LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT);
}

static void
add_gradient (float *layer, const float *feature, guint width, double d)
{
  for (guint i = 0; i < width; i++)
    layer[i] += (float)(d * feature[i]);
  layer[width] += (float)d;
}

void
heads_log_variance (
    const Heads *self, const float *features, gsize n, float *log_variances)
{
  for (gsize i = 0; i < n; i++)
    log_variances[i] = (float)apply (
        self->parameters, features + i * self->width, self->width);
}

void
heads_null_features (
    const VInfoMae *mae, MaeWorkspace *workspace, float *features)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (mae);
  guint n = mae_n_patches (config);
  g_autofree guint16 *order = g_new (guint16, n);
  MaePass pass = { .batch = 1, .order = order, .features = features };

  for (guint p = 0; p < n; p++)
    order[p] = (guint16)p;
  mae_forward (mae, workspace, &pass);
}

/* One position's mean; also the way to its gradient. */
static void
null_mean (const Heads *self, const float *feature, float *mean)
{
  const float *weight = self->parameters + 2 * heads_conditional_size (self);
  const float *bias = weight + (gsize)self->dim * self->width;

  for (guint d = 0; d < self->dim; d++) {
    double sum = bias[d];

    for (guint i = 0; i < self->width; i++)
      sum += (double)weight[(gsize)d * self->width + i] * feature[i];
    mean[d] = (float)sum;
  }
}

void
heads_null (const Heads *self, const float *features, guint n_patches,
    float *mean, float *log_variances)
{
  const float *layer = self->parameters + heads_conditional_size (self);

  for (guint p = 0; p < n_patches; p++) {
    const float *feature = features + (gsize)p * self->width;

    null_mean (self, feature, mean + (gsize)p * self->dim);
    log_variances[p] = (float)apply (layer, feature, self->width);
  }
}

double
heads_conditional_nll (const Heads *self, const float *features,
    const float *errors, gsize n, double scale, float *gradient)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++) {
    const float *feature = features + i * self->width;
    double h = apply (self->parameters, feature, self->width);
    double ratio = errors[i] * exp (-h);

    sum += 0.5 * scale * (h + ratio);
    add_gradient (gradient, feature, self->width, 0.5 * scale * (1 - ratio));
  }
  return sum;
}

double
heads_null_nll (const Heads *self, const float *feature, const float *target,
    double weight, double scale, float *gradient)
{
  gsize skipped = heads_conditional_size (self);
  guint width = self->width, dim = self->dim;
  float *d_weight = gradient + 2 * skipped;
  float *d_bias = d_weight + (gsize)dim * width;
  g_autofree float *mean = g_new (float, dim);
  double h = apply (self->parameters + skipped, feature, width);
  double precision = weight * exp (-h), error = 0;

  null_mean (self, feature, mean);
  for (guint d = 0; d < dim; d++) {
    double difference = (double)mean[d] - target[d];
    float d_mean = (float)(scale * precision * difference / dim);

    error += difference * difference / dim;
    for (guint i = 0; i < width; i++)
      d_weight[(gsize)d * width + i] += d_mean * feature[i];
    d_bias[d] += d_mean;
  }
  add_gradient (gradient + skipped, feature, width,
      0.5 * scale * (1 - precision * error));
  return 0.5 * scale * (h + precision * error);
}
