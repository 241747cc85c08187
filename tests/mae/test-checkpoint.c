/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "temporary-directory.h"

#include "mae/checkpoint-private.h"
#include "mae/vinfo-mae.h"

#include <string.h>
#include <unistd.h>

typedef struct {
  char *location;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autofree char *directory = temporary_directory_new ();
  f->location = g_build_filename (directory, "predictor", NULL);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_autofree char *directory = g_path_get_dirname (f->location);
  temporary_directory_remove (directory);
  g_free (f->location);
}

static gboolean
write_text (const char *directory, gpointer text, GError **error)
{
  g_autofree char *path = g_build_filename (directory, "config.json", NULL);
  return g_file_set_contents (path, text, -1, error);
}

static gboolean
write_half (const char *directory, gpointer unused, GError **error)
{
  write_text (directory, "half", NULL);
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_IO, "disk full");
  return FALSE;
}

static void
publish (Fixture *f, guint64 step, guint keep, const char *text)
{
  g_autoptr (GError) error = NULL;
  checkpoint_publish (
      f->location, step, keep, write_text, (gpointer)text, &error);
  g_assert_no_error (error);
}

/* What a reader of the location finds. */
static void
assert_latest (Fixture *f, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = checkpoint_resolve (f->location, &error);
  g_autofree char *found = NULL;
  g_assert_no_error (error);
  g_autofree char *base = g_path_get_basename (directory);
  g_autofree char *path = g_build_filename (directory, "config.json", NULL);
  g_assert_cmpstr (base, ==, name);
  g_assert_true (g_file_get_contents (path, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, text);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
assert_names (Fixture *f, const char *expected)
{
  g_autoptr (GDir) dir = g_dir_open (f->location, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  for (const char *name; (name = g_dir_read_name (dir));)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_autoptr (GString) list = g_string_new (NULL);
  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? " " : "",
        (const char *)g_ptr_array_index (names, i));
  g_assert_cmpstr (list->str, ==, expected);
}

static void
test_latest_follows_each_publication (Fixture *f, gconstpointer unused)
{
  publish (f, 50, 0, "one");
  assert_latest (f, "step-00000050", "one");
  publish (f, 250, 0, "two");
  assert_latest (f, "step-00000250", "two");
  publish (f, 123456789012, 0, "three");
  assert_latest (f, "step-123456789012", "three");
  assert_names (f, "latest step-00000050 step-00000250 step-123456789012");
}

static void
test_a_relative_location_is_resolved (Fixture *f, gconstpointer unused)
{
  g_autofree char *before = g_get_current_dir ();
  g_autofree char *parent = g_path_get_dirname (f->location);
  g_autofree char *directory = NULL;
  g_autofree char *config = NULL;
  g_autoptr (GError) error = NULL;

  publish (f, 3, 0, "three");
  g_assert_cmpint (chdir (parent), ==, 0);
  directory = checkpoint_resolve ("predictor", &error);
  g_assert_no_error (error);
  config = g_build_filename (directory, "config.json", NULL);
  g_assert_true (g_file_test (config, G_FILE_TEST_EXISTS));
  g_assert_cmpint (chdir (before), ==, 0);
}

static void
test_only_the_newest_are_kept (Fixture *f, gconstpointer unused)
{
  for (guint step = 1; step <= 5; step++)
    publish (f, step, 2, "text");
  assert_names (f, "latest step-00000004 step-00000005");
  publish (f, 6, 1, "last");
  assert_names (f, "latest step-00000006");
}

static void
test_a_lower_step_is_kept_when_just_published (Fixture *f, gconstpointer unused)
{
  publish (f, 900, 2, "old");
  publish (f, 1000, 2, "old");
  publish (f, 10, 2, "new");
  assert_latest (f, "step-00000010", "new");
  assert_names (f, "latest step-00000010 step-00001000");
}

static void
test_the_same_step_is_replaced (Fixture *f, gconstpointer unused)
{
  publish (f, 7, 0, "one");
  publish (f, 7, 0, "two");
  assert_latest (f, "step-00000007", "two");
  assert_names (f, "latest step-00000007");
}

static void
test_failure_leaves_the_old_version (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  publish (f, 7, 1, "one");
  g_assert_false (
      checkpoint_publish (f->location, 8, 1, write_half, NULL, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_IO);
  assert_latest (f, "step-00000007", "one");
  assert_names (f, "latest step-00000007");
}

static void
test_leftovers_of_a_killed_process_go (Fixture *f, gconstpointer unused)
{
  g_autofree char *left = g_build_filename (f->location, ".publish-x", NULL);
  g_mkdir_with_parents (left, 0777);
  write_text (left, "half", NULL);
  publish (f, 7, 0, "one");
  assert_names (f, "latest step-00000007");
}

static void
test_a_plain_directory_is_itself (Fixture *f, gconstpointer unused)
{
  g_mkdir_with_parents (f->location, 0777);
  write_text (f->location, "plain", NULL);
  assert_latest (f, "predictor", "plain");
}

static void
assert_not_found (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (checkpoint_resolve (f->location, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND);
  g_assert_true (g_str_has_prefix (error->message, f->location));
}

static void
test_nothing_there_is_not_found (Fixture *f, gconstpointer unused)
{
  assert_not_found (f);
  g_mkdir_with_parents (f->location, 0777);
  assert_not_found (f);
}

/* Where `latest` is, there was a predictor: that it is lost must be said, lest
 * one begins anew in its place. */
static void
test_latest_that_leads_nowhere_is_corrupt (Fixture *f, gconstpointer unused)
{
  static const char *const targets[] = { "step-00000007", "." };
  g_autofree char *latest = g_build_filename (f->location, "latest", NULL);
  g_mkdir_with_parents (f->location, 0777);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_cmpint (symlink (targets[i], latest), ==, 0);
    g_assert_null (checkpoint_resolve (f->location, &error));
    g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT);
    g_assert_true (g_str_has_prefix (error->message, f->location));
    g_assert_nonnull (strstr (error->message, "leads to no predictor"));
    g_unlink (latest);
  }
}

/* A version may be a link to a directory elsewhere, whose files stay. */
static void
test_only_the_link_to_an_old_version_goes (Fixture *f, gconstpointer unused)
{
  g_autofree char *parent = g_path_get_dirname (f->location);
  g_autofree char *elsewhere = g_build_filename (parent, "elsewhere", NULL);
  g_autofree char *file = g_build_filename (elsewhere, "config.json", NULL);
  g_autofree char *link = g_build_filename (f->location, "step-00000001", NULL);
  g_mkdir_with_parents (f->location, 0777);
  g_mkdir_with_parents (elsewhere, 0777);
  write_text (elsewhere, "mine", NULL);
  g_assert_cmpint (symlink ("../elsewhere", link), ==, 0);
  publish (f, 2, 1, "new");
  assert_names (f, "latest step-00000002");
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
}

static void
test_unwritable_location_is_an_error (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (g_file_set_contents (f->location, "a file", -1, NULL));
  g_assert_false (
      checkpoint_publish (f->location, 1, 0, write_text, "", &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_IO);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/checkpoint/latest", test_latest_follows_each_publication);
  ADD ("/checkpoint/relative-location", test_a_relative_location_is_resolved);
  ADD ("/checkpoint/keep", test_only_the_newest_are_kept);
  ADD ("/checkpoint/lower", test_a_lower_step_is_kept_when_just_published);
  ADD ("/checkpoint/same", test_the_same_step_is_replaced);
  ADD ("/checkpoint/failure", test_failure_leaves_the_old_version);
  ADD ("/checkpoint/leftovers", test_leftovers_of_a_killed_process_go);
  ADD ("/checkpoint/plain", test_a_plain_directory_is_itself);
  ADD ("/checkpoint/nothing", test_nothing_there_is_not_found);
  ADD ("/checkpoint/lost", test_latest_that_leads_nowhere_is_corrupt);
  ADD ("/checkpoint/link", test_only_the_link_to_an_old_version_goes);
  ADD ("/checkpoint/unwritable", test_unwritable_location_is_an_error);
  return g_test_run ();
}
