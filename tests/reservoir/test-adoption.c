/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Merging: what a reservoir adopts of parts is what one would have kept of all
 * that was offered to them. */
#include <math.h>

#include "frames.h"
#include "nn/random-private.h"

#define N_PARTS 3
#define NO_DUPLICATES 1.01

typedef struct {
  VInfoStore *store;
  VInfoReservoir *reservoir;
} Part;

static void
part_open (Part *part, const VInfoReservoirConfig *config)
{
  part->store = vinfo_store_open (NULL, NULL);
  part->reservoir = vinfo_reservoir_new (config, part->store, NULL);
}

static void
part_close (Part *part)
{
  g_clear_object (&part->reservoir);
  g_clear_object (&part->store);
}

/* In some order that has nothing to do with that of the offers. */
static void
adopt_all (VInfoReservoir *reservoir, Part *part)
{
  g_autoptr (GPtrArray) samples = NULL;

  g_assert_true (vinfo_reservoir_commit (part->reservoir, NULL));
  samples = vinfo_reservoir_list (part->reservoir);
  for (guint i = samples->len; i-- > 0;) {
    const VInfoSample *index = samples->pdata[i];
    g_autoptr (VInfoSample) sample
        = vinfo_store_get (part->store, index->id, NULL);
    VInfoVerdict verdict;

    g_assert_true (vinfo_reservoir_adopt (
        reservoir, sample, NO_DUPLICATES, &verdict, NULL));
    vinfo_verdict_clear (&verdict);
  }
}

static gint
compare_sample_ids (gconstpointer a, gconstpointer b)
{
  return compare_ids (
      &(*(VInfoSample *const *)a)->id, &(*(VInfoSample *const *)b)->id);
}

static void
assert_same_samples (VInfoReservoir *merged, VInfoReservoir *whole)
{
  g_autoptr (GPtrArray) a = vinfo_reservoir_list (merged);
  g_autoptr (GPtrArray) b = vinfo_reservoir_list (whole);

  g_ptr_array_sort (a, compare_sample_ids);
  g_ptr_array_sort (b, compare_sample_ids);
  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++) {
    const VInfoSample *first = a->pdata[i], *second = b->pdata[i];

    g_assert_cmpuint (first->id, ==, second->id);
    g_assert_cmpfloat (first->u, ==, second->u);
    g_assert_cmpfloat (first->key, ==, second->key);
    g_assert_cmpint (first->uniform, ==, second->uniform);
    g_assert_cmpfloat_with_epsilon (first->inclusion, second->inclusion, 1e-9);
  }
}

static void
assert_merge_is_union (const char *policy, gdouble share, guint64 seed)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  NnRandom random = { seed, 5, 0 };
  Part parts[N_PARTS], whole, merged;

  config.policy = policy;
  config.seed = seed;
  config.uniform_share = share;
  config.capacity = 40;
  part_open (&whole, &config);
  part_open (&merged, &config);
  for (guint i = 0; i < N_PARTS; i++) {
    config.capacity = 40 + 8 * i; /* none less than the target's */
    part_open (&parts[i], &config);
  }
  for (guint64 id = 1; id <= 700; id++) {
    gfloat quantile = nn_random_uniform (&random);
    /* parts of very different sizes; one may never be full */
    guint part = nn_random_below (&random, 20);

    part = part < 12 ? 0 : part < 19 ? 1 : 2;
    offer_id (whole.reservoir, id, quantile);
    offer_id (parts[part].reservoir, id, quantile);
  }
  for (guint i = 0; i < N_PARTS; i++)
    adopt_all (merged.reservoir, &parts[i]);
  assert_same_samples (merged.reservoir, whole.reservoir);
  for (guint i = 0; i < N_PARTS; i++)
    part_close (&parts[i]);
  part_close (&whole);
  part_close (&merged);
}

static void
test_merge_equals_union_where_keys_are_fixed (void)
{
  for (guint64 seed = 0; seed < 8; seed++) {
    assert_merge_is_union ("vinfo", 0, seed);
    assert_merge_is_union ("vinfo", 0.25, seed);
    assert_merge_is_union ("uniform", 0, seed);
    assert_merge_is_union ("top-k", 0, seed);
  }
}

/* Returns: the sample of @id as a part keeps it, its picture with it */
static VInfoSample *
make_kept (guint64 id, guint64 source, gfloat quantile)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  VInfoSample *sample;
  Frame frame;
  Part part;

  part_open (&part, &config);
  frame_init (&frame, id, quantile);
  frame_show_source (&frame, source);
  frame_offer (&frame, part.reservoir);
  sample = vinfo_store_get (part.store, id, NULL);
  frame_finish (&frame);
  part_close (&part);
  return sample;
}

static VInfoReason
adopt (VInfoReservoir *reservoir, guint64 id, guint64 source, gfloat quantile)
{
  g_autoptr (VInfoSample) sample = make_kept (id, source, quantile);
  VInfoVerdict verdict;

  g_assert_true (
      vinfo_reservoir_adopt (reservoir, sample, FRAME_ETA, &verdict, NULL));
  vinfo_verdict_clear (&verdict);
  return verdict.reason;
}

static void
test_near_duplicates_of_two_parts_are_found (void)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoReservoir) reservoir = NULL;

  config.capacity = 2;
  reservoir = open_reservoir (&config);
  g_assert_cmpint (adopt (reservoir, 1, 7, 0.9f), ==, VINFO_REASON_NONE);
  g_assert_cmpint (adopt (reservoir, 2, 8, 0.9f), ==, VINFO_REASON_NONE);
  g_assert_cmpint (
      adopt (reservoir, 3, 7, 0.1f), ==, VINFO_REASON_NEAR_DUPLICATE);
}

/* Its ticket stays, its key is made anew: that of the part may be of another
 * temperature, and a spare of the part is one here. */
static void
test_ticket_stays_and_key_is_made_anew (void)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  g_autoptr (VInfoSample) sample = make_kept (1, 7, 0.5f);
  g_autoptr (GPtrArray) kept = NULL;
  const VInfoSample *adopted;
  VInfoVerdict verdict;

  sample->u = 0.125;
  sample->key = 1000;
  sample->spare = TRUE;
  g_assert_true (
      vinfo_reservoir_adopt (reservoir, sample, FRAME_ETA, &verdict, NULL));
  vinfo_verdict_clear (&verdict);
  kept = vinfo_reservoir_list (reservoir);
  adopted = kept->pdata[0];
  g_assert_cmpfloat (adopted->u, ==, 0.125);
  g_assert_cmpfloat_with_epsilon (
      adopted->key, -log (0.125) * exp (-0.5 / 0.25), 1e-9);
  g_assert_true (adopted->spare);
}

static void
test_only_refusals_are_counted (void)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoReservoir) reservoir = NULL;
  guint64 offered, rejected[VINFO_N_REASONS], before;

  config.capacity = 3;
  config.policy = "top-k";
  reservoir = open_reservoir (&config);
  vinfo_reservoir_get_counts (reservoir, &before, rejected);
  for (guint64 id = 1; id <= 3; id++)
    adopt (reservoir, id, id, 0.5f);
  g_assert_cmpint (adopt (reservoir, 2, 2, 0.5f), ==, VINFO_REASON_KNOWN);
  g_assert_cmpint (adopt (reservoir, 4, 4, 0.1f), ==, VINFO_REASON_THRESHOLD);
  g_assert_cmpint (adopt (reservoir, 5, 5, 0.9f), ==, VINFO_REASON_NONE);
  vinfo_reservoir_get_counts (reservoir, &offered, rejected);
  g_assert_cmpuint (rejected[VINFO_REASON_KNOWN], ==, 1);
  g_assert_cmpuint (rejected[VINFO_REASON_THRESHOLD], ==, 1);
  g_assert_cmpuint (rejected[VINFO_REASON_EVICTED], ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/adoption/merge-equals-union-where-keys-are-fixed",
      test_merge_equals_union_where_keys_are_fixed);
  g_test_add_func ("/adoption/near-duplicates-of-two-parts-are-found",
      test_near_duplicates_of_two_parts_are_found);
  g_test_add_func ("/adoption/ticket-stays-and-key-is-made-anew",
      test_ticket_stays_and_key_is_made_anew);
  g_test_add_func (
      "/adoption/only-refusals-are-counted", test_only_refusals_are_counted);
  return g_test_run ();
}
