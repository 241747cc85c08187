/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* "VINF", and the version of the tables. */
#define DATABASE_APPLICATION_ID 0x56494e46
#define DATABASE_VERSION 4

/* Bytes, of a new file. Pictures of 100 KB take 60% of the processor's time that
 * they take in pages of 4 KiB, and half of the disk's; of 8 KB the file is 14%
 * larger. */
#define DATABASE_PAGE_SIZE 16384

/* Opens the file (NULL: memory), or creates it where it may, and makes sure that
 * it is a store of ours. name: what to call it in errors. */
sqlite3 *database_open (
    const char *location, const char *name, gboolean create, GError **error);

/* Runs statements that return nothing of interest. */
gboolean database_run (sqlite3 *db, const char *name, const char *what,
    const char *sql, GError **error);

/* Tells what SQLite said last: "NAME: WHAT: WHY", with the code of the store's
 * domain that fits. */
void database_set_error (sqlite3 *db, const char *name, const char *what,
    int status, GError **error);

/* Whether it is read as it was when it was opened, whatever others write. */
gboolean database_is_at_rest (sqlite3 *db);

/* A number that changes whenever another connection has committed. */
gboolean database_get_data_version (
    sqlite3 *db, const char *name, gint64 *version, GError **error);

/* SQLite's integrity check, and whether each sample has its picture and feed, and
 * each picture its sample. */
gboolean database_check (sqlite3 *db, const char *name, GError **error);

/* Moves the log into the file. Where something reads it, waits for a while or
 * fails at once. */
gboolean database_empty_log (
    sqlite3 *db, const char *name, gboolean wait, GError **error);

/* Whether so much is free on the disk of @location (NULL: memory). */
gboolean database_has_room (const char *location, guint64 bytes);

/* Bytes of all pages, those not committed yet included; G_MAXUINT64 where it can't
 * be told. */
guint64 database_get_size (sqlite3 *db);

/* Where the disk of @location (NULL: memory) is short of room, takes what the
 * file is to grow by before a commit fills it with the log: that could never be
 * moved into the file then. Returns SQLite's code. */
int database_reserve (sqlite3 *db, const char *location);

/* Moves the log into the file, unless something reads it, where the disk of
 * @location (NULL: memory) is short of room. */
void database_save_room (sqlite3 *db, const char *location);

/* Rewrites the file without free pages and empties the log. */
gboolean database_purge (sqlite3 *db, const char *name, GError **error);

G_END_DECLS
