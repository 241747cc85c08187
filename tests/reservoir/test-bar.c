/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "frames.h"
#include "reservoir/tickets-private.h"

#define VERSION 1 /* of frames' scores */

static VInfoReservoir *
open_policy (const char *policy, guint capacity, gdouble uniform_share)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.policy = policy;
  config.capacity = capacity;
  config.uniform_share = uniform_share;
  config.seed = 3;
  return open_reservoir (&config);
}

/* Frame @id of a stream in which scenes stand still for three frames, and come
 * back now and then. */
static void
make_frame (Frame *frame, guint64 id)
{
  guint64 scene = id / 3;
  guint64 source = scene % 7 == 0 ? scene / 2 : scene;
  Frame first;

  frame_init (frame, id, ticket_hash (id, 99));
  frame_init (&first, 1000000 + scene, 0);
  memcpy (frame->thumbnail, first.thumbnail, VINFO_THUMBNAIL_SIZE);
  frame_finish (&first);
  frame_show_source (frame, source);
  frame->offer.run = 3 * scene;
}

/* As a scorer does it that asks first. Returns: whether the frame was needed */
static gboolean
offer_if_needed (VInfoReservoir *reservoir, Frame *frame)
{
  g_autoptr (VInfoSample) stale
      = vinfo_reservoir_find_stale (reservoir, VERSION);

  g_assert_null (stale);
  if (!vinfo_reservoir_may_keep (
          reservoir, frame->offer.id, frame->offer.run, VERSION)) {
    vinfo_reservoir_count_unneeded (reservoir);
    return FALSE;
  }
  frame_offer (frame, reservoir);
  return TRUE;
}

static void
assert_same_samples (VInfoReservoir *all, VInfoReservoir *needed)
{
  g_autoptr (GPtrArray) ours = vinfo_reservoir_list (all);
  g_autoptr (GPtrArray) theirs = vinfo_reservoir_list (needed);

  g_assert_cmpuint (ours->len, ==, theirs->len);
  for (guint i = 0; i < ours->len; i++) {
    const VInfoSample *a = g_ptr_array_index (ours, i);
    const VInfoSample *b = g_ptr_array_index (theirs, i);

    g_assert_cmpuint (a->id, ==, b->id);
    g_assert_cmpuint (a->arrival, ==, b->arrival);
    g_assert_cmpfloat (a->u, ==, b->u);
    g_assert_cmpfloat (a->key, ==, b->key);
    g_assert_cmpfloat (a->inclusion, ==, b->inclusion);
    g_assert_true (a->uniform == b->uniform && a->spare == b->spare);
  }
}

static void
assert_same_counts (VInfoReservoir *all, VInfoReservoir *needed)
{
  guint64 rejected[2][VINFO_N_REASONS], offered[2];

  vinfo_reservoir_get_counts (all, &offered[0], rejected[0]);
  vinfo_reservoir_get_counts (needed, &offered[1], rejected[1]);
  g_assert_cmpuint (offered[0], ==, offered[1]);
  g_assert_cmpuint (rejected[0][VINFO_REASON_UNNEEDED], ==, 0);
  g_assert_cmpuint (rejected[0][VINFO_REASON_THRESHOLD], ==,
      rejected[1][VINFO_REASON_THRESHOLD] + rejected[1][VINFO_REASON_UNNEEDED]);
}

/* Returns: the share of frames that were needed */
static gdouble
compare (const char *policy, guint n, guint capacity, gdouble share)
{
  g_autoptr (VInfoReservoir) all = open_policy (policy, capacity, share);
  g_autoptr (VInfoReservoir) needed = open_policy (policy, capacity, share);
  guint n_needed = 0;

  for (guint64 id = 1; id <= n; id++) {
    Frame frame;

    make_frame (&frame, id);
    frame_offer (&frame, all);
    n_needed += offer_if_needed (needed, &frame);
    frame_finish (&frame);
  }
  assert_same_samples (all, needed);
  assert_same_counts (all, needed);
  return (gdouble)n_needed / n;
}

static void
test_kept_set_is_the_same_without_unneeded_frames (void)
{
  g_assert_cmpfloat (compare ("vinfo", 3000, 20, 0), <, 0.5);
  g_assert_cmpfloat (compare ("vinfo", 3000, 20, 0.25), <, 0.5);
  g_assert_cmpfloat (compare ("vinfo", 3000, 20, 1), <, 0.5);
  g_assert_cmpfloat (compare ("uniform", 3000, 20, 0), <, 0.1);
}

static void
test_policies_that_do_not_draw_need_every_frame (void)
{
  g_assert_cmpfloat (compare ("top-k", 200, 20, 0), ==, 1);
  g_assert_cmpfloat (compare ("fifo", 200, 20, 0), ==, 1);
  g_assert_cmpfloat (compare ("minred", 200, 20, 0), ==, 1);
  g_assert_cmpfloat (compare ("meddel", 200, 20, 0), ==, 1);
}

/* Scored share ≈ (4K/N)(1 + ln(N/4K)) where nothing repeats: the threshold is
 * about K/(t·E[w]) after t frames, and w_max/E[w] about 4 with T = ¼. */
static void
assert_needed_share (guint n, guint capacity)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("vinfo", capacity, 0);
  gdouble part = 4. * capacity / n;
  guint n_needed = 0;

  for (guint64 id = 1; id <= n; id++) {
    Frame frame;

    frame_init (&frame, id, ticket_hash (id, 99));
    frame.offer.run = id;
    n_needed += offer_if_needed (reservoir, &frame);
    frame_finish (&frame);
  }
  g_test_message ("K/N = %g: scored share %.4f, formula %.4f",
      (gdouble)capacity / n, (gdouble)n_needed / n,
      part * (1 + log (1 / part)));
  g_assert_cmpfloat_with_epsilon (
      (gdouble)n_needed / n / (part * (1 + log (1 / part))), 1, 0.15);
}

static void
test_needed_share_follows_the_formula (void)
{
  assert_needed_share (10000, 500);
  assert_needed_share (10000, 100);
  assert_needed_share (20000, 60);
}

static void
test_frames_are_needed_until_all_kept_are_of_the_version (void)
{
  g_autoptr (VInfoReservoir) reservoir = open_policy ("vinfo", 1, 0);
  g_autoptr (VInfoSample) stale = NULL, none = NULL;
  VInfoScore score = { .value = 1, .quantile = 1, .version = VERSION + 1 };
  guint n_needed = 0;

  for (guint64 id = 1; id <= 500; id++)
    offer_id (reservoir, id, 1);
  for (guint64 id = 501; id <= 600; id++)
    n_needed += vinfo_reservoir_may_keep (reservoir, id, id, VERSION);
  g_assert_cmpuint (n_needed, ==, 100); /* nobody has looked yet */

  g_assert_null (vinfo_reservoir_find_stale (reservoir, VERSION));
  n_needed = 0;
  for (guint64 id = 501; id <= 600; id++) {
    n_needed += vinfo_reservoir_may_keep (reservoir, id, id, VERSION);
    g_assert_true (vinfo_reservoir_may_keep (reservoir, id, id, VERSION + 1));
  }
  g_assert_cmpuint (n_needed, <, 20);

  stale = vinfo_reservoir_find_stale (reservoir, VERSION + 1);
  g_assert_nonnull (stale);
  vinfo_reservoir_rescore (reservoir, stale->id, &score, NULL, 0);
  g_assert_true (vinfo_reservoir_may_keep (reservoir, 501, 501, VERSION));
  g_assert_null (vinfo_reservoir_find_stale (reservoir, VERSION + 1));
  n_needed = 0;
  for (guint64 id = 501; id <= 600; id++)
    n_needed += vinfo_reservoir_may_keep (reservoir, id, id, VERSION + 1);
  g_assert_cmpuint (n_needed, <, 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bar/kept-set-is-the-same-without-unneeded-frames",
      test_kept_set_is_the_same_without_unneeded_frames);
  g_test_add_func ("/bar/policies-that-do-not-draw-need-every-frame",
      test_policies_that_do_not_draw_need_every_frame);
  g_test_add_func ("/bar/needed-share-follows-the-formula",
      test_needed_share_follows_the_formula);
  g_test_add_func ("/bar/frames-are-needed-until-all-kept-are-of-the-version",
      test_frames_are_needed_until_all_kept_are_of_the_version);
  return g_test_run ();
}
