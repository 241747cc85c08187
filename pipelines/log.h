/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/**
 * Log:
 *
 * A run's diary: JSON objects, one a line, each with `time` (UTC) and `event`,
 * on disk as soon as they are written. A later run appends.
 */
typedef struct _Log Log;

/** log_open: Returns: (transfer full): the log, or %NULL with @error */
Log *log_open (const char *file, GError **error);
void log_close (Log *self);

/**
 * log_write:
 * @structure: its name without "vinfo-" is the event, its fields follow
 */
void log_write (Log *self, const GstStructure *structure);
