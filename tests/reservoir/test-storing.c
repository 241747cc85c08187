/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>

#include "frames.h"

typedef struct {
  char *folder, *location;
  VInfoReservoirConfig config;
  VInfoStore *store;
  VInfoReservoir *reservoir;
} Fixture;

static void
open_again (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&fixture->reservoir);
  g_clear_object (&fixture->store);
  fixture->store = vinfo_store_open (fixture->location, &error);
  g_assert_no_error (error);
  fixture->reservoir
      = vinfo_reservoir_new (&fixture->config, fixture->store, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  fixture->location = g_build_filename (fixture->folder, "store", NULL);
  fixture->config = (VInfoReservoirConfig)VINFO_RESERVOIR_CONFIG_INIT;
  fixture->config.capacity = 20;
  open_again (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  g_clear_object (&fixture->reservoir);
  g_clear_object (&fixture->store);
  dir = g_dir_open (fixture->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (fixture->folder);
  g_free (fixture->location);
  g_free (fixture->folder);
}

static void
commit (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  vinfo_reservoir_commit (fixture->reservoir, &error);
  g_assert_no_error (error);
}

static void
offer_range (VInfoReservoir *reservoir, guint64 first, guint64 end)
{
  for (guint64 id = first; id < end; id++)
    offer_id (reservoir, id, (id % 31) / 31.f);
}

static void
assert_same_samples (GPtrArray *samples, GPtrArray *expected)
{
  g_assert_cmpuint (samples->len, ==, expected->len);
  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *a = g_ptr_array_index (samples, i);
    const VInfoSample *b = g_ptr_array_index (expected, i);

    g_assert_cmpuint (a->id, ==, b->id);
    g_assert_cmpuint (a->arrival, ==, b->arrival);
    g_assert_cmpfloat (a->u, ==, b->u);
    g_assert_cmpfloat (a->key, ==, b->key);
    g_assert_cmpint (a->uniform, ==, b->uniform);
    g_assert_cmpint (a->spare, ==, b->spare);
    g_assert_cmpuint (a->views, ==, b->views);
    g_assert_cmpuint (a->blob_size, ==, b->blob_size);
  }
}

static void
test_reopening_continues_with_the_same_set (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoReservoir) uninterrupted = open_reservoir (&fixture->config);
  g_autoptr (GPtrArray) before = NULL, after = NULL, expected = NULL;
  const VInfoSample *first;

  offer_range (fixture->reservoir, 0, 300);
  before = vinfo_reservoir_list (fixture->reservoir);
  first = g_ptr_array_index (before, 0);
  vinfo_reservoir_count_view (fixture->reservoir, first->id);
  g_clear_pointer (&before, g_ptr_array_unref);
  before = vinfo_reservoir_list (fixture->reservoir);
  commit (fixture);
  open_again (fixture);
  after = vinfo_reservoir_list (fixture->reservoir);
  assert_same_samples (after, before);

  offer_range (fixture->reservoir, 300, 600);
  offer_range (uninterrupted, 0, 600);
  g_clear_pointer (&after, g_ptr_array_unref);
  after = vinfo_reservoir_list (fixture->reservoir);
  expected = vinfo_reservoir_list (uninterrupted);
  for (guint i = 0; i < MIN (after->len, expected->len); i++)
    ((VInfoSample *)g_ptr_array_index (after, i))->views = 0;
  assert_same_samples (after, expected);
}

static void
test_every_change_is_in_the_next_commit (Fixture *fixture, gconstpointer data)
{
  for (guint64 id = 0; id < 100; id++) {
    g_autoptr (GPtrArray) samples = NULL, stored = NULL;
    const VInfoSample *newest;

    offer_id (fixture->reservoir, id, (id % 31) / 31.f);
    commit (fixture);
    samples = vinfo_reservoir_list (fixture->reservoir);
    newest = g_ptr_array_index (samples, samples->len - 1);
    vinfo_reservoir_count_view (fixture->reservoir, newest->id);
    commit (fixture);
    g_clear_pointer (&samples, g_ptr_array_unref);
    samples = vinfo_reservoir_list (fixture->reservoir);
    stored = vinfo_store_list (fixture->store, NULL);
    assert_same_samples (stored, samples);
    for (guint i = 0; i < stored->len; i++)
      g_assert_cmpfloat_with_epsilon (
          ((VInfoSample *)g_ptr_array_index (stored, i))->inclusion,
          ((VInfoSample *)g_ptr_array_index (samples, i))->inclusion, 0.1);
  }
}

static void
test_counters_cover_the_stores_life_and_counts_this_opening (
    Fixture *fixture, gconstpointer data)
{
  guint64 offered, rejected[VINFO_N_REASONS];

  offer_range (fixture->reservoir, 0, 100);
  offer_range (fixture->reservoir, 0, 100);
  commit (fixture);
  open_again (fixture);
  offer_range (fixture->reservoir, 100, 150);
  commit (fixture);
  vinfo_reservoir_get_counts (fixture->reservoir, &offered, rejected);
  g_assert_cmpuint (offered, ==, 50);
  g_assert_cmpuint (rejected[VINFO_REASON_KNOWN], ==, 0);
  g_assert_cmpint (
      vinfo_store_get_counter (fixture->store, "offered"), ==, 250);
  g_assert_cmpint (
      vinfo_store_get_counter (fixture->store, "rejected-known"), ==, 20);
}

static gint64
get_draw (Fixture *fixture)
{
  return vinfo_store_get_counter (fixture->store, "draw");
}

static void
test_store_remembers_that_several_seeds_drew_it (
    Fixture *fixture, gconstpointer data)
{
  gint64 first;

  offer_range (fixture->reservoir, 0, 50);
  commit (fixture);
  first = get_draw (fixture);
  fixture->config.seed = 7;
  open_again (fixture);
  commit (fixture); /* nothing came */
  g_assert_cmpint (get_draw (fixture), ==, first);
  offer_range (fixture->reservoir, 50, 100);
  commit (fixture);
  g_assert_cmpint (get_draw (fixture), !=, first);
  fixture->config.seed = 0;
  open_again (fixture);
  offer_range (fixture->reservoir, 100, 150);
  commit (fixture);
  g_assert_cmpint (get_draw (fixture), !=, first);
}

static void
test_smaller_capacity_evicts_the_worst (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) before = NULL, after = NULL, stored = NULL;
  gdouble largest = 0;

  fixture->config.uniform_share = 0;
  open_again (fixture);
  offer_range (fixture->reservoir, 0, 200);
  before = vinfo_reservoir_list (fixture->reservoir);
  commit (fixture);
  fixture->config.capacity = 7;
  open_again (fixture);
  after = vinfo_reservoir_list (fixture->reservoir);
  stored = vinfo_store_list (fixture->store, NULL);
  g_assert_cmpuint (after->len, ==, 7);
  g_assert_cmpuint (stored->len, ==, 7);
  for (guint i = 0; i < after->len; i++)
    largest = MAX (largest, ((VInfoSample *)g_ptr_array_index (after, i))->key);
  for (guint i = 0, n_smaller = 0; i < before->len; i++) {
    const VInfoSample *sample = g_ptr_array_index (before, i);

    n_smaller += sample->key <= largest;
    g_assert_cmpuint (n_smaller, <=, 7);
  }
}

static void
test_another_policy_takes_over_with_keys_of_its_own (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) samples = NULL;

  offer_range (fixture->reservoir, 0, 200);
  commit (fixture);
  fixture->config.policy = "fifo";
  open_again (fixture);
  samples = vinfo_reservoir_list (fixture->reservoir);
  g_assert_cmpuint (samples->len, ==, 20);
  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = g_ptr_array_index (samples, i);

    g_assert_cmpfloat (sample->key, ==, -(gdouble)sample->arrival);
  }
}

static void
test_stored_frames_are_whole_pictures (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) samples = NULL;

  offer_range (fixture->reservoir, 0, 50);
  samples = vinfo_reservoir_list (fixture->reservoir);
  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *entry = g_ptr_array_index (samples, i);
    g_autoptr (VInfoSample) sample
        = vinfo_store_get (fixture->store, entry->id, NULL);
    g_autoptr (VInfoImage) image
        = vinfo_image_decode (sample->blob, NULL, NULL);
    Frame frame;

    g_assert_null (entry->blob);
    frame_init (&frame, entry->id, 0);
    g_assert_cmpuint (
        vinfo_image_hash (image), ==, vinfo_image_hash (frame.image));
    frame_finish (&frame);
  }
}

static gboolean
is_kept (VInfoReservoir *reservoir, guint64 id)
{
  g_autoptr (GArray) ids = list_ids (reservoir);

  for (guint i = 0; i < ids->len; i++) {
    if (g_array_index (ids, guint64, i) == id)
      return TRUE;
  }
  return FALSE;
}

static void
limit_file_size (rlim_t bytes)
{
  struct rlimit limit;

  getrlimit (RLIMIT_FSIZE, &limit);
  limit.rlim_cur = MIN (bytes, limit.rlim_max);
  setrlimit (RLIMIT_FSIZE, &limit);
}

/* Offers large frames until the disk is full. Returns: whether it was */
static gboolean
fill_disk (Fixture *fixture, GError **error)
{
  VInfoReason reason = VINFO_REASON_NONE;

  for (guint64 id = 100; id < 200 && reason != VINFO_REASON_STORE; id++) {
    VInfoVerdict verdict;
    Frame frame;

    frame_init (&frame, id, 0.5);
    frame_enlarge (&frame, 200);
    vinfo_reservoir_offer (fixture->reservoir, &frame.offer, &verdict, error);
    reason = verdict.reason;
    vinfo_verdict_clear (&verdict);
    frame_finish (&frame);
  }
  return reason == VINFO_REASON_STORE;
}

static void
assert_store_and_reservoir_agree (Fixture *fixture)
{
  g_autoptr (GPtrArray) stored = vinfo_store_list (fixture->store, NULL);

  g_assert_cmpuint (
      stored->len, ==, vinfo_reservoir_get_size (fixture->reservoir));
  for (guint i = 0; i < stored->len; i++)
    g_assert_true (is_kept (fixture->reservoir,
        ((VInfoSample *)g_ptr_array_index (stored, i))->id));
}

static void
test_full_disk_refuses_the_frame_and_keeps_what_was_committed (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint64 offered, rejected[VINFO_N_REASONS], sum = 0;

  fixture->config.capacity = 60;
  open_again (fixture);
  offer_range (fixture->reservoir, 0, 10);
  commit (fixture);
  signal (SIGXFSZ, SIG_IGN);
  limit_file_size (1 << 20);
  g_assert_true (fill_disk (fixture, &error));
  limit_file_size (RLIM_INFINITY);
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FULL);

  for (guint64 id = 0; id < 10; id++)
    g_assert_true (is_kept (fixture->reservoir, id));
  assert_store_and_reservoir_agree (fixture);
  vinfo_reservoir_get_counts (fixture->reservoir, &offered, rejected);
  for (guint i = 0; i < VINFO_N_REASONS; i++)
    sum += rejected[i];
  g_assert_cmpuint (rejected[VINFO_REASON_STORE], >, 0);
  g_assert_cmpuint (
      sum + vinfo_reservoir_get_size (fixture->reservoir), ==, offered);

  g_assert_cmpint (
      offer_id (fixture->reservoir, 999, 0.5), ==, VINFO_REASON_NONE);
  commit (fixture);
  assert_store_and_reservoir_agree (fixture);
}

static void
test_failed_commit_falls_back_to_the_last_one (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Frame frame;

  offer_range (fixture->reservoir, 0, 10);
  commit (fixture);
  frame_init (&frame, 50, 0.5);
  frame_enlarge (&frame, 400);
  g_assert_cmpint (
      frame_offer (&frame, fixture->reservoir), ==, VINFO_REASON_NONE);
  frame_finish (&frame);
  signal (SIGXFSZ, SIG_IGN);
  limit_file_size (1 << 18);
  g_assert_false (vinfo_reservoir_commit (fixture->reservoir, &error));
  limit_file_size (RLIM_INFINITY);
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FULL);
  g_assert_cmpuint (vinfo_reservoir_get_size (fixture->reservoir), ==, 10);
  g_assert_false (is_kept (fixture->reservoir, 50));
  assert_store_and_reservoir_agree (fixture);
}

static void
test_second_writer_is_refused_at_the_start (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoStore) store = NULL;
  g_autoptr (VInfoReservoir) second = NULL;

  store = vinfo_store_open (fixture->location, &error);
  g_assert_no_error (error);
  second = vinfo_reservoir_new (&fixture->config, store, &error);
  g_assert_null (second);
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_BUSY);
}

static void
add_test (const char *name, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (name, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_test ("/storing/reopening-continues-with-the-same-set",
      test_reopening_continues_with_the_same_set);
  add_test ("/storing/every-change-is-in-the-next-commit",
      test_every_change_is_in_the_next_commit);
  add_test ("/storing/counters-cover-the-stores-life-and-counts-this-opening",
      test_counters_cover_the_stores_life_and_counts_this_opening);
  add_test ("/storing/store-remembers-that-several-seeds-drew-it",
      test_store_remembers_that_several_seeds_drew_it);
  add_test ("/storing/smaller-capacity-evicts-the-worst",
      test_smaller_capacity_evicts_the_worst);
  add_test ("/storing/another-policy-takes-over-with-keys-of-its-own",
      test_another_policy_takes_over_with_keys_of_its_own);
  add_test ("/storing/stored-frames-are-whole-pictures",
      test_stored_frames_are_whole_pictures);
  add_test ("/storing/full-disk-refuses-the-frame-and-keeps-what-was-committed",
      test_full_disk_refuses_the_frame_and_keeps_what_was_committed);
  add_test ("/storing/failed-commit-falls-back-to-the-last-one",
      test_failed_commit_falls_back_to_the_last_one);
  add_test ("/storing/second-writer-is-refused-at-the-start",
      test_second_writer_is_refused_at_the_start);
  return g_test_run ();
}
