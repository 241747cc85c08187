/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/predictor-file-private.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "predictor/vinfo-predictor.h"
#include "predictor/vinfo-scorer.h"
#include "scene.h"

/* A predictor that has seen enough for a panel. */
static VInfoPredictor *
predictor_with_panel (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoPredictor *predictor;

  config.masks = 2;
  config.seed = 11;
  predictor = vinfo_predictor_new (&config, NULL);
  for (guint i = 0; i < 1200; i++) {
    g_autoptr (VInfoImage) image = scene_new (i, 32, 32);

    vinfo_predictor_observe (predictor, nn_mix (i, 1), image);
  }
  return predictor;
}

/* The same, its statistics made of pictures trained on as well. */
static VInfoPredictor *
predictor_with_memory (void)
{
  VInfoPredictor *predictor = predictor_with_panel ();

  for (guint i = 2000; i < 2020; i++) {
    g_autoptr (VInfoImage) image = scene_new (i, 32, 32);

    vinfo_predictor_remember (predictor, image);
  }
  return predictor;
}

/* Calibrates on the panel as it is now, as the file will be. */
static void
publish_again (VInfoPredictor *predictor)
{
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);

  g_assert_true (vinfo_predictor_publish (predictor, newest, NULL));
}

static guint
ood_size (VInfoPredictor *predictor)
{
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);

  return vinfo_snapshot_get_ood_size (snapshot);
}

static char *
save (VInfoPredictor *predictor)
{
  char *directory = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  g_autoptr (GError) error = NULL;

  vinfo_predictor_save (predictor, newest, directory, &error);
  g_assert_no_error (error);
  return directory;
}

static void
remove_directory (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (directory, name, NULL);

    g_remove (path);
  }
  g_rmdir (directory);
}

static VInfoScore
score_one (VInfoPredictor *predictor, VInfoImage *image)
{
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  guint64 id = 1;
  VInfoScore score;

  vinfo_scorer_score (
      scorer, snapshot, VINFO_SCORE_PVI, 1, &image, &id, &score, NULL);
  return score;
}

static void
test_a_saved_predictor_scores_as_before (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_panel ();
  g_autofree char *directory = NULL;
  g_autoptr (VInfoImage) image = scene_new (5000, 64, 48);
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) loaded = NULL;
  g_autoptr (GError) error = NULL;
  VInfoScore before, after;

  publish_again (predictor);
  directory = save (predictor);
  before = score_one (predictor, image);
  config.location = directory;
  loaded = vinfo_predictor_new (&config, &error);
  g_assert_no_error (error);
  after = score_one (loaded, image);
  g_assert_true (isfinite (before.pvi));
  g_assert_cmpfloat (before.loss, ==, after.loss);
  g_assert_cmpfloat (before.pvi, ==, after.pvi);
  g_assert_cmpfloat (before.quantile, ==, after.quantile);
  g_assert_true (isfinite (before.ood));
  g_assert_cmpfloat (before.ood, ==, after.ood);
  g_assert_cmpuint (before.version, ==, after.version);
  g_assert_cmpuint (before.masks, ==, after.masks);
  remove_directory (directory);
}

/* The pictures trained on are not in the file, what they came to is. */
static void
test_ood_statistics_are_restored_and_not_made_anew (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_memory ();
  g_autofree char *directory = save (predictor);
  g_autoptr (VInfoImage) image = scene_new (5000, 64, 48);
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  const guint own = config.ood;
  g_autoptr (GError) error = NULL;

  publish_again (predictor);
  for (guint kind = VINFO_OOD_MAHALANOBIS; kind <= VINFO_OOD_KNN; kind++) {
    g_autoptr (VInfoPredictor) loaded = NULL;

    config.location = directory;
    config.ood = kind;
    loaded = vinfo_predictor_new (&config, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (ood_size (loaded), ==, ood_size (predictor));
    g_assert_true (isfinite (score_one (loaded, image).ood));
    if (kind == own)
      g_assert_cmpfloat (
          score_one (loaded, image).ood, ==, score_one (predictor, image).ood);
  }
  remove_directory (directory);
}

/* They are those of so many masks. */
static void
test_ood_statistics_of_other_masks_are_made_anew (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_memory ();
  g_autofree char *directory = save (predictor);
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) loaded = NULL;
  g_autoptr (VInfoSnapshot) snapshot = NULL;

  config.location = directory;
  config.masks = 1;
  loaded = vinfo_predictor_new (&config, NULL);
  snapshot = vinfo_predictor_get_snapshot (loaded);
  g_assert_cmpuint (
      ood_size (loaded), ==, vinfo_snapshot_get_panel_size (snapshot));
  remove_directory (directory);
}

static void
test_broken_ood_statistics_are_refused_by_name (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_panel ();
  g_autofree char *directory = save (predictor);
  g_autofree char *file
      = g_build_filename (directory, PREDICTOR_FILE_NAME, NULL);
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  char *name;

  config.location = directory;
  g_assert_true (g_file_get_contents (file, &contents, &length, NULL));
  name = strstr (contents + 8, "ood.whole.factor"); /* after the length */
  g_assert_nonnull (name);
  name[0] = 'x'; /* the tensor is another's now */
  g_assert_true (g_file_set_contents (file, contents, (gssize)length, NULL));
  g_assert_null (vinfo_predictor_new (&config, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH);
  g_assert_nonnull (strstr (error->message, "ood.whole.factor"));
  remove_directory (directory);
}

static void
test_a_plain_model_directory_has_loss_but_no_pvi (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_panel ();
  g_autofree char *directory = save (predictor);
  g_autofree char *file
      = g_build_filename (directory, PREDICTOR_FILE_NAME, NULL);
  g_autoptr (VInfoImage) image = scene_new (5000, 64, 48);
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) loaded = NULL;
  VInfoScore score;

  g_remove (file);
  config.location = directory;
  loaded = vinfo_predictor_new (&config, NULL);
  g_assert_nonnull (loaded);
  score = score_one (loaded, image);
  g_assert_true (isfinite (score.loss));
  g_assert_true (isnan (score.pvi));
  g_assert_true (isnan (score.ood));
  remove_directory (directory);
}

/* Every truncation is one error that names the file, never a crash. */
static void
test_a_truncated_file_is_refused_by_name (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_with_panel ();
  g_autofree char *directory = save (predictor);
  g_autofree char *file
      = g_build_filename (directory, PREDICTOR_FILE_NAME, NULL);
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autofree char *contents = NULL;
  gsize length;

  config.location = directory;
  g_assert_true (g_file_get_contents (file, &contents, &length, NULL));
  for (gsize cut = 0; cut < length; cut += length / 7 + 1) {
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (file, contents, (gssize)cut, NULL));
    g_assert_null (vinfo_predictor_new (&config, &error));
    g_assert_nonnull (error);
    g_assert_true (error->domain == VINFO_MAE_ERROR);
    g_assert_nonnull (strstr (error->message, PREDICTOR_FILE_NAME));
  }
  remove_directory (directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/predictor-file/a-saved-predictor-scores-as-before",
      test_a_saved_predictor_scores_as_before);
  g_test_add_func (
      "/predictor-file/ood-statistics-are-restored-and-not-made-anew",
      test_ood_statistics_are_restored_and_not_made_anew);
  g_test_add_func (
      "/predictor-file/ood-statistics-of-other-masks-are-made-anew",
      test_ood_statistics_of_other_masks_are_made_anew);
  g_test_add_func ("/predictor-file/broken-ood-statistics-are-refused-by-name",
      test_broken_ood_statistics_are_refused_by_name);
  g_test_add_func (
      "/predictor-file/a-plain-model-directory-has-loss-but-no-pvi",
      test_a_plain_model_directory_has_loss_but_no_pvi);
  g_test_add_func ("/predictor-file/a-truncated-file-is-refused-by-name",
      test_a_truncated_file_is_refused_by_name);
  return g_test_run ();
}
