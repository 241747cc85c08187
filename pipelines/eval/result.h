/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * Result:
 * @stream: what kind of stream it is, "" where not said
 * @junk: share of junk in the stream
 * @ratio: share of the stream that was trained on
 * @commit: "" where not said
 *
 * One measured value, a line of an experiment's results.
 */
typedef struct {
  const char *experiment;
  const char *stream;
  double junk, ratio;
  const char *arm;
  guint seed;
  const char *metric;
  double value;
  const char *commit;
} Result;

/** result_append: adds a line of JSON to @lines */
void result_append (GString *lines, const Result *result);

/** ResultFunc: takes a result that lives as long as the call */
typedef void (*ResultFunc) (const Result *result, gpointer user_data);

/**
 * result_read_file:
 * @file: JSON lines
 *
 * Calls @func for every line, in their order.
 *
 * Returns: %FALSE with @error that names file and line of what is no result
 */
gboolean result_read_file (
    const char *file, ResultFunc func, gpointer user_data, GError **error);
