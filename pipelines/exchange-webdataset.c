/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * WebDataset: tar files ("shards") in which the files of one sample follow each
 * other and share the name up to the first dot, here ID.png and ID.json.
 */
#include <errno.h>

#include <archive.h>
#include <archive_entry.h>
#include <gio/gio.h>

#include "exchange.h"
#include "sample-json.h"

#define BLOCK_SIZE 65536

static void
set_archive_error (
    GError **error, const char *file, const char *what, struct archive *archive)
{
  int code = archive_errno (archive);
  const char *why = archive_error_string (archive);

  /* the system's reason, but for what is wrong with the archive itself */
  if (code > 0 && code != EILSEQ && code != EINVAL)
    why = g_strerror (code);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s: %s", file, what,
      why ? why : "failed");
}

/* Writing ----------------------------------------------------------------- */

struct _ExchangeWriter {
  char *folder;
  guint shard_size;
  guint n_samples;  /* in all shards */
  GPtrArray *files; /* those made, the caller's */
  char *file;       /* of the open shard; NULL: none is */
  struct archive *archive;
};

static ExchangeWriter *
webdataset_open (
    const char *folder, guint shard_size, GPtrArray *files, GError **error)
{
  ExchangeWriter *writer = g_new0 (ExchangeWriter, 1);

  writer->folder = g_strdup (folder);
  writer->shard_size = shard_size;
  writer->files = files;
  return writer;
}

static gboolean
close_shard (ExchangeWriter *writer, GError **error)
{
  gboolean closed = TRUE;

  if (!writer->archive)
    return TRUE;
  if (archive_write_close (writer->archive) != ARCHIVE_OK) {
    set_archive_error (error, writer->file, "write", writer->archive);
    closed = FALSE;
  }
  archive_write_free (writer->archive);
  writer->archive = NULL;
  g_clear_pointer (&writer->file, g_free);
  return closed;
}

static gboolean
open_shard (ExchangeWriter *writer, GError **error)
{
  g_autofree char *name = g_strdup_printf (
      "vinfo-%06u.tar", writer->n_samples / writer->shard_size);

  writer->file = g_build_filename (writer->folder, name, NULL);
  g_ptr_array_add (writer->files, g_strdup (writer->file));
  writer->archive = archive_write_new ();
  archive_write_set_format_pax_restricted (writer->archive);
  if (archive_write_open_filename (writer->archive, writer->file) == ARCHIVE_OK)
    return TRUE;
  set_archive_error (error, writer->file, "create", writer->archive);
  return FALSE;
}

static gboolean
add_file (ExchangeWriter *writer, const VInfoSample *sample,
    const char *extension, gconstpointer data, gsize size, GError **error)
{
  struct archive_entry *entry = archive_entry_new ();
  g_autofree char *name
      = g_strdup_printf ("%" VINFO_ID_FORMAT ".%s", sample->id, extension);
  gboolean written;

  archive_entry_set_pathname (entry, name);
  archive_entry_set_size (entry, (gint64)size);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_mtime (entry, sample->wall_time / G_USEC_PER_SEC, 0);
  written
      = archive_write_header (writer->archive, entry) == ARCHIVE_OK
        && archive_write_data (writer->archive, data, size) == (la_ssize_t)size;
  archive_entry_free (entry);
  if (!written)
    set_archive_error (error, writer->file, "write", writer->archive);
  return written;
}

static gboolean
webdataset_add (ExchangeWriter *writer, const VInfoSample *sample, gint64 rule,
    GError **error)
{
  g_autofree char *json = sample_to_json (sample, rule, NULL);
  gsize size;
  gconstpointer picture = g_bytes_get_data (sample->blob, &size);

  if (writer->n_samples % writer->shard_size == 0
      && !(close_shard (writer, error) && open_shard (writer, error)))
    return FALSE;
  writer->n_samples++;
  return add_file (
             writer, sample, exchange_extension (sample), picture, size, error)
         && add_file (writer, sample, "json", json, strlen (json), error);
}

static gboolean
webdataset_close (ExchangeWriter *writer, GError **error)
{
  gboolean closed = close_shard (writer, error);

  g_free (writer->folder);
  g_free (writer);
  return closed;
}

/* Reading ----------------------------------------------------------------- */

/* The files of one name, as far as they have come. */
typedef struct {
  char *name; /* of the picture; NULL: none came */
  char *key;  /* NULL: no file came */
  GBytes *picture;
  GBytes *json; /* ends with a 0 byte */
} Group;

static void
group_clear (Group *group)
{
  g_clear_pointer (&group->name, g_free);
  g_clear_pointer (&group->key, g_free);
  g_clear_pointer (&group->picture, g_bytes_unref);
  g_clear_pointer (&group->json, g_bytes_unref);
}

typedef struct {
  const char *file;
  struct archive *archive;
  Group group;
  ExchangeFunc func;
  gpointer data;
} Shard;

static gboolean
end_group (Shard *shard, GError **error)
{
  Group *group = &shard->group;
  g_autofree char *name = NULL;
  ExchangeItem item;
  gboolean done = TRUE;

  if (group->picture) {
    name = g_strconcat (shard->file, ": ", group->name, NULL);
    item = (ExchangeItem){ name, group->picture,
      group->json ? g_bytes_get_data (group->json, NULL) : NULL };
    done = shard->func (&item, shard->data, error);
  }
  group_clear (group);
  return done;
}

/* The whole of the current file, and a 0 byte after it. */
static GBytes *
read_data (Shard *shard, const char *name, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree guint8 *block = g_malloc (BLOCK_SIZE);
  la_ssize_t n;

  while ((n = archive_read_data (shard->archive, block, BLOCK_SIZE)) > 0) {
    if (bytes->len + n > EXCHANGE_MAX_BYTES) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "%s: read %s: larger than %u MiB", shard->file, name,
          EXCHANGE_MAX_BYTES >> 20);
      return NULL;
    }
    g_byte_array_append (bytes, block, n);
  }
  if (n < 0) {
    set_archive_error (error, shard->file, "read", shard->archive);
    return NULL;
  }
  g_byte_array_append (bytes, (const guint8 *)"", 1);
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

static gboolean
is_picture (const char *extension)
{
  static const char *const extensions[]
      = { "png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", NULL };
  g_autofree char *lower = g_ascii_strdown (extension, -1);

  return g_strv_contains (extensions, lower);
}

static gboolean
read_file (Shard *shard, const char *path, GError **error)
{
  Group *group = &shard->group;
  const char *slash = strrchr (path, '/');
  const char *dot = strchr (slash ? slash : path, '.');
  g_autofree char *key = NULL;
  g_autoptr (GBytes) data = NULL;

  if (!dot || !(is_picture (dot + 1) || strcmp (dot, ".json") == 0))
    return TRUE;
  key = g_strndup (path, dot - path);
  if (g_strcmp0 (key, group->key) != 0 && !end_group (shard, error))
    return FALSE;
  data = read_data (shard, path, error);
  if (!data)
    return FALSE;
  if (!group->key)
    group->key = g_steal_pointer (&key);
  if (is_picture (dot + 1)) {
    g_clear_pointer (&group->picture, g_bytes_unref);
    group->picture
        = g_bytes_new_from_bytes (data, 0, g_bytes_get_size (data) - 1);
    g_free (group->name);
    group->name = g_strdup (path);
  } else {
    g_clear_pointer (&group->json, g_bytes_unref);
    group->json = g_steal_pointer (&data);
  }
  return TRUE;
}

static gboolean
read_files (Shard *shard, GError **error)
{
  struct archive_entry *entry;
  int status;

  while ((status = archive_read_next_header (shard->archive, &entry))
         == ARCHIVE_OK) {
    const char *path = archive_entry_pathname_utf8 (entry);

    if (archive_entry_filetype (entry) == AE_IFREG && path
        && !read_file (shard, path, error))
      return FALSE;
  }
  if (status != ARCHIVE_EOF) {
    set_archive_error (error, shard->file, "read", shard->archive);
    return FALSE;
  }
  return end_group (shard, error);
}

static gboolean
read_shard (const char *file, ExchangeFunc func, gpointer data, GError **error)
{
  Shard shard = { file, archive_read_new (), { 0 }, func, data };
  gboolean done;

  archive_read_support_format_tar (shard.archive);
  archive_read_support_filter_gzip (shard.archive);
  archive_read_support_filter_xz (shard.archive);
  done = archive_read_open_filename (shard.archive, file, BLOCK_SIZE)
         == ARCHIVE_OK;
  if (done)
    done = read_files (&shard, error);
  else
    set_archive_error (error, file, "open", shard.archive);
  group_clear (&shard.group);
  archive_read_free (shard.archive);
  return done;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static GPtrArray *
list_shards (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (!dir)
    return NULL;
  while ((name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, ".tar"))
      g_ptr_array_add (files, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (files, compare_names);
  return g_steal_pointer (&files);
}

static gboolean
webdataset_read (
    const char *path, ExchangeFunc func, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) files = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    return read_shard (path, func, data, error);
  files = list_shards (path, error);
  if (!files)
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    if (!read_shard (files->pdata[i], func, data, error))
      return FALSE;
  return TRUE;
}

const ExchangeFormat exchange_webdataset = { "webdataset", webdataset_open,
  webdataset_add, webdataset_close, webdataset_read };
