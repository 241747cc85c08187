/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "frames.h"

#define HOUR G_GINT64_CONSTANT (3600000000) /* µs */
#define NOW (1000 * HOUR)

typedef struct {
  char *folder, *location;
  VInfoStore *store;
  VInfoReservoir *reservoir;
} Fixture;

static VInfoReservoir *
open_for_two_hours (VInfoStore *store)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (GError) error = NULL;
  VInfoReservoir *reservoir;

  config.capacity = 50;
  config.max_age = 2 * HOUR * 1000;
  reservoir = vinfo_reservoir_new (&config, store, &error);
  g_assert_no_error (error);
  return reservoir;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  fixture->location = g_build_filename (fixture->folder, "store", NULL);
  fixture->store = vinfo_store_open (fixture->location, NULL);
  fixture->reservoir = open_for_two_hours (fixture->store);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("rm -r '%s'", fixture->folder);

  g_clear_object (&fixture->reservoir);
  g_clear_object (&fixture->store);
  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  g_free (fixture->location);
  g_free (fixture->folder);
}

/* Frames of noise, which no encoder makes smaller. */
static void
offer_at (VInfoReservoir *reservoir, guint64 id, gint64 wall_time)
{
  Frame frame;

  frame_init (&frame, id, 0.5);
  frame_enlarge (&frame, 20);
  frame.offer.wall_time = wall_time;
  g_assert_cmpint (frame_offer (&frame, reservoir), ==, VINFO_REASON_NONE);
  frame_finish (&frame);
}

static guint
expire (Fixture *fixture, gint64 now)
{
  g_autoptr (GError) error = NULL;
  guint n;

  vinfo_reservoir_expire (fixture->reservoir, now, &n, &error);
  g_assert_no_error (error);
  return n;
}

static void
test_what_is_too_old_goes_and_is_counted (Fixture *fixture, gconstpointer data)
{
  guint64 offered, rejected[VINFO_N_REASONS];

  for (guint64 id = 1; id <= 10; id++)
    offer_at (fixture->reservoir, id, NOW - (gint64)id * HOUR / 2);
  /* half an hour to five; at two hours it is not yet too old */
  g_assert_cmpuint (expire (fixture, NOW), ==, 6);
  g_assert_cmpuint (vinfo_reservoir_get_size (fixture->reservoir), ==, 4);
  g_assert_cmpuint (expire (fixture, NOW), ==, 0);
  g_assert_cmpuint (expire (fixture, NOW + HOUR), ==, 2);
  vinfo_reservoir_get_counts (fixture->reservoir, &offered, rejected);
  g_assert_cmpuint (rejected[VINFO_REASON_EXPIRED], ==, 8);
  g_assert_cmpuint (rejected[VINFO_REASON_EVICTED], ==, 0);
  g_assert_cmpuint (offered, ==, 10);
}

static void
test_expired_samples_are_gone_from_the_store (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) stored = NULL;

  offer_at (fixture->reservoir, 1, NOW - 3 * HOUR);
  offer_at (fixture->reservoir, 2, NOW - 1 * HOUR);
  g_assert_true (vinfo_reservoir_commit (fixture->reservoir, NULL));
  g_clear_object (&fixture->reservoir);
  fixture->reservoir = open_for_two_hours (fixture->store);
  g_assert_cmpuint (expire (fixture, NOW), ==, 1);
  vinfo_store_rollback (fixture->store);
  stored = vinfo_store_list (fixture->store, NULL);
  g_assert_cmpuint (stored->len, ==, 1);
  g_assert_cmpint (
      vinfo_store_get_counter (fixture->store, "rejected-expired"), ==, 1);
}

static gboolean
file_contains (const char *path, GBytes *needle)
{
  g_autofree char *contents = NULL;
  gsize size, n;
  gconstpointer data = g_bytes_get_data (needle, &n);

  if (!g_file_get_contents (path, &contents, &size, NULL))
    return FALSE;
  for (gsize i = 0; i + n <= size; i++) {
    if (memcmp (contents + i, data, n) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
store_contains (Fixture *fixture, GBytes *needle)
{
  g_autofree char *log = g_strconcat (fixture->location, "-wal", NULL);

  return file_contains (fixture->location, needle)
         || file_contains (log, needle);
}

/* A piece of a picture that lies on one page. */
static GBytes *
get_piece (VInfoStore *store, guint64 id)
{
  g_autoptr (VInfoSample) sample = vinfo_store_get (store, id, NULL);

  return g_bytes_new_from_bytes (sample->blob, 200, 64);
}

static void
test_no_byte_of_it_is_left (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) old = NULL, young = NULL;

  offer_at (fixture->reservoir, 1, NOW - 3 * HOUR);
  offer_at (fixture->reservoir, 2, NOW - 1 * HOUR);
  old = get_piece (fixture->store, 1);
  young = get_piece (fixture->store, 2);
  g_assert_true (vinfo_reservoir_commit (fixture->reservoir, NULL));
  g_assert_true (store_contains (fixture, old));
  g_assert_cmpuint (expire (fixture, NOW), ==, 1);
  g_assert_false (store_contains (fixture, old));
  g_assert_true (store_contains (fixture, young));
}

static void
test_without_an_age_everything_stays (Fixture *fixture, gconstpointer data)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
  guint n;

  offer_at (reservoir, 1, 0);
  g_assert_true (vinfo_reservoir_expire (reservoir, NOW, &n, NULL));
  g_assert_cmpuint (n, ==, 0);
  g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), ==, 1);
}

#define ADD(path, test)                                                        \
  g_test_add ("/expiry/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("what-is-too-old-goes-and-is-counted",
      test_what_is_too_old_goes_and_is_counted);
  ADD ("expired-samples-are-gone-from-the-store",
      test_expired_samples_are_gone_from_the_store);
  ADD ("no-byte-of-it-is-left", test_no_byte_of_it_is_left);
  ADD ("without-an-age-everything-stays", test_without_an_age_everything_stays);
  return g_test_run ();
}
