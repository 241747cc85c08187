/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "result.h"

static char *
make_key (const char *experiment, const char *arm, guint seed)
{
  return g_strdup_printf ("%s/%s/%u", experiment, arm, seed);
}

static void
note_done (const Result *result, gpointer self)
{
  g_hash_table_add (((Record *)self)->done,
      make_key (result->experiment, result->arm, result->seed));
}

Record *
record_open (const char *file, GError **error)
{
  g_autoptr (Record) self = g_new0 (Record, 1);

  self->file = g_strdup (file);
  self->done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_file_test (file, G_FILE_TEST_EXISTS)
      && !result_read_file (file, note_done, self, error))
    return NULL;
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
