/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/vinfo-reservoir.h"

#include <math.h>

#include "predictor/vinfo-predictor.h"
#include "scene.h"

#define N_KEPT 12

/* A predictor that has a panel. */
static VInfoPredictor *
predictor_of_seed (guint64 seed)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoPredictor *predictor;

  config.masks = 1;
  config.seed = seed;
  predictor = vinfo_predictor_new (&config, NULL);
  for (guint i = 0; i < 1000; i++) {
    g_autoptr (VInfoImage) image = scene_new (1000 + i, 32, 32);

    vinfo_predictor_observe (predictor, nn_mix (i, 1), image);
  }
  return predictor;
}

static VInfoPredictor *
predictor_new (void)
{
  return predictor_of_seed (0);
}

/* Scenes kept before there was a panel: without PVI, quantile ½. */
static VInfoReservoir *
reservoir_on (VInfoStore *store)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
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

static VInfoReservoir *
reservoir_new (void)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);

  return reservoir_on (store);
}

static const VInfoSample *
find_sample (GPtrArray *samples, guint64 id)
{
  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    if (sample->id == id)
      return sample;
  }
  g_assert_not_reached ();
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

/* Puts what is no picture in the place of one. */
static void
spoil (VInfoStore *store, guint64 id)
{
  g_autoptr (VInfoSample) sample = vinfo_store_get (store, id, NULL);
  gsize size = sample->blob_size;

  g_bytes_unref (sample->blob);
  sample->blob = g_bytes_new_take (g_malloc0 (size), size);
  g_assert_true (vinfo_store_put (store, sample, NULL));
}

static void
test_unreadable_samples_are_left_out_and_counted (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  g_autoptr (VInfoReservoir) reservoir = reservoir_on (store);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  g_autoptr (GPtrArray) kept = NULL;
  guint scored = 0, failed = 0;
  GError *error = NULL;

  spoil (store, 1);
  spoil (store, 5);
  while (vinfo_reservoir_rescore_next (
             reservoir, scorer, snapshot, VINFO_SCORE_LOSS, &error)
         || error) {
    failed += error != NULL;
    scored += error == NULL;
    g_clear_error (&error);
    g_assert_cmpuint (scored + failed, <=, N_KEPT);
  }
  g_assert_cmpuint (failed, ==, 2);
  g_assert_cmpuint (scored, ==, N_KEPT - 2);
  g_assert_cmpuint (vinfo_reservoir_get_n_unreadable (reservoir), ==, 2);
  kept = vinfo_reservoir_list (reservoir);
  g_assert_cmpuint (find_sample (kept, 5)->score.version, ==, 0);
  g_assert_cmpuint (find_sample (kept, 6)->score.version, ==, 1);
}

static void
test_judged_sample_has_the_snapshots_own_quantile (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoReservoir) reservoir = reservoir_new ();
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  const VInfoScore best
      = { .value = 9, .pvi = 1, .quantile = 1, .version = 99 };

  for (guint64 id = 1; id <= N_KEPT; id++) {
    g_autoptr (VInfoImage) image = scene_new (id - 1, 48, 40);
    g_autoptr (GPtrArray) kept = NULL;
    VInfoScore score;

    vinfo_reservoir_rescore (reservoir, id, &best, NULL, 0);
    g_assert_true (vinfo_reservoir_judge (
        reservoir, id, scorer, snapshot, VINFO_SCORE_LOSS, NULL));
    vinfo_scorer_score (
        scorer, snapshot, VINFO_SCORE_LOSS, 1, &image, &id, &score, NULL);
    kept = vinfo_reservoir_list (reservoir);
    g_assert_cmpfloat (
        find_sample (kept, id)->score.quantile, ==, score.quantile);
  }
}

/* What is merely learnt stays: a measured quantile doesn't fall, and the key
 * follows the largest so far. */
static void
test_key_follows_the_largest_quantile (void)
{
  g_autoptr (VInfoReservoir) reservoir = reservoir_new ();
  g_autoptr (GPtrArray) kept = NULL;
  static const gfloat quantiles[] = { 0.25f, 0.75f, 0.5f };
  const VInfoSample *sample;

  for (guint i = 0; i < G_N_ELEMENTS (quantiles); i++) {
    VInfoScore score = { .loss = 0.5f,
      .value = 1,
      .pvi = 1,
      .quantile = quantiles[i],
      .version = i + 1 };

    vinfo_reservoir_rescore (reservoir, 3, &score, NULL, 0);
  }
  kept = vinfo_reservoir_list (reservoir);
  sample = find_sample (kept, 3);
  g_assert_cmpfloat (sample->score.quantile, ==, 0.75);
  g_assert_cmpfloat_with_epsilon (
      sample->key, -log (sample->u) * exp (-0.75 / 0.25), 1e-9);
}

/* Two of one number are told apart, and the same is known again. */
static void
test_store_knows_the_predictor_that_judged (void)
{
  gint64 names[3];

  for (guint i = 0; i < 3; i++) {
    g_autoptr (VInfoPredictor) predictor = predictor_of_seed (i == 1);
    g_autoptr (VInfoSnapshot) snapshot
        = vinfo_predictor_get_snapshot (predictor);
    g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
    g_autoptr (VInfoReservoir) reservoir = reservoir_on (store);
    g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();

    g_assert_true (vinfo_reservoir_rescore_next (
        reservoir, scorer, snapshot, VINFO_SCORE_LOSS, NULL));
    g_assert_true (vinfo_reservoir_commit (reservoir, NULL));
    names[i] = vinfo_store_get_counter (store, "predictor");
  }
  g_assert_cmpint (names[0], !=, 0);
  g_assert_cmpint (names[0], ==, names[2]);
  g_assert_cmpint (names[0], !=, names[1]);
}

/* Rescores at most @n samples of @store, as a process does that opens it. */
static guint
rescore_at_most (VInfoStore *store, VInfoPredictor *predictor, guint n)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoReservoir) reservoir
      = vinfo_reservoir_new (&config, store, NULL);
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  guint done = 0;

  while (done < n
         && vinfo_reservoir_rescore_next (
             reservoir, scorer, snapshot, VINFO_SCORE_LOSS, NULL))
    done++;
  g_assert_true (vinfo_reservoir_commit (reservoir, NULL));
  return done;
}

/* The versions of both have the same number. */
static void
test_samples_of_another_predictor_are_stale (void)
{
  g_autoptr (VInfoPredictor) first = predictor_of_seed (0);
  g_autoptr (VInfoPredictor) second = predictor_of_seed (1);
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);

  g_object_unref (reservoir_on (store));
  g_assert_cmpuint (rescore_at_most (store, first, 100), ==, N_KEPT);
  g_assert_cmpuint (rescore_at_most (store, first, 100), ==, 0);
  /* in two processes */
  g_assert_cmpuint (rescore_at_most (store, second, 5), ==, 5);
  g_assert_cmpuint (rescore_at_most (store, second, 100), ==, N_KEPT - 5);
  g_assert_cmpuint (rescore_at_most (store, second, 100), ==, 0);
}

/* Neither quantile nor embedding nor what views taught says anything of it. */
static void
test_nothing_of_another_predictor_stays (void)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = predictor_of_seed (1);
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  g_autoptr (VInfoReservoir) reservoir = reservoir_on (store);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  g_autoptr (GPtrArray) kept = NULL;
  VInfoScore score = { .loss = 0.01f,
    .value = 1,
    .pvi = 1,
    .quantile = 1,
    .version = vinfo_snapshot_get_version (snapshot) };
  gfloat embedding[] = { 0.6f, 0.8f };

  for (guint64 id = 1; id <= N_KEPT; id++) {
    vinfo_reservoir_rescore (reservoir, id, &score, embedding, 2);
    for (guint i = 0; i < 30; i++)
      vinfo_reservoir_count_view (reservoir, id);
  }
  g_assert_true (vinfo_store_set_counter (store, "predictor", 12345, NULL));
  g_assert_true (vinfo_reservoir_commit (reservoir, NULL));
  g_clear_object (&reservoir);

  reservoir = vinfo_reservoir_new (&config, store, NULL);
  g_assert_true (vinfo_reservoir_rescore_next (
      reservoir, scorer, snapshot, VINFO_SCORE_LOSS, NULL));
  kept = vinfo_reservoir_list (reservoir);
  for (guint i = 0; i < kept->len; i++) {
    const VInfoSample *sample = kept->pdata[i];
    gboolean is_done = sample->score.version == score.version;

    g_assert_cmpuint (sample->views, ==, 0);
    if (is_done) {
      g_assert_cmpfloat (sample->score.quantile, <, 1);
      g_assert_cmpuint (sample->embedding_size, !=, 2);
      g_assert_cmpfloat (sample->first_loss, ==, sample->score.loss);
    } else {
      g_assert_null (sample->embedding);
      g_assert_true (isnan (sample->first_loss));
    }
  }
}

static gfloat
quantile_after (guint views, gfloat loss)
{
  g_autoptr (VInfoReservoir) reservoir = reservoir_new (); /* loss 1 */
  g_autoptr (GPtrArray) kept = NULL;
  VInfoScore score
      = { .loss = loss, .value = 1, .pvi = 1, .quantile = 0.75f, .version = 1 };

  for (guint i = 0; i < views; i++)
    vinfo_reservoir_count_view (reservoir, 3);
  vinfo_reservoir_rescore (reservoir, 3, &score, NULL, 0);
  kept = vinfo_reservoir_list (reservoir);
  return find_sample (kept, 3)->score.quantile;
}

static void
test_what_views_did_not_teach_is_demoted (void)
{
  g_assert_cmpfloat (quantile_after (20, 0.95f), ==, 0);
  g_assert_cmpfloat (quantile_after (20, 0.85f), ==, 0.75);
  g_assert_cmpfloat (quantile_after (19, 0.95f), ==, 0.75);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rescore/each-stale-sample-is-scored-once",
      test_each_stale_sample_is_scored_once);
  g_test_add_func ("/rescore/a-rescored-sample-scores-like-the-frame-itself",
      test_a_rescored_sample_scores_like_the_frame_itself);
  g_test_add_func ("/rescore/unreadable-samples-are-left-out-and-counted",
      test_unreadable_samples_are_left_out_and_counted);
  g_test_add_func ("/rescore/judged-sample-has-the-snapshots-own-quantile",
      test_judged_sample_has_the_snapshots_own_quantile);
  g_test_add_func ("/rescore/key-follows-the-largest-quantile",
      test_key_follows_the_largest_quantile);
  g_test_add_func ("/rescore/store-knows-the-predictor-that-judged",
      test_store_knows_the_predictor_that_judged);
  g_test_add_func ("/rescore/samples-of-another-predictor-are-stale",
      test_samples_of_another_predictor_are_stale);
  g_test_add_func ("/rescore/nothing-of-another-predictor-stays",
      test_nothing_of_another_predictor_stays);
  g_test_add_func ("/rescore/what-views-did-not-teach-is-demoted",
      test_what_views_did_not_teach_is_demoted);
  return g_test_run ();
}
