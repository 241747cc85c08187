/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "files.h"

#include <archive.h>
#include <archive_entry.h>

#define BLOCK 65536

struct _Files {
  char *location;
  GHashTable *contents; /* of an archive: name → GBytes */
};

static gboolean
fail (struct archive *archive, const char *location, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", location,
      archive_error_string (archive));
  return FALSE;
}

static gboolean
read_entry (Files *self, struct archive *archive, struct archive_entry *entry,
    GError **error)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();
  guint8 block[BLOCK];
  la_ssize_t n;

  if (archive_entry_filetype (entry) != AE_IFREG)
    return TRUE;
  while ((n = archive_read_data (archive, block, sizeof block)) > 0)
    g_byte_array_append (content, block, (guint)n);
  if (n < 0)
    return fail (archive, self->location, error);
  g_hash_table_insert (self->contents,
      g_strdup (archive_entry_pathname (entry)),
      g_byte_array_free_to_bytes (g_steal_pointer (&content)));
  return TRUE;
}

static gboolean
read_archive (Files *self, struct archive *archive, GError **error)
{
  struct archive_entry *entry;
  int status;

  archive_read_support_format_all (archive);
  archive_read_support_filter_all (archive);
  if (archive_read_open_filename (archive, self->location, BLOCK) != ARCHIVE_OK)
    return fail (archive, self->location, error);
  while ((status = archive_read_next_header (archive, &entry)) == ARCHIVE_OK) {
    if (!read_entry (self, archive, entry, error))
      return FALSE;
  }
  return status == ARCHIVE_EOF || fail (archive, self->location, error);
}

Files *
files_open (const char *location, GError **error)
{
  g_autoptr (Files) self = g_new0 (Files, 1);
  struct archive *archive;
  gboolean read;

  self->location = g_strdup (location);
  if (g_file_test (location, G_FILE_TEST_IS_DIR))
    return g_steal_pointer (&self);
  self->contents = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  archive = archive_read_new ();
  read = read_archive (self, archive, error);
  archive_read_free (archive);
  return read ? g_steal_pointer (&self) : NULL;
}

void
files_free (Files *self)
{
  g_free (self->location);
  g_clear_pointer (&self->contents, g_hash_table_unref);
  g_free (self);
}

GBytes *
files_read (Files *self, const char *name, GError **error)
{
  g_autofree char *path = NULL;
  char *data;
  gsize size;
  GBytes *bytes;

  if (self->contents) {
    bytes = g_hash_table_lookup (self->contents, name);
    if (bytes)
      return g_bytes_ref (bytes);
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "%s: no file %s in it", self->location, name);
    return NULL;
  }
  path = g_build_filename (self->location, name, NULL);
  return g_file_get_contents (path, &data, &size, error)
             ? g_bytes_new_take (data, size)
             : NULL;
}
