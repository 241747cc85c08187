/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * Record:
 *
 * The results of experiments: a file of JSON lines, one a measured value:
 * experiment, stream, junk, ratio, arm, seed, metric, value, commit. Several
 * processes may append at the same time.
 */
typedef struct {
  char *file;
  GHashTable *done; /* "experiment/arm/seed" */
} Record;

/** record_open: Returns: (transfer full): with what @file holds already */
Record *record_open (const char *file, GError **error);
void record_close (Record *self);

/** record_has: whether all of an arm's values under a seed are there */
gboolean record_has (
    Record *self, const char *experiment, const char *arm, guint seed);

/**
 * record_add:
 * @lines: complete lines, appended at once
 */
gboolean record_add (Record *self, const char *lines, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Record, record_close)
