/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/vinfo-scorer.h"

#include <math.h>
#include <string.h>

#include "predictor/snapshot-private.h"
#include "scene.h"

#define PANEL_SIZE 40
#define SILENT 77 /* seed of a model whose output layer is zero */

static VInfoSnapshot *
calibrate (VInfoReference mode, guint64 live_seed, GPtrArray **panel)
{
  VInfoMaeConfig config;
  SnapshotParts parts = { .version = 5, .mode = mode, .n_masks = 4 };
  VInfoSnapshot *snapshot;

  g_assert_true (vinfo_mae_config_named ("nano", &config, NULL));
  *panel = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  for (guint i = 0; i < PANEL_SIZE; i++)
    g_ptr_array_add (
        *panel, scene_new (i, config.image_size, config.image_size));
  parts.panel = *panel;
  parts.live = vinfo_mae_new (&config, live_seed);
  if (live_seed == SILENT) {
    const MaeTensor *head
        = mae_find_tensor (parts.live, "decoder.decoder_pred.weight");

    memset (
        parts.live->parameters + head->offset, 0, head->size * sizeof (float));
  }
  if (mode == VINFO_REFERENCE_CHECKPOINT)
    parts.reference = vinfo_mae_ref (parts.live);
  parts.masks = masks_new (&config, 1);
  parts.mu = snapshot_compute_mu (&config, *panel);
  snapshot = snapshot_calibrate (&parts);

  vinfo_mae_unref (parts.live);
  g_clear_pointer (&parts.reference, vinfo_mae_unref);
  masks_unref (parts.masks);
  g_bytes_unref (parts.mu);
  return snapshot;
}

static void
score_panel (const VInfoSnapshot *snapshot, VInfoScoreKind kind,
    GPtrArray *panel, VInfoScore *scores)
{
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  guint64 ids[PANEL_SIZE] = { 0 };

  vinfo_scorer_score (scorer, snapshot, kind, PANEL_SIZE,
      (VInfoImage *const *)panel->pdata, ids, scores, NULL);
}

/* I_V = mean PVI over the calibration set = ½·log(s²/σ²) ≥ 0 */
static void
test_mean_pvi_of_the_panel_is_its_v_information (void)
{
  for (guint64 seed = 0; seed < 4; seed++) {
    g_autoptr (GPtrArray) panel = NULL;
    g_autoptr (VInfoSnapshot) snapshot
        = calibrate (VINFO_REFERENCE_PROGRESS, seed, &panel);
    VInfoScore scores[PANEL_SIZE];
    double mean = 0;

    score_panel (snapshot, VINFO_SCORE_PVI, panel, scores);
    for (guint i = 0; i < PANEL_SIZE; i++)
      mean += scores[i].pvi / PANEL_SIZE;
    g_assert_cmpfloat (vinfo_snapshot_get_iv (snapshot), >=, 0.0);
    g_assert_cmpfloat_with_epsilon (
        mean, vinfo_snapshot_get_iv (snapshot), 1e-4);
    g_assert_cmpuint (scores[0].version, ==, 5);
    g_assert_cmpuint (scores[0].masks, ==, 4);
  }
}

/* Every patch is hidden by three of the four masks: the map's mean is e_X. */
static double
error_of (const VInfoSnapshot *snapshot, VInfoImage *image)
{
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  guint n = mae_n_patches (vinfo_mae_get_config (snapshot->live));
  g_autofree float *map = g_new (float, n);
  double sum = 0;

  vinfo_scorer_map_errors (scorer, snapshot, image, map);
  for (guint p = 0; p < n; p++)
    sum += map[p];
  return sum / n;
}

/* h_X(y) = ½·log(2πσ²) + e_X/2σ²; h_∅ is PVI above it, and both are the
 * panel's in the mean. */
static void
test_entropies_of_a_picture_follow_from_its_errors (void)
{
  g_autoptr (GPtrArray) panel = NULL;
  g_autoptr (VInfoSnapshot) snapshot
      = calibrate (VINFO_REFERENCE_PROGRESS, 1, &panel);
  double sigma2 = vinfo_snapshot_get_sigma2 (snapshot), h_x = 0, h_null = 0;
  VInfoScore scores[PANEL_SIZE];

  score_panel (snapshot, VINFO_SCORE_PVI, panel, scores);
  for (guint i = 0; i < PANEL_SIZE; i++) {
    double error = error_of (snapshot, panel->pdata[i]);

    g_assert_cmpfloat_with_epsilon (scores[i].h_x,
        0.5 * log (2 * G_PI * sigma2) + error / (2 * sigma2), 1e-4);
    g_assert_cmpfloat_with_epsilon (
        scores[i].h_null - scores[i].h_x, scores[i].pvi, 1e-4);
    h_x += scores[i].h_x / PANEL_SIZE;
    h_null += scores[i].h_null / PANEL_SIZE;
  }
  g_assert_cmpfloat_with_epsilon (
      h_x, vinfo_snapshot_get_h_x (snapshot, VINFO_ESTIMATOR_CLOSED), 1e-4);
  g_assert_cmpfloat_with_epsilon (h_null,
      vinfo_snapshot_get_h_null (snapshot, VINFO_ESTIMATOR_CLOSED), 1e-4);
}

static void
test_quantiles_of_the_panel_are_uniform (void)
{
  g_autoptr (GPtrArray) panel = NULL;
  g_autoptr (VInfoSnapshot) snapshot
      = calibrate (VINFO_REFERENCE_PROGRESS, 1, &panel);
  VInfoScore scores[PANEL_SIZE];
  double mean = 0;

  score_panel (snapshot, VINFO_SCORE_LOSS, panel, scores);
  for (guint i = 0; i < PANEL_SIZE; i++) {
    mean += scores[i].quantile / PANEL_SIZE;
    for (guint j = 0; j < PANEL_SIZE; j++)
      if (scores[i].value < scores[j].value)
        g_assert_cmpfloat (scores[i].quantile, <=, scores[j].quantile);
  }
  g_assert_cmpfloat_with_epsilon (mean, 0.5, 0.02);
}

static void
test_a_model_gains_nothing_over_itself (void)
{
  g_autoptr (GPtrArray) panel = NULL;
  g_autoptr (VInfoSnapshot) snapshot
      = calibrate (VINFO_REFERENCE_CHECKPOINT, 1, &panel);
  VInfoScore scores[PANEL_SIZE];

  score_panel (snapshot, VINFO_SCORE_GAIN, panel, scores);
  for (guint i = 0; i < PANEL_SIZE; i++)
    g_assert_cmpfloat_with_epsilon (scores[i].gain, 0.0, 1e-5);
}

static void
test_gain_is_unknown_without_a_reference (void)
{
  g_autoptr (GPtrArray) panel = NULL;
  g_autoptr (VInfoSnapshot) snapshot
      = calibrate (VINFO_REFERENCE_PROGRESS, 1, &panel);
  VInfoScore scores[PANEL_SIZE];

  score_panel (snapshot, VINFO_SCORE_GAIN, panel, scores);
  g_assert_true (isnan (scores[0].gain));
  g_assert_true (isnan (scores[0].value));
  g_assert_cmpfloat (scores[0].quantile, ==, 0.5f);
}

/* A model that predicts nothing leaves the picture as residual: what its
 * patches have in common could be learnt, noise has nothing in common. */
static void
test_self_gain_is_higher_for_a_scene_than_for_noise (void)
{
  g_autoptr (GPtrArray) panel = NULL;
  g_autoptr (VInfoSnapshot) snapshot
      = calibrate (VINFO_REFERENCE_SELF, SILENT, &panel);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  g_autoptr (VInfoImage) scene = scene_new (100, 32, 32);
  g_autoptr (VInfoImage) noise = noise_new (100, 32, 32);
  VInfoImage *images[] = { scene, noise };
  guint64 ids[] = { 1, 2 };
  VInfoScore scores[2];

  vinfo_scorer_score (
      scorer, snapshot, VINFO_SCORE_GAIN, 2, images, ids, scores, NULL);
  g_assert_cmpfloat (scores[0].gain, >, 0.0);
  g_assert_cmpfloat (scores[0].gain, >, 4 * fabs (scores[1].gain));
}

static void
test_embeddings_are_centred_and_of_length_one (void)
{
  g_autoptr (GPtrArray) panel = NULL;
  g_autoptr (VInfoSnapshot) snapshot
      = calibrate (VINFO_REFERENCE_PROGRESS, 1, &panel);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  guint width
      = vinfo_mae_get_config (vinfo_snapshot_get_live (snapshot))->hidden_size;
  g_autofree float *embeddings = g_new (float, PANEL_SIZE *width);
  guint64 ids[PANEL_SIZE] = { 0 };
  VInfoScore scores[PANEL_SIZE];
  double cosine = 0;

  vinfo_scorer_score (scorer, snapshot, VINFO_SCORE_LOSS, PANEL_SIZE,
      (VInfoImage *const *)panel->pdata, ids, scores, embeddings);
  for (guint i = 0; i < PANEL_SIZE; i++) {
    double norm = 0;

    for (guint d = 0; d < width; d++) {
      norm += embeddings[i * width + d] * embeddings[i * width + d];
      cosine += embeddings[i * width + d]
                * embeddings[((i + 1) % PANEL_SIZE) * width + d] / PANEL_SIZE;
    }
    g_assert_cmpfloat_with_epsilon (norm, 1.0, 1e-4);
  }
  /* Uncentred pooled outputs of an untrained encoder are nearly parallel. */
  g_assert_cmpfloat (cosine, <, 0.5);
}

/* A patch that the rest of the picture does not announce. */
static void
test_error_map_is_hot_where_something_unexpected_is (void)
{
  g_autoptr (GPtrArray) panel = NULL;
  g_autoptr (VInfoSnapshot) snapshot
      = calibrate (VINFO_REFERENCE_PROGRESS, SILENT, &panel);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  guint8 rgb[32 * 32 * 3];
  g_autoptr (VInfoImage) image = NULL;
  float map[64];

  memset (rgb, 128, sizeof rgb);
  for (guint y = 0; y < 4; y++) /* patch in row 2, column 5 of 8 */
    memset (rgb + ((8 + y) * 32 + 20) * 3, 255, 4 * 3);
  image = vinfo_image_new_from_data (32, 32, 96, rgb);
  vinfo_scorer_map_errors (scorer, snapshot, image, map);
  for (guint p = 0; p < 64; p++)
    if (p != 2 * 8 + 5)
      g_assert_cmpfloat (map[p], <, map[2 * 8 + 5]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/calibrate/entropies-of-a-picture-follow-from-its-errors",
      test_entropies_of_a_picture_follow_from_its_errors);
  g_test_add_func ("/calibrate/mean-pvi-of-the-panel-is-its-v-information",
      test_mean_pvi_of_the_panel_is_its_v_information);
  g_test_add_func ("/calibrate/quantiles-of-the-panel-are-uniform",
      test_quantiles_of_the_panel_are_uniform);
  g_test_add_func ("/calibrate/a-model-gains-nothing-over-itself",
      test_a_model_gains_nothing_over_itself);
  g_test_add_func ("/calibrate/gain-is-unknown-without-a-reference",
      test_gain_is_unknown_without_a_reference);
  g_test_add_func ("/calibrate/self-gain-is-higher-for-a-scene-than-for-noise",
      test_self_gain_is_higher_for_a_scene_than_for_noise);
  g_test_add_func ("/calibrate/embeddings-are-centred-and-of-length-one",
      test_embeddings_are_centred_and_of_length_one);
  g_test_add_func ("/calibrate/error-map-is-hot-where-something-unexpected-is",
      test_error_map_is_hot_where_something_unexpected_is);
  return g_test_run ();
}
