/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "frames.h"
#include "nn/random-private.h"

#define MINUTE G_GUINT64_CONSTANT (60000000000)

typedef struct {
  const char *feed;
  gdouble rate;
  guint64 time;
  gfloat quantile;
  guint64 source; /* 0: without an embedding */
} Shot;

static VInfoReservoir *
open_policy (const char *policy, guint capacity)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.policy = policy;
  config.capacity = capacity;
  config.uniform_share = 0;
  return open_reservoir (&config);
}

static VInfoReason
offer (VInfoReservoir *reservoir, guint64 id, const Shot *shot)
{
  Frame frame;
  VInfoReason reason;

  frame_init (&frame, id, shot->quantile);
  frame.offer.feed = shot->feed;
  frame.offer.max_rate = shot->rate;
  frame.offer.pts = shot->time;
  if (shot->source != 0)
    frame_show_source (&frame, shot->source);
  reason = frame_offer (&frame, reservoir);
  frame_finish (&frame);
  return reason;
}

/* Frames of one feed, one each @interval, all of which the policy wants. */
static guint
offer_many (VInfoReservoir *reservoir, guint64 first_id, guint n, gdouble rate,
    guint64 start, guint64 interval)
{
  guint n_admitted = 0;

  for (guint i = 0; i < n; i++) {
    const Shot shot = { "feed", rate, start + i * interval, 0.5f, 0 };
    VInfoReason reason = offer (reservoir, first_id + i, &shot);

    g_assert_true (reason == VINFO_REASON_NONE || reason == VINFO_REASON_RATE);
    n_admitted += reason == VINFO_REASON_NONE;
  }
  return n_admitted;
}

static void
test_minute_brings_what_the_rate_says_after_a_first_one_at_once (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("fifo", 100);
  guint64 offered, rejected[VINFO_N_REASONS];

  /* at once a minute's worth, then one each 10 s */
  g_assert_cmpuint (offer_many (reservoir, 1, 50, 6, 0, 0), ==, 6);
  g_assert_cmpuint (
      offer_many (reservoir, 100, 600, 6, MINUTE / 60, MINUTE / 60), ==, 60);
  /* an hour of quiet is still a minute's worth */
  g_assert_cmpuint (offer_many (reservoir, 1000, 50, 6, 70 * MINUTE, 0), ==, 6);
  vinfo_reservoir_get_counts (reservoir, &offered, rejected);
  g_assert_cmpuint (rejected[VINFO_REASON_RATE], ==, 700 - 72);
  g_assert_cmpuint (offered, ==,
      vinfo_reservoir_get_size (reservoir) + rejected[VINFO_REASON_RATE]
          + rejected[VINFO_REASON_EVICTED]);
}

static void
test_less_than_one_a_minute_is_one_in_several (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("fifo", 100);

  g_assert_cmpuint (
      offer_many (reservoir, 1, 81, 0.25, 0, MINUTE / 4), ==, 1 + 20 / 4);
}

static void
test_without_a_limit_all_come_in (void)
{
  static const gdouble none[] = { 0, -1, NAN, INFINITY };

  for (guint i = 0; i < G_N_ELEMENTS (none); i++) {
    g_autoptr (VInfoReservoir) reservoir = open_policy ("fifo", 100);

    g_assert_cmpuint (offer_many (reservoir, 1, 50, none[i], 0, 0), ==, 50);
  }
}

/* Admissions of the frames from @start on, for as long as @span. */
static guint
count_within (GArray *times, guint64 start, guint64 span)
{
  guint n = 0;

  for (guint i = 0; i < times->len; i++) {
    guint64 time = g_array_index (times, guint64, i);

    n += time >= start && time - start <= span;
  }
  return n;
}

/* Two feeds in a random order, at random times, under every policy. */
static GArray *
offer_both (const char *policy, GArray *times)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy (policy, 40);
  NnRandom random = { 11, 0, 0 };
  guint64 time = 0;

  for (guint64 id = 1; id <= 1500; id++) {
    gboolean limited = nn_random_below (&random, 2) != 0;
    Shot shot = { limited ? "limited" : "free", limited ? 20 : 0, 0,
      (gfloat)nn_random_uniform (&random), 1 + nn_random_below (&random, 200) };

    time += nn_random_below (&random, 8) == 0 ? MINUTE / 10 : MINUTE / 500;
    shot.time = time;
    if (offer (reservoir, id, &shot) == VINFO_REASON_NONE && limited)
      g_array_append_val (times, time);
  }
  return list_ids (reservoir);
}

static void
test_no_span_sees_more_than_its_share_under_any_policy (void)
{
  const char *const *policies = vinfo_policy_get_names ();

  for (guint i = 0; policies[i]; i++) {
    g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) again = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) ids = offer_both (policies[i], times);
    g_autoptr (GArray) same = offer_both (policies[i], again);

    assert_same_ids (same, ids);
    g_assert_cmpuint (times->len, >, 20);
    for (guint j = 0; j < times->len; j++) {
      guint64 start = g_array_index (times, guint64, j);

      for (guint t = 0; t <= 4; t++)
        g_assert_cmpuint (
            count_within (times, start, t * MINUTE), <=, 20 * (t + 1));
    }
  }
}

static void
test_feeds_do_not_share_a_rate (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("fifo", 100);
  const Shot a = { "a", 2, 0, 0.5f, 0 }, b = { "b", 2, 0, 0.5f, 0 };

  g_assert_cmpint (offer (reservoir, 1, &a), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer (reservoir, 2, &a), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer (reservoir, 3, &a), ==, VINFO_REASON_RATE);
  g_assert_cmpint (offer (reservoir, 4, &b), ==, VINFO_REASON_NONE);
}

static void
test_time_that_goes_back_brings_nothing (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("fifo", 100);

  g_assert_cmpuint (offer_many (reservoir, 1, 10, 3, 10 * MINUTE, 0), ==, 3);
  g_assert_cmpuint (offer_many (reservoir, 20, 10, 3, 0, 0), ==, 0);
  /* and counts from there on */
  g_assert_cmpuint (offer_many (reservoir, 40, 10, 3, MINUTE / 3, 0), ==, 1);
}

/* Two cameras of one feed, a minute apart. */
static void
test_sources_at_different_times_share_a_rate (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("fifo", 1000);
  guint n_admitted = 0;

  for (guint i = 0; i <= 240; i++) {
    Frame frame;

    frame_init (&frame, 1 + i, 0.5f);
    frame.offer.max_rate = 6;
    frame.offer.source = i % 2 ? "rtsp://yard" : "rtsp://door";
    frame.offer.pts = (i % 2 ? MINUTE : 0) + i * (MINUTE / 120);
    n_admitted += frame_offer (&frame, reservoir) == VINFO_REASON_NONE;
    frame_finish (&frame);
  }
  /* two minutes' worth, the first one's and what the second was ahead */
  g_assert_cmpuint (n_admitted, <=, 6 + 2 * 6 + 6);
  g_assert_cmpuint (n_admitted, >=, 12);
}

static void
test_wall_time_stands_in_where_the_stream_time_is_unknown (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("fifo", 100);
  guint n_admitted = 0;

  for (guint i = 0; i <= 120; i++) {
    Frame frame;

    frame_init (&frame, 1 + i, 0.5f);
    frame.offer.max_rate = 1;
    frame.offer.pts = G_MAXUINT64;
    frame.offer.wall_time = 1700000000000000 + i * G_USEC_PER_SEC;
    n_admitted += frame_offer (&frame, reservoir) == VINFO_REASON_NONE;
    frame_finish (&frame);
  }
  g_assert_cmpuint (n_admitted, ==, 3);
}

static void
test_refused_frame_takes_nothing_and_keeps_its_reason (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("top-k", 2);
  const Shot good = { "feed", 3, 0, 0.5f, 0 }, poor = { "feed", 3, 0, 0, 0 };
  const Shot better = { "feed", 3, 0, 0.9f, 0 };

  g_assert_cmpint (offer (reservoir, 1, &good), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer (reservoir, 2, &good), ==, VINFO_REASON_NONE);
  for (guint64 id = 10; id < 20; id++)
    g_assert_cmpint (offer (reservoir, id, &poor), ==, VINFO_REASON_THRESHOLD);
  g_assert_cmpint (offer (reservoir, 3, &better), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer (reservoir, 4, &better), ==, VINFO_REASON_RATE);
  g_assert_cmpint (offer (reservoir, 5, &poor), ==, VINFO_REASON_THRESHOLD);
}

static void
test_frame_too_large_to_be_kept_takes_nothing (void)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoReservoir) reservoir = NULL;
  Frame frame;

  config.policy = "fifo";
  config.capacity_bytes = 5000;
  reservoir = open_reservoir (&config);
  frame_init (&frame, 1, 0.5f);
  frame_enlarge (&frame, 64);
  frame.offer.max_rate = 1;
  g_assert_cmpint (frame_offer (&frame, reservoir), ==, VINFO_REASON_TOO_LARGE);
  frame_finish (&frame);
  g_assert_cmpuint (offer_many (reservoir, 2, 5, 1, 0, 0), ==, 1);
}

/* A replacement writes a frame as any admission does; where there is no token
 * for it, the like that is kept stays as it is. */
static void
test_replacing_a_near_duplicate_takes_its_turn_too (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("vinfo", 10);
  g_autoptr (GPtrArray) samples = NULL;
  const Shot first = { "feed", 2, 0, 0.2f, 7 },
             second = { "feed", 2, 0, 0.5f, 7 };
  const Shot third = { "feed", 2, 0, 0.9f, 7 };
  const VInfoSample *best;

  g_assert_cmpint (offer (reservoir, 1, &first), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer (reservoir, 2, &second), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer (reservoir, 3, &third), ==, VINFO_REASON_RATE);
  samples = vinfo_reservoir_list (reservoir);
  g_assert_cmpuint (samples->len, ==, 2);
  best = g_ptr_array_index (samples, 1);
  g_assert_cmpuint (best->id, ==, 2);
  g_assert_false (best->spare);
  g_assert_true (((VInfoSample *)g_ptr_array_index (samples, 0))->spare);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add_func ("/rate/" name, test)
  ADD ("minute-brings-what-the-rate-says",
      test_minute_brings_what_the_rate_says_after_a_first_one_at_once);
  ADD ("less-than-one-a-minute-is-one-in-several",
      test_less_than_one_a_minute_is_one_in_several);
  ADD ("without-a-limit-all-come-in", test_without_a_limit_all_come_in);
  ADD ("no-span-sees-more-than-its-share-under-any-policy",
      test_no_span_sees_more_than_its_share_under_any_policy);
  ADD ("feeds-do-not-share-a-rate", test_feeds_do_not_share_a_rate);
  ADD ("time-that-goes-back-brings-nothing",
      test_time_that_goes_back_brings_nothing);
  ADD ("sources-at-different-times-share-a-rate",
      test_sources_at_different_times_share_a_rate);
  ADD ("wall-time-stands-in-where-the-stream-time-is-unknown",
      test_wall_time_stands_in_where_the_stream_time_is_unknown);
  ADD ("refused-frame-takes-nothing-and-keeps-its-reason",
      test_refused_frame_takes_nothing_and_keeps_its_reason);
  ADD ("frame-too-large-to-be-kept-takes-nothing",
      test_frame_too_large_to_be_kept_takes_nothing);
  ADD ("replacing-a-near-duplicate-takes-its-turn-too",
      test_replacing_a_near_duplicate_takes_its_turn_too);
  return g_test_run ();
}
