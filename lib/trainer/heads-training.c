/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/heads-training-private.h"

#include <string.h>

#include "predictor/evaluator-private.h"

HeadsTraining *
heads_training_new (const VInfoMaeConfig *config, const Heads *heads,
    guint batch, gboolean averaged)
{
  HeadsTraining *self = g_new0 (HeadsTraining, 1);
  gsize conditional = heads_conditional_size (heads);

  self->heads = heads_copy (heads);
  if (averaged)
    self->average = heads_copy (heads);
  mae_adamw_init_plain (&self->conditional, conditional, 0);
  mae_adamw_init_plain (&self->null, heads_size (heads) - conditional, 0);
  self->workspace = mae_workspace_new (config, 1, 0, FALSE);
  self->n_patches = mae_n_patches (config);
  self->n_masked = self->n_patches - mae_n_visible (config);
  self->features = g_new (float, batch * self->n_masked * heads->width);
  self->errors = g_new (float, batch * self->n_masked);
  self->null_features = g_new (float, self->n_patches * heads->width);
  self->gradient = g_new (float, heads_size (heads));
  return self;
}

void
heads_training_free (HeadsTraining *self)
{
  if (!self)
    return;
  heads_unref (self->heads);
  heads_unref (self->average);
  mae_adamw_finish (&self->conditional);
  mae_adamw_finish (&self->null);
  mae_workspace_free (self->workspace);
  g_free (self->features);
  g_free (self->errors);
  g_free (self->null_features);
  g_free (self->gradient);
  g_free (self);
}

void
heads_training_begin (HeadsTraining *self)
{
  memset (self->gradient, 0, heads_size (self->heads) * sizeof (float));
}

/* Mean squared error of a patch, as its variance would be. */
static float
patch_error (const VInfoMaeConfig *config, const float *patch,
    const float *prediction, float *target)
{
  guint dim = mae_patch_dim (config);
  double weight = evaluator_target (config, patch, target), sum = 0;

  for (guint i = 0; i < dim; i++)
    sum += ((double)target[i] - prediction[i])
           * ((double)target[i] - prediction[i]);
  return (float)(weight * sum / dim);
}

void
heads_training_add (HeadsTraining *self, const VInfoMaeConfig *config,
    const MaePass *pass, const float *weights, double total)
{
  gsize n = self->n_patches, n_masked = self->n_masked;
  guint dim = mae_patch_dim (config);
  g_autofree float *target = g_new (float, dim);

  for (gsize b = 0; b < pass->batch; b++) {
    const guint16 *masked = pass->order + b * n + pass->n_visible;
    double share = (weights ? weights[b] : 1) / (total * n_masked);

    for (gsize i = 0; i < n_masked; i++)
      self->errors[i]
          = patch_error (config, pass->patches + (b * n + masked[i]) * dim,
              pass->prediction + (b * n_masked + i) * dim, target);
    heads_conditional_nll (self->heads,
        pass->features + b * n_masked * self->heads->width, self->errors,
        n_masked, share, self->gradient);
  }
}

void
heads_training_look (HeadsTraining *self, const VInfoMae *mae)
{
  heads_null_features (mae, self->workspace, self->null_features);
}

void
heads_training_add_null (HeadsTraining *self, const VInfoMaeConfig *config,
    const float *patches, guint n, const float *weights, double total)
{
  guint dim = mae_patch_dim (config), width = self->heads->width;
  g_autofree float *target = g_new (float, dim);

  for (guint b = 0; b < n; b++) {
    double share = (weights ? weights[b] : 1) / (total * self->n_patches);

    for (gsize p = 0; p < self->n_patches; p++) {
      const float *patch = patches + (b * self->n_patches + p) * dim;
      double weight = evaluator_target (config, patch, target);

      heads_null_nll (self->heads, self->null_features + p * width, target,
          weight, share, self->gradient);
    }
  }
}

void
heads_training_step (
    HeadsTraining *self, gboolean with_null, double learning_rate, double decay)
{
  gsize conditional = heads_conditional_size (self->heads);
  gsize n = heads_size (self->heads);
  float *parameters = self->heads->parameters;

  mae_adamw_step_plain (&self->conditional, parameters, conditional,
      self->gradient, learning_rate, 0);
  if (with_null)
    mae_adamw_step_plain (&self->null, parameters + conditional,
        n - conditional, self->gradient + conditional, learning_rate, 0);
  for (gsize i = 0; self->average && i < n; i++)
    self->average->parameters[i]
        += (float)(1 - decay) * (parameters[i] - self->average->parameters[i]);
}
