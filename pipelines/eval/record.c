/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

static char *
make_key (const char *experiment, const char *arm, gint64 seed)
{
  return g_strdup_printf ("%s/%s/%" G_GINT64_FORMAT, experiment, arm, seed);
}

static gboolean
read_line (Record *self, const char *line, guint number, GError **error)
{
  g_autoptr (JsonNode) node = json_from_string (line, NULL);
  JsonObject *object = node && JSON_NODE_HOLDS_OBJECT (node)
                           ? json_node_get_object (node)
                           : NULL;
  const char *experiment, *arm;

  if (object) {
    experiment = json_object_get_string_member_with_default (
        object, "experiment", NULL);
    arm = json_object_get_string_member_with_default (object, "arm", NULL);
    if (experiment && arm) {
      g_hash_table_add (self->done,
          make_key (experiment, arm,
              json_object_get_int_member_with_default (object, "seed", -1)));
      return TRUE;
    }
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: line %u: no result", self->file, number);
  return FALSE;
}

Record *
record_open (const char *file, GError **error)
{
  g_autoptr (Record) self = g_new0 (Record, 1);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  self->file = g_strdup (file);
  self->done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!g_file_test (file, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&self);
  if (!g_file_get_contents (file, &text, NULL, error))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    if (lines[i][0] != '\0' && !read_line (self, lines[i], i + 1, error))
      return NULL;
  }
  return g_steal_pointer (&self);
}

void
record_close (Record *self)
{
  g_free (self->file);
  g_hash_table_unref (self->done);
  g_free (self);
}

gboolean
record_has (Record *self, const char *experiment, const char *arm, guint seed)
{
  g_autofree char *key = make_key (experiment, arm, seed);

  return g_hash_table_contains (self->done, key);
}

gboolean
record_add (Record *self, const char *lines, GError **error)
{
  gsize length = strlen (lines);
  int fd = open (self->file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  gboolean written = fd >= 0 && write (fd, lines, length) == (gssize)length;
  int why = errno;

  if (fd >= 0)
    written &= close (fd) == 0;
  if (!written)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (why), "%s: %s",
        self->file, g_strerror (why));
  return written;
}
