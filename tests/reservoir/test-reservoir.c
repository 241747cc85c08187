/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "frames.h"
#include "nn/random-private.h"

static VInfoReservoirConfig
make_config (guint capacity)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.capacity = capacity;
  return config;
}

static guint64
sum_blob_sizes (VInfoReservoir *reservoir)
{
  g_autoptr (GPtrArray) samples = vinfo_reservoir_list (reservoir);
  guint64 sum = 0;

  for (guint i = 0; i < samples->len; i++)
    sum += ((VInfoSample *)g_ptr_array_index (samples, i))->blob_size;
  return sum;
}

/* Frames of varying sizes, a quarter of them near-duplicates. */
static void
offer_mixed (VInfoReservoir *reservoir, NnRandom *random, guint64 id)
{
  Frame frame;

  frame_init (&frame, id, nn_random_uniform (random));
  frame_show_source (&frame, id % 4 == 0 ? id % 40 : id);
  frame_enlarge (&frame, 1 + nn_random_below (random, 20));
  frame_offer (&frame, reservoir);
  frame_finish (&frame);
}

static void
assert_bounds_hold (const char *policy)
{
  VInfoReservoirConfig config = make_config (64);
  g_autoptr (VInfoReservoir) reservoir = NULL;
  NnRandom random = { 8, 0, 0 };

  config.policy = policy;
  config.capacity_bytes = 30000; /* about 64 of mean size: both bind */
  reservoir = open_reservoir (&config);
  for (guint64 id = 1; id <= 10000; id++) {
    offer_mixed (reservoir, &random, id);
    g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), <=, 64);
    g_assert_cmpuint (vinfo_reservoir_get_bytes (reservoir), <=, 30000);
    if (id % 500 == 0)
      g_assert_cmpuint (vinfo_reservoir_get_bytes (reservoir), ==,
          sum_blob_sizes (reservoir));
  }
  g_assert_cmpuint (vinfo_reservoir_get_bytes (reservoir), >, 25000);
}

static void
test_bounds_hold_after_every_offer (void)
{
  assert_bounds_hold ("vinfo");
}

static void
test_bounds_hold_when_everything_is_admitted (void)
{
  VInfoReservoirConfig config = make_config (16);
  g_autoptr (VInfoReservoir) reservoir = NULL;
  NnRandom random = { 9, 0, 0 };

  config.policy = "fifo";
  config.capacity_bytes = 5000;
  reservoir = open_reservoir (&config);
  for (guint64 id = 1; id <= 500; id++) {
    offer_mixed (reservoir, &random, id);
    g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), <=, 16);
    g_assert_cmpuint (vinfo_reservoir_get_bytes (reservoir), <=, 5000);
  }
}

static void
test_known_frame_is_counted_and_not_kept_twice (void)
{
  VInfoReservoirConfig config = make_config (8);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);

  g_assert_cmpint (offer_id (reservoir, 5, 0.5), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer_id (reservoir, 5, 0.9), ==, VINFO_REASON_KNOWN);
  g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), ==, 1);
}

static void
test_embedding_that_is_not_finite_is_refused (void)
{
  VInfoReservoirConfig config = make_config (8);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  Frame frame;

  frame_init (&frame, 1, 0.5);
  frame_show_source (&frame, 1);
  frame.embedding[FRAME_EMBEDDING_SIZE - 1] = INFINITY;
  g_assert_cmpint (
      frame_offer (&frame, reservoir), ==, VINFO_REASON_NON_FINITE);
  frame_finish (&frame);
}

static void
test_frame_without_a_score_counts_as_median (void)
{
  VInfoReservoirConfig config = make_config (8);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  g_autoptr (GPtrArray) samples = NULL;
  const VInfoSample *sample;

  g_assert_cmpint (offer_id (reservoir, 1, NAN), ==, VINFO_REASON_NONE);
  samples = vinfo_reservoir_list (reservoir);
  sample = g_ptr_array_index (samples, 0);
  g_assert_cmpfloat (sample->score.quantile, ==, 0.5);
  g_assert_cmpfloat_with_epsilon (
      sample->key, -log (sample->u) * exp (-0.5 / 0.25), 1e-9);
}

static void
test_frame_larger_than_the_capacity_is_refused (void)
{
  VInfoReservoirConfig config = make_config (8);
  g_autoptr (VInfoReservoir) reservoir = NULL;
  Frame frame;

  config.capacity_bytes = 500;
  reservoir = open_reservoir (&config);
  frame_init (&frame, 1, 0.5);
  frame_enlarge (&frame, 30);
  g_assert_cmpint (frame_offer (&frame, reservoir), ==, VINFO_REASON_TOO_LARGE);
  frame_finish (&frame);
  g_assert_cmpuint (vinfo_reservoir_get_bytes (reservoir), ==, 0);
}

/* One of every outcome, at least. */
static void
test_offers_are_kept_samples_and_counted_refusals (void)
{
  VInfoReservoirConfig config = make_config (20);
  g_autoptr (VInfoReservoir) reservoir = NULL;
  guint64 counted[VINFO_N_REASONS] = { 0 }, rejected[VINFO_N_REASONS];
  guint64 offered, sum = 0;
  NnRandom random = { 10, 0, 0 };

  config.capacity_bytes = 20000;
  reservoir = open_reservoir (&config);
  for (guint64 i = 0; i < 1000; i++) {
    guint64 id = i % 10 == 9 ? i - 1 : i;
    Frame frame;

    frame_init (&frame, id, nn_random_uniform (&random));
    frame_show_source (&frame, nn_random_below (&random, 60));
    if (i % 50 == 7)
      frame.embedding[0] = NAN;
    if (i == 3)
      frame_enlarge (&frame, 90);
    counted[frame_offer (&frame, reservoir)]++;
    frame_finish (&frame);
  }
  vinfo_reservoir_get_counts (reservoir, &offered, rejected);
  g_assert_cmpuint (offered, ==, 1000);
  for (guint reason = 1; reason < VINFO_N_REASONS; reason++) {
    if (reason != VINFO_REASON_EVICTED)
      g_assert_cmpuint (rejected[reason], ==, counted[reason]);
    sum += rejected[reason];
  }
  g_assert_cmpuint (sum + vinfo_reservoir_get_size (reservoir), ==, 1000);
  g_assert_cmpuint (rejected[VINFO_REASON_KNOWN], >, 0);
  g_assert_cmpuint (rejected[VINFO_REASON_NON_FINITE], >, 0);
  g_assert_cmpuint (rejected[VINFO_REASON_TOO_LARGE], ==, 1);
  g_assert_cmpuint (rejected[VINFO_REASON_NEAR_DUPLICATE], >, 0);
  g_assert_cmpuint (rejected[VINFO_REASON_THRESHOLD], >, 0);
  g_assert_cmpuint (rejected[VINFO_REASON_EVICTED], >, 0);
}

/* Returns: (transfer full): the kept one with the largest key */
static VInfoSample *
find_worst (VInfoReservoir *reservoir)
{
  g_autoptr (GPtrArray) samples = vinfo_reservoir_list (reservoir);
  VInfoSample *worst = NULL;

  for (guint i = 0; i < samples->len; i++) {
    VInfoSample *sample = g_ptr_array_index (samples, i);

    if (worst == NULL || sample->key > worst->key)
      worst = sample;
  }
  return vinfo_sample_ref (worst);
}

static void
assert_next_to_go_is (VInfoReservoir *reservoir, guint64 id)
{
  VInfoVerdict verdict = { 0 };

  for (guint64 next = 5000; !verdict.kept; next++) {
    Frame frame;

    vinfo_verdict_clear (&verdict);
    frame_init (&frame, next, 0.5);
    g_assert_true (
        vinfo_reservoir_offer (reservoir, &frame.offer, &verdict, NULL));
    frame_finish (&frame);
  }
  g_assert_cmpuint (verdict.evicted->len, ==, 1);
  g_assert_cmpuint (
      ((VInfoSample *)g_ptr_array_index (verdict.evicted, 0))->id, ==, id);
  vinfo_verdict_clear (&verdict);
}

static void
test_rescore_moves_a_sample_in_the_order (void)
{
  VInfoReservoirConfig config = make_config (12);
  g_autoptr (VInfoReservoir) reservoir = NULL;
  g_autoptr (VInfoSample) worst = NULL, next = NULL;
  VInfoScore score;

  config.uniform_share = 0;
  reservoir = open_reservoir (&config);
  for (guint64 id = 0; id < 12; id++)
    offer_id (reservoir, id, 0);
  worst = find_worst (reservoir);
  score = worst->score;
  score.quantile = 1;
  score.version = 2;
  vinfo_reservoir_rescore (reservoir, worst->id, &score, NULL, 0);
  next = find_worst (reservoir);
  g_assert_cmpuint (next->id, !=, worst->id);
  assert_next_to_go_is (reservoir, next->id);
}

static void
test_rescore_never_lowers_a_measured_quantile (void)
{
  VInfoReservoirConfig config = make_config (2);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  g_autoptr (VInfoSample) before = NULL, after = NULL;
  VInfoScore score = { .value = -3, .quantile = 0.1, .version = 9 };
  Frame frame;

  frame_init (&frame, 1, 0.7);
  frame.offer.score.pvi = 0; /* there was a panel */
  frame_offer (&frame, reservoir);
  frame_finish (&frame);
  before = find_worst (reservoir);
  vinfo_reservoir_rescore (reservoir, 1, &score, NULL, 0);
  after = find_worst (reservoir);
  g_assert_cmpfloat (after->score.quantile, ==, before->score.quantile);
  g_assert_cmpfloat_with_epsilon (after->key, before->key, 1e-12);
  g_assert_cmpfloat (after->score.value, ==, -3);
  g_assert_cmpuint (after->score.version, ==, 9);
}

static void
test_stale_samples_come_in_turn_until_all_are_rescored (void)
{
  VInfoReservoirConfig config = make_config (6);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  VInfoScore score = { .value = 1, .quantile = 0.5, .version = 2 };

  for (guint64 id = 1; id <= 6; id++)
    offer_id (reservoir, id, 0.5);
  for (guint i = 0; i < 6; i++) {
    g_autoptr (VInfoSample) stale = vinfo_reservoir_find_stale (reservoir, 2);

    g_hash_table_add (seen, GUINT_TO_POINTER ((guint)stale->id));
  }
  g_assert_cmpuint (g_hash_table_size (seen), ==, 6);
  for (guint64 id = 1; id <= 6; id++)
    vinfo_reservoir_rescore (reservoir, id, &score, NULL, 0);
  g_assert_null (vinfo_reservoir_find_stale (reservoir, 2));
}

static void
test_mean_pvi_leaves_out_what_is_unknown (void)
{
  VInfoReservoirConfig config = make_config (6);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  VInfoScore score = { .value = 1, .quantile = 0.5, .version = 2 };

  for (guint64 id = 1; id <= 3; id++)
    offer_id (reservoir, id, 0.5);
  g_assert_true (isnan (vinfo_reservoir_get_mean_pvi (reservoir)));
  score.pvi = 1;
  vinfo_reservoir_rescore (reservoir, 1, &score, NULL, 0);
  score.pvi = 4;
  vinfo_reservoir_rescore (reservoir, 3, &score, NULL, 0);
  g_assert_cmpfloat (vinfo_reservoir_get_mean_pvi (reservoir), ==, 2.5);
}

typedef struct {
  VInfoReservoir *reservoir;
  guint64 first_id;
} Feed;

static gpointer
offer_and_read (gpointer data)
{
  Feed *feed = data;

  for (guint64 i = 0; i < 300; i++) {
    guint64 id = feed->first_id + i;

    offer_id (feed->reservoir, id, (id % 97) / 97.);
    vinfo_reservoir_count_view (feed->reservoir, id);
    if (i % 50 == 0)
      g_ptr_array_unref (vinfo_reservoir_list (feed->reservoir));
  }
  return NULL;
}

static void
test_four_threads_may_offer_at_once (void)
{
  VInfoReservoirConfig config = make_config (50);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  guint64 offered, rejected[VINFO_N_REASONS], sum = 0;
  GThread *threads[4];
  Feed feeds[4];

  for (guint i = 0; i < 4; i++) {
    feeds[i] = (Feed){ reservoir, 10000 * i };
    threads[i] = g_thread_new ("feed", offer_and_read, &feeds[i]);
  }
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  vinfo_reservoir_get_counts (reservoir, &offered, rejected);
  for (guint i = 0; i < VINFO_N_REASONS; i++)
    sum += rejected[i];
  g_assert_cmpuint (offered, ==, 1200);
  g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), ==, 50);
  g_assert_cmpuint (sum, ==, 1150);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reservoir/bounds-hold-after-every-offer",
      test_bounds_hold_after_every_offer);
  g_test_add_func ("/reservoir/bounds-hold-when-everything-is-admitted",
      test_bounds_hold_when_everything_is_admitted);
  g_test_add_func ("/reservoir/known-frame-is-counted-and-not-kept-twice",
      test_known_frame_is_counted_and_not_kept_twice);
  g_test_add_func ("/reservoir/embedding-that-is-not-finite-is-refused",
      test_embedding_that_is_not_finite_is_refused);
  g_test_add_func ("/reservoir/frame-without-a-score-counts-as-median",
      test_frame_without_a_score_counts_as_median);
  g_test_add_func ("/reservoir/frame-larger-than-the-capacity-is-refused",
      test_frame_larger_than_the_capacity_is_refused);
  g_test_add_func ("/reservoir/offers-are-kept-samples-and-counted-refusals",
      test_offers_are_kept_samples_and_counted_refusals);
  g_test_add_func ("/reservoir/rescore-moves-a-sample-in-the-order",
      test_rescore_moves_a_sample_in_the_order);
  g_test_add_func ("/reservoir/rescore-never-lowers-a-measured-quantile",
      test_rescore_never_lowers_a_measured_quantile);
  g_test_add_func (
      "/reservoir/stale-samples-come-in-turn-until-all-are-rescored",
      test_stale_samples_come_in_turn_until_all_are_rescored);
  g_test_add_func ("/reservoir/mean-pvi-leaves-out-what-is-unknown",
      test_mean_pvi_leaves_out_what_is_unknown);
  g_test_add_func ("/reservoir/four-threads-may-offer-at-once",
      test_four_threads_may_offer_at_once);
  return g_test_run ();
}
