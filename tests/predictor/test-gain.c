/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Known answers of gain: a model that was trained on scenes, and the same after
 * it was trained on stripes as well. */
#include <math.h>

#include "predictor/snapshot-private.h"
#include "predictor/vinfo-scorer.h"
#include "scene.h"
#include "trainer/vinfo-trainer.h"

#define SIDE 32
#define PANEL_SIZE 40
#define STEPS 200 /* on each */
#define BATCH 16
#define FRAMES 24

typedef VInfoImage *(*Draw) (guint64 seed);

static VInfoMae *learnt_scenes;
static VInfoMae *learnt_stripes_too;

static VInfoImage *
draw_scene (guint64 seed)
{
  return scene_new (seed, SIDE, SIDE);
}

static VInfoImage *
draw_noise (guint64 seed)
{
  return noise_new (seed, SIDE, SIDE);
}

/* Stripes of one width; direction, phase and colours are the seed's. */
static VInfoImage *
draw_stripes (guint64 seed)
{
  NnRandom random = { .seed = seed, .stream = 6 };
  double angle = G_PI / 2 * nn_random_below (&random, 2);
  double phase = 2 * G_PI * nn_random_uniform (&random);
  guint8 rgb[SIDE * SIDE * 3];
  double swing[3];

  for (guint c = 0; c < 3; c++)
    swing[c] = 50 + 70 * nn_random_uniform (&random);
  for (guint i = 0; i < SIDE * SIDE; i++) {
    double wave
        = sin (phase + 0.5 * (i % SIDE * cos (angle) + i / SIDE * sin (angle)));

    for (guint c = 0; c < 3; c++)
      rgb[3 * i + c] = (guint8)(128 + swing[c] * wave);
  }
  return vinfo_image_new_from_data (SIDE, SIDE, 3 * SIDE, rgb);
}

/* A scene as it is after the light was turned up. */
static VInfoImage *
draw_brighter_scene (guint64 seed)
{
  g_autoptr (VInfoImage) scene = draw_scene (seed);
  const guint8 *pixels = vinfo_image_get_pixels (scene);
  guint8 rgb[SIDE * SIDE * 3];

  for (guint i = 0; i < sizeof rgb; i++)
    rgb[i] = (guint8)MIN (pixels[i] + 60, 255);
  return vinfo_image_new_from_data (SIDE, SIDE, 3 * SIDE, rgb);
}

static VInfoImage *
draw_flat (guint64 seed)
{
  guint8 rgb[SIDE * SIDE * 3];

  for (guint i = 0; i < sizeof rgb; i++)
    rgb[i] = (guint8)(nn_mix (seed, i % 3) >> 56);
  return vinfo_image_new_from_data (SIDE, SIDE, 3 * SIDE, rgb);
}

static GPtrArray *
draw_all (Draw draw, guint64 first, guint n)
{
  GPtrArray *images
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (images, draw (first + i));
  return images;
}

/* Every second picture is `other`'s. */
static void
train (VInfoTrainer *trainer, Draw draw, Draw other)
{
  g_autoptr (GError) error = NULL;

  for (guint64 step = 0; step < STEPS; step++) {
    g_autoptr (GPtrArray) batch = draw_all (draw, step * BATCH, BATCH / 2);
    g_autoptr (GPtrArray) rest
        = draw_all (other, step * BATCH + BATCH / 2, BATCH / 2);
    double loss;

    g_ptr_array_extend_and_steal (batch, g_steal_pointer (&rest));
    vinfo_trainer_step (
        trainer, BATCH, (VInfoImage *const *)batch->pdata, NULL, &loss, &error);
    g_assert_no_error (error);
  }
}

static VInfoMae *
publish (VInfoTrainer *trainer, VInfoPredictor *predictor)
{
  g_assert_true (vinfo_trainer_publish (trainer, NULL));
  return vinfo_predictor_get_newest (predictor);
}

static void
train_models (void)
{
  VInfoPredictorConfig predictor_config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor
      = vinfo_predictor_new (&predictor_config, NULL);
  g_autoptr (VInfoTrainer) trainer = NULL;

  config.batch_size = BATCH;
  config.min_crop = 1.0; /* stripes stay as wide as they are */
  config.learning_rate = 2e-3;
  trainer = vinfo_trainer_new (predictor, &config);
  train (trainer, draw_scene, draw_scene);
  learnt_scenes = publish (trainer, predictor);
  train (trainer, draw_scene, draw_stripes);
  learnt_stripes_too = publish (trainer, predictor);
}

static VInfoSnapshot *
calibrate (VInfoReference mode)
{
  g_autoptr (GPtrArray) panel = draw_all (draw_scene, 1000000, PANEL_SIZE);
  const VInfoMaeConfig *config = vinfo_mae_get_config (learnt_scenes);
  SnapshotParts parts = { .mode = mode,
    .n_masks = 4,
    .live = learnt_scenes,
    .reference = mode == VINFO_REFERENCE_SELF ? NULL : learnt_stripes_too,
    .masks = masks_new (config, 1),
    .mu = snapshot_compute_mu (config, panel),
    .panel = panel };
  VInfoSnapshot *snapshot = snapshot_calibrate (&parts);

  masks_unref (parts.masks);
  g_bytes_unref (parts.mu);
  return snapshot;
}

static double
mean_gain (const VInfoSnapshot *snapshot, Draw draw, const char *what)
{
  g_autoptr (GPtrArray) images = draw_all (draw, 2000000, FRAMES);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  guint64 ids[FRAMES] = { 0 };
  VInfoScore scores[FRAMES];
  double mean = 0;

  vinfo_scorer_score (scorer, snapshot, VINFO_SCORE_GAIN, FRAMES,
      (VInfoImage *const *)images->pdata, ids, scores, NULL);
  for (guint i = 0; i < FRAMES; i++)
    mean += scores[i].gain / FRAMES;
  g_test_message ("%s: %.4f", what, mean);
  return mean;
}

/* A given checkpoint and the newest publication are compared in the same way.
 * What both have learnt gains less than nothing where the reference forgot some
 * of it meanwhile; how much it forgot hangs on the last digits of its training. */
static void
test_reference_gains_on_what_it_alone_has_learnt (gconstpointer mode)
{
  g_autoptr (VInfoSnapshot) snapshot
      = calibrate ((VInfoReference)GPOINTER_TO_INT (mode));
  double gain = mean_gain (snapshot, draw_stripes, "stripes, new");
  double learnt = mean_gain (snapshot, draw_scene, "scenes, learnt");
  double noise = mean_gain (snapshot, draw_noise, "noise");

  mean_gain (snapshot, draw_brighter_scene, "scenes, brighter");
  mean_gain (snapshot, draw_flat, "flat");
  g_assert_cmpfloat (gain, >, 0.0);
  g_assert_cmpfloat (learnt, <, gain / 3);
  g_assert_cmpfloat (learnt, >, -gain);
  g_assert_cmpfloat (fabs (noise), <, gain / 3);
}

/* Without a second model gain tells less: what was learnt and noise keep some,
 * and it is fooled by a change of light and by flat frames, whose residuals are
 * all alike. */
static void
test_self_gains_on_what_is_new_and_not_on_noise (void)
{
  g_autoptr (VInfoSnapshot) snapshot = calibrate (VINFO_REFERENCE_SELF);
  double gain = mean_gain (snapshot, draw_stripes, "stripes, new");
  double learnt = mean_gain (snapshot, draw_scene, "scenes, learnt");
  double noise = mean_gain (snapshot, draw_noise, "noise");

  mean_gain (snapshot, draw_brighter_scene, "scenes, brighter");
  mean_gain (snapshot, draw_flat, "flat");
  g_assert_cmpfloat (gain, >, 0.0);
  g_assert_cmpfloat (fabs (learnt), <, 0.5 * gain);
  g_assert_cmpfloat (fabs (noise), <, 0.5 * gain);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  train_models ();
  g_test_add_data_func ("/gain/checkpoint-gains-on-what-it-alone-has-learnt",
      GINT_TO_POINTER (VINFO_REFERENCE_CHECKPOINT),
      test_reference_gains_on_what_it_alone_has_learnt);
  g_test_add_data_func ("/gain/progress-gains-on-what-it-alone-has-learnt",
      GINT_TO_POINTER (VINFO_REFERENCE_PROGRESS),
      test_reference_gains_on_what_it_alone_has_learnt);
  g_test_add_func ("/gain/self-gains-on-what-is-new-and-not-on-noise",
      test_self_gains_on_what_is_new_and_not_on_noise);
  status = g_test_run ();
  vinfo_mae_unref (learnt_scenes);
  vinfo_mae_unref (learnt_stripes_too);
  return status;
}
