/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A predictor that follows a directory, and those who drop it meanwhile. */
#include <math.h>
#include <string.h>

#include "mae/mae-private.h"
#include "mae/small-model.h"
#include "mae/temporary-directory.h"
#include "predictor/vinfo-predictor.h"

#define PATIENCE_S 20

typedef struct {
  char *directory;
  VInfoPredictor *predictor; /* that follows it */
} Fixture;

static void
save_new_weights (const char *directory, guint64 seed)
{
  VInfoMaeConfig config = small_config ();
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&config, seed);
  g_autoptr (GError) error = NULL;

  vinfo_mae_save (mae, directory, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;

  f->directory = temporary_directory_new ();
  save_new_weights (f->directory, 1);
  config.location = f->directory;
  f->predictor = vinfo_predictor_new (&config, NULL);
  g_assert_nonnull (f->predictor);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_clear_object (&f->predictor);
  temporary_directory_free (f->directory);
}

typedef gboolean (*Condition) (gpointer data);

static void
wait_until (Condition condition, gpointer data)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;

  while (!condition (data)) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_usleep (5000);
  }
}

static gboolean
is_updated (gpointer predictor)
{
  return vinfo_predictor_get_n_updates (predictor) > 0;
}

/* The kernel knows threads by their names. */
static gboolean
nobody_watches (gpointer unused)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;

  while ((task = g_dir_read_name (tasks))) {
    g_autofree char *path
        = g_build_filename ("/proc/self/task", task, "comm", NULL);
    g_autofree char *name = NULL;

    if (g_file_get_contents (path, &name, NULL, NULL)
        && strcmp (g_strchomp (name), "vinfo-watch") == 0)
      return FALSE;
  }
  return TRUE;
}

static void
test_what_is_saved_at_the_location_is_taken (Fixture *f, gconstpointer unused)
{
  vinfo_predictor_watch (f->predictor);
  save_new_weights (f->directory, 2);
  wait_until (is_updated, f->predictor);
  vinfo_predictor_unwatch (f->predictor);
  g_assert_true (nobody_watches (NULL));
}

static gboolean
publish_here (Fixture *f, float value)
{
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (f->predictor);
  g_autoptr (VInfoMae) mae = vinfo_mae_copy (newest);

  mae->parameters[0] = value;
  return vinfo_predictor_publish (f->predictor, mae, NULL);
}

static void
test_a_rejected_publication_does_not_end_the_following (
    Fixture *f, gconstpointer unused)
{
  g_assert_false (publish_here (f, NAN));
  vinfo_predictor_watch (f->predictor);
  save_new_weights (f->directory, 2);
  wait_until (is_updated, f->predictor);
  vinfo_predictor_unwatch (f->predictor);
}

/* What this process has learnt it saves there itself, later. */
static void
test_an_accepted_publication_ends_the_following (
    Fixture *f, gconstpointer unused)
{
  g_assert_true (publish_here (f, 0.5f));
  save_new_weights (f->directory, 2);
  g_assert_true (vinfo_predictor_reload (f->predictor, NULL));
  g_assert_cmpuint (vinfo_predictor_get_n_updates (f->predictor), ==, 1);
}

static void
drop (VInfoPredictor *predictor, guint64 version, gpointer unused)
{
  g_object_unref (predictor);
}

static gboolean
is_gone (gpointer weak)
{
  g_autoptr (GObject) object = g_weak_ref_get (weak);

  return !object;
}

static void
test_a_handler_may_drop_the_last_reference (Fixture *f, gconstpointer unused)
{
  GWeakRef weak;

  g_weak_ref_init (&weak, f->predictor);
  g_signal_connect (f->predictor, "updated", G_CALLBACK (drop), NULL);
  vinfo_predictor_watch (f->predictor);
  f->predictor = NULL;
  save_new_weights (f->directory, 2);
  wait_until (is_gone, &weak);
  wait_until (nobody_watches, NULL);
  g_weak_ref_clear (&weak);
}

static void
unwatch (VInfoPredictor *predictor, guint64 version, gpointer unused)
{
  vinfo_predictor_unwatch (predictor);
}

static void
test_a_handler_may_end_the_following (Fixture *f, gconstpointer unused)
{
  g_signal_connect (f->predictor, "updated", G_CALLBACK (unwatch), NULL);
  vinfo_predictor_watch (f->predictor);
  save_new_weights (f->directory, 2);
  wait_until (is_updated, f->predictor);
  wait_until (nobody_watches, NULL);
}

static void
test_a_predictor_that_is_watched_may_be_dropped (
    Fixture *f, gconstpointer unused)
{
  vinfo_predictor_watch (f->predictor);
  g_clear_object (&f->predictor);
  wait_until (nobody_watches, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add ("/watch/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("what-is-saved-at-the-location-is-taken",
      test_what_is_saved_at_the_location_is_taken);
  ADD ("a-rejected-publication-does-not-end-the-following",
      test_a_rejected_publication_does_not_end_the_following);
  ADD ("an-accepted-publication-ends-the-following",
      test_an_accepted_publication_ends_the_following);
  ADD ("a-handler-may-drop-the-last-reference",
      test_a_handler_may_drop_the_last_reference);
  ADD ("a-handler-may-end-the-following", test_a_handler_may_end_the_following);
  ADD ("a-predictor-that-is-watched-may-be-dropped",
      test_a_predictor_that_is_watched_may_be_dropped);
  return g_test_run ();
}
