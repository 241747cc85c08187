/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Hugging Face's imagefolder: pictures, and a metadata.jsonl that has a line
 * with the `file_name` of each.
 */
#include <gio/gio.h>

#include "exchange.h"
#include "input.h"
#include "sample-json.h"

#define METADATA "metadata.jsonl"

/* Writing ----------------------------------------------------------------- */

struct _ExchangeWriter {
  char *folder;
  char *file;       /* the metadata */
  GPtrArray *files; /* those made, the caller's */
  GOutputStream *metadata;
};

static ExchangeWriter *
imagefolder_open (
    const char *folder, guint shard_size, GPtrArray *files, GError **error)
{
  g_autofree char *path = g_build_filename (folder, METADATA, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileOutputStream) stream
      = g_file_create (file, G_FILE_CREATE_NONE, NULL, error);
  ExchangeWriter *writer;

  if (!stream) {
    g_prefix_error (error, "%s: create: ", path);
    return NULL;
  }
  g_ptr_array_add (files, g_strdup (path));
  writer = g_new0 (ExchangeWriter, 1);
  writer->files = files;
  writer->folder = g_strdup (folder);
  writer->file = g_steal_pointer (&path);
  writer->metadata = g_buffered_output_stream_new (G_OUTPUT_STREAM (stream));
  return writer;
}

static gboolean
imagefolder_add (ExchangeWriter *writer, const VInfoSample *sample, gint64 rule,
    GError **error)
{
  g_autofree char *name = g_strdup_printf (
      "%" VINFO_ID_FORMAT ".%s", sample->id, exchange_extension (sample));
  g_autofree char *path = g_build_filename (writer->folder, name, NULL);
  g_autofree char *json = sample_to_json (sample, rule, name);
  gsize size;
  gconstpointer picture = g_bytes_get_data (sample->blob, &size);

  g_ptr_array_add (writer->files, g_strdup (path));
  if (!g_file_set_contents_full (
          path, picture, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0644, error)) {
    g_prefix_error (error, "%s: write: ", path);
    return FALSE;
  }
  if (g_output_stream_printf (
          writer->metadata, NULL, NULL, error, "%s\n", json))
    return TRUE;
  g_prefix_error (error, "%s: write: ", writer->file);
  return FALSE;
}

static gboolean
imagefolder_close (ExchangeWriter *writer, GError **error)
{
  gboolean closed = g_output_stream_close (writer->metadata, NULL, error);

  if (!closed)
    g_prefix_error (error, "%s: write: ", writer->file);
  g_object_unref (writer->metadata);
  g_free (writer->file);
  g_free (writer->folder);
  g_free (writer);
  return closed;
}

/* Reading ----------------------------------------------------------------- */

static gboolean
read_picture (const char *path, const char *json, ExchangeFunc func,
    gpointer data, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) picture = g_file_load_bytes (file, NULL, NULL, error);
  ExchangeItem item = { path, picture, json };

  if (picture)
    return func (&item, data, error);
  g_prefix_error (error, "%s: read: ", path);
  return FALSE;
}

/* Only what lies in the folder, whoever wrote the metadata. */
static gboolean
is_inside (const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);

  return *name && !g_path_is_absolute (name)
         && !g_strv_contains ((const char *const *)parts, "..");
}

/* Returns: (transfer full): `file_name` of a line */
static char *
find_file_name (const char *line, GError **error)
{
  g_autoptr (JsonNode) root = exchange_parse (line, error);
  JsonNode *name = NULL;

  if (root && JSON_NODE_HOLDS_OBJECT (root))
    name = json_object_get_member (json_node_get_object (root), "file_name");
  if (name && json_node_get_value_type (name) == G_TYPE_STRING
      && is_inside (json_node_get_string (name)))
    return json_node_dup_string (name);
  if (!error || !*error)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "no file_name in this folder");
  return NULL;
}

static gboolean
read_line (const char *folder, const char *line, ExchangeFunc func,
    gpointer data, GError **error)
{
  g_autofree char *name = find_file_name (line, error);
  g_autofree char *path = NULL;

  if (!name)
    return FALSE;
  path = g_build_filename (folder, name, NULL);
  return read_picture (path, line, func, data, error);
}

static gboolean
read_metadata (const char *folder, const char *file, ExchangeFunc func,
    gpointer data, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (file, &text, NULL, error))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    if (*g_strstrip (lines[i])
        && !read_line (folder, lines[i], func, data, error)) {
      g_prefix_error (error, "%s: line %u: ", file, i + 1);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
imagefolder_read (
    const char *path, ExchangeFunc func, gpointer data, GError **error)
{
  g_autofree char *metadata = g_build_filename (path, METADATA, NULL);
  g_autoptr (Input) input = NULL;

  if (g_file_test (metadata, G_FILE_TEST_EXISTS))
    return read_metadata (path, metadata, func, data, error);
  input = input_new (path, error);
  if (!input)
    return FALSE;
  for (guint i = 0; input->files && i < input->files->len; i++)
    if (!read_picture (input->files->pdata[i], NULL, func, data, error))
      return FALSE;
  return TRUE;
}

const ExchangeFormat exchange_imagefolder = { "imagefolder", imagefolder_open,
  imagefolder_add, imagefolder_close, imagefolder_read };
