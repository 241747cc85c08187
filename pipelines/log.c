/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A run's diary.
 */
#include "log.h"

#include <errno.h>
#include <stdio.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "json.h"

#define NAME_PREFIX "vinfo-"

struct _Log {
  char *name;
  FILE *file;
  gboolean failed;
};

Log *
log_open (const char *file, GError **error)
{
  FILE *stream = g_fopen (file, "ae");
  Log *self;

  if (!stream) {
    int why = errno;

    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (why),
        "%s: cannot be written: %s", file, g_strerror (why));
    return NULL;
  }
  self = g_new0 (Log, 1);
  self->name = g_strdup (file);
  self->file = stream;
  return self;
}

void
log_close (Log *self)
{
  if (!self)
    return;
  fclose (self->file);
  g_free (self->name);
  g_free (self);
}

void
log_write (Log *self, const GstStructure *structure)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S.%fZ");
  g_autofree char *line = NULL;
  const char *event = gst_structure_get_name (structure);

  if (g_str_has_prefix (event, NAME_PREFIX))
    event += sizeof NAME_PREFIX - 1;
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "time");
  json_builder_add_string_value (builder, time);
  json_builder_set_member_name (builder, "event");
  json_builder_add_string_value (builder, event);
  json_add_structure (builder, structure);
  json_builder_end_object (builder);

  line = json_builder_to_text (builder, FALSE);
  if (fprintf (self->file, "%s\n", line) >= 0 && fflush (self->file) == 0)
    return;
  if (!self->failed)
    g_printerr (
        "vinfo: %s: cannot be written: %s\n", self->name, g_strerror (errno));
  self->failed = TRUE;
}
