/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "frames.h"
#include "nn/random-private.h"

#define CAPACITY 40
#define STREAM 600
#define SOURCES 60
#define APART 10000 /* frames from here on are each of a source of its own */

static VInfoReservoirConfig
minred_config (guint capacity)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.policy = "minred";
  config.capacity = capacity;
  return config;
}

/* Runs of frames of one source, sources coming back, as video does. */
static guint64
source_of (guint64 id)
{
  NnRandom random = { 9, id / 5, 0 };

  if (id >= APART)
    return id;
  return 1 + nn_random_below (&random, SOURCES);
}

static void
make_frame (Frame *frame, guint64 id)
{
  frame_init (frame, id, 0.5);
  frame_show_source (frame, source_of (id));
}

static void
offer (VInfoReservoir *reservoir, guint64 id)
{
  Frame frame;

  make_frame (&frame, id);
  frame_offer (&frame, reservoir);
  frame_finish (&frame);
}

/* The kept set as a plain loop over all pairs keeps it. */
typedef struct {
  guint64 id;
  gfloat embedding[FRAME_EMBEDDING_SIZE];
} Item;

static gfloat
cosine (const Item *a, const Item *b)
{
  gdouble sum = 0;

  for (guint i = 0; i < FRAME_EMBEDDING_SIZE; i++)
    sum += (gdouble)a->embedding[i] * b->embedding[i];
  return sum;
}

static gfloat
nearest_cosine (GArray *items, guint of)
{
  gfloat largest = 0;

  for (guint i = 0; i < items->len; i++) {
    if (i != of)
      largest = MAX (largest, cosine (&g_array_index (items, Item, i),
                                  &g_array_index (items, Item, of)));
  }
  return largest;
}

/* The later of the nearest pair: items are in order of arrival. */
static void
evict_most_redundant (GArray *items)
{
  gfloat largest = -1;
  guint worst = 0;

  for (guint i = 0; i < items->len; i++) {
    gfloat nearest = nearest_cosine (items, i);

    if (nearest >= largest) {
      largest = nearest;
      worst = i;
    }
  }
  g_array_remove_index (items, worst);
}

static GArray *
select_plainly (guint64 begin, guint64 end, guint capacity, GArray *items)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint64 id = begin; id < end; id++) {
    Item item = { .id = id };
    Frame frame;

    make_frame (&frame, id);
    memcpy (item.embedding, frame.embedding, sizeof item.embedding);
    frame_finish (&frame);
    g_array_append_val (items, item);
    while (items->len > capacity)
      evict_most_redundant (items);
  }
  for (guint i = 0; i < items->len; i++)
    g_array_append_val (ids, g_array_index (items, Item, i).id);
  g_array_sort (ids, compare_ids);
  return ids;
}

static void
test_keeps_what_a_plain_loop_over_all_pairs_keeps (void)
{
  const guint capacities[] = { 1, 2, 7, CAPACITY };

  for (guint i = 0; i < G_N_ELEMENTS (capacities); i++) {
    VInfoReservoirConfig config = minred_config (capacities[i]);
    g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
    g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (Item));
    g_autoptr (GArray) ids = NULL, expected = NULL;

    for (guint64 id = 0; id < STREAM; id++)
      offer (reservoir, id);
    ids = list_ids (reservoir);
    expected = select_plainly (0, STREAM, capacities[i], items);
    assert_same_ids (ids, expected);
  }
}

static void
test_reopened_reservoir_goes_on_as_if_never_closed (void)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  VInfoReservoirConfig config = minred_config (CAPACITY);
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (Item));
  g_autoptr (GArray) ids = NULL, expected = NULL;
  VInfoReservoir *reservoir = vinfo_reservoir_new (&config, store, NULL);

  for (guint64 id = 0; id < STREAM; id++) {
    if (id == STREAM / 3 || id == STREAM / 2) {
      g_assert_true (vinfo_reservoir_commit (reservoir, NULL));
      g_object_unref (reservoir);
      /* at first as if it had been kept by another policy */
      if (id == STREAM / 3)
        vinfo_store_set_counter (store, "rule", 1, NULL);
      reservoir = vinfo_reservoir_new (&config, store, NULL);
    }
    offer (reservoir, id);
  }
  ids = list_ids (reservoir);
  expected = select_plainly (0, STREAM, CAPACITY, items);
  assert_same_ids (ids, expected);
  g_object_unref (reservoir);
}

/* With likenesses of all sizes, so that whom each is nearest to changes as
 * others go. */
static void
test_smaller_capacity_evicts_the_most_redundant (void)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  VInfoReservoirConfig config = minred_config (CAPACITY);
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (Item));
  g_autoptr (GArray) ids = NULL, all = NULL, expected = NULL;
  VInfoReservoir *reservoir = vinfo_reservoir_new (&config, store, NULL);

  for (guint64 id = APART; id < APART + CAPACITY; id++)
    offer (reservoir, id);
  vinfo_reservoir_commit (reservoir, NULL);
  g_object_unref (reservoir);
  config.capacity = 12;
  reservoir = vinfo_reservoir_new (&config, store, NULL);
  ids = list_ids (reservoir);
  all = select_plainly (APART, APART + CAPACITY, CAPACITY, items);
  expected = select_plainly (0, 0, 0, items);
  while (items->len > 12)
    evict_most_redundant (items);
  g_array_set_size (expected, 0);
  for (guint i = 0; i < items->len; i++)
    g_array_append_val (expected, g_array_index (items, Item, i).id);
  g_array_sort (expected, compare_ids);
  assert_same_ids (ids, expected);
  g_object_unref (reservoir);
}

/* A new predictor sees other likenesses: keys follow, up and down. */
static void
test_new_embeddings_change_who_is_redundant (void)
{
  VInfoReservoirConfig config = minred_config (3);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  VInfoScore score = { .value = 1, .quantile = 0.5, .version = 2 };
  g_autoptr (GArray) ids = NULL;
  Frame frames[4];

  for (guint id = 0; id < 4; id++) {
    frame_init (&frames[id], id, 0.5);
    frame_show_source (&frames[id], id < 2 ? 1 : id);
  }
  for (guint id = 0; id < 3; id++)
    g_assert_cmpint (
        frame_offer (&frames[id], reservoir), ==, VINFO_REASON_NONE);
  /* 0 and 1 were alike; now 0 and 2 are */
  frame_show_source (&frames[0], 2);
  for (guint id = 0; id < 3; id++)
    vinfo_reservoir_rescore (
        reservoir, id, &score, frames[id].embedding, FRAME_EMBEDDING_SIZE);
  g_assert_cmpint (frame_offer (&frames[3], reservoir), ==, VINFO_REASON_NONE);
  ids = list_ids (reservoir);
  g_assert_cmpuint (ids->len, ==, 3);
  g_assert_cmpuint (g_array_index (ids, guint64, 0), ==, 0);
  g_assert_cmpuint (g_array_index (ids, guint64, 1), ==, 1);
  g_assert_cmpuint (g_array_index (ids, guint64, 2), ==, 3);
  for (guint id = 0; id < 4; id++)
    frame_finish (&frames[id]);
}

static void
test_new_score_alone_changes_nothing (void)
{
  VInfoReservoirConfig config = minred_config (CAPACITY);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  VInfoScore score = { .value = 1, .quantile = 0.5, .version = 2 };
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (Item));
  g_autoptr (GArray) ids = NULL, expected = NULL;

  for (guint64 id = 0; id < STREAM; id++) {
    offer (reservoir, id);
    vinfo_reservoir_rescore (reservoir, id / 2, &score, NULL, 0);
  }
  ids = list_ids (reservoir);
  expected = select_plainly (0, STREAM, CAPACITY, items);
  assert_same_ids (ids, expected);
}

static void
test_byte_bound_evicts_the_most_redundant_one_by_one (void)
{
  VInfoReservoirConfig config = minred_config (1000);
  g_autoptr (VInfoReservoir) reservoir = NULL;
  guint64 n_kept = 0;

  config.capacity_bytes = 40000;
  reservoir = open_reservoir (&config);
  for (guint64 id = 0; id < 300; id++) {
    Frame frame;

    make_frame (&frame, id);
    frame_enlarge (&frame, 4 + 20 * (id % 3));
    n_kept += frame_offer (&frame, reservoir) == VINFO_REASON_NONE;
    frame_finish (&frame);
    g_assert_cmpuint (vinfo_reservoir_get_bytes (reservoir), <=, 40000);
  }
  g_assert_cmpuint (n_kept, >, vinfo_reservoir_get_size (reservoir));
  g_assert_cmpuint (vinfo_reservoir_get_bytes (reservoir), >, 30000);
}

static void
test_without_embeddings_the_draw_decides (void)
{
  VInfoReservoirConfig config = minred_config (10);
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  g_autoptr (GArray) ids = NULL;

  for (guint64 id = 0; id < 200; id++)
    offer_id (reservoir, id, 0.5);
  ids = list_ids (reservoir);
  g_assert_cmpuint (ids->len, ==, 10);
  g_assert_cmpuint (g_array_index (ids, guint64, 9), >, 50);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/minred/keeps-what-a-plain-loop-over-all-pairs-keeps",
      test_keeps_what_a_plain_loop_over_all_pairs_keeps);
  g_test_add_func ("/minred/reopened-reservoir-goes-on-as-if-never-closed",
      test_reopened_reservoir_goes_on_as_if_never_closed);
  g_test_add_func ("/minred/smaller-capacity-evicts-the-most-redundant",
      test_smaller_capacity_evicts_the_most_redundant);
  g_test_add_func ("/minred/new-embeddings-change-who-is-redundant",
      test_new_embeddings_change_who_is_redundant);
  g_test_add_func ("/minred/new-score-alone-changes-nothing",
      test_new_score_alone_changes_nothing);
  g_test_add_func ("/minred/byte-bound-evicts-the-most-redundant-one-by-one",
      test_byte_bound_evicts_the_most_redundant_one_by_one);
  g_test_add_func ("/minred/without-embeddings-the-draw-decides",
      test_without_embeddings_the_draw_decides);
  return g_test_run ();
}
