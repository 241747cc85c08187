/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/vinfo-sample.h"

G_BEGIN_DECLS

#define VINFO_TYPE_STORE (vinfo_store_get_type ())
#define VINFO_STORE_ERROR (vinfo_store_error_quark ())

/**
 * VInfoStoreError:
 * @VINFO_STORE_ERROR_CORRUPT: the file is damaged
 * @VINFO_STORE_ERROR_FOREIGN: a file of some other program
 * @VINFO_STORE_ERROR_VERSION: written by a newer version of this library
 * @VINFO_STORE_ERROR_FULL: no room on the disk
 * @VINFO_STORE_ERROR_BUSY: another process writes to it
 * @VINFO_STORE_ERROR_NOT_FOUND: no such sample
 * @VINFO_STORE_ERROR_FAILED: anything else, with SQLite's words
 */
typedef enum {
  VINFO_STORE_ERROR_CORRUPT,
  VINFO_STORE_ERROR_FOREIGN,
  VINFO_STORE_ERROR_VERSION,
  VINFO_STORE_ERROR_FULL,
  VINFO_STORE_ERROR_BUSY,
  VINFO_STORE_ERROR_NOT_FOUND,
  VINFO_STORE_ERROR_FAILED
} VInfoStoreError;

VINFO_API
GQuark vinfo_store_error_quark (void);

/**
 * VInfoStore:
 *
 * Where kept samples lie: one SQLite file, or memory. Thread-safe (one lock).
 * Changes gather in a transaction, begun by the first and ended by
 * vinfo_store_commit(); what was committed survives kill -9. Where SQLite fails
 * a change or a commit (disk full, ...), all changes since the last commit are
 * dropped, as by vinfo_store_rollback(). Finalizing drops what isn't committed.
 */
VINFO_API
G_DECLARE_FINAL_TYPE (VInfoStore, vinfo_store, VINFO, STORE, GObject)

/**
 * vinfo_store_open:
 * @location: (nullable): file name, created where missing; %NULL for memory
 *
 * A file that may only be read is opened for that: changes fail. Symbolic links
 * are followed, one to nowhere is refused; a file with hard links is read only.
 *
 * Returns: (transfer full): the store, or %NULL with @error in the domain
 *   #VINFO_STORE_ERROR, message "FILE: WHAT: WHY"
 */
VINFO_API
VInfoStore *vinfo_store_open (const char *location, GError **error);

/**
 * vinfo_store_open_existing:
 * @location: file name
 *
 * Like vinfo_store_open(), for those who only want what is there: it creates
 * nothing.
 *
 * Returns: (transfer full): the store, or %NULL with @error,
 *   %VINFO_STORE_ERROR_NOT_FOUND where there is no such file
 */
VINFO_API
VInfoStore *vinfo_store_open_existing (const char *location, GError **error);

/**
 * vinfo_store_claim:
 *
 * Makes @store the file's one writer until it is finalized, as its first change
 * does anyhow: whoever depends on its samples (a capacity, say) claims it
 * before listing them, and learns at the start that another process writes.
 * Reading needs no claim and is always possible.
 *
 * Returns: %FALSE with @error %VINFO_STORE_ERROR_BUSY where another store, in
 *   this process or in another, is the writer
 */
VINFO_API
gboolean vinfo_store_claim (VInfoStore *store, GError **error);

/** vinfo_store_get_location: (transfer none) (nullable) */
VINFO_API
const char *vinfo_store_get_location (VInfoStore *store);

/**
 * vinfo_store_put:
 *
 * Inserts @sample, or replaces the one with its id.
 */
VINFO_API
gboolean vinfo_store_put (
    VInfoStore *store, const VInfoSample *sample, GError **error);

/**
 * vinfo_store_has_room:
 * @picture: its bytes
 *
 * Returns: whether vinfo_store_put() would find room on the disk for such a one,
 *   beside what isn't committed yet. Where it doesn't it fails, and that is
 *   dropped as well.
 */
VINFO_API
gboolean vinfo_store_has_room (VInfoStore *store, gsize picture);

/**
 * vinfo_store_update:
 *
 * Writes every field of @sample but blob, codec and size to the row with its
 * id.
 */
VINFO_API
gboolean vinfo_store_update (
    VInfoStore *store, const VInfoSample *sample, GError **error);
VINFO_API
gboolean vinfo_store_remove (VInfoStore *store, guint64 id, GError **error);

/**
 * vinfo_store_get:
 *
 * Returns: (transfer full): the sample with its blob, or %NULL with @error
 */
VINFO_API
VInfoSample *vinfo_store_get (VInfoStore *store, guint64 id, GError **error);

/**
 * vinfo_store_list:
 *
 * Returns: (transfer full) (element-type VInfoSample): all samples in order of
 *   arrival, without blobs (but with blob_size), or %NULL with @error
 */
VINFO_API
GPtrArray *vinfo_store_list (VInfoStore *store, GError **error);

/**
 * vinfo_store_list_sound:
 * @damage: (element-type GError): gets an error (transfer full) for each row that
 *   is damaged
 *
 * Like vinfo_store_list(), which fails at the first such row, but goes on.
 */
VINFO_API
GPtrArray *vinfo_store_list_sound (
    VInfoStore *store, GPtrArray *damage, GError **error);

/**
 * vinfo_store_get_data_version:
 * @version: (out): differs from the last one where someone else, in this
 *   process or in another, has committed to the file since
 *
 * The cheap question whether vinfo_store_list() would say something new.
 */
VINFO_API
gboolean vinfo_store_get_data_version (
    VInfoStore *store, gint64 *version, GError **error);

/**
 * vinfo_store_is_outdated:
 *
 * A file that may only be read, and that nobody had open, is read as it was then:
 * its data version stays the same.
 *
 * Returns: whether @store is such a one and somebody has written to it since, or
 *   is about to; opened anew it is as it is now
 */
VINFO_API
gboolean vinfo_store_is_outdated (VInfoStore *store);

/**
 * vinfo_store_commit:
 *
 * Makes all changes so far durable. Without changes it does nothing.
 */
VINFO_API
gboolean vinfo_store_commit (VInfoStore *store, GError **error);

/**
 * vinfo_store_rollback:
 *
 * Drops all changes since the last commit (after a failed put, for example).
 */
VINFO_API
void vinfo_store_rollback (VInfoStore *store);

/**
 * vinfo_store_get_counter: a named number kept with the samples, 0 where unset.
 * vinfo_store_set_counter: part of the running transaction.
 */
VINFO_API
gint64 vinfo_store_get_counter (VInfoStore *store, const char *name);
VINFO_API
gboolean vinfo_store_set_counter (
    VInfoStore *store, const char *name, gint64 value, GError **error);

/**
 * vinfo_store_adopt_names:
 * @from: another store
 *
 * Takes over which feeds and predictor versions @from has seen, kept or not.
 */
VINFO_API
gboolean vinfo_store_adopt_names (
    VInfoStore *store, VInfoStore *from, GError **error);

/**
 * vinfo_store_check:
 *
 * Runs SQLite's integrity check. Returns: %TRUE where the file is sound.
 */
VINFO_API
gboolean vinfo_store_check (VInfoStore *store, GError **error);

/**
 * vinfo_store_checkpoint:
 *
 * Writes what is committed from the log to the file and empties the log, so
 * that nothing of removed samples is left in either: their room is overwritten.
 * Does not wait for readers.
 *
 * Returns: %FALSE with @error, %VINFO_STORE_ERROR_BUSY where something is
 *   reading the log
 */
VINFO_API
gboolean vinfo_store_checkpoint (VInfoStore *store, GError **error);

/**
 * vinfo_store_purge:
 *
 * Commits, then rewrites the file without free room and empties the log, so
 * that nothing of removed samples can be found in it.
 */
VINFO_API
gboolean vinfo_store_purge (VInfoStore *store, GError **error);

G_END_DECLS
