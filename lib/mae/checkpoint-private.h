/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A directory of predictor versions: `step-00001200/` each, and the symlink
 * `latest` that names the newest complete one. Errors are VINFO_MAE_ERROR. */

/* The largest count (steps, pictures, versions) that a file may hold: what goes
 * on from it still fits a signed number, and the optimiser's floating point has
 * it exactly. */
#define CHECKPOINT_MAX_COUNT (G_GINT64_CONSTANT (1) << 53)

typedef gboolean (*CheckpointWrite) (
    const char *directory, gpointer data, GError **error);

/* Calls write() on a new temporary directory beside the others, fsyncs it,
 * renames it to step-%08u, swaps `latest` atomically, then removes all but the
 * newest `keep` (0: all stay). On failure nothing old is touched. A step that
 * exists already is replaced. */
gboolean checkpoint_publish (const char *location, guint64 step, guint keep,
    CheckpointWrite write, gpointer data, GError **error);

/* (transfer full) the directory that `location` means: itself where it holds a
 * config.json, else what `latest` points to; NULL with NOT_FOUND where there is
 * neither, with CORRUPT where `latest` leads to no predictor. */
char *checkpoint_resolve (const char *location, GError **error);

/* (transfer full) (nullable) the version that was published before the one in
 * `directory`, beside it. */
char *checkpoint_previous (const char *directory);

G_END_DECLS
