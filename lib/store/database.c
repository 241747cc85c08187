/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection: which file is ours, how it is kept safe, and what SQLite's
 * codes mean for a store. */
#include "store/database-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/schema-private.h"
#include "store/vinfo-store.h"

#define BUSY_TIMEOUT 2000                             /* ms */
#define SHORT_OF_ROOM (G_GUINT64_CONSTANT (16) << 20) /* bytes */

typedef enum { FILE_EMPTY, FILE_OURS, FILE_OLD, FILE_UNKNOWN } FileKind;

static gboolean
is_of_system (int status)
{
  return (status & 0xff) == SQLITE_IOERR || (status & 0xff) == SQLITE_CANTOPEN;
}

/* SQLite keeps the system's error of some failures only; of a failed write to
 * the log, errno alone has it. */
static int
find_system_error (sqlite3 *db, int status)
{
  int last = errno;
  int kept = sqlite3_system_errno (db);

  if (!is_of_system (status))
    return 0;
  return kept != 0 ? kept : last;
}

static VInfoStoreError
error_code (int status, int system_error)
{
  switch (status & 0xff) {
  case SQLITE_CORRUPT:
    return VINFO_STORE_ERROR_CORRUPT;
  case SQLITE_NOTADB:
    return VINFO_STORE_ERROR_FOREIGN;
  case SQLITE_FULL:
    return VINFO_STORE_ERROR_FULL;
  case SQLITE_BUSY:
    return VINFO_STORE_ERROR_BUSY;
  }
  if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG)
    return VINFO_STORE_ERROR_FULL;
  return VINFO_STORE_ERROR_FAILED;
}

/* The system's reason says more than that SQLite could not open or write. */
static const char *
describe (sqlite3 *db, int status, int system_error)
{
  if (system_error != 0)
    return g_strerror (system_error);
  if ((status & 0xff) == SQLITE_READONLY)
    return "it may only be read: no permission to write to it, or a read-only "
           "disk";
  return sqlite3_errmsg (db);
}

void
database_set_error (
    sqlite3 *db, const char *name, const char *what, int status, GError **error)
{
  int system_error = find_system_error (db, status);

  g_set_error (error, VINFO_STORE_ERROR, error_code (status, system_error),
      "%s: %s: %s", name, what, describe (db, status, system_error));
}

gboolean
database_run (sqlite3 *db, const char *name, const char *what, const char *sql,
    GError **error)
{
  int status = sqlite3_exec (db, sql, NULL, NULL, NULL);

  if (status != SQLITE_OK)
    database_set_error (db, name, what, status, error);
  return status == SQLITE_OK;
}

static int
query_number (sqlite3 *db, const char *sql, gint64 *number)
{
  sqlite3_stmt *query = NULL;
  int status = sqlite3_prepare_v2 (db, sql, -1, &query, NULL);

  if (status == SQLITE_OK)
    status = sqlite3_step (query);
  if (status == SQLITE_ROW) {
    *number = sqlite3_column_int64 (query, 0);
    status = SQLITE_OK;
  }
  sqlite3_finalize (query);
  return status;
}

/* Nothing may be written before this has said whose file it is, and of which
 * version. */
static gboolean
identify (sqlite3 *db, const char *name, FileKind *kind, gint64 *found,
    GError **error)
{
  gint64 application = 0, version = 0, tables = 0;
  int status;

  status = query_number (db, "SELECT count(*) FROM sqlite_schema", &tables);
  if (status == SQLITE_OK)
    status = query_number (db, "PRAGMA application_id", &application);
  if (status == SQLITE_OK)
    status = query_number (db, "PRAGMA user_version", &version);
  if (status != SQLITE_OK) {
    database_set_error (db, name,
        status == SQLITE_NOTADB ? "open: not a store" : "open", status, error);
    return FALSE;
  }

  if (application == DATABASE_APPLICATION_ID && version > DATABASE_VERSION) {
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_VERSION,
        "%s: open: format version %" G_GINT64_FORMAT
        ", this program knows up to %d",
        name, version, DATABASE_VERSION);
    return FALSE;
  }
  *found = version;
  if (application == DATABASE_APPLICATION_ID && version == DATABASE_VERSION)
    *kind = FILE_OURS;
  else if (application == DATABASE_APPLICATION_ID && version > 0)
    *kind = FILE_OLD;
  else if (application == 0 && version == 0 && tables == 0)
    *kind = FILE_EMPTY;
  else
    *kind = FILE_UNKNOWN;
  return TRUE;
}

/* (transfer full) what makes an empty or old file one of this version */
static char *
describe_upgrade (FileKind kind, gint64 version)
{
  g_autoptr (GString) sql = g_string_new (NULL);

  if (kind == FILE_EMPTY)
    g_string_append_printf (sql, "%s PRAGMA application_id = %d;", schema_sql,
        DATABASE_APPLICATION_ID);
  for (; kind == FILE_OLD && version < DATABASE_VERSION; version++)
    g_string_append (sql, schema_get_migration (version));
  g_string_append_printf (
      sql, "PRAGMA user_version = %d; COMMIT", DATABASE_VERSION);
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/* Looks again with the file locked: another process may have been faster. */
static gboolean
upgrade_tables (sqlite3 *db, const char *name, const char *what, GError **error)
{
  g_autofree char *sql = NULL;
  gint64 version;
  FileKind kind;

  if (!database_run (db, name, what, "BEGIN IMMEDIATE", error)
      || !identify (db, name, &kind, &version, error))
    return FALSE;
  if (kind == FILE_EMPTY || kind == FILE_OLD)
    sql = describe_upgrade (kind, version);
  return database_run (db, name, what, sql ? sql : "ROLLBACK", error);
}

static gboolean
prepare_file (sqlite3 *db, const char *name, gboolean create, GError **error)
{
  gint64 version;
  FileKind kind;

  if (!identify (db, name, &kind, &version, error))
    return FALSE;
  if (kind == FILE_UNKNOWN || (kind == FILE_EMPTY && !create)) {
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FOREIGN,
        "%s: open: not a store: %s", name,
        kind == FILE_EMPTY ? "an empty file"
                           : "a database of some other program");
    return FALSE;
  }
  return kind == FILE_OURS
         || upgrade_tables (
             db, name, kind == FILE_EMPTY ? "create" : "upgrade", error);
}

/* Of a new file, before anything is in it. */
static const char layout[]
    = "PRAGMA page_size = " G_STRINGIFY (DATABASE_PAGE_SIZE);

/* Durability: with the write-ahead log, a commit is one append; synchronous =
 * FULL also waits until the disk has it, so that a commit outlives a power cut
 * as well as kill -9. (Where a file system can't share the log's index, SQLite
 * stays with its rollback journal, which is slower and as safe.) The log is
 * moved into the file at 256 pages, 4 MiB, and is no longer than that afterwards.
 * Removed frames are overwritten, not only unlinked. */
static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA wal_autocheckpoint = 256;"
                               "PRAGMA journal_size_limit = 4194304;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA secure_delete = ON;";

static gboolean
set_up (sqlite3 *db, const char *name, gboolean create, GError **error)
{
  sqlite3_extended_result_codes (db, 1);
  sqlite3_busy_timeout (db, BUSY_TIMEOUT);
  /* Not from the file: what a damaged or hostile schema says isn't run. */
  sqlite3_db_config (db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);

  return database_run (db, name, "open", layout, error)
         && prepare_file (db, name, create, error)
         && database_run (db, name, "open", settings, error);
}

/* A file that may only be read, and that nobody has open: SQLite couldn't make
 * the log's index beside it, and needs none. */
static gboolean
is_at_rest (const char *location)
{
  g_autofree char *log = location ? g_strconcat (location, "-wal", NULL) : NULL;

  return location && access (location, F_OK) == 0 && access (log, F_OK) != 0
         && faccessat (AT_FDCWD, location, W_OK, AT_EACCESS) != 0;
}

static int
open_at_rest (const char *location, sqlite3 **db)
{
  g_autofree char *path = g_canonicalize_filename (location, NULL);
  g_autofree char *file = g_filename_to_uri (path, NULL, NULL);
  g_autofree char *uri = g_strconcat (file, "?immutable=1", NULL);

  return sqlite3_open_v2 (uri, db,
      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
}

/* SQLite looks for a file to read after it may not make one, and tells of that:
 * it isn't there. */
static gboolean
is_forbidden (const char *location)
{
  g_autofree char *folder = location ? g_path_get_dirname (location) : NULL;

  return location && access (location, F_OK) != 0
         && faccessat (AT_FDCWD, folder, W_OK, AT_EACCESS) != 0;
}

sqlite3 *
database_open (
    const char *location, const char *name, gboolean create, GError **error)
{
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
                    | (create ? SQLITE_OPEN_CREATE : 0);
  sqlite3 *db = NULL;
  int status;

  if (is_at_rest (location))
    status = open_at_rest (location, &db);
  else
    status
        = sqlite3_open_v2 (location ? location : ":memory:", &db, flags, NULL);
  if (status == SQLITE_CANTOPEN && is_forbidden (location))
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FAILED,
        "%s: create: %s", name, g_strerror (errno));
  else if (status != SQLITE_OK)
    database_set_error (db, name, "open", status, error);
  if (status != SQLITE_OK || !set_up (db, name, create, error)) {
    sqlite3_close (db);
    return NULL;
  }
  return db;
}

gboolean
database_is_at_rest (sqlite3 *db)
{
  return sqlite3_uri_boolean (sqlite3_db_filename (db, "main"), "immutable", 0);
}

gboolean
database_get_data_version (
    sqlite3 *db, const char *name, gint64 *version, GError **error)
{
  int status = query_number (db, "PRAGMA data_version", version);

  if (status != SQLITE_OK)
    database_set_error (db, name, "look for changes", status, error);
  return status == SQLITE_OK;
}

static gboolean
check_pages (sqlite3 *db, const char *name, GError **error)
{
  sqlite3_stmt *query = NULL;
  int status
      = sqlite3_prepare_v2 (db, "PRAGMA integrity_check(1)", -1, &query, NULL);
  const char *verdict = NULL;

  if (status == SQLITE_OK)
    status = sqlite3_step (query);
  if (status == SQLITE_ROW)
    verdict = (const char *)sqlite3_column_text (query, 0);
  if (!verdict)
    database_set_error (db, name, "check", status, error);
  else if (strcmp (verdict, "ok") != 0)
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT,
        "%s: check: %s", name, verdict);
  status = verdict && strcmp (verdict, "ok") == 0;
  sqlite3_finalize (query);
  return status;
}

static gboolean
check_pictures (sqlite3 *db, const char *name, GError **error)
{
  static const char sql[]
      = "SELECT count(*) FROM samples LEFT JOIN blobs ON blobs.id = samples.id "
        "WHERE length(data) IS NOT blob_size";
  gint64 missing = 0;
  int status = query_number (db, sql, &missing);

  if (status != SQLITE_OK)
    database_set_error (db, name, "check", status, error);
  else if (missing > 0)
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT,
        "%s: check: %" G_GINT64_FORMAT " samples lack their picture", name,
        missing);
  return status == SQLITE_OK && missing == 0;
}

/* Samples have a feed, and pictures a sample. */
static gboolean
check_references (sqlite3 *db, const char *name, GError **error)
{
  gint64 n = 0;
  int status
      = query_number (db, "SELECT count(*) FROM pragma_foreign_key_check", &n);

  if (status != SQLITE_OK)
    database_set_error (db, name, "check", status, error);
  else if (n > 0)
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT,
        "%s: check: %" G_GINT64_FORMAT
        " samples lack their feed, or pictures their sample",
        name, n);
  return status == SQLITE_OK && n == 0;
}

gboolean
database_check (sqlite3 *db, const char *name, GError **error)
{
  return check_pages (db, name, error) && check_pictures (db, name, error)
         && check_references (db, name, error);
}

gboolean
database_empty_log (
    sqlite3 *db, const char *name, gboolean wait, GError **error)
{
  gint64 busy = 0;
  int status;

  sqlite3_busy_timeout (db, wait ? BUSY_TIMEOUT : 0);
  status = query_number (db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy);
  sqlite3_busy_timeout (db, BUSY_TIMEOUT);
  if (status == SQLITE_OK && busy)
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_BUSY,
        "%s: purge: something else is reading it", name);
  else if (status != SQLITE_OK)
    database_set_error (db, name, "purge", status, error);
  return status == SQLITE_OK && !busy;
}

/* TRUE, too, where nobody can tell. */
gboolean
database_has_room (const char *location, guint64 bytes)
{
  struct statvfs disk;

  return !location || statvfs (location, &disk) != 0
         || (guint64)disk.f_bavail * disk.f_frsize >= bytes;
}

guint64
database_get_size (sqlite3 *db)
{
  gint64 pages = 0, page_size = 0;

  if (query_number (db, "PRAGMA page_count", &pages) != SQLITE_OK
      || query_number (db, "PRAGMA page_size", &page_size) != SQLITE_OK)
    return G_MAXUINT64;
  return (guint64)pages * (guint64)page_size;
}

int
database_reserve (sqlite3 *db, const char *location)
{
  guint64 size;
  int unit = DATABASE_PAGE_SIZE, status;

  if (database_has_room (location, SHORT_OF_ROOM))
    return SQLITE_OK;
  size = database_get_size (db);
  if (size == G_MAXUINT64)
    return SQLITE_OK;
  /* without a unit the hint is no order */
  sqlite3_file_control (db, "main", SQLITE_FCNTL_CHUNK_SIZE, &unit);
  status = sqlite3_file_control (db, "main", SQLITE_FCNTL_SIZE_HINT, &size);
  unit = 0;
  sqlite3_file_control (db, "main", SQLITE_FCNTL_CHUNK_SIZE, &unit);
  return status;
}

/* Where the log has grown into the last of the room there is nowhere to move it
 * to, and nothing can be committed any more, not even a removal. */
void
database_save_room (sqlite3 *db, const char *location)
{
  if (!database_has_room (location, SHORT_OF_ROOM))
    database_empty_log (db, location, FALSE, NULL);
}

/* Whether the pages are what is wrong. */
static gboolean
is_damaged (sqlite3 *db, const char *name)
{
  g_autoptr (GError) error = NULL;

  return !check_pages (db, name, &error)
         && g_error_matches (
             error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT);
}

/* VACUUM says of some damaged files that the disk is full: a damaged length asks
 * for as many pages. */
gboolean
database_purge (sqlite3 *db, const char *name, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (database_run (db, name, "purge", "VACUUM", &problem))
    return database_empty_log (db, name, TRUE, error);
  if (g_error_matches (problem, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FULL)
      && is_damaged (db, name))
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT,
        "%s: purge: %s", name, sqlite3_errstr (SQLITE_CORRUPT));
  else
    g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}
