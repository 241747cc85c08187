/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/dtype-private.h"
#include "mae/safetensors-private.h"
#include "mae/vinfo-mae.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <unistd.h>

static void
build_sizes (
    JsonBuilder *builder, const char *name, const gsize *sizes, guint n)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    json_builder_add_int_value (builder, sizes[i]);
  json_builder_end_array (builder);
}

static void
build_metadata (JsonBuilder *builder, const char *const *metadata)
{
  json_builder_set_member_name (builder, "__metadata__");
  json_builder_begin_object (builder);
  for (; *metadata; metadata += 2) {
    json_builder_set_member_name (builder, metadata[0]);
    json_builder_add_string_value (builder, metadata[1]);
  }
  json_builder_end_object (builder);
}

/* The JSON, then spaces up to a multiple of 8, so that values are aligned. */
static GString *
build_header (const SafetensorsEntry *entries, guint n_entries,
    const char *const *metadata)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  gsize offsets[2] = { 0, 0 };
  json_builder_begin_object (builder);
  if (metadata)
    build_metadata (builder, metadata);
  for (guint i = 0; i < n_entries; i++) {
    offsets[0] = offsets[1];
    offsets[1] += mae_entry_bytes (&entries[i]);
    json_builder_set_member_name (builder, entries[i].name);
    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "dtype");
    json_builder_add_string_value (builder, mae_dtype_name (entries[i].dtype));
    build_sizes (builder, "shape", entries[i].shape, entries[i].n_dims);
    build_sizes (builder, "data_offsets", offsets, 2);
    json_builder_end_object (builder);
  }
  json_builder_end_object (builder);
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *json = json_to_string (root, FALSE);
  GString *header = g_string_new (json);
  while (header->len % 8 != 0)
    g_string_append_c (header, ' ');
  return header;
}

static gboolean
write_all (int fd, const void *data, gsize size)
{
  for (const char *bytes = data; size > 0;) {
    gssize n = write (fd, bytes, size);
    if (n < 0 && errno != EINTR)
      return FALSE;
    bytes += MAX (n, 0);
    size -= MAX (n, 0);
  }
  return TRUE;
}

static gboolean
write_file (int fd, const GString *header, const SafetensorsEntry *entries,
    guint n_entries)
{
  guint64 length = GUINT64_TO_LE (header->len);
  if (!write_all (fd, &length, sizeof length)
      || !write_all (fd, header->str, header->len))
    return FALSE;
  for (guint i = 0; i < n_entries; i++)
    if (!write_all (fd, entries[i].data, mae_entry_bytes (&entries[i])))
      return FALSE;
  return fsync (fd) == 0;
}

gboolean
safetensors_write (const char *path, const SafetensorsEntry *entries,
    guint n_entries, const char *const *metadata, GError **error)
{
  g_autofree char *temporary = g_strconcat (path, ".XXXXXX", NULL);
  g_autoptr (GString) header = build_header (entries, n_entries, metadata);
  int fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0666);
  int why = errno;
  gboolean written = FALSE;
  if (fd >= 0) {
    written = write_file (fd, header, entries, n_entries);
    why = written ? 0 : errno;
    if (close (fd) != 0 || (written && g_rename (temporary, path) != 0)) {
      why = written ? errno : why;
      written = FALSE;
    }
    if (!written)
      g_unlink (temporary);
  }
  if (!written)
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_IO,
        "%s: cannot write: %s", path, g_strerror (why));
  return written;
}
