/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "small-model.h"

#include "../nn/finite-difference.h"

#include <string.h>

typedef struct {
  VInfoMae *mae;
  MaeWorkspace *workspace;
  Batch *batch;
  float *d_prediction, *gradient;
} Fixture;

/* Weights far from their small initial values, so that no path is flat. */
static void
set_up (Fixture *f, const VInfoMaeConfig *c, guint n_visible)
{
  f->mae = vinfo_mae_new (c, 3);
  NnRandom random = { 5, 5, 0 };
  for (gsize i = 0; i < f->mae->n_parameters; i++)
    f->mae->parameters[i] += 0.2 * nn_random_normal (&random);
  f->workspace = mae_workspace_new (c, 2, n_visible, TRUE);
  f->batch = batch_new (c, 2, n_visible);
  f->d_prediction = g_new0 (float, 2 * mae_n_patches (c) * mae_patch_dim (c));
  f->gradient = g_new0 (float, f->mae->n_parameters);
}

static void
tear_down (Fixture *f)
{
  vinfo_mae_unref (f->mae);
  mae_workspace_free (f->workspace);
  batch_free (f->batch);
  g_free (f->d_prediction);
  g_free (f->gradient);
}

static double
loss (gpointer data)
{
  Fixture *f = data;
  mae_forward (f->mae, f->workspace, &f->batch->pass);
  return mae_loss (&f->mae->config, &f->batch->pass, NULL);
}

static void
differentiate (Fixture *f)
{
  mae_forward (f->mae, f->workspace, &f->batch->pass);
  mae_loss (&f->mae->config, &f->batch->pass, f->d_prediction);
  mae_backward (
      f->mae, f->workspace, &f->batch->pass, f->d_prediction, f->gradient);
}

/* Every tensor by itself: a wrong small one would not show in the sum. */
static void
check_all_tensors (const VInfoMaeConfig *c, guint n_visible)
{
  Fixture f;
  set_up (&f, c, n_visible);
  differentiate (&f);
  for (guint i = 0; i < f.mae->tensors->len; i++) {
    const MaeTensor *t = &g_array_index (f.mae->tensors, MaeTensor, i);
    if (!t->trained || strstr (t->name, "key.bias"))
      continue; /* a key's bias cancels in the softmax: it is tested below */
    double error = gradient_error (f.mae->parameters + t->offset, t->size,
        1 + t->size / 24, f.gradient + t->offset, loss, &f, 0.01);
    g_test_message ("%s: %g", t->name, error);
    g_assert_cmpfloat (error, <, 0.02);
  }
  tear_down (&f);
}

static void
test_gradient_is_the_difference (void)
{
  VInfoMaeConfig c = small_config ();
  check_all_tensors (&c, 3);
}

static void
test_gradient_is_right_for_normalised_targets (void)
{
  VInfoMaeConfig c = small_config ();
  c.norm_pix_loss = TRUE;
  check_all_tensors (&c, 2);
}

static void
test_gradient_is_right_for_one_channel_and_odd_patches (void)
{
  VInfoMaeConfig c = small_config ();
  c.num_channels = 1;
  c.patch_size = 3;
  c.image_size = 15;
  check_all_tensors (&c, 6);
}

static void
test_nothing_else_has_a_gradient (void)
{
  Fixture f;
  VInfoMaeConfig c = small_config ();
  set_up (&f, &c, 3);
  differentiate (&f);
  for (guint i = 0; i < f.mae->tensors->len; i++) {
    const MaeTensor *t = &g_array_index (f.mae->tensors, MaeTensor, i);
    double limit = !t->trained ? 0 : strstr (t->name, "key.bias") ? 1e-5 : 1e9;
    for (gsize j = 0; j < t->size; j++)
      g_assert_cmpfloat (fabs (f.gradient[t->offset + j]), <=, limit);
  }
  tear_down (&f);
}

static void
test_gradients_accumulate (void)
{
  Fixture f;
  VInfoMaeConfig c = small_config ();
  set_up (&f, &c, 3);
  differentiate (&f);
  g_autofree float *once
      = g_memdup2 (f.gradient, f.mae->n_parameters * sizeof (float));
  differentiate (&f);
  for (gsize i = 0; i < f.mae->n_parameters; i++)
    g_assert_cmpfloat_with_epsilon (f.gradient[i], 2 * once[i], 1e-4);
  tear_down (&f);
}

static void
test_no_visible_patch_leaves_the_patch_weights_alone (void)
{
  Fixture f;
  VInfoMaeConfig c = small_config ();
  set_up (&f, &c, 0);
  differentiate (&f);
  const MaeLayout *l = &f.mae->layout;
  g_assert_cmpfloat (f.gradient[l->patch_w], ==, 0);
  g_assert_cmpfloat (f.gradient[l->class_token], !=, 0);
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backward/difference", test_gradient_is_the_difference);
  g_test_add_func (
      "/backward/norm-pix", test_gradient_is_right_for_normalised_targets);
  g_test_add_func ("/backward/one-channel",
      test_gradient_is_right_for_one_channel_and_odd_patches);
  g_test_add_func ("/backward/fixed", test_nothing_else_has_a_gradient);
  g_test_add_func ("/backward/accumulate", test_gradients_accumulate);
  g_test_add_func ("/backward/no-visible",
      test_no_visible_patch_leaves_the_patch_weights_alone);
  return g_test_run ();
}
