/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A process that keeps frames is killed at random moments: all that it said was
 * committed is there, whole, and the file is intact. 20 times, or VINFO_KILLS. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frames.h"

#define WINDOW 40 /* what a fifo keeps */

static VInfoReservoir *
open_fifo (const char *location, VInfoStore **store)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (GError) error = NULL;
  VInfoReservoir *reservoir;

  config.policy = "fifo";
  config.capacity = WINDOW;
  *store = vinfo_store_open (location, &error);
  g_assert_no_error (error);
  reservoir = vinfo_reservoir_new (&config, *store, &error);
  g_assert_no_error (error);
  return reservoir;
}

/* Keeps frames from @id on, a few a commit, and says up to which, until killed. */
static void
keep_for_ever (const char *location, guint64 id)
{
  VInfoStore *store;
  VInfoReservoir *reservoir = open_fifo (location, &store);

  for (;; id++) {
    Frame frame;

    frame_init (&frame, id, 0.5);
    frame_enlarge (&frame, 40);
    frame_offer (&frame, reservoir);
    frame_finish (&frame);
    if (id % 3 != 0)
      continue;
    g_assert_true (vinfo_reservoir_commit (reservoir, NULL));
    printf ("%" G_GUINT64_FORMAT "\n", id);
    fflush (stdout);
  }
}

/* Returns: what the next line says; @id where it isn't whole */
static guint64
read_line (FILE *output, guint64 id)
{
  char line[32] = "";

  if (fgets (line, sizeof line, output) == NULL || strchr (line, '\n') == NULL)
    return id;
  return g_ascii_strtoull (line, NULL, 10);
}

static guint64
read_acknowledged (FILE *output, guint64 id)
{
  while (!feof (output))
    id = read_line (output, id);
  return id;
}

/* Returns: the last that was committed */
static guint64
check_window (const char *location, guint64 acknowledged)
{
  VInfoStore *store;
  g_autoptr (VInfoReservoir) reservoir = open_fifo (location, &store);
  g_autoptr (GArray) ids = list_ids (reservoir);
  g_autoptr (GError) error = NULL;
  guint64 last = ids->len > 0 ? g_array_index (ids, guint64, ids->len - 1) : 0;

  g_assert_true (vinfo_store_check (store, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (last, >=, acknowledged);
  g_assert_cmpuint (ids->len, ==, MIN (last, WINDOW));
  for (guint i = 0; i < ids->len; i++) {
    guint64 id = g_array_index (ids, guint64, i);
    g_autoptr (VInfoSample) sample = vinfo_store_get (store, id, &error);
    g_autoptr (VInfoImage) image = NULL;

    g_assert_no_error (error);
    g_assert_cmpuint (id, ==, last - ids->len + 1 + i);
    image = vinfo_image_decode (sample->blob, "kept", &error);
    g_assert_no_error (error);
  }
  g_object_unref (store);
  return last;
}

/* Every other process has committed something when its time begins to run, however
 * busy the machine is; the others may have got nowhere yet. */
static guint64
keep_and_kill (const char *program, const char *location, guint64 last,
    gboolean starts, gulong microseconds)
{
  g_autofree char *first = g_strdup_printf ("%" G_GUINT64_FORMAT, last + 1);
  const char *argv[] = { program, "keep", location, first, NULL };
  g_autoptr (GError) error = NULL;
  FILE *stream;
  GPid child;
  gint output;

  g_spawn_async_with_pipes (NULL, (char **)argv, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child, NULL, &output, NULL,
      &error);
  g_assert_no_error (error);
  stream = fdopen (output, "r");
  if (starts)
    last = read_line (stream, last);
  g_usleep (microseconds);
  kill (child, SIGKILL);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  last = read_acknowledged (stream, last);
  fclose (stream);
  g_spawn_close_pid (child);
  return last;
}

static void
test_killed_writer_loses_nothing_that_was_committed (gconstpointer program)
{
  const char *wanted = g_getenv ("VINFO_KILLS");
  guint n_kills = wanted ? (guint)atoi (wanted) : 20;
  g_autofree char *folder = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *location = g_build_filename (folder, "store", NULL);
  g_autofree char *command = g_strdup_printf ("rm -r '%s'", folder);
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  guint64 last = 0;

  for (guint i = 0; i < n_kills; i++)
    last = check_window (location,
        keep_and_kill (program, location, last, i % 2 == 0,
            (gulong)g_rand_int_range (random, 0, i % 2 == 0 ? 40000 : 120000)));
  g_test_message ("%u kills, %" G_GUINT64_FORMAT " frames", n_kills, last);
  g_assert_cmpuint (last, >, n_kills);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

int
main (int argc, char **argv)
{
  if (argc == 4 && strcmp (argv[1], "keep") == 0)
    keep_for_ever (argv[2], g_ascii_strtoull (argv[3], NULL, 10));
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/kill/killed-writer-loses-nothing-that-was-committed",
      argv[0], test_killed_writer_loses_nothing_that_was_committed);
  return g_test_run ();
}
