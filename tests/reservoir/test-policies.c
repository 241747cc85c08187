/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "frames.h"
#include "reservoir/tickets-private.h"

/* One frame as an offline reference sees it. */
typedef struct {
  guint64 id;
  gdouble key, rank;
  gboolean taken;
} Item;

static gint
compare_keys (gconstpointer a, gconstpointer b)
{
  const Item *first = a, *second = b;

  return (first->key > second->key) - (first->key < second->key);
}

static gint
compare_ranks (gconstpointer a, gconstpointer b)
{
  const Item *first = a, *second = b;

  return (first->rank > second->rank) - (first->rank < second->rank);
}

/* Takes the first @n that aren't taken yet, in the order of @compare. */
static void
take (Item *items, guint n_items, guint n, GCompareFunc compare, GArray *ids)
{
  qsort (items, n_items, sizeof *items, compare);
  for (guint i = 0; i < n_items && n > 0; i++) {
    if (items[i].taken)
      continue;
    items[i].taken = TRUE;
    g_array_append_val (ids, items[i].id);
    n--;
  }
}

static GArray *
select_offline (Item *items, guint n_items, guint capacity, guint uniform)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));

  take (items, n_items, uniform, compare_ranks, ids);
  take (items, n_items, capacity - uniform, compare_keys, ids);
  g_array_sort (ids, compare_ids);
  return ids;
}

static gfloat
quantile_of (guint64 id)
{
  return ticket_hash (id, 99);
}

static VInfoReservoir *
open_policy (const char *policy, guint capacity, gdouble share, guint64 seed)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.policy = policy;
  config.capacity = capacity;
  config.uniform_share = share;
  config.seed = seed;
  return open_reservoir (&config);
}

static void
assert_equals_offline_sampling (gdouble share)
{
  const guint n = 1500, capacity = 60;
  g_autoptr (VInfoReservoir) reservoir
      = open_policy ("vinfo", capacity, share, 5);
  g_autofree Item *items = g_new0 (Item, n);
  g_autoptr (GArray) ids = NULL, expected = NULL;

  for (guint i = 0; i < n; i++) {
    gfloat quantile = quantile_of (i);
    gdouble u = ticket_hash (i, 5);

    items[i] = (Item){ i, -log (u) / exp (quantile / 0.25), ticket_rank (u, 5),
      FALSE };
    offer_id (reservoir, i, quantile);
  }
  ids = list_ids (reservoir);
  expected = select_offline (items, n, capacity, lround (share * capacity));
  assert_same_ids (ids, expected);
}

static void
test_vinfo_equals_offline_weighted_sampling (void)
{
  assert_equals_offline_sampling (0);
}

static void
test_vinfo_with_uniform_share_equals_two_offline_samples (void)
{
  assert_equals_offline_sampling (0.25);
  assert_equals_offline_sampling (1);
}

static void
test_vinfo_keeps_high_quantiles_more_often (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("vinfo", 60, 0, 1);
  g_autoptr (GArray) ids = NULL;
  guint n_high = 0;

  for (guint64 id = 0; id < 1000; id++)
    offer_id (reservoir, id, id % 2);
  ids = list_ids (reservoir);
  for (guint i = 0; i < ids->len; i++)
    n_high += g_array_index (ids, guint64, i) % 2;
  g_assert_cmpuint (n_high, >=, 55); /* weights 54.6 to 1 */
}

static void
test_uniform_share_keeps_the_stream_body (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("vinfo", 80, 0.5, 1);
  g_autoptr (GArray) ids = NULL;
  guint n_low = 0;

  for (guint64 id = 0; id < 1000; id++)
    offer_id (reservoir, id, id % 2);
  ids = list_ids (reservoir);
  for (guint i = 0; i < ids->len; i++)
    n_low += g_array_index (ids, guint64, i) % 2 == 0;
  g_assert_cmpuint (n_low, >=, 10); /* half of the 40, sd 3.2 */
}

/* Each of N kept with frequency K/N, within 4 standard deviations. */
static void
test_uniform_keeps_each_with_equal_frequency (void)
{
  const guint n = 40, capacity = 10, n_seeds = 300;
  gdouble expected = n_seeds * (gdouble)capacity / n;
  gdouble deviation = sqrt (expected * (1 - (gdouble)capacity / n));
  guint count[40] = { 0 };

  for (guint seed = 0; seed < n_seeds; seed++) {
    g_autoptr (VInfoReservoir) reservoir
        = open_policy ("uniform", capacity, 0, seed);
    g_autoptr (GArray) ids = NULL;

    for (guint64 id = 0; id < n; id++)
      offer_id (reservoir, id, quantile_of (id));
    ids = list_ids (reservoir);
    g_assert_cmpuint (ids->len, ==, capacity);
    for (guint i = 0; i < ids->len; i++)
      count[g_array_index (ids, guint64, i)]++;
  }
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat (fabs (count[i] - expected), <, 4 * deviation);
}

static void
assert_equals_reference (const char *policy, gdouble (*key) (guint64 id))
{
  const guint n = 500, capacity = 40;
  g_autoptr (VInfoReservoir) reservoir = open_policy (policy, capacity, 0, 5);
  g_autofree Item *items = g_new0 (Item, n);
  g_autoptr (GArray) ids = NULL, expected = NULL;

  for (guint i = 0; i < n; i++) {
    items[i] = (Item){ i, key (i), 0, FALSE };
    offer_id (reservoir, i, quantile_of (i));
  }
  ids = list_ids (reservoir);
  expected = select_offline (items, n, capacity, 0);
  assert_same_ids (ids, expected);
}

static gdouble
negative_score (guint64 id)
{
  return -quantile_of (id);
}

static gdouble
age (guint64 id)
{
  return -(gdouble)id;
}

static void
test_top_k_keeps_the_highest_scores (void)
{
  assert_equals_reference ("top-k", negative_score);
}

static void
test_fifo_keeps_the_newest (void)
{
  assert_equals_reference ("fifo", age);
}

/* Whatever the score that ranks frames elsewhere says. */
static void
test_optidel_keeps_the_hardest_regions (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("optidel", 2, 0, 0);
  g_autoptr (GArray) ids = NULL;

  for (guint64 id = 1; id <= 5; id++) {
    Frame frame;

    frame_init (&frame, id, 0.5f);
    frame.offer.score.value = (gfloat)id;
    frame.offer.score.region = id == 2 ? NAN : 10 - (gfloat)id;
    g_assert_cmpint (frame_offer (&frame, reservoir), ==,
        id <= 3 ? VINFO_REASON_NONE : VINFO_REASON_THRESHOLD);
    frame_finish (&frame);
  }
  ids = list_ids (reservoir);
  g_assert_cmpuint (ids->len, ==, 2);
  g_assert_cmpuint (g_array_index (ids, guint64, 0), ==, 1);
  g_assert_cmpuint (g_array_index (ids, guint64, 1), ==, 3);
}

static void
test_optidel_equals_a_sort_by_regions (void)
{
  assert_equals_reference ("optidel", negative_score);
}

static void
test_optidel_follows_what_a_new_version_says (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("optidel", 2, 0, 0);
  VInfoScore score = { .value = 1, .region = 0.1f, .version = 2 };
  g_autoptr (GArray) ids = NULL;

  offer_id (reservoir, 1, 0.9f);
  offer_id (reservoir, 2, 0.8f);
  vinfo_reservoir_rescore (reservoir, 1, &score, NULL, 0);
  g_assert_cmpint (offer_id (reservoir, 3, 0.5f), ==, VINFO_REASON_NONE);
  ids = list_ids (reservoir);
  g_assert_cmpuint (g_array_index (ids, guint64, 0), ==, 2);
  g_assert_cmpuint (g_array_index (ids, guint64, 1), ==, 3);
}

static void
test_top_k_drops_samples_without_a_score_first (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("top-k", 2, 0, 0);
  g_autoptr (GArray) ids = NULL;

  g_assert_cmpint (offer_id (reservoir, 1, NAN), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer_id (reservoir, 2, NAN), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer_id (reservoir, 4, -5), ==, VINFO_REASON_NONE);
  g_assert_cmpint (offer_id (reservoir, 5, -6), ==, VINFO_REASON_NONE);
  ids = list_ids (reservoir);
  g_assert_cmpuint (g_array_index (ids, guint64, 0), ==, 4);
  g_assert_cmpuint (g_array_index (ids, guint64, 1), ==, 5);
}

/* Not the first that came. */
static void
test_top_k_without_scores_is_a_uniform_sample (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("top-k", 100, 0, 3);
  g_autoptr (GArray) ids = NULL;
  guint n_late = 0;

  for (guint64 id = 0; id < 1000; id++)
    offer_id (reservoir, id, NAN);
  ids = list_ids (reservoir);
  g_assert_cmpuint (ids->len, ==, 100);
  for (guint i = 0; i < ids->len; i++)
    n_late += g_array_index (ids, guint64, i) >= 500;
  g_assert_cmpuint (n_late, >=, 30);
  g_assert_cmpuint (n_late, <=, 70);
}

/* Horvitz and Thompson: the sum of 1/p over a sample estimates the size of what
 * it was drawn from. */
static void
assert_design_weights_count_the_stream (const char *policy, gdouble share)
{
  const guint n = 2000;
  g_autoptr (VInfoReservoir) reservoir = open_policy (policy, 300, share, 11);
  g_autoptr (GPtrArray) samples = NULL;
  gdouble sum = 0;

  for (guint64 id = 0; id < n; id++)
    offer_id (reservoir, id, quantile_of (id));
  samples = vinfo_reservoir_list (reservoir);
  for (guint i = 0; i < samples->len; i++)
    sum += 1 / ((VInfoSample *)g_ptr_array_index (samples, i))->inclusion;
  g_assert_cmpfloat_with_epsilon (sum, n, 0.2 * n);
}

static void
test_inclusion_probabilities_count_the_stream (void)
{
  assert_design_weights_count_the_stream ("uniform", 0);
  assert_design_weights_count_the_stream ("vinfo", 0.25);
}

static void
test_unknown_policies_and_ranges_are_refused (void)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (GError) error = NULL;

  config.policy = "best";
  g_assert_null (vinfo_reservoir_new (&config, store, &error));
  g_assert_error (error, VINFO_RESERVOIR_ERROR, VINFO_RESERVOIR_ERROR_POLICY);
  g_clear_error (&error);
  config.policy = "vinfo";
  config.temperature = NAN;
  g_assert_null (vinfo_reservoir_new (&config, store, &error));
  g_assert_error (error, VINFO_RESERVOIR_ERROR, VINFO_RESERVOIR_ERROR_CONFIG);
  g_clear_error (&error);
  config.temperature = 0.25;
  config.uniform_share = 1.5;
  g_assert_null (vinfo_reservoir_new (&config, store, &error));
  g_assert_error (error, VINFO_RESERVOIR_ERROR, VINFO_RESERVOIR_ERROR_CONFIG);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/policies/vinfo-equals-offline-weighted-sampling",
      test_vinfo_equals_offline_weighted_sampling);
  g_test_add_func (
      "/policies/vinfo-with-uniform-share-equals-two-offline-samples",
      test_vinfo_with_uniform_share_equals_two_offline_samples);
  g_test_add_func ("/policies/vinfo-keeps-high-quantiles-more-often",
      test_vinfo_keeps_high_quantiles_more_often);
  g_test_add_func ("/policies/uniform-share-keeps-the-stream-body",
      test_uniform_share_keeps_the_stream_body);
  g_test_add_func ("/policies/uniform-keeps-each-with-equal-frequency",
      test_uniform_keeps_each_with_equal_frequency);
  g_test_add_func ("/policies/top-k-keeps-the-highest-scores",
      test_top_k_keeps_the_highest_scores);
  g_test_add_func (
      "/policies/fifo-keeps-the-newest", test_fifo_keeps_the_newest);
  g_test_add_func ("/policies/optidel-keeps-the-hardest-regions",
      test_optidel_keeps_the_hardest_regions);
  g_test_add_func ("/policies/optidel-equals-a-sort-by-regions",
      test_optidel_equals_a_sort_by_regions);
  g_test_add_func ("/policies/optidel-follows-what-a-new-version-says",
      test_optidel_follows_what_a_new_version_says);
  g_test_add_func ("/policies/top-k-drops-samples-without-a-score-first",
      test_top_k_drops_samples_without_a_score_first);
  g_test_add_func ("/policies/top-k-without-scores-is-a-uniform-sample",
      test_top_k_without_scores_is_a_uniform_sample);
  g_test_add_func ("/policies/inclusion-probabilities-count-the-stream",
      test_inclusion_probabilities_count_the_stream);
  g_test_add_func ("/policies/unknown-policies-and-ranges-are-refused",
      test_unknown_policies_and_ranges_are_refused);
  return g_test_run ();
}
