/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "frames.h"
#include "nn/random-private.h"

static VInfoReservoir *
open_vinfo (guint capacity, gdouble uniform_share)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.capacity = capacity;
  config.uniform_share = uniform_share;
  return open_reservoir (&config);
}

static VInfoReason
offer_source (
    VInfoReservoir *reservoir, guint64 id, guint64 source, gfloat quantile)
{
  Frame frame;
  VInfoReason reason;

  frame_init (&frame, id, quantile);
  frame_show_source (&frame, source);
  reason = frame_offer (&frame, reservoir);
  frame_finish (&frame);
  return reason;
}

static guint
count_spares (VInfoReservoir *reservoir)
{
  g_autoptr (GPtrArray) samples = vinfo_reservoir_list (reservoir);
  guint n = 0;

  for (guint i = 0; i < samples->len; i++)
    n += ((VInfoSample *)g_ptr_array_index (samples, i))->spare;
  return n;
}

static VInfoSample *
find_sample (VInfoReservoir *reservoir, guint64 id)
{
  g_autoptr (GPtrArray) samples = vinfo_reservoir_list (reservoir);

  for (guint i = 0; i < samples->len; i++) {
    VInfoSample *sample = g_ptr_array_index (samples, i);

    if (sample->id == id)
      return vinfo_sample_ref (sample);
  }
  return NULL;
}

/* A thousand frames that differ by a camera's noise, with no embeddings. */
static void
offer_still_scene (VInfoReservoir *reservoir)
{
  guint8 scene[VINFO_THUMBNAIL_SIZE];
  NnRandom random = { 4, 0, 0 };

  memset (scene, 90, sizeof scene);
  for (guint64 id = 1; id <= 1000; id++) {
    Frame frame;

    frame_init (&frame, id, 0.5);
    for (guint i = 0; i < VINFO_THUMBNAIL_SIZE; i++)
      frame.thumbnail[i] = scene[i] + nn_random_below (&random, 3);
    frame_offer (&frame, reservoir);
    frame_finish (&frame);
  }
}

static void
test_still_scene_yields_one_sample_and_spares (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_vinfo (8, 0.25);

  offer_still_scene (reservoir);
  g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), ==, 8);
  g_assert_cmpuint (count_spares (reservoir), ==, 7);
}

static void
test_spares_are_evicted_before_any_other (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_vinfo (8, 0.25);

  offer_still_scene (reservoir);
  for (guint64 id = 2001; id <= 2007; id++) {
    guint spares = count_spares (reservoir);

    g_assert_cmpint (offer_id (reservoir, id, 0), ==, VINFO_REASON_NONE);
    g_assert_cmpuint (count_spares (reservoir), ==, spares - 1);
    g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), ==, 8);
  }
  g_assert_cmpuint (count_spares (reservoir), ==, 0);
}

static void
assert_no_near_duplicates (VInfoReservoir *reservoir)
{
  g_autoptr (GPtrArray) samples = vinfo_reservoir_list (reservoir);

  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *a = g_ptr_array_index (samples, i);

    for (guint j = 0; j < i && !a->spare; j++) {
      const VInfoSample *b = g_ptr_array_index (samples, j);
      gdouble cosine = 0;

      for (guint k = 0; k < a->embedding_size; k++)
        cosine += a->embedding[k] * b->embedding[k];
      g_assert_true (b->spare || cosine <= FRAME_ETA + 1e-5);
    }
  }
}

static void
test_near_duplicates_are_never_kept_but_as_spares (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_vinfo (24, 0.25);
  NnRandom random = { 6, 0, 0 };

  for (guint64 id = 1; id <= 1500; id++) {
    guint64 source = nn_random_below (&random, 1 + id / 10);

    offer_source (reservoir, id, source, nn_random_uniform (&random));
    if (id % 5 == 0)
      assert_no_near_duplicates (reservoir);
  }
  g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), ==, 24);
  g_assert_cmpuint (count_spares (reservoir), ==, 0);
}

/* The place is that of its like, not that of the worst. */
static void
test_better_duplicate_takes_place_and_ticket_of_its_like (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_vinfo (2, 0);
  g_autoptr (VInfoSample) first = NULL, better = NULL, gone = NULL;
  g_autoptr (VInfoSample) worst = NULL, other = NULL;

  offer_source (reservoir, 1, 7, 0.6);
  offer_source (reservoir, 2, 8, 0);
  first = find_sample (reservoir, 1);
  worst = find_sample (reservoir, 2);
  g_assert_cmpfloat (worst->key, >, first->key);
  for (guint64 id = 3; better == NULL; id++) {
    VInfoReason reason = offer_source (reservoir, id, 7, 0.8);

    g_assert_true (
        reason == VINFO_REASON_NONE || reason == VINFO_REASON_THRESHOLD);
    better = find_sample (reservoir, id);
  }
  gone = find_sample (reservoir, 1);
  g_assert_null (gone);
  other = find_sample (reservoir, 2);
  g_assert_nonnull (other);
  g_assert_cmpfloat (better->u, ==, first->u);
  g_assert_cmpfloat (better->key, <, first->key);
  g_assert_false (better->spare);
}

static void
test_worse_duplicate_is_refused_when_there_is_no_room (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_vinfo (1, 0);
  guint n_refused = 0;

  offer_source (reservoir, 1, 7, 0.9);
  for (guint64 id = 2; id < 200; id++) {
    VInfoReason reason = offer_source (reservoir, id, 7, 0.8);

    g_assert_true (reason == VINFO_REASON_NEAR_DUPLICATE
                   || reason == VINFO_REASON_THRESHOLD);
    n_refused += reason == VINFO_REASON_NEAR_DUPLICATE;
  }
  g_assert_cmpuint (n_refused, >, 0);
}

static void
test_replaced_sample_is_a_spare_while_there_is_room (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_vinfo (5, 0.2);
  g_autoptr (VInfoSample) first = NULL, second = NULL;

  offer_source (reservoir, 1, 7, 0.3);
  offer_source (reservoir, 2, 7, 0.8);
  first = find_sample (reservoir, 1);
  second = find_sample (reservoir, 2);
  g_assert_true (first->spare && !first->uniform);
  g_assert_false (second->spare);
}

/* An embedding at cosine @cosine to that of source 7's frame 1. */
static void
show_turned (Frame *frame, gdouble cosine)
{
  Frame near, far;
  gdouble dot = 0, norm = 0;

  frame_init (&near, 1, 0.5);
  frame_show_source (&near, 7);
  frame_init (&far, 2, 0.5);
  frame_show_source (&far, 8);
  for (guint i = 0; i < FRAME_EMBEDDING_SIZE; i++)
    dot += near.embedding[i] * far.embedding[i];
  for (guint i = 0; i < FRAME_EMBEDDING_SIZE; i++) {
    far.embedding[i] -= dot * near.embedding[i];
    norm += far.embedding[i] * far.embedding[i];
  }
  for (guint i = 0; i < FRAME_EMBEDDING_SIZE; i++)
    frame->embedding[i]
        = cosine * near.embedding[i]
          + sqrt ((1 - cosine * cosine) / norm) * far.embedding[i];
  frame->offer.embedding = frame->embedding;
  frame->offer.embedding_size = FRAME_EMBEDDING_SIZE;
  frame_finish (&near);
  frame_finish (&far);
}

static VInfoReason
offer_turned (
    VInfoReservoir *reservoir, guint64 id, gdouble cosine, gfloat quantile)
{
  Frame frame;
  VInfoReason reason;

  frame_init (&frame, id, quantile);
  show_turned (&frame, cosine);
  reason = frame_offer (&frame, reservoir);
  frame_finish (&frame);
  return reason;
}

/* Two that differ by 40 degrees, and one between them. */
static void
test_frame_that_resembles_several_replaces_them_all (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_vinfo (5, 0);
  g_autoptr (VInfoSample) between = NULL;

  offer_turned (reservoir, 1, 1, 0.3);
  offer_turned (reservoir, 2, cos (40 * G_PI / 180), 0.4);
  g_assert_cmpuint (count_spares (reservoir), ==, 0);
  g_assert_cmpint (offer_turned (reservoir, 3, cos (20 * G_PI / 180), 0.5), ==,
      VINFO_REASON_NONE);
  g_assert_cmpuint (count_spares (reservoir), ==, 2);
  between = find_sample (reservoir, 3);
  g_assert_false (between->spare);
}

static gdouble
get_discount (gdouble cosine)
{
  g_autoptr (VInfoReservoir) reservoir = open_vinfo (5, 0);
  g_autoptr (VInfoSample) sample = NULL;

  offer_source (reservoir, 1, 7, 0.5);
  offer_turned (reservoir, 3, cosine, 0.5);
  sample = find_sample (reservoir, 3);
  g_assert_false (sample->spare);
  return -log (sample->u) / exp (0.5 / 0.25) / sample->key;
}

static void
test_redundancy_discounts_the_weight (void)
{
  g_assert_cmpfloat_with_epsilon (get_discount (-0.3), 1, 1e-4);
  g_assert_cmpfloat_with_epsilon (get_discount (0.5), 1, 1e-4);
  g_assert_cmpfloat_with_epsilon (get_discount (0.7), sqrt (0.1), 1e-4);
  g_assert_cmpfloat_with_epsilon (get_discount (0.8999), 0.1, 1e-3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/duplicates/still-scene-yields-one-sample-and-spares",
      test_still_scene_yields_one_sample_and_spares);
  g_test_add_func ("/duplicates/spares-are-evicted-before-any-other",
      test_spares_are_evicted_before_any_other);
  g_test_add_func ("/duplicates/near-duplicates-are-never-kept-but-as-spares",
      test_near_duplicates_are_never_kept_but_as_spares);
  g_test_add_func (
      "/duplicates/better-duplicate-takes-place-and-ticket-of-its-like",
      test_better_duplicate_takes_place_and_ticket_of_its_like);
  g_test_add_func ("/duplicates/frame-that-resembles-several-replaces-them-all",
      test_frame_that_resembles_several_replaces_them_all);
  g_test_add_func (
      "/duplicates/worse-duplicate-is-refused-when-there-is-no-room",
      test_worse_duplicate_is_refused_when_there_is_no_room);
  g_test_add_func ("/duplicates/replaced-sample-is-a-spare-while-there-is-room",
      test_replaced_sample_is_a_spare_while_there_is_room);
  g_test_add_func ("/duplicates/redundancy-discounts-the-weight",
      test_redundancy_discounts_the_weight);
  return g_test_run ();
}
