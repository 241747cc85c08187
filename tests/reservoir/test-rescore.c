/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/vinfo-reservoir.h"

#include <math.h>

#include "predictor/vinfo-predictor.h"
#include "scene.h"

#define N_KEPT 12

/* A predictor that has a panel. */
static VInfoPredictor *
predictor_new (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoPredictor *predictor;

  config.masks = 1;
  predictor = vinfo_predictor_new (&config, NULL);
  for (guint i = 0; i < 1000; i++) {
    g_autoptr (VInfoImage) image = scene_new (1000 + i, 32, 32);

    vinfo_predictor_observe (predictor, nn_mix (i, 1), image);
  }
  return predictor;
}

/* Scenes kept before there was a panel: without PVI, quantile ½. */
static VInfoReservoir *
reservoir_new (void)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  VInfoReservoir *reservoir = vinfo_reservoir_new (&config, store, NULL);

  for (guint i = 0; i < N_KEPT; i++) {
    g_autoptr (VInfoImage) image = scene_new (i, 48, 40);
    guint8 thumbnail[VINFO_THUMBNAIL_SIZE];
    VInfoOffer offer = { .id = i + 1,
      .feed = "cam",
      .image = image,
      .thumbnail = thumbnail,
      .score = { .loss = 1,
          .pvi = NAN,
          .gain = NAN,
          .value = 1,
          .quantile = 0.5f,
          .kind = VINFO_SCORE_LOSS },
      .duplicate_cosine = 0.95 };
    VInfoVerdict verdict;

    vinfo_image_thumbnail (image, thumbnail);
    g_assert_true (vinfo_reservoir_offer (reservoir, &offer, &verdict, NULL));
    g_assert_true (verdict.kept);
    vinfo_verdict_clear (&verdict);
  }
  return reservoir;
}

static void
test_each_stale_sample_is_scored_once (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoReservoir) reservoir = reservoir_new ();
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  g_autoptr (GPtrArray) kept = NULL;
  g_autoptr (GError) error = NULL;
  guint low = 0;

  g_assert_true (isnan (vinfo_reservoir_get_mean_pvi (reservoir)));
  for (guint i = 0; i < N_KEPT; i++)
    g_assert_true (vinfo_reservoir_rescore_next (
        reservoir, scorer, snapshot, VINFO_SCORE_LOSS, &error));
  g_assert_false (vinfo_reservoir_rescore_next (
      reservoir, scorer, snapshot, VINFO_SCORE_LOSS, &error));
  g_assert_no_error (error);

  kept = vinfo_reservoir_list (reservoir);
  for (guint i = 0; i < kept->len; i++) {
    const VInfoSample *sample = kept->pdata[i];

    g_assert_true (isfinite (sample->score.pvi));
    g_assert_cmpuint (sample->score.version, ==, 1);
    g_assert_nonnull (sample->embedding);
    low += sample->score.quantile < 0.4f;
  }
  /* The ½ that stood for "not known" does not stay as a largest q so far. */
  g_assert_cmpuint (low, >, 0);
}

static void
test_a_rescored_sample_scores_like_the_frame_itself (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoReservoir) reservoir = reservoir_new ();
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  g_autoptr (GPtrArray) kept = NULL;

  while (vinfo_reservoir_rescore_next (
      reservoir, scorer, snapshot, VINFO_SCORE_PVI, NULL))
    ;
  kept = vinfo_reservoir_list (reservoir);
  for (guint i = 0; i < kept->len; i++) {
    const VInfoSample *sample = kept->pdata[i];
    g_autoptr (VInfoImage) image = scene_new (sample->id - 1, 48, 40);
    VInfoScore score;

    vinfo_scorer_score (scorer, snapshot, VINFO_SCORE_PVI, 1, &image,
        &sample->id, &score, NULL);
    g_assert_cmpfloat (score.pvi, ==, sample->score.pvi);
    g_assert_cmpfloat (score.quantile, ==, sample->score.quantile);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rescore/each-stale-sample-is-scored-once",
      test_each_stale_sample_is_scored_once);
  g_test_add_func ("/rescore/a-rescored-sample-scores-like-the-frame-itself",
      test_a_rescored_sample_scores_like_the_frame_itself);
  return g_test_run ();
}
