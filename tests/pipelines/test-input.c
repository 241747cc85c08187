/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "input.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

static void
make_file (const char *folder, const char *name)
{
  g_autofree char *file = g_build_filename (folder, name, NULL);
  g_autofree char *in = g_path_get_dirname (file);

  g_assert_cmpint (g_mkdir_with_parents (in, 0777), ==, 0);
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
}

static char *
make_folder (const char *const *names)
{
  char *folder = g_dir_make_tmp ("vinfo-input-XXXXXX", NULL);

  for (; *names; names++)
    make_file (folder, *names);
  return folder;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir))) {
    g_autofree char *file = g_build_filename (folder, name, NULL);

    if (g_file_test (file, G_FILE_TEST_IS_DIR)
        && !g_file_test (file, G_FILE_TEST_IS_SYMLINK))
      remove_folder (file);
    else
      g_remove (file);
  }
  g_rmdir (folder);
}

static void
assert_file (const Input *input, guint index, const char *expected)
{
  g_autofree char *name = g_path_get_basename (input->files->pdata[index]);

  g_assert_cmpstr (name, ==, expected);
}

static void
test_folder_is_listed_in_natural_order (void)
{
  const char *const names[]
      = { "frame-10.png", "frame-9.PNG", "notes.txt", "frame-1.jpg", NULL };
  g_autofree char *folder = make_folder (names);
  g_autoptr (GError) error = NULL;
  g_autoptr (Input) input = input_new (folder, &error);

  g_assert_no_error (error);
  g_assert_cmpint (input->kind, ==, INPUT_IMAGES);
  g_assert_cmpuint (input->files->len, ==, 3);
  assert_file (input, 0, "frame-1.jpg");
  assert_file (input, 1, "frame-9.PNG");
  assert_file (input, 2, "frame-10.png");
  remove_folder (folder);
}

static void
test_folders_in_a_folder_follow_its_own_images_each_once (void)
{
  static const char *const names[] = { "z.png", NULL };
  static const char *const files[]
      = { "class-10/b.png", "class-10/a.png", "class-9/deeper/c.png",
          ".hidden/d.png", "results/store.vinfo", "results/contact-sheet.png" };
  static const char *const expected[]
      = { "z.png", "class-9/deeper/c.png", "class-10/a.png", "class-10/b.png" };
  g_autofree char *folder = make_folder (names);
  g_autofree char *round = g_build_filename (folder, "class-9/round", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (Input) input = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    make_file (folder, files[i]);
  g_assert_cmpint (symlink (folder, round), ==, 0);
  input = input_new (folder, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (input->files->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    g_autofree char *path = g_build_filename (folder, expected[i], NULL);

    g_assert_cmpstr (input->files->pdata[i], ==, path);
  }
  remove_folder (folder);
}

static void
test_folder_without_images_is_an_error_that_names_it (void)
{
  const char *const names[] = { "notes.txt", NULL };
  g_autofree char *folder = make_folder (names);
  g_autoptr (GError) error = NULL;

  g_assert_null (input_new (folder, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, folder));
  remove_folder (folder);
}

static void
test_missing_file_is_an_error_that_names_it (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (input_new ("/nowhere/clip.mp4", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_true (g_str_has_prefix (error->message, "/nowhere/clip.mp4: "));
}

static void
test_cameras_are_live_and_files_are_not (void)
{
  g_autoptr (Input) network = input_new ("rtsp://door/1", NULL);
  g_autoptr (Input) camera = input_new ("v4l2:///dev/video0", NULL);
  g_autoptr (Input) download = input_new ("http://host/clip.mp4", NULL);

  g_assert_true (network->live);
  g_assert_true (camera->live);
  g_assert_false (download->live);
}

static void
test_password_in_address_only_opens_it (void)
{
  g_autoptr (Input) input = input_new ("rtsp://me:secret@door:554/1", NULL);
  g_autofree char *text = input_describe (input);

  g_assert_cmpstr (input->uri, ==, "rtsp://me:secret@door:554/1");
  g_assert_cmpstr (input->source, ==, "rtsp://door:554/1");
  g_assert_cmpstr (input->name, ==, "door/1");
  g_assert_cmpstr (text, ==, "rtsp://door:554/1");
}

static void
test_picture_of_a_sample_is_found_while_the_folder_is_as_it_was (void)
{
  static const char *const names[] = { "a.png", "b.png", NULL };
  const guint64 second = 1000000000 / IMAGES_RATE; /* ns */
  const gint64 later = g_get_real_time () + G_USEC_PER_SEC;
  const gint64 earlier = later - 10 * G_USEC_PER_SEC;
  g_autofree char *folder = make_folder (names);
  g_autoptr (GPtrArray) inputs
      = g_ptr_array_new_with_free_func ((GDestroyNotify)input_free);
  const Input *input;
  g_autofree char *found = NULL;

  g_ptr_array_add (inputs, input_new ("test:ball", NULL));
  g_ptr_array_add (inputs, input_new (folder, NULL));
  input = inputs->pdata[1];
  found = g_path_get_basename (
      input_find_picture (inputs, input->source, second, later));
  g_assert_cmpstr (found, ==, "b.png");
  g_assert_null (input_find_picture (inputs, input->source, second, earlier));
  g_assert_null (input_find_picture (inputs, input->source, 2 * second, later));
  g_assert_null (
      input_find_picture (inputs, input->source, G_MAXUINT64, later));
  g_assert_null (input_find_picture (inputs, "file:///other", second, later));
  g_assert_null (input_find_picture (inputs, "test:ball", second, later));
  remove_folder (folder);
}

static void
test_pattern_has_a_length_where_one_is_given (void)
{
  g_autoptr (Input) endless = input_new ("test:ball", NULL);
  g_autoptr (Input) short_one = input_new ("test:snow:1.5", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (endless->pattern, ==, "ball");
  g_assert_cmpint (endless->n_frames, ==, -1);
  g_assert_cmpstr (short_one->pattern, ==, "snow");
  g_assert_cmpint (short_one->n_frames, ==, 45);
  g_assert_null (input_new ("test:snow:soon", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/input/folder-natural-order", test_folder_is_listed_in_natural_order);
  g_test_add_func ("/input/folders-in-a-folder",
      test_folders_in_a_folder_follow_its_own_images_each_once);
  g_test_add_func ("/input/folder-without-images",
      test_folder_without_images_is_an_error_that_names_it);
  g_test_add_func (
      "/input/missing-file", test_missing_file_is_an_error_that_names_it);
  g_test_add_func ("/input/live", test_cameras_are_live_and_files_are_not);
  g_test_add_func ("/input/password", test_password_in_address_only_opens_it);
  g_test_add_func ("/input/picture",
      test_picture_of_a_sample_is_found_while_the_folder_is_as_it_was);
  g_test_add_func (
      "/input/pattern", test_pattern_has_a_length_where_one_is_given);
  return g_test_run ();
}
