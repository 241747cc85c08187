/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/vinfo-trainer.h"

#include <glib/gstdio.h>
#include <math.h>

#include "mae/mae-private.h"
#include "predictor/vinfo-scorer.h"
#include "scene.h"

#define BATCH 16
#define N_SCENES 64

typedef struct {
  VInfoPredictor *predictor;
  VInfoTrainer *trainer;
  GPtrArray *scenes;
} Fixture;

static Fixture
fixture_with_seed (guint64 seed)
{
  VInfoPredictorConfig predictor = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;
  Fixture f;

  config.batch_size = BATCH;
  config.seed = seed;
  predictor.masks = 4;
  f.predictor = vinfo_predictor_new (&predictor, NULL);
  f.trainer = vinfo_trainer_new (f.predictor, &config);
  f.scenes = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  for (guint i = 0; i < N_SCENES; i++)
    g_ptr_array_add (f.scenes, scene_new (i, 48, 40));
  return f;
}

static Fixture
fixture_new (void)
{
  return fixture_with_seed (0);
}

static void
fixture_finish (Fixture *f)
{
  g_object_unref (f->trainer);
  g_object_unref (f->predictor);
  g_ptr_array_unref (f->scenes);
}

static double
step (Fixture *f)
{
  VInfoImage *images[BATCH];
  guint64 first = vinfo_trainer_get_step (f->trainer) * BATCH;
  g_autoptr (GError) error = NULL;
  double loss;

  for (guint i = 0; i < BATCH; i++)
    images[i] = f->scenes->pdata[(first + i) % N_SCENES];
  vinfo_trainer_step (f->trainer, BATCH, images, NULL, &loss, &error);
  g_assert_no_error (error);
  return loss;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && !g_file_test (path, G_FILE_TEST_IS_SYMLINK)
         && (name = g_dir_read_name (dir))) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

static void
test_loss_falls_and_v_information_rises (void)
{
  Fixture f = fixture_new ();
  double first = 0, last = 0, before, after;

  for (guint i = 0; i < 900; i++) {
    g_autoptr (VInfoImage) image = scene_new (1000 + i, 32, 32);

    vinfo_predictor_observe (f.predictor, nn_mix (i, 1), image);
  }
  before = vinfo_predictor_get_iv (f.predictor);
  for (guint i = 0; i < 80; i++) {
    double loss = step (&f);

    if (i < 10)
      first += loss / 10;
    if (i >= 70)
      last += loss / 10;
  }
  g_assert_true (vinfo_trainer_publish (f.trainer, NULL));
  after = vinfo_predictor_get_iv (f.predictor);
  g_assert_cmpfloat (last, <, 0.6 * first);
  g_assert_cmpfloat (after, >, before + 0.05);
  fixture_finish (&f);
}

/* gain(y) with reference `progress`: the newest publication has learnt scenes
 * that the last one had not, and cannot learn noise. */
static void
test_progress_gains_on_what_was_learnt_and_not_on_noise (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  g_autoptr (VInfoImage) noise = noise_new (1, 32, 32);
  g_autoptr (VInfoImage) scene = scene_new (5000, 32, 32);
  VInfoImage *images[] = { scene, noise };
  guint64 ids[] = { 1, 2 };
  VInfoScore scores[2];

  for (guint i = 0; i < 900; i++) {
    g_autoptr (VInfoImage) image = scene_new (1000 + i, 32, 32);

    vinfo_predictor_observe (f.predictor, nn_mix (i, 1), image);
  }
  for (guint i = 0; i < 60; i++)
    step (&f);
  g_assert_true (vinfo_trainer_publish (f.trainer, NULL));
  snapshot = vinfo_predictor_get_snapshot (f.predictor);
  vinfo_scorer_score (
      scorer, snapshot, VINFO_SCORE_GAIN, 2, images, ids, scores, NULL);
  g_assert_cmpfloat (scores[0].gain, >, 0.0);
  g_assert_cmpfloat (scores[1].gain, <, 0.5 * scores[0].gain);
  fixture_finish (&f);
}

static Fixture
learning_fixture (void)
{
  VInfoPredictorConfig predictor = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;
  Fixture f = fixture_new ();

  g_object_unref (f.trainer);
  g_object_unref (f.predictor);
  config.batch_size = BATCH;
  predictor.estimator = VINFO_ESTIMATOR_LEARNED;
  f.predictor = vinfo_predictor_new (&predictor, NULL);
  f.trainer = vinfo_trainer_new (f.predictor, &config);
  return f;
}

/* One file of it is spoilt, the last that is read: the moments stay, too. */
static void
test_restore_that_fails_changes_nothing (void)
{
  Fixture a = learning_fixture (), b = learning_fixture ();
  Fixture c = learning_fixture ();
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *path
      = g_build_filename (location, "latest", "estimator.safetensors", NULL);
  gboolean restored;

  for (guint i = 0; i < 3; i++)
    step (&a);
  g_assert_true (vinfo_trainer_save (a.trainer, location, 2, NULL));
  g_assert_true (g_file_set_contents (path, "garbage", -1, NULL));
  g_assert_false (vinfo_trainer_restore (b.trainer, location, &restored, NULL));
  g_assert_false (restored);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat (step (&b), ==, step (&c));
  fixture_finish (&a);
  fixture_finish (&b);
  fixture_finish (&c);
  remove_tree (location);
}

static void
check_restored_trainer (guint64 seed)
{
  Fixture a = fixture_new (), b = fixture_with_seed (seed);
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  gboolean restored;
  double expected, loss;

  for (guint i = 0; i < 5; i++)
    step (&a);
  vinfo_trainer_save (a.trainer, location, 2, &error);
  g_assert_no_error (error);
  step (&a);
  expected = step (&a);

  vinfo_trainer_restore (b.trainer, location, &restored, &error);
  g_assert_no_error (error);
  g_assert_true (restored);
  g_assert_cmpuint (vinfo_trainer_get_step (b.trainer), ==, 5);
  step (&b);
  loss = step (&b);
  g_assert_cmpfloat (loss, ==, expected);
  remove_tree (location);
  fixture_finish (&a);
  fixture_finish (&b);
}

static void
test_a_restored_trainer_continues_bit_for_bit (void)
{
  check_restored_trainer (0);
}

static void
test_a_restored_trainer_goes_on_with_the_seed_it_began_with (void)
{
  check_restored_trainer (7);
}

/* With `progress` a score compares two publications; both are needed to go on
 * with the same scores. */
static void
test_a_resumed_predictor_scores_as_the_running_one (void)
{
  Fixture f = fixture_new ();
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) resumed = NULL;
  g_autoptr (VInfoImage) scene = scene_new (5000, 32, 32);
  VInfoPredictor *predictors[2];
  VInfoScore scores[2];
  guint64 id = 1;

  for (guint i = 0; i < 900; i++) {
    g_autoptr (VInfoImage) image = scene_new (1000 + i, 32, 32);

    vinfo_predictor_observe (f.predictor, nn_mix (i, 1), image);
  }
  for (guint i = 0; i < 3; i++) {
    for (guint k = 0; k < 5; k++)
      step (&f);
    g_assert_true (vinfo_trainer_publish (f.trainer, NULL));
    g_assert_true (vinfo_trainer_save (f.trainer, location, 2, NULL));
  }
  config.location = location;
  config.resume = TRUE;
  resumed = vinfo_predictor_new (&config, NULL);
  predictors[0] = f.predictor;
  predictors[1] = resumed;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (VInfoSnapshot) snapshot
        = vinfo_predictor_get_snapshot (predictors[i]);
    g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();

    vinfo_scorer_score (
        scorer, snapshot, VINFO_SCORE_GAIN, 1, &scene, &id, &scores[i], NULL);
  }
  g_assert_true (isfinite (scores[0].gain));
  g_assert_cmpfloat (scores[0].gain, ==, scores[1].gain);
  g_assert_cmpfloat (scores[0].loss, ==, scores[1].loss);
  g_assert_cmpuint (scores[0].version, ==, scores[1].version);
  remove_tree (location);
  fixture_finish (&f);
}

static void
test_an_empty_location_restores_nothing (void)
{
  Fixture f = fixture_new ();
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  gboolean restored = TRUE;

  g_assert_true (
      vinfo_trainer_restore (f.trainer, location, &restored, &error));
  g_assert_no_error (error);
  g_assert_false (restored);
  g_rmdir (location);
  fixture_finish (&f);
}

static void
test_a_corrupt_state_is_one_error_that_names_the_file (void)
{
  Fixture f = fixture_new ();
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *file
      = g_build_filename (location, "latest", "trainer.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  gboolean restored;

  step (&f);
  g_assert_true (vinfo_trainer_save (f.trainer, location, 2, NULL));
  g_assert_true (g_file_set_contents (file, "not tensors", -1, NULL));
  g_assert_false (
      vinfo_trainer_restore (f.trainer, location, &restored, &error));
  g_assert_nonnull (strstr (error->message, "trainer.safetensors"));
  remove_tree (location);
  fixture_finish (&f);
}

static void
test_a_diverged_step_is_not_taken (void)
{
  VInfoPredictorConfig predictor_config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = NULL;
  g_autoptr (VInfoTrainer) trainer = NULL;
  g_autoptr (VInfoImage) scene = scene_new (1, 32, 32);
  g_autoptr (GError) error = NULL;
  gboolean ok = TRUE;
  guint64 steps;
  double loss;

  config.learning_rate = 1e30;
  config.warmup_steps = 0;
  predictor = vinfo_predictor_new (&predictor_config, NULL);
  trainer = vinfo_trainer_new (predictor, &config);
  for (guint i = 0; ok && i < 10; i++)
    ok = vinfo_trainer_step (trainer, 1, &scene, NULL, &loss, &error);
  g_assert_error (error, VINFO_TRAINER_ERROR, VINFO_TRAINER_ERROR_DIVERGED);
  steps = vinfo_trainer_get_step (trainer);
  g_clear_error (&error);
  g_assert_false (vinfo_trainer_step (trainer, 1, &scene, NULL, &loss, &error));
  g_assert_cmpuint (vinfo_trainer_get_step (trainer), ==, steps);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trainer/loss-falls-and-v-information-rises",
      test_loss_falls_and_v_information_rises);
  g_test_add_func (
      "/trainer/progress-gains-on-what-was-learnt-and-not-on-noise",
      test_progress_gains_on_what_was_learnt_and_not_on_noise);
  g_test_add_func ("/trainer/a-restored-trainer-continues-bit-for-bit",
      test_a_restored_trainer_continues_bit_for_bit);
  g_test_add_func ("/trainer/a-restored-trainer-goes-on-with-its-seed",
      test_a_restored_trainer_goes_on_with_the_seed_it_began_with);
  g_test_add_func ("/trainer/a-resumed-predictor-scores-as-the-running-one",
      test_a_resumed_predictor_scores_as_the_running_one);
  g_test_add_func ("/trainer/an-empty-location-restores-nothing",
      test_an_empty_location_restores_nothing);
  g_test_add_func ("/trainer/a-corrupt-state-is-one-error-that-names-the-file",
      test_a_corrupt_state_is_one_error_that_names_the_file);
  g_test_add_func ("/trainer/a-diverged-step-is-not-taken",
      test_a_diverged_step_is_not_taken);
  g_test_add_func ("/trainer/restore-that-fails-changes-nothing",
      test_restore_that_fails_changes_nothing);
  return g_test_run ();
}
