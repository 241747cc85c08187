/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Tells what an INPUT of the command line is.
 */
#include "input.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "address.h"
#include "location.h"

static const char *const image_suffixes[]
    = { ".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp" };
static const char *const live_schemes[]
    = { "rtsp", "rtsps", "rtspu", "rtspt", "v4l2", "udp", "srt" };

static gboolean
is_image_name (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (image_suffixes); i++)
    if (g_str_has_suffix (lower, image_suffixes[i]))
      return TRUE;
  return FALSE;
}

static gboolean
is_live_scheme (const char *scheme)
{
  for (gsize i = 0; i < G_N_ELEMENTS (live_schemes); i++)
    if (g_ascii_strcasecmp (scheme, live_schemes[i]) == 0)
      return TRUE;
  return FALSE;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  const char *const *left = a, *const *right = b;
  g_autofree char *left_key = g_utf8_collate_key_for_filename (*left, -1);
  g_autofree char *right_key = g_utf8_collate_key_for_filename (*right, -1);

  return strcmp (left_key, right_key);
}

/* µs since 1970; never where that can't be told */
static gint64
time_of_change (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = g_file_query_info (file,
      G_FILE_ATTRIBUTE_TIME_MODIFIED "," G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC,
      G_FILE_QUERY_INFO_NONE, NULL, NULL);
  g_autoptr (GDateTime) changed
      = info ? g_file_info_get_modification_date_time (info) : NULL;

  return changed ? g_date_time_to_unix (changed) * G_USEC_PER_SEC
                       + g_date_time_get_microsecond (changed)
                 : G_MAXINT64;
}

/* Hidden folders aren't, nor results of vinfo run: a contact sheet is no input. */
static gboolean
is_folder_to_read (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *store = location_find_store (path);

  return *name != '.' && !store && g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* Images and folders of @folder. */
static gboolean
read_folder (
    const char *folder, GPtrArray *images, GPtrArray *folders, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const char *name;

  if (!dir)
    return FALSE;
  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (is_image_name (name))
      g_ptr_array_add (images, g_steal_pointer (&path));
    else if (is_folder_to_read (path))
      g_ptr_array_add (folders, g_steal_pointer (&path));
  }
  g_ptr_array_sort (images, compare_names);
  g_ptr_array_sort (folders, compare_names);
  return TRUE;
}

/* Each folder once, whatever links lead to it: @seen has their real paths. */
static gboolean
add_images (Input *input, const char *folder, GHashTable *seen, GError **error)
{
  g_autoptr (GPtrArray) images = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);
  char *real = realpath (folder, NULL);

  if (real && !g_hash_table_add (seen, real))
    return TRUE;
  if (!read_folder (folder, images, folders, error))
    return FALSE;
  input->changed = MAX (input->changed, time_of_change (folder));
  g_ptr_array_extend_and_steal (input->files, g_steal_pointer (&images));
  for (guint i = 0; i < folders->len; i++)
    if (!add_images (input, folders->pdata[i], seen, error))
      return FALSE;
  return TRUE;
}

/* The images of @folder in natural name order, frame-9 before frame-10, then
 * those of its folders, in the same order. */
static gboolean
list_images (Input *input, const char *folder, GError **error)
{
  g_autoptr (GHashTable) seen
      = g_hash_table_new_full (g_str_hash, g_str_equal, free, NULL);

  if (!add_images (input, folder, seen, error))
    return FALSE;
  if (input->files->len > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "%s: no images in it: none ends in .png, .jpg, .bmp, .tif or .webp",
      folder);
  return FALSE;
}

static gboolean
parse_pattern (Input *input, const char *argument, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (argument, ":", 3);
  double seconds;
  char *end;

  input->kind = INPUT_PATTERN;
  input->name = g_strdup (argument);
  input->uri = g_strdup (argument);
  input->source = g_strdup (argument);
  input->pattern = g_strdup (parts[1]);
  input->n_frames = -1;
  if (!parts[2])
    return TRUE;

  seconds = g_ascii_strtod (parts[2], &end);
  if (end == parts[2] || *end != '\0' || !(seconds > 0 && seconds < 1e7)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s: no such length: %s is not a number of seconds", argument,
        parts[2]);
    return FALSE;
  }
  input->n_frames = MAX (1, (gint)(seconds * PATTERN_RATE + 0.5));
  return TRUE;
}

/* host/path of an address */
static char *
name_of_source (const char *source)
{
  g_autoptr (GUri) parsed
      = g_uri_parse (source, G_URI_FLAGS_PARSE_RELAXED, NULL);

  if (!parsed)
    return g_strdup (source);
  return g_strconcat (g_uri_get_host (parsed) ? g_uri_get_host (parsed) : "",
      g_uri_get_path (parsed), NULL);
}

gboolean
input_is_there (const char *path, GError **error)
{
  int why;

  if (g_access (path, F_OK) == 0)
    return TRUE;
  why = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (why),
      "%s: cannot be opened: %s", path, g_strerror (why));
  return FALSE;
}

static gboolean
parse_path (Input *input, const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  input->name = g_file_get_basename (file);
  input->uri = g_file_get_uri (file);
  input->source = g_strdup (input->uri);
  if (!input_is_there (path, error))
    return FALSE;
  if (!g_file_test (path, G_FILE_TEST_IS_DIR) && !is_image_name (path))
    return TRUE;
  input->kind = INPUT_IMAGES;
  input->files = g_ptr_array_new_with_free_func (g_free);
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return list_images (input, path, error);
  input->changed = time_of_change (path);
  g_ptr_array_add (input->files, g_strdup (path));
  return TRUE;
}

Input *
input_new (const char *argument, GError **error)
{
  g_autoptr (Input) input = g_new0 (Input, 1);
  g_autofree char *scheme = NULL;

  if (g_str_has_prefix (argument, "test:"))
    return parse_pattern (input, argument, error) ? g_steal_pointer (&input)
                                                  : NULL;
  if (strstr (argument, "://"))
    scheme = g_uri_parse_scheme (argument);
  if (scheme && g_ascii_strcasecmp (scheme, "file") == 0) {
    g_autofree char *path = g_filename_from_uri (argument, NULL, error);

    return path && parse_path (input, path, error) ? g_steal_pointer (&input)
                                                   : NULL;
  }
  if (scheme) {
    input->kind = INPUT_URI;
    input->uri = g_strdup (argument);
    input->source = address_without_secrets (argument);
    input->name = name_of_source (input->source);
    input->live = is_live_scheme (scheme);
    return g_steal_pointer (&input);
  }
  return parse_path (input, argument, error) ? g_steal_pointer (&input) : NULL;
}

void
input_free (Input *input)
{
  if (!input)
    return;
  g_free (input->name);
  g_free (input->uri);
  g_free (input->source);
  g_free (input->pattern);
  g_clear_pointer (&input->files, g_ptr_array_unref);
  g_free (input);
}

char *
input_describe (const Input *input)
{
  char *path = g_filename_from_uri (input->source, NULL, NULL);

  return path ? path : g_strdup (input->source);
}

const char *
input_find_picture (
    GPtrArray *inputs, const char *source, guint64 pts, gint64 time)
{
  double number = round ((double)pts * IMAGES_RATE / 1e9);

  for (guint i = 0; i < inputs->len; i++) {
    const Input *input = inputs->pdata[i];

    if (input->kind == INPUT_IMAGES && g_str_equal (input->source, source)
        && number < input->files->len && input->changed <= time)
      return input->files->pdata[(guint)number];
  }
  return NULL;
}
