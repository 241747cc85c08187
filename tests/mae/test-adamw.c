/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "small-model.h"

#include "mae/adamw-private.h"

#include <math.h>
#include <string.h>

typedef struct {
  VInfoMae *mae;
  MaeAdamW adamw;
  float *gradient;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  VInfoMaeConfig c = small_config ();
  f->mae = vinfo_mae_new (&c, 1);
  f->gradient = g_new0 (float, f->mae->n_parameters);
  mae_adamw_init (&f->adamw, f->mae, 0.05);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  mae_adamw_finish (&f->adamw);
  vinfo_mae_unref (f->mae);
  g_free (f->gradient);
}

/* torch.optim.AdamW by hand, for one value, over steps with gradients g. */
static double
by_hand (double p, const double *g, guint steps, double rate, double decay,
    const MaeAdamW *a)
{
  double m = 0, v = 0;
  for (guint t = 1; t <= steps; t++) {
    p *= 1 - rate * decay;
    m = a->beta1 * m + (1 - a->beta1) * g[t - 1];
    v = a->beta2 * v + (1 - a->beta2) * g[t - 1] * g[t - 1];
    double m_hat = m / (1 - pow (a->beta1, t));
    double v_hat = v / (1 - pow (a->beta2, t));
    p -= rate * m_hat / (sqrt (v_hat) + a->epsilon);
  }
  return p;
}

static void
test_steps_are_those_of_torch (Fixture *f, gconstpointer unused)
{
  static const double g[3] = { 0.5, -0.2, 1.5 };
  gsize weight = f->mae->layout.embed_w, bias = f->mae->layout.embed_b;
  double p_weight = f->mae->parameters[weight], p_bias = 0.25;
  f->mae->parameters[bias] = p_bias;
  for (guint i = 0; i < 3; i++) {
    f->gradient[weight] = f->gradient[bias] = g[i];
    double norm = mae_adamw_step (&f->adamw, f->mae, f->gradient, 0.01, 0);
    g_assert_cmpfloat_with_epsilon (norm, fabs (g[i]) * G_SQRT2, 1e-6);
  }
  g_assert_cmpuint (f->adamw.step, ==, 3);
  g_assert_cmpfloat_with_epsilon (f->mae->parameters[weight],
      by_hand (p_weight, g, 3, 0.01, 0.05, &f->adamw), 1e-6);
  g_assert_cmpfloat_with_epsilon (f->mae->parameters[bias],
      by_hand (p_bias, g, 3, 0.01, 0, &f->adamw), 1e-6);
}

static void
test_gradient_is_clipped_to_its_norm (Fixture *f, gconstpointer unused)
{
  gsize at = f->mae->layout.embed_b;
  f->gradient[at] = 3;
  f->gradient[at + 1] = 4;
  g_assert_cmpfloat_with_epsilon (
      mae_adamw_step (&f->adamw, f->mae, f->gradient, 0.01, 1), 5, 1e-6);
  g_assert_cmpfloat_with_epsilon (
      f->adamw.m[at], (1 - f->adamw.beta1) * 3 / 5, 1e-6);
  g_assert_cmpfloat_with_epsilon (
      f->adamw.m[at + 1], (1 - f->adamw.beta1) * 4 / 5, 1e-6);
  g_assert_cmpfloat (f->gradient[at], ==, 3);
}

static void
test_fixed_positions_stay (Fixture *f, gconstpointer unused)
{
  const MaeTensor *t
      = mae_find_tensor (f->mae, "vit.embeddings.position_embeddings");
  g_autofree float *before
      = g_memdup2 (f->mae->parameters + t->offset, t->size * sizeof (float));
  f->gradient[0] = 1;
  mae_adamw_step (&f->adamw, f->mae, f->gradient, 0.1, 0);
  g_assert_cmpmem (before, t->size * sizeof (float),
      f->mae->parameters + t->offset, t->size * sizeof (float));
}

static void
test_nan_gradient_changes_nothing (Fixture *f, gconstpointer unused)
{
  gsize size = f->mae->n_parameters * sizeof (float);
  g_autofree float *before = g_memdup2 (f->mae->parameters, size);
  f->gradient[f->mae->n_parameters - 1] = NAN;
  double norm = mae_adamw_step (&f->adamw, f->mae, f->gradient, 0.1, 1);
  g_assert_true (isnan (norm));
  g_assert_cmpuint (f->adamw.step, ==, 0);
  g_assert_cmpmem (before, size, f->mae->parameters, size);
}

/* Trains on one batch and returns the last loss. */
static double
train (VInfoMae *mae, guint steps, double *first)
{
  const VInfoMaeConfig *c = &mae->config;
  gsize n_values = 4 * mae_n_patches (c) * mae_patch_dim (c);
  g_autoptr (Batch) batch = batch_new (c, 4, 3);
  g_autoptr (MaeWorkspace) w = mae_workspace_new (c, 4, 3, TRUE);
  g_autofree float *d_prediction = g_new (float, n_values);
  g_autofree float *gradient = g_new (float, mae->n_parameters);
  MaeAdamW adamw;
  double loss = 0;
  mae_adamw_init (&adamw, mae, 0.05);
  for (guint i = 0; i < steps; i++) {
    memset (gradient, 0, mae->n_parameters * sizeof (float));
    mae_forward (mae, w, &batch->pass);
    loss = mae_loss (c, &batch->pass, d_prediction);
    *first = i == 0 ? loss : *first;
    mae_backward (mae, w, &batch->pass, d_prediction, gradient);
    mae_adamw_step (&adamw, mae, gradient, 3e-3, 1);
  }
  mae_adamw_finish (&adamw);
  return loss;
}

static void
test_loss_falls_on_one_batch (Fixture *f, gconstpointer unused)
{
  double first, last = train (f->mae, 400, &first);
  g_test_message ("%g to %g", first, last);
  g_assert_cmpfloat (last, <, 0.5 * first);
}

static void
test_training_repeats_bit_for_bit (Fixture *f, gconstpointer unused)
{
  g_autoptr (VInfoMae) copy = vinfo_mae_copy (f->mae);
  double first;
  train (f->mae, 20, &first);
  train (copy, 20, &first);
  g_assert_cmpmem (f->mae->parameters, f->mae->n_parameters * sizeof (float),
      copy->parameters, copy->n_parameters * sizeof (float));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/adamw/torch", test_steps_are_those_of_torch);
  ADD ("/adamw/clip", test_gradient_is_clipped_to_its_norm);
  ADD ("/adamw/fixed", test_fixed_positions_stay);
  ADD ("/adamw/nan", test_nan_gradient_changes_nothing);
  ADD ("/adamw/falls", test_loss_falls_on_one_batch);
  ADD ("/adamw/repeats", test_training_repeats_bit_for_bit);
  return g_test_run ();
}
