/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "small-model.h"

#include <math.h>

static VInfoMae *
small_mae (void)
{
  VInfoMaeConfig c = small_config ();
  return vinfo_mae_new (&c, 1);
}

static void
forward (const VInfoMae *mae, Batch *batch, gboolean train)
{
  g_autoptr (MaeWorkspace) w = mae_workspace_new (
      &mae->config, batch->pass.batch, batch->pass.n_visible, train);
  mae_forward (mae, w, &batch->pass);
}

static void
assert_near (const float *a, const float *b, gsize n, double epsilon)
{
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (a[i], b[i], epsilon);
}

static void
test_a_picture_is_scored_alone_as_in_a_batch (void)
{
  g_autoptr (VInfoMae) mae = small_mae ();
  const VInfoMaeConfig *c = &mae->config;
  gsize n = mae_n_patches (c), dim = mae_patch_dim (c), masked = n - 3;
  g_autoptr (Batch) three = batch_new (c, 3, 3);
  forward (mae, three, FALSE);
  g_assert_cmpfloat (fabs (three->prediction[0]), >, 0);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (Batch) one = batch_new (c, 1, 3);
    one->pass.patches = three->patches + i * n * dim;
    one->pass.order = three->order + i * n;
    forward (mae, one, FALSE);
    assert_near (one->prediction, three->prediction + i * masked * dim,
        masked * dim, 1e-5);
    assert_near (one->embedding, three->embedding + i * c->hidden_size,
        c->hidden_size, 1e-5);
    assert_near (one->features,
        three->features + i * masked * c->decoder_hidden_size,
        masked * c->decoder_hidden_size, 1e-5);
  }
}

static void
test_training_workspace_predicts_the_same (void)
{
  g_autoptr (VInfoMae) mae = small_mae ();
  const VInfoMaeConfig *c = &mae->config;
  g_autoptr (Batch) a = batch_new (c, 4, 2);
  g_autoptr (Batch) b = batch_new (c, 4, 2);
  gsize n = 4 * (mae_n_patches (c) - 2) * mae_patch_dim (c);
  forward (mae, a, FALSE);
  forward (mae, b, TRUE);
  g_assert_cmpmem (
      a->prediction, n * sizeof (float), b->prediction, n * sizeof (float));
}

static void
test_workspace_takes_smaller_batches (void)
{
  g_autoptr (VInfoMae) mae = small_mae ();
  const VInfoMaeConfig *c = &mae->config;
  g_autoptr (Batch) large = batch_new (c, 5, 3);
  g_autoptr (Batch) small = batch_new (c, 2, 3);
  g_autoptr (Batch) expected = batch_new (c, 2, 3);
  g_autoptr (MaeWorkspace) w = mae_workspace_new (c, 5, 3, FALSE);
  gsize n = 2 * (mae_n_patches (c) - 3) * mae_patch_dim (c);
  mae_forward (mae, w, &large->pass);
  mae_forward (mae, w, &small->pass);
  forward (mae, expected, FALSE);
  g_assert_cmpmem (small->prediction, n * sizeof (float), expected->prediction,
      n * sizeof (float));
}

/* The encoder must not see what it shall predict. */
static void
test_masked_pixels_do_not_matter (void)
{
  g_autoptr (VInfoMae) mae = small_mae ();
  const VInfoMaeConfig *c = &mae->config;
  gsize dim = mae_patch_dim (c), n = (mae_n_patches (c) - 3) * dim;
  g_autoptr (Batch) a = batch_new (c, 1, 3);
  g_autoptr (Batch) b = batch_new (c, 1, 3);
  for (guint i = 3; i < mae_n_patches (c); i++)
    b->patches[b->order[i] * dim] += 5;
  forward (mae, a, FALSE);
  forward (mae, b, FALSE);
  g_assert_cmpmem (
      a->prediction, n * sizeof (float), b->prediction, n * sizeof (float));
  b->patches[b->order[0] * dim] += 5;
  forward (mae, b, FALSE);
  g_assert_cmpfloat (a->prediction[0], !=, b->prediction[0]);
}

/* Which visible patch comes first is no information. */
static void
test_order_within_the_visible_does_not_matter (void)
{
  g_autoptr (VInfoMae) mae = small_mae ();
  const VInfoMaeConfig *c = &mae->config;
  gsize n = (mae_n_patches (c) - 3) * mae_patch_dim (c);
  g_autoptr (Batch) a = batch_new (c, 1, 3);
  g_autoptr (Batch) b = batch_new (c, 1, 3);
  b->order[0] = a->order[2];
  b->order[2] = a->order[0];
  forward (mae, a, FALSE);
  forward (mae, b, FALSE);
  assert_near (a->prediction, b->prediction, n, 1e-5);
  assert_near (a->embedding, b->embedding, c->hidden_size, 1e-5);
}

static void
test_all_or_nothing_may_be_visible (void)
{
  g_autoptr (VInfoMae) mae = small_mae ();
  const VInfoMaeConfig *c = &mae->config;
  guint n = mae_n_patches (c);
  g_autoptr (Batch) all = batch_new (c, 2, n);
  g_autoptr (Batch) none = batch_new (c, 2, 0);
  forward (mae, all, TRUE);
  forward (mae, none, TRUE);
  g_assert_cmpfloat (all->embedding[0], !=, 0);
  g_assert_cmpfloat (none->embedding[0], ==, 0);
  g_assert_true (isfinite (none->prediction[0]));
  g_assert_cmpfloat (mae_loss (c, &all->pass, NULL), ==, 0);
  g_assert_cmpfloat (mae_loss (c, &none->pass, NULL), >, 0);
}

static void
test_embedding_alone_is_the_same (void)
{
  g_autoptr (VInfoMae) mae = small_mae ();
  const VInfoMaeConfig *c = &mae->config;
  g_autoptr (Batch) a = batch_new (c, 2, 9);
  g_autoptr (Batch) b = batch_new (c, 2, 9);
  b->pass.prediction = b->pass.features = NULL;
  forward (mae, a, FALSE);
  forward (mae, b, FALSE);
  g_assert_cmpmem (a->embedding, 2 * c->hidden_size * sizeof (float),
      b->embedding, 2 * c->hidden_size * sizeof (float));
}

static void
test_features_alone_are_the_same (void)
{
  g_autoptr (VInfoMae) mae = small_mae ();
  const VInfoMaeConfig *c = &mae->config;
  gsize n = 2 * (gsize)(mae_n_patches (c) - 2) * c->decoder_hidden_size;
  g_autoptr (Batch) a = batch_new (c, 2, 2);
  g_autoptr (Batch) b = batch_new (c, 2, 2);
  b->pass.prediction = b->pass.embedding = NULL;
  forward (mae, a, FALSE);
  forward (mae, b, FALSE);
  g_assert_cmpfloat (a->features[0], !=, 0);
  g_assert_cmpmem (
      a->features, n * sizeof (float), b->features, n * sizeof (float));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/forward/batch", test_a_picture_is_scored_alone_as_in_a_batch);
  g_test_add_func ("/forward/train", test_training_workspace_predicts_the_same);
  g_test_add_func ("/forward/smaller", test_workspace_takes_smaller_batches);
  g_test_add_func ("/forward/masked", test_masked_pixels_do_not_matter);
  g_test_add_func (
      "/forward/order", test_order_within_the_visible_does_not_matter);
  g_test_add_func ("/forward/extremes", test_all_or_nothing_may_be_visible);
  g_test_add_func ("/forward/embedding", test_embedding_alone_is_the_same);
  g_test_add_func ("/forward/features", test_features_alone_are_the_same);
  return g_test_run ();
}
