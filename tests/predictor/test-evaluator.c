/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/evaluator-private.h"

#include <math.h>
#include <string.h>

#include "predictor/vinfo-regions.h"
#include "scene.h"

typedef struct {
  VInfoMaeConfig config;
  VInfoMae *mae;
  Masks *masks;
  float *patches; /* two frames */
  gsize frame;
} Fixture;

static Fixture
fixture_new (gboolean norm_pix_loss)
{
  Fixture f = { 0 };
  g_autoptr (VInfoImage) a = scene_new (1, 60, 40);
  g_autoptr (VInfoImage) b = scene_new (2, 60, 40);
  VInfoImage *images[] = { a, b };

  g_assert_true (vinfo_mae_config_named ("nano", &f.config, NULL));
  f.config.norm_pix_loss = norm_pix_loss;
  f.mae = vinfo_mae_new (&f.config, 3);
  f.masks = masks_new (&f.config, 4);
  f.frame = (gsize)mae_n_patches (&f.config) * mae_patch_dim (&f.config);
  f.patches = g_new (float, 2 * f.frame);
  evaluator_patchify (&f.config, images, 2, f.patches);
  return f;
}

static void
fixture_finish (Fixture *f)
{
  vinfo_mae_unref (f->mae);
  masks_unref (f->masks);
  g_free (f->patches);
}

/* Predictions of one frame under one mask, straight from the model. */
static float *
predict (const Fixture *f, guint frame, guint mask, float *features)
{
  guint n_masked = f->masks->n_patches - f->masks->n_visible;
  float *prediction = g_new (float, n_masked *mae_patch_dim (&f->config));
  MaeWorkspace *workspace
      = mae_workspace_new (&f->config, 1, f->masks->n_visible, FALSE);
  MaePass pass = { .batch = 1,
    .n_visible = f->masks->n_visible,
    .patches = f->patches + frame * f->frame,
    .order = masks_order (f->masks, mask),
    .prediction = prediction,
    .features = features };

  mae_forward (f->mae, workspace, &pass);
  mae_workspace_free (workspace);
  return prediction;
}

static void
test_errors_equal_those_of_plain_predictions (void)
{
  Fixture f = fixture_new (FALSE);
  g_autofree float *mu = g_new (float, f.frame);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  guint dim = mae_patch_dim (&f.config);
  double alpha = 0.7, e_x = 0, e_null = 0, n = 0;
  FrameErrors errors[2];

  for (gsize i = 0; i < f.frame; i++)
    mu[i] = 0.1f * sinf ((float)i);
  evaluator_run (
      evaluator, &(Evaluation){ f.mae, f.masks, 4, mu }, 2, f.patches, errors);

  for (guint m = 0; m < 4; m++) {
    g_autofree float *prediction = predict (&f, 1, m, NULL);
    const guint16 *masked = masks_order (f.masks, m) + f.masks->n_visible;

    for (guint p = 0; p < f.masks->n_patches - f.masks->n_visible; p++) {
      for (guint d = 0; d < dim; d++) {
        double y = f.patches[f.frame + masked[p] * dim + d];
        double u = mu[masked[p] * dim + d];
        double tilde = u + alpha * (prediction[p * dim + d] - u);

        e_x += (y - tilde) * (y - tilde);
        e_null += (y - u) * (y - u);
        n++;
      }
    }
  }
  g_assert_cmpfloat_with_epsilon (
      frame_error_model (&errors[1], alpha), e_x / n, 1e-5);
  g_assert_cmpfloat_with_epsilon (
      frame_error_null (&errors[1]), e_null / n, 1e-6);
  fixture_finish (&f);
}

static void
test_loss_is_the_models_own (gconstpointer norm_pix_loss)
{
  Fixture f = fixture_new (GPOINTER_TO_INT (norm_pix_loss));
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  FrameErrors errors[2];
  double expected = 0;

  evaluator_run (
      evaluator, &(Evaluation){ f.mae, f.masks, 4 }, 2, f.patches, errors);
  for (guint m = 0; m < 4; m++) {
    g_autofree float *prediction = predict (&f, 0, m, NULL);
    MaePass pass = { .batch = 1,
      .n_visible = f.masks->n_visible,
      .patches = f.patches,
      .order = masks_order (f.masks, m),
      .prediction = prediction };

    expected += mae_loss (&f.config, &pass, NULL) / 4;
  }
  g_assert_cmpfloat_with_epsilon (errors[0].loss, expected, 1e-5 * expected);
  fixture_finish (&f);
}

/* The pairwise form that the closed one abbreviates:
 * Σ_{p≠q} (r_p·r_q)(z_p·z_q) */
static void
test_self_gain_is_the_sum_over_pairs_of_patches (void)
{
  Fixture f = fixture_new (FALSE);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  guint dim = mae_patch_dim (&f.config);
  guint width = f.config.decoder_hidden_size;
  guint n = f.masks->n_patches - f.masks->n_visible;
  g_autofree float *features = g_new (float, n *width);
  g_autofree float *prediction = predict (&f, 0, 0, features);
  const guint16 *masked = masks_order (f.masks, 0) + f.masks->n_visible;
  double pairs = 0, z_mean = 0, expected;
  FrameErrors errors[2];

  for (guint p = 0; p < n; p++) {
    for (guint q = 0; q < n; q++) {
      double rr = 0, zz = 1; /* the appended 1 */

      for (guint d = 0; d < dim; d++)
        rr += (f.patches[masked[p] * dim + d] - prediction[p * dim + d])
              * (f.patches[masked[q] * dim + d] - prediction[q * dim + d]);
      for (guint d = 0; d < width; d++)
        zz += features[p * width + d] * features[q * width + d];
      if (p == q)
        z_mean += zz / n;
      else
        pairs += rr * zz;
    }
  }
  expected = pairs / ((double)n * (n - 1) * dim * z_mean);

  evaluator_run (evaluator,
      &(Evaluation){ f.mae, f.masks, 1, .want_self = TRUE }, 2, f.patches,
      errors);
  g_assert_cmpfloat_with_epsilon (
      errors[0].self, expected, 1e-3 * fabs (expected));
  fixture_finish (&f);
}

/* Predicts 0 of everything, so that residuals are the values themselves; its
 * features are still as alike as any. */
static void
silence (VInfoMae *mae)
{
  static const char *const layer[]
      = { "decoder.decoder_pred.weight", "decoder.decoder_pred.bias" };

  for (guint i = 0; i < G_N_ELEMENTS (layer); i++) {
    const MaeTensor *tensor = mae_find_tensor (mae, layer[i]);

    memset (mae->parameters + tensor->offset, 0,
        tensor->size * sizeof *mae->parameters);
  }
}

/* The standard error of the mean below is 0.0006; with the patches' pairs with
 * themselves it would be 1/47. */
static void
test_independent_residuals_gain_nothing (void)
{
  Fixture f = fixture_new (FALSE);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  NnRandom random = { .seed = 7 };
  double mean = 0;

  silence (f.mae);
  for (guint i = 0; i < 32; i++) {
    FrameErrors errors[2];

    for (gsize j = 0; j < 2 * f.frame; j++)
      f.patches[j] = (float)nn_random_normal (&random);
    evaluator_run (evaluator,
        &(Evaluation){ f.mae, f.masks, 1, .want_self = TRUE }, 2, f.patches,
        errors);
    mean += (errors[0].self + errors[1].self) / 64;
  }
  g_test_message ("%.5f of a variance of 1", mean);
  g_assert_cmpfloat (fabs (mean), <, 0.003);
  fixture_finish (&f);
}

static void
test_errors_of_patches_add_up_to_the_frames (void)
{
  Fixture f = fixture_new (FALSE);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  guint n_patches = f.masks->n_patches, dim = mae_patch_dim (&f.config);
  g_autofree FrameErrors *patches = g_new (FrameErrors, 2 * n_patches);
  FrameErrors errors[2];
  double yf = 0, n = 0;

  evaluator_run (evaluator,
      &(Evaluation){ f.mae, f.masks, 3, .patch_errors = patches }, 2, f.patches,
      errors);
  for (guint p = 0; p < n_patches; p++) {
    /* hidden in all masks but the one that shows it, if that is scored */
    guint hidden = f.masks->visible_mask[p] < 3 ? 2 : 3;

    g_assert_cmpfloat (patches[n_patches + p].n, ==, hidden * dim);
    yf += patches[n_patches + p].yf;
    n += patches[n_patches + p].n;
  }
  g_assert_cmpfloat (n, ==, errors[1].n);
  g_assert_cmpfloat_with_epsilon (yf, errors[1].yf, 1e-9 * errors[1].yy);
  fixture_finish (&f);
}

/* The map of plain errors, in plain loops, and what is proposed on it. */
static void
test_region_is_the_hottest_of_the_map (void)
{
  Fixture f = fixture_new (FALSE);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  guint n_patches = f.masks->n_patches, dim = mae_patch_dim (&f.config);
  guint side = f.config.image_size / f.config.patch_size;
  g_autofree float *map = g_new0 (float, n_patches);
  FrameErrors errors[2];
  VInfoRegion region;

  for (guint y = 2; y < 5; y++) /* what no gradient has */
    for (gsize i = 0; i < 3 * dim; i++)
      f.patches[f.frame + (y * side + 3) * dim + i] += 5;
  for (guint m = 0; m < 4; m++) {
    g_autofree float *prediction = predict (&f, 1, m, NULL);
    const guint16 *masked = masks_order (f.masks, m) + f.masks->n_visible;

    for (guint p = 0; p < n_patches - f.masks->n_visible; p++)
      for (guint d = 0; d < dim; d++) {
        float r = f.patches[f.frame + masked[p] * dim + d]
                  - prediction[p * dim + d];

        map[masked[p]] += r * r / (3 * (float)dim);
      }
  }
  vinfo_regions_propose_hot (map, side, side, 1, &region);
  g_assert_cmpuint (region.x, ==, 3);
  g_assert_cmpuint (region.y, ==, 2);
  g_assert_cmpuint (region.width * region.height, ==, 9);

  evaluator_run (
      evaluator, &(Evaluation){ f.mae, f.masks, 4 }, 2, f.patches, errors);
  g_assert_cmpfloat_with_epsilon (
      errors[1].region, region.error, 1e-5 * region.error);
  g_assert_cmpfloat (errors[1].region, >, errors[1].loss);
  fixture_finish (&f);
}

static void
test_a_frame_scores_the_same_in_any_batch (void)
{
  Fixture f = fixture_new (FALSE);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  guint width = f.config.hidden_size;
  g_autofree float *both = g_new (float, 2 * width);
  g_autofree float *alone = g_new (float, width);
  FrameErrors two[2], one;

  evaluator_run (evaluator,
      &(Evaluation){ f.mae, f.masks, 4, .embeddings = both }, 2, f.patches,
      two);
  evaluator_run (evaluator,
      &(Evaluation){ f.mae, f.masks, 4, .embeddings = alone }, 1,
      f.patches + f.frame, &one);
  g_assert_cmpfloat_with_epsilon (two[1].loss, one.loss, 1e-5 * one.loss);
  g_assert_cmpfloat_with_epsilon (two[1].ff, one.ff, 1e-5 * one.ff);
  for (guint d = 0; d < width; d++)
    g_assert_cmpfloat_with_epsilon (both[width + d], alone[d], 1e-4);
  fixture_finish (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/evaluator/errors-equal-those-of-plain-predictions",
      test_errors_equal_those_of_plain_predictions);
  g_test_add_data_func ("/evaluator/loss-is-the-models-own",
      GINT_TO_POINTER (FALSE), test_loss_is_the_models_own);
  g_test_add_data_func ("/evaluator/loss-is-the-models-own-normalised",
      GINT_TO_POINTER (TRUE), test_loss_is_the_models_own);
  g_test_add_func ("/evaluator/self-gain-is-the-sum-over-pairs-of-patches",
      test_self_gain_is_the_sum_over_pairs_of_patches);
  g_test_add_func ("/evaluator/independent-residuals-gain-nothing",
      test_independent_residuals_gain_nothing);
  g_test_add_func ("/evaluator/errors-of-patches-add-up-to-the-frames",
      test_errors_of_patches_add_up_to_the_frames);
  g_test_add_func ("/evaluator/region-is-the-hottest-of-the-map",
      test_region_is_the_hottest_of_the_map);
  g_test_add_func ("/evaluator/a-frame-scores-the-same-in-any-batch",
      test_a_frame_scores_the_same_in_any_batch);
  return g_test_run ();
}
