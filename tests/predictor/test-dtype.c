/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Scores in bf16 beside those in f32, of the same weights. */
#include "predictor/vinfo-predictor.h"

#include <math.h>

#include "eval/vinfo-rank-statistics.h"
#include "nn/random-private.h"
#include "predictor/vinfo-scorer.h"
#include "scene.h"
#include "trainer/vinfo-trainer.h"

enum { BATCH = 8, FRAMES = 96 };

typedef struct {
  double pvi[FRAMES], loss[FRAMES], gain[FRAMES];
  double iv;
} Scores;

static VInfoPredictor *
predictor_new (VInfoDtype dtype)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;

  config.masks = 4;
  config.dtype = dtype;
  config.max_regression = G_MAXDOUBLE;
  return vinfo_predictor_new (&config, NULL);
}

static void
fill_panel (VInfoPredictor *predictor)
{
  guint size = 0, wanted = 1;

  for (guint i = 0; size < wanted; i++) {
    g_autoptr (VInfoImage) image = scene_new (i, 32, 32);

    vinfo_predictor_observe (predictor, nn_mix (i, 1), image);
    size = vinfo_predictor_get_panel_size (predictor, &wanted);
  }
}

/* (transfer full): weights after 50 steps more */
static VInfoMae *
train (VInfoTrainer *trainer, VInfoPredictor *predictor)
{
  for (guint step = 0; step < 50; step++) {
    VInfoImage *images[BATCH];
    double loss;

    for (guint i = 0; i < BATCH; i++)
      images[i] = scene_new (vinfo_trainer_get_samples (trainer) + i, 32, 32);
    g_assert_true (
        vinfo_trainer_step (trainer, BATCH, images, NULL, &loss, NULL));
    for (guint i = 0; i < BATCH; i++)
      vinfo_image_unref (images[i]);
  }
  g_assert_true (vinfo_trainer_publish (trainer, NULL));
  return vinfo_predictor_get_newest (predictor);
}

static void
score (VInfoPredictor *predictor, Scores *scores)
{
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();

  scores->iv = vinfo_predictor_get_iv (predictor);
  for (guint64 i = 0; i < FRAMES; i++) {
    g_autoptr (VInfoImage) image = scene_new (5000 + i, 40, 36);
    VInfoScore s;

    vinfo_scorer_score (
        scorer, snapshot, VINFO_SCORE_GAIN, 1, &image, &i, &s, NULL);
    scores->pvi[i] = s.pvi;
    scores->loss[i] = s.loss;
    scores->gain[i] = s.gain;
  }
}

static double
correlation (const char *name, const double *a, const double *b)
{
  double rho = vinfo_rank_correlation (a, b, FRAMES);

  g_test_message ("%s: %f", name, rho);
  return rho;
}

static void
test_frames_rank_as_in_floats (void)
{
  g_autoptr (VInfoPredictor) f32 = predictor_new (VINFO_DTYPE_F32);
  g_autoptr (VInfoPredictor) bf16 = predictor_new (VINFO_DTYPE_BF16);
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;
  g_autoptr (VInfoTrainer) trainer = NULL;
  g_autofree Scores *a = g_new (Scores, 1), *b = g_new (Scores, 1);

  config.batch_size = BATCH;
  trainer = vinfo_trainer_new (f32, &config);
  fill_panel (f32);
  fill_panel (bf16);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (VInfoMae) mae = train (trainer, f32);

    g_assert_true (vinfo_predictor_publish (bf16, mae, NULL));
  }
  score (f32, a);
  score (bf16, b);
  g_test_message ("I_V %f and %f", a->iv, b->iv);
  g_assert_cmpfloat_with_epsilon (a->iv, b->iv, 0.005);
  g_assert_cmpfloat (a->loss[0], !=, b->loss[0]);
  g_assert_cmpfloat (correlation ("pvi", a->pvi, b->pvi), >=, 0.99);
  g_assert_cmpfloat (correlation ("loss", a->loss, b->loss), >=, 0.99);
  g_assert_cmpfloat (correlation ("gain", a->gain, b->gain), >=, 0.99);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dtype/ranks", test_frames_rank_as_in_floats);
  return g_test_run ();
}
