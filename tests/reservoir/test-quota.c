/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "frames.h"
#include "nn/random-private.h"
#include "reservoir/tickets-private.h"

static VInfoReservoir *
open_policy (const char *policy, guint capacity, gdouble share)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.policy = policy;
  config.capacity = capacity;
  config.uniform_share = share;
  return open_reservoir (&config);
}

static VInfoReason
offer_of_feed (VInfoReservoir *reservoir, const char *feed, guint quota,
    guint64 id, gfloat quantile, guint64 source)
{
  Frame frame;
  VInfoReason reason;

  frame_init (&frame, id, quantile);
  frame.offer.feed = feed;
  frame.offer.quota = quota;
  frame.offer.score.region = quantile;
  if (source != 0)
    frame_show_source (&frame, source);
  reason = frame_offer (&frame, reservoir);
  frame_finish (&frame);
  return reason;
}

static guint
count_feed (VInfoReservoir *reservoir, const char *feed)
{
  g_autoptr (GPtrArray) samples = vinfo_reservoir_list (reservoir);
  guint n = 0;

  for (guint i = 0; i < samples->len; i++)
    n += g_str_equal (((VInfoSample *)samples->pdata[i])->feed, feed);
  return n;
}

/* A greedy feed and another, with near-duplicates, in one random order. */
static GArray *
offer_both (const char *policy, gdouble share, gboolean check)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy (policy, 40, share);
  NnRandom random = { 7, 0, 0 };

  for (guint64 id = 1; id <= 1500; id++) {
    gboolean greedy = nn_random_below (&random, 4) != 0;
    gfloat quantile = nn_random_uniform (&random);

    offer_of_feed (reservoir, greedy ? "greedy" : "other", greedy ? 7 : 0, id,
        quantile, 1 + nn_random_below (&random, 300));
    if (check) {
      g_assert_cmpuint (count_feed (reservoir, "greedy"), <=, 7);
      g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), <=, 40);
    }
  }
  return list_ids (reservoir);
}

static void
test_quota_is_never_exceeded_by_any_policy (void)
{
  const char *const *policies = vinfo_policy_get_names ();

  for (guint i = 0; policies[i]; i++) {
    g_autoptr (GArray) ids = offer_both (policies[i], 0.25, TRUE);

    g_assert_cmpuint (ids->len, >, 7);
  }
}

static void
test_same_offers_leave_the_same_set (void)
{
  const char *const *policies = vinfo_policy_get_names ();

  for (guint i = 0; policies[i]; i++) {
    g_autoptr (GArray) ids = offer_both (policies[i], 0.25, FALSE);
    g_autoptr (GArray) again = offer_both (policies[i], 0.25, FALSE);

    assert_same_ids (again, ids);
  }
}

/* With room for all, what stays of each feed is the best of it. */
static void
test_feed_keeps_its_best (void)
{
  const guint quota = 10;
  g_autoptr (VInfoReservoir) reservoir = open_policy ("top-k", 100, 0);
  g_autoptr (GArray) ids = NULL;

  for (guint64 id = 1; id <= 200; id++)
    offer_of_feed (reservoir, "feed", quota, id, (id * 77 % 211) / 211.f, 0);
  ids = list_ids (reservoir);
  g_assert_cmpuint (ids->len, ==, quota);
  for (guint64 id = 1; id <= 200; id++) {
    guint n_better = 0;
    gboolean kept = FALSE;

    for (guint64 other = 1; other <= 200; other++)
      n_better += other * 77 % 211 > id * 77 % 211;
    for (guint i = 0; i < ids->len; i++)
      kept = kept || g_array_index (ids, guint64, i) == id;
    g_assert_cmpint (kept, ==, n_better < quota);
  }
}

static void
test_worse_frame_is_refused_for_its_quota_and_a_better_one_comes_in (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("top-k", 10, 0);
  guint64 offered, rejected[VINFO_N_REASONS];

  offer_of_feed (reservoir, "a", 2, 1, 0.5f, 0);
  offer_of_feed (reservoir, "a", 2, 2, 0.7f, 0);
  offer_of_feed (reservoir, "b", 0, 3, 0.1f, 0);
  g_assert_cmpint (
      offer_of_feed (reservoir, "a", 2, 4, 0.4f, 0), ==, VINFO_REASON_QUOTA);
  g_assert_cmpint (
      offer_of_feed (reservoir, "a", 2, 5, 0.6f, 0), ==, VINFO_REASON_NONE);
  vinfo_reservoir_get_counts (reservoir, &offered, rejected);
  g_assert_cmpuint (rejected[VINFO_REASON_QUOTA], ==, 1);
  g_assert_cmpuint (rejected[VINFO_REASON_EVICTED], ==, 1);
  g_assert_cmpuint (count_feed (reservoir, "b"), ==, 1);
  g_assert_cmpuint (offered, ==, 2 + vinfo_reservoir_get_size (reservoir));
}

static void
test_lowered_quota_holds_from_the_next_admission_on (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("fifo", 50, 0);

  for (guint64 id = 1; id <= 20; id++)
    offer_of_feed (reservoir, "a", 20, id, 0.5f, 0);
  g_assert_cmpuint (count_feed (reservoir, "a"), ==, 20);
  offer_of_feed (reservoir, "a", 4, 21, 0.5f, 0);
  g_assert_cmpuint (count_feed (reservoir, "a"), ==, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quota/never-exceeded-by-any-policy",
      test_quota_is_never_exceeded_by_any_policy);
  g_test_add_func ("/quota/same-offers-leave-the-same-set",
      test_same_offers_leave_the_same_set);
  g_test_add_func ("/quota/feed-keeps-its-best", test_feed_keeps_its_best);
  g_test_add_func ("/quota/worse-frame-is-refused-and-a-better-one-comes-in",
      test_worse_frame_is_refused_for_its_quota_and_a_better_one_comes_in);
  g_test_add_func ("/quota/lowered-quota-holds-from-the-next-admission-on",
      test_lowered_quota_holds_from_the_next_admission_on);
  return g_test_run ();
}
