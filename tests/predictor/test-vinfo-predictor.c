/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/vinfo-predictor.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "mae/mae-private.h"
#include "predictor/vinfo-scorer.h"
#include "scene.h"
#include "trainer/vinfo-trainer.h"

static VInfoPredictor *
predictor_new (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoPredictor *predictor;

  config.masks = 1;
  predictor = vinfo_predictor_new (&config, NULL);
  g_assert_nonnull (predictor);
  return predictor;
}

static void
feed (VInfoPredictor *predictor, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autoptr (VInfoImage) image = scene_new (i, 32, 32);

    vinfo_predictor_observe (predictor, nn_mix (i, 1), image);
  }
}

static guint64
version (VInfoPredictor *predictor)
{
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);

  return vinfo_snapshot_get_version (snapshot);
}

static void
count (gpointer predictor, gpointer what, guint *counter)
{
  (*counter)++;
}

static void
test_the_panels_32nd_frame_calibrates (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoSnapshot) snapshot = NULL;

  for (guint i = 0; version (predictor) == 0; i++) {
    g_autoptr (VInfoImage) image = scene_new (i, 32, 32);

    g_assert_true (isnan (vinfo_predictor_get_iv (predictor)));
    vinfo_predictor_observe (predictor, nn_mix (i, 1), image);
  }
  snapshot = vinfo_predictor_get_snapshot (predictor);
  g_assert_cmpuint (vinfo_snapshot_get_version (snapshot), ==, 1);
  g_assert_cmpuint (vinfo_snapshot_get_panel_size (snapshot), ==, 32);
  g_assert_cmpfloat (vinfo_predictor_get_iv (predictor), >=, 0.0);
}

static void
test_progress_scores_the_last_against_the_newest (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoMae) first = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoMae) second = vinfo_mae_copy (first);
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  guint updated = 0;

  g_signal_connect (predictor, "updated", G_CALLBACK (count), &updated);
  second->parameters[0] += 0.01f;
  g_assert_true (vinfo_predictor_publish (predictor, second, NULL));
  snapshot = vinfo_predictor_get_snapshot (predictor);
  g_assert_true (vinfo_snapshot_get_live (snapshot) == first);
  g_assert_true (vinfo_snapshot_get_reference (snapshot) == second);
  g_assert_cmpuint (updated, ==, 1);
  g_assert_cmpuint (vinfo_predictor_get_n_updates (predictor), ==, 1);
}

static void
assert_rejected (VInfoPredictor *predictor, VInfoMae *mae, gint code)
{
  g_autoptr (GError) error = NULL;
  guint64 before = version (predictor);
  guint rejected = 0;
  gulong handler
      = g_signal_connect (predictor, "rejected", G_CALLBACK (count), &rejected);

  g_assert_false (vinfo_predictor_publish (predictor, mae, &error));
  g_assert_error (error, VINFO_PREDICTOR_ERROR, code);
  g_assert_cmpuint (version (predictor), ==, before);
  g_assert_cmpuint (rejected, ==, 1);
  g_signal_handler_disconnect (predictor, handler);
}

static void
test_weights_that_are_no_numbers_are_rejected (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoMae) bad = vinfo_mae_copy (newest);

  bad->parameters[17] = NAN;
  assert_rejected (predictor, bad, VINFO_PREDICTOR_ERROR_NON_FINITE);
}

/* Numbers, but too large to compute with. */
static VInfoMae *
explode (VInfoPredictor *predictor)
{
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  VInfoMae *mae = vinfo_mae_copy (newest);

  for (gsize i = 0; i < mae->n_parameters; i++)
    mae->parameters[i] = i % 2 ? 3e38f : -3e38f;
  return mae;
}

static void
test_weights_whose_predictions_are_no_numbers_are_rejected (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoMae) bad = explode (predictor);

  assert_rejected (predictor, bad, VINFO_PREDICTOR_ERROR_NON_FINITE);
  feed (predictor, 1000);
  g_assert_false (isnan (vinfo_predictor_get_iv (predictor)));
  assert_rejected (predictor, bad, VINFO_PREDICTOR_ERROR_NON_FINITE);
}

/* Calibrated on a panel or not: neither loaded nor, later, taken up. */
static void
test_model_whose_predictions_are_no_numbers_is_not_loaded (void)
{
  g_autofree char *directory = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  static const char *const names[]
      = { "config.json", "model.safetensors", "vinfo.safetensors" };

  config.location = directory;
  for (guint frames = 0; frames <= 1000; frames += 1000) {
    g_autoptr (VInfoPredictor) predictor = predictor_new ();
    g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
    g_autoptr (VInfoMae) bad = explode (predictor);
    g_autoptr (VInfoPredictor) reader = NULL;
    g_autoptr (GError) error = NULL;

    feed (predictor, frames);
    g_assert_true (vinfo_predictor_save (predictor, newest, directory, NULL));
    reader = vinfo_predictor_new (&config, NULL);
    g_assert_false (vinfo_predictor_save (predictor, bad, directory, NULL));
    g_assert_true (vinfo_mae_save (bad, directory, NULL));
    g_assert_false (vinfo_predictor_reload (reader, &error));
    g_assert_error (
        error, VINFO_PREDICTOR_ERROR, VINFO_PREDICTOR_ERROR_NON_FINITE);
    g_clear_error (&error);
    g_assert_null (vinfo_predictor_new (&config, &error));
    g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NON_FINITE);
    g_assert_nonnull (strstr (error->message, directory));
  }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (directory, names[i], NULL);

    g_remove (path);
  }
  g_rmdir (directory);
}

static void
test_weights_of_another_shape_are_rejected (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  VInfoMaeConfig config;
  g_autoptr (VInfoMae) other = NULL;

  g_assert_true (vinfo_mae_config_named ("nano", &config, NULL));
  config.num_hidden_layers++;
  other = vinfo_mae_new (&config, 0);
  assert_rejected (predictor, other, VINFO_PREDICTOR_ERROR_SHAPE);
}

static VInfoPredictor *
predictor_with_limit (double max_regression)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoPredictor *predictor;

  config.masks = 1;
  config.max_regression = max_regression;
  predictor = vinfo_predictor_new (&config, NULL);
  g_assert_nonnull (predictor);
  feed (predictor, 1000);
  return predictor;
}

/* α clips at 0, so no weights are worse than the null; a limit of less than
 * nothing shows that the comparison is made. */
static void
test_weights_that_do_worse_on_the_panel_are_rejected (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_limit (-0.01);
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoMae) same = vinfo_mae_copy (newest);

  assert_rejected (predictor, same, VINFO_PREDICTOR_ERROR_WORSE);
}

/* A few steps on scenes, of which the panel is. */
static VInfoMae *
train (VInfoPredictor *predictor)
{
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;
  g_autoptr (VInfoTrainer) trainer = vinfo_trainer_new (predictor, &config);

  for (guint step = 0; step < 40; step++) {
    VInfoImage *images[8];
    double loss;

    for (guint i = 0; i < 8; i++)
      images[i] = scene_new (5000 + 8 * step + i, 32, 32);
    g_assert_true (vinfo_trainer_step (trainer, 8, images, NULL, &loss, NULL));
    for (guint i = 0; i < 8; i++)
      vinfo_image_unref (images[i]);
  }
  g_assert_true (vinfo_trainer_publish (trainer, NULL));
  return vinfo_predictor_get_newest (predictor);
}

static void
test_weights_that_have_learnt_nothing_do_not_replace_those_that_have (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_limit (0.05);
  g_autoptr (VInfoMae) untrained = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoMae) trained = train (predictor);
  g_autoptr (GError) error = NULL;

  g_assert_cmpfloat (vinfo_predictor_get_iv (predictor), >, 0.1);
  g_assert_false (vinfo_predictor_publish (predictor, untrained, &error));
  g_assert_nonnull (strstr (error->message, "h_X on the panel"));
}

/* An untrained model is hardly better than the mean picture, so α hides what is
 * made of it. */
static void
test_weights_that_err_more_are_rejected_where_h_x_cannot_rise (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_limit (0.2);
  g_autoptr (VInfoMae) untrained = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoMae) louder = vinfo_mae_copy (untrained);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < louder->n_parameters; i++)
    louder->parameters[i] *= 4;
  g_assert_cmpfloat (vinfo_predictor_get_iv (predictor), <, 0.2);
  g_assert_false (vinfo_predictor_publish (predictor, louder, &error));
  g_assert_error (error, VINFO_PREDICTOR_ERROR, VINFO_PREDICTOR_ERROR_WORSE);
  g_assert_nonnull (strstr (error->message, "without calibration"));
}

/* Noise that has joined the panel raises everyone's h_X. */
static void
test_weights_are_not_rejected_for_a_panel_that_became_harder (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_limit (0.02);
  g_autoptr (VInfoMae) trained = train (predictor);
  g_autoptr (VInfoMae) same = vinfo_mae_copy (trained);
  double easy = vinfo_predictor_get_iv (predictor);

  for (guint i = 0; i < 1000; i++) {
    g_autoptr (VInfoImage) noise = noise_new (i, 32, 32);

    vinfo_predictor_observe (predictor, nn_mix (i, 2), noise);
  }
  g_assert_true (vinfo_predictor_publish (predictor, same, NULL));
  g_assert_cmpfloat (vinfo_predictor_get_iv (predictor), <, easy - 0.1);
}

static void
test_all_but_gain_is_the_newest_weights_alone (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_limit (0.5);
  g_autoptr (VInfoMae) trained = train (predictor);
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoImage) image = scene_new (999, 32, 32);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  VInfoScore with, without;
  float embedding[128], embedding_too[128];
  guint64 id = 1;

  vinfo_scorer_score (
      scorer, snapshot, VINFO_SCORE_GAIN, 1, &image, &id, &with, embedding);
  vinfo_scorer_score (scorer, snapshot, VINFO_SCORE_PVI, 1, &image, &id,
      &without, embedding_too);
  g_assert_true (isfinite (with.gain));
  g_assert_true (isnan (without.gain));
  g_assert_cmpfloat (without.value, ==, with.pvi);
  g_assert_cmpfloat (without.loss, ==, with.loss);
  g_assert_cmpfloat (without.ood, ==, with.ood);
  g_assert_cmpmem (
      embedding, sizeof embedding, embedding_too, sizeof embedding);
}

static void
test_a_publication_changes_the_scores_that_follow (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoImage) image = scene_new (999, 32, 32);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  VInfoScore scores[3];
  guint64 id = 1;

  for (guint i = 0; i < 3; i++) {
    g_autoptr (VInfoSnapshot) snapshot
        = vinfo_predictor_get_snapshot (predictor);
    g_autoptr (VInfoMae) next = vinfo_mae_copy (newest);

    vinfo_scorer_score (
        scorer, snapshot, VINFO_SCORE_LOSS, 1, &image, &id, &scores[i], NULL);
    for (gsize k = 0; k < next->n_parameters; k++)
      next->parameters[k] *= 1.0f + 0.1f * (i + 1);
    g_assert_true (vinfo_predictor_publish (predictor, next, NULL));
  }
  g_assert_cmpfloat (scores[1].loss, !=, scores[0].loss);
  g_assert_cmpfloat (scores[2].loss, !=, scores[1].loss);
  g_assert_cmpuint (scores[2].version, ==, 2);
}

/* Masks that a score does not take show nothing. */
static void
test_patches_of_masks_not_scored_are_visible_in_none (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  guint n_visible = 0;

  config.architecture = "nano";
  config.masks = 2;
  g_autoptr (VInfoPredictor) predictor = vinfo_predictor_new (&config, NULL);
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  for (guint patch = 0; patch < 64; patch++) {
    gint mask = vinfo_snapshot_get_visible_mask (snapshot, patch);

    g_assert_cmpint (mask, <, 2);
    n_visible += mask >= 0;
  }
  g_assert_cmpuint (n_visible, ==, 2 * 16);
}

static guint
ood_size (VInfoPredictor *predictor)
{
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);

  return vinfo_snapshot_get_ood_size (snapshot);
}

static void
test_a_publication_measures_panel_and_pictures_trained_on (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoSnapshot) before = NULL;
  g_autoptr (VInfoSnapshot) after = NULL;

  feed (predictor, 1000);
  before = vinfo_predictor_get_snapshot (predictor);
  g_assert_cmpuint (
      ood_size (predictor), ==, vinfo_snapshot_get_panel_size (before));
  for (guint i = 0; i < 30; i++) {
    g_autoptr (VInfoImage) image = scene_new (2000 + i % 10, 48, 40);

    vinfo_predictor_remember (predictor, image);
  }
  g_assert_true (vinfo_predictor_publish (predictor, newest, NULL));
  after = vinfo_predictor_get_snapshot (predictor);
  g_assert_cmpuint (
      ood_size (predictor), ==, vinfo_snapshot_get_panel_size (after) + 10);
}

static void
test_ood_is_not_measured_where_nobody_wants_it (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = NULL;

  config.ood = VINFO_OOD_NONE;
  predictor = vinfo_predictor_new (&config, NULL);
  feed (predictor, 1000);
  g_assert_cmpuint (ood_size (predictor), ==, 0);
}

static void
test_masks_are_settled_once (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = vinfo_predictor_new (&config, NULL);
  g_autoptr (VInfoSnapshot) first = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoSnapshot) second = NULL;
  g_autoptr (VInfoSnapshot) third = NULL;

  g_assert_cmpuint (vinfo_snapshot_get_masks (first), ==, 4);
  vinfo_predictor_settle_masks (predictor, 1);
  second = vinfo_predictor_get_snapshot (predictor);
  g_assert_cmpuint (vinfo_snapshot_get_masks (second), ==, 1);
  vinfo_predictor_settle_masks (predictor, 4);
  third = vinfo_predictor_get_snapshot (predictor);
  g_assert_cmpuint (vinfo_snapshot_get_masks (third), ==, 1);
}

static void
test_chosen_masks_are_calibrated_for_who_scores (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = vinfo_predictor_new (&config, NULL);
  g_autoptr (VInfoSnapshot) before = NULL;
  g_autoptr (VInfoSnapshot) chosen = NULL;
  g_autoptr (VInfoSnapshot) settled = NULL;

  feed (predictor, 1000);
  before = vinfo_predictor_get_snapshot (predictor);
  vinfo_predictor_choose_masks (predictor, 1);
  vinfo_predictor_settle_masks (predictor, 2); /* too late, and no need to */
  chosen = vinfo_predictor_get_snapshot (predictor);
  g_assert_true (chosen == before);
  g_assert_cmpuint (vinfo_predictor_get_masks (predictor), ==, 1);

  settled = vinfo_predictor_get_settled_snapshot (predictor);
  g_assert_cmpuint (vinfo_snapshot_get_masks (settled), ==, 1);
  g_assert_cmpuint (vinfo_snapshot_get_version (settled), ==,
      vinfo_snapshot_get_version (before));
  g_assert_cmpfloat (vinfo_snapshot_get_sigma2 (settled), !=,
      vinfo_snapshot_get_sigma2 (before));
}

static void
test_a_missing_model_is_one_error_that_names_it (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (GError) error = NULL;

  config.location = "/nonexistent/model";
  g_assert_null (vinfo_predictor_new (&config, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/nonexistent/model"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/predictor/the-panels-32nd-frame-calibrates",
      test_the_panels_32nd_frame_calibrates);
  g_test_add_func ("/predictor/progress-scores-the-last-against-the-newest",
      test_progress_scores_the_last_against_the_newest);
  g_test_add_func ("/predictor/weights-that-are-no-numbers-are-rejected",
      test_weights_that_are_no_numbers_are_rejected);
  g_test_add_func ("/predictor/predictions-that-are-no-numbers-are-rejected",
      test_weights_whose_predictions_are_no_numbers_are_rejected);
  g_test_add_func ("/predictor/predictions-that-are-no-numbers-are-not-loaded",
      test_model_whose_predictions_are_no_numbers_is_not_loaded);
  g_test_add_func ("/predictor/weights-of-another-shape-are-rejected",
      test_weights_of_another_shape_are_rejected);
  g_test_add_func ("/predictor/weights-that-err-more-are-rejected",
      test_weights_that_err_more_are_rejected_where_h_x_cannot_rise);
  g_test_add_func ("/predictor/weights-that-do-worse-on-the-panel-are-rejected",
      test_weights_that_do_worse_on_the_panel_are_rejected);
  g_test_add_func ("/predictor/weights-that-have-learnt-nothing-are-rejected",
      test_weights_that_have_learnt_nothing_do_not_replace_those_that_have);
  g_test_add_func ("/predictor/a-panel-that-became-harder-rejects-nobody",
      test_weights_are_not_rejected_for_a_panel_that_became_harder);
  g_test_add_func ("/predictor/all-but-gain-is-of-the-newest-weights-alone",
      test_all_but_gain_is_the_newest_weights_alone);
  g_test_add_func ("/predictor/a-publication-changes-the-scores-that-follow",
      test_a_publication_changes_the_scores_that_follow);
  g_test_add_func (
      "/predictor/a-publication-measures-panel-and-pictures-trained-on",
      test_a_publication_measures_panel_and_pictures_trained_on);
  g_test_add_func ("/predictor/ood-is-not-measured-where-nobody-wants-it",
      test_ood_is_not_measured_where_nobody_wants_it);
  g_test_add_func (
      "/predictor/masks-are-settled-once", test_masks_are_settled_once);
  g_test_add_func ("/predictor/chosen-masks-are-calibrated-for-who-scores",
      test_chosen_masks_are_calibrated_for_who_scores);
  g_test_add_func ("/predictor/masks-not-scored",
      test_patches_of_masks_not_scored_are_visible_in_none);
  g_test_add_func ("/predictor/a-missing-model-is-one-error-that-names-it",
      test_a_missing_model_is_one_error_that_names_it);
  return g_test_run ();
}
