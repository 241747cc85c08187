/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/vinfo-store.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/database-private.h"
#include "store/row-private.h"
#include "store/writer-lock-private.h"

/* What puts leave free of a disk, so that removals can still be committed: those
 * are written to the log, too. */
#define SPARE_ROOM (G_GUINT64_CONSTANT (256) << 10)

/* What a change takes while it is committed: a page of each of both tables, since
 * ids lie anywhere, and now and then one more where a page is split; and its
 * picture in the log, in the file, and in the log once more as what goes for it. */
#define PAGES_OF_PUT 3
#define PAGES_OF_REMOVAL 2
#define COPIES_OF_PICTURE 3

typedef enum {
  ADD_FEED,
  ADD_VERSION,
  MERGE_VERSION,
  LIST_FEEDS,
  LIST_VERSIONS,
  PUT_SAMPLE,
  PUT_BLOB,
  UPDATE_SAMPLE,
  REMOVE_SAMPLE,
  REMOVE_BLOB,
  GET_SAMPLE,
  LIST_SAMPLES,
  GET_COUNTER,
  SET_COUNTER,
  N_STATEMENTS
} Statement;

static const char *const sql[N_STATEMENTS] = {
  [ADD_FEED] = "INSERT OR IGNORE INTO feeds (name) VALUES (?1)",
  [ADD_VERSION] = "INSERT OR IGNORE INTO versions VALUES (?1, ?2)",
  [MERGE_VERSION]
  = "INSERT INTO versions VALUES (?1, ?2) ON CONFLICT (version) DO UPDATE "
    "SET first_used = min (first_used, excluded.first_used)",
  [LIST_FEEDS] = "SELECT name FROM feeds ORDER BY id",
  [LIST_VERSIONS] = "SELECT version, first_used FROM versions",
  [PUT_SAMPLE] = "INSERT OR REPLACE INTO samples (id, feed, " ROW_STATE
                 ", " ROW_PICTURE ") VALUES (?1, " ROW_FEED_PARAMETER
                 ", " ROW_STATE_PARAMETERS ", " ROW_PICTURE_PARAMETERS ")",
  [PUT_BLOB] = "INSERT OR REPLACE INTO blobs VALUES (?1, ?2)",
  [UPDATE_SAMPLE]
  = "UPDATE samples SET (feed, " ROW_STATE ") = (" ROW_FEED_PARAMETER
    ", " ROW_STATE_PARAMETERS ") WHERE id = ?1",
  [REMOVE_SAMPLE] = "DELETE FROM samples WHERE id = ?1",
  [REMOVE_BLOB] = "DELETE FROM blobs WHERE id = ?1",
  [GET_SAMPLE] = "SELECT samples.id, name, " ROW_STATE ", " ROW_PICTURE
                 ", data FROM samples JOIN feeds ON feeds.id = feed "
                 "LEFT JOIN blobs ON blobs.id = samples.id "
                 "WHERE samples.id = ?1",
  [LIST_SAMPLES] = "SELECT samples.id, name, " ROW_STATE ", " ROW_PICTURE
                   " FROM samples JOIN feeds ON feeds.id = feed "
                   "ORDER BY arrival, samples.id",
  [GET_COUNTER] = "SELECT value FROM counters WHERE name = ?1",
  [SET_COUNTER] = "INSERT OR REPLACE INTO counters VALUES (?1, ?2)",
};

struct _VInfoStore {
  GObject parent;

  char *location;     /* as it was given; NULL: memory */
  char *path;         /* the file's one name, which lock and log follow */
  struct stat opened; /* the file before that */

  GMutex lock; /* protects all below */
  sqlite3 *db;
  sqlite3_stmt *statements[N_STATEMENTS];
  guint64 pages;    /* that changes since the last commit touch, at most */
  guint64 pictures; /* bytes of those put since */
  gint writer;      /* held writer lock, -1 before the first change */
};

G_DEFINE_FINAL_TYPE (VInfoStore, vinfo_store, G_TYPE_OBJECT)
G_DEFINE_QUARK (vinfo_store_error_quark, vinfo_store_error)

static const char *
store_name (VInfoStore *store)
{
  return store->location ? store->location : "memory";
}

static void
vinfo_store_finalize (GObject *object)
{
  VInfoStore *store = VINFO_STORE (object);

  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (store->statements[i]);
  sqlite3_close (store->db);
  if (store->path)
    writer_lock_release (store->path, store->writer);
  g_free (store->path);
  g_free (store->location);
  g_mutex_clear (&store->lock);
  G_OBJECT_CLASS (vinfo_store_parent_class)->finalize (object);
}

static void
vinfo_store_class_init (VInfoStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vinfo_store_finalize;
}

static void
vinfo_store_init (VInfoStore *store)
{
  g_mutex_init (&store->lock);
  store->writer = -1;
}

/* Finds out, too, whether the tables are those of the schema. */
static gboolean
prepare_statements (VInfoStore *store, GError **error)
{
  for (guint i = 0; i < N_STATEMENTS; i++) {
    int status = sqlite3_prepare_v3 (store->db, sql[i], -1,
        SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL);

    if (status != SQLITE_OK) {
      /* Plain ERROR: a table or column isn't there. */
      database_set_error (store->db, store_name (store), "open",
          status == SQLITE_ERROR ? SQLITE_CORRUPT : status, error);
      return FALSE;
    }
  }
  return TRUE;
}

/* Of a file that isn't there yet, its folder's; NULL where that isn't either. */
static char *
resolve (const char *location)
{
  g_autofree char *file = realpath (location, NULL);
  g_autofree char *folder = NULL, *parent = NULL, *name = NULL;

  if (file || g_file_test (location, G_FILE_TEST_IS_SYMLINK))
    return g_strdup (file);
  parent = g_path_get_dirname (location);
  folder = realpath (parent, NULL);
  name = g_path_get_basename (location);
  return folder ? g_build_filename (folder, name, NULL) : NULL;
}

/* A file has one lock and one log, beside it, by whatever name it is opened. */
static gboolean
find_file (VInfoStore *store, GError **error)
{
  const char *why = NULL;

  if (!store->location)
    return TRUE;
  errno = 0;
  store->path = *store->location ? resolve (store->location) : NULL;
  if (!*store->location)
    why = "no name";
  else if (!store->path)
    why = g_strerror (errno);
  if (why)
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FAILED,
        "%s: open: %s", store->location, why);
  return why == NULL;
}

static VInfoStore *
open_store (const char *location, gboolean create, GError **error)
{
  g_autoptr (VInfoStore) store = g_object_new (VINFO_TYPE_STORE, NULL);

  store->location = g_strdup (location);
  if (!find_file (store, error))
    return NULL;
  if (store->path)
    stat (store->path, &store->opened);
  store->db = database_open (store->path, store_name (store), create, error);
  if (!store->db || !prepare_statements (store, error))
    return NULL;
  return g_steal_pointer (&store);
}

VInfoStore *
vinfo_store_open (const char *location, GError **error)
{
  return open_store (location, TRUE, error);
}

VInfoStore *
vinfo_store_open_existing (const char *location, GError **error)
{
  g_return_val_if_fail (location != NULL, NULL);

  if (access (location, F_OK) != 0) {
    int why = errno;

    g_set_error (error, VINFO_STORE_ERROR,
        why == ENOENT ? VINFO_STORE_ERROR_NOT_FOUND : VINFO_STORE_ERROR_FAILED,
        "%s: open: %s", location, g_strerror (why));
    return NULL;
  }
  return open_store (location, FALSE, error);
}

const char *
vinfo_store_get_location (VInfoStore *store)
{
  g_return_val_if_fail (VINFO_IS_STORE (store), NULL);

  return store->location;
}

static gboolean
has_changes (VInfoStore *store)
{
  return !sqlite3_get_autocommit (store->db);
}

/* All or nothing, whatever SQLite itself made of a failure. What the changes
 * took of a full disk is given back. */
static void
drop_changes (VInfoStore *store)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_reset (store->statements[i]);
  if (has_changes (store))
    sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL);
  database_save_room (store->db, store->path);
}

static gboolean
fail_change (VInfoStore *store, const char *what, int status, GError **error)
{
  database_set_error (store->db, store_name (store), what, status, error);
  drop_changes (store);
  return FALSE;
}

/* Of hard links none is the one name, which lock and log follow. */
static gboolean
has_one_name (VInfoStore *store, GError **error)
{
  struct stat status;

  if (stat (store->path, &status) != 0 || status.st_nlink <= 1)
    return TRUE;
  g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FAILED,
      "%s: lock for writing: the file has another name, a hard link, and could "
      "be written by both",
      store_name (store));
  return FALSE;
}

static gboolean
claim (VInfoStore *store, GError **error)
{
  if (!store->path || store->writer >= 0)
    return TRUE;
  if (has_one_name (store, error))
    store->writer
        = writer_lock_acquire (store->path, store_name (store), error);
  return store->writer >= 0;
}

static gboolean
begin_change (VInfoStore *store, const char *what, GError **error)
{
  if (has_changes (store))
    return TRUE;
  store->pages = store->pictures = 0;
  return claim (store, error)
         && database_run (
             store->db, store_name (store), what, "BEGIN IMMEDIATE", error);
}

/* Steps a bound statement that returns no rows; bound: status of the binding */
static gboolean
run (VInfoStore *store, Statement statement, int bound, const char *what,
    GError **error)
{
  sqlite3_stmt *stmt = store->statements[statement];
  int status = bound == SQLITE_OK ? sqlite3_step (stmt) : bound;

  if (status != SQLITE_DONE)
    return fail_change (store, what, status, error);
  sqlite3_reset (stmt);
  sqlite3_clear_bindings (stmt);
  return TRUE;
}

static int
bind_integer (
    VInfoStore *store, Statement statement, int parameter, gint64 value)
{
  return sqlite3_bind_int64 (store->statements[statement], parameter, value);
}

static gboolean
add_names (VInfoStore *store, const VInfoSample *sample, const char *what,
    GError **error)
{
  int status = sqlite3_bind_text (store->statements[ADD_FEED], 1,
      sample->feed ? sample->feed : "", -1, SQLITE_TRANSIENT);

  if (!run (store, ADD_FEED, status, what, error))
    return FALSE;
  status = bind_integer (store, ADD_VERSION, 1, sample->score.version);
  if (status == SQLITE_OK)
    status = bind_integer (store, ADD_VERSION, 2, sample->wall_time);
  return run (store, ADD_VERSION, status, what, error);
}

static gboolean
put_blob (VInfoStore *store, const VInfoSample *sample, const char *what,
    GError **error)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (sample->blob, &size);
  int status = bind_integer (store, PUT_BLOB, 1, sample->id);

  /* An empty blob has no data pointer, which SQLite would take for NULL. */
  if (status == SQLITE_OK)
    status = sqlite3_bind_blob64 (store->statements[PUT_BLOB], 2,
        size > 0 ? data : "", size, SQLITE_STATIC);
  return run (store, PUT_BLOB, status, what, error);
}

/* Whether so much can be committed. The log holds no page twice. */
static gboolean
has_room (VInfoStore *store, guint64 n_pages, guint64 pictures)
{
  guint64 pages = n_pages * DATABASE_PAGE_SIZE;
  guint64 others = COPIES_OF_PICTURE * pictures + SPARE_ROOM;

  return database_has_room (store->path, pages + others)
         || database_has_room (
             store->path, MIN (pages, database_get_size (store->db)) + others);
}

static gboolean
take_room (VInfoStore *store, const VInfoSample *sample, const char *what,
    GError **error)
{
  store->pages += PAGES_OF_PUT;
  store->pictures += g_bytes_get_size (sample->blob);
  if (has_room (store, store->pages, store->pictures))
    return TRUE;
  g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FULL,
      "%s: %s: the disk has too little room left", store_name (store), what);
  drop_changes (store);
  return FALSE;
}

static gboolean
put (VInfoStore *store, const VInfoSample *sample, GError **error)
{
  g_autofree char *what = g_strdup_printf ("put %" VINFO_ID_FORMAT, sample->id);
  sqlite3_stmt *stmt = store->statements[PUT_SAMPLE];
  int status;

  if (!begin_change (store, what, error)
      || !take_room (store, sample, what, error)
      || !add_names (store, sample, what, error))
    return FALSE;
  status = row_bind_state (stmt, sample);
  if (status == SQLITE_OK)
    status = row_bind_picture (stmt, sample);
  return run (store, PUT_SAMPLE, status, what, error)
         && put_blob (store, sample, what, error);
}

gboolean
vinfo_store_put (VInfoStore *store, const VInfoSample *sample, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);
  g_return_val_if_fail (sample != NULL && sample->blob != NULL, FALSE);

  locker = g_mutex_locker_new (&store->lock);
  return put (store, sample, error);
}

gboolean
vinfo_store_has_room (VInfoStore *store, gsize picture)
{
  g_autoptr (GMutexLocker) locker = NULL;
  gboolean pending;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);

  locker = g_mutex_locker_new (&store->lock);
  pending = has_changes (store);
  return has_room (store, PAGES_OF_PUT + (pending ? store->pages : 0),
      picture + (pending ? store->pictures : 0));
}

/* After a change that should have found its row */
static gboolean
expect_row (VInfoStore *store, const char *what, GError **error)
{
  if (sqlite3_changes (store->db) > 0)
    return TRUE;
  g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND,
      "%s: %s: no such sample", store_name (store), what);
  return FALSE;
}

static gboolean
update (VInfoStore *store, const VInfoSample *sample, GError **error)
{
  g_autofree char *what
      = g_strdup_printf ("update %" VINFO_ID_FORMAT, sample->id);
  sqlite3_stmt *stmt = store->statements[UPDATE_SAMPLE];

  return begin_change (store, what, error)
         && add_names (store, sample, what, error)
         && run (
             store, UPDATE_SAMPLE, row_bind_state (stmt, sample), what, error)
         && expect_row (store, what, error);
}

gboolean
vinfo_store_update (
    VInfoStore *store, const VInfoSample *sample, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);
  g_return_val_if_fail (sample != NULL, FALSE);

  locker = g_mutex_locker_new (&store->lock);
  return update (store, sample, error);
}

gboolean
vinfo_store_remove (VInfoStore *store, guint64 id, GError **error)
{
  g_autofree char *what = g_strdup_printf ("remove %" VINFO_ID_FORMAT, id);
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);

  locker = g_mutex_locker_new (&store->lock);
  if (!begin_change (store, what, error))
    return FALSE;
  store->pages += PAGES_OF_REMOVAL;
  return run (store, REMOVE_BLOB, bind_integer (store, REMOVE_BLOB, 1, id),
             what, error)
         && run (store, REMOVE_SAMPLE,
             bind_integer (store, REMOVE_SAMPLE, 1, id), what, error)
         && expect_row (store, what, error);
}

/* A row that SQLite could read but that isn't a sample's */
static void
set_row_error (VInfoStore *store, const char *what, GError **error)
{
  g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT,
      "%s: %s: the row is damaged", store_name (store), what);
}

VInfoSample *
vinfo_store_get (VInfoStore *store, guint64 id, GError **error)
{
  g_autofree char *what = g_strdup_printf ("get %" VINFO_ID_FORMAT, id);
  g_autoptr (GMutexLocker) locker = NULL;
  VInfoSample *sample = NULL;
  sqlite3_stmt *stmt;
  int status;

  g_return_val_if_fail (VINFO_IS_STORE (store), NULL);

  locker = g_mutex_locker_new (&store->lock);
  stmt = store->statements[GET_SAMPLE];
  bind_integer (store, GET_SAMPLE, 1, id);
  status = sqlite3_step (stmt);
  if (status == SQLITE_ROW) {
    sample = row_read (stmt, TRUE);
    if (!sample)
      set_row_error (store, what, error);
  } else if (status == SQLITE_DONE) {
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND,
        "%s: %s: no such sample", store_name (store), what);
  } else {
    database_set_error (store->db, store_name (store), what, status, error);
  }
  sqlite3_reset (stmt);
  return sample;
}

/* Of the row that @stmt is at */
static void
set_listing_error (VInfoStore *store, sqlite3_stmt *stmt, GError **error)
{
  g_autofree char *what = g_strdup_printf (
      "list %" VINFO_ID_FORMAT, (guint64)sqlite3_column_int64 (stmt, 0));

  set_row_error (store, what, error);
}

static GPtrArray *
list (VInfoStore *store, GPtrArray *damage, GError **error)
{
  g_autoptr (GPtrArray) samples
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_sample_unref);
  sqlite3_stmt *stmt = store->statements[LIST_SAMPLES];
  int status;

  while ((status = sqlite3_step (stmt)) == SQLITE_ROW) {
    VInfoSample *sample = row_read (stmt, FALSE);
    GError *damaged = NULL;

    if (sample) {
      g_ptr_array_add (samples, sample);
      continue;
    }
    set_listing_error (store, stmt, damage ? &damaged : error);
    if (!damage)
      break;
    g_ptr_array_add (damage, damaged);
  }
  if (status != SQLITE_ROW && status != SQLITE_DONE)
    database_set_error (store->db, store_name (store), "list", status, error);
  sqlite3_reset (stmt);
  return status == SQLITE_DONE ? g_steal_pointer (&samples) : NULL;
}

GPtrArray *
vinfo_store_list (VInfoStore *store, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store), NULL);

  locker = g_mutex_locker_new (&store->lock);
  return list (store, NULL, error);
}

GPtrArray *
vinfo_store_list_sound (VInfoStore *store, GPtrArray *damage, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store) && damage != NULL, NULL);

  locker = g_mutex_locker_new (&store->lock);
  return list (store, damage, error);
}

gboolean
vinfo_store_get_data_version (
    VInfoStore *store, gint64 *version, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store) && version != NULL, FALSE);

  locker = g_mutex_locker_new (&store->lock);
  return database_get_data_version (
      store->db, store_name (store), version, error);
}

static gboolean
has_log (const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);

  return access (log, F_OK) == 0;
}

gboolean
vinfo_store_is_outdated (VInfoStore *store)
{
  const struct stat *opened = &store->opened;
  struct stat now;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);

  if (!store->path || !database_is_at_rest (store->db))
    return FALSE;
  return has_log (store->path)
         || (stat (store->path, &now) == 0
             && (now.st_ino != opened->st_ino || now.st_size != opened->st_size
                 || now.st_mtim.tv_sec != opened->st_mtim.tv_sec
                 || now.st_mtim.tv_nsec != opened->st_mtim.tv_nsec));
}

static gboolean
commit (VInfoStore *store, GError **error)
{
  int status;

  if (!has_changes (store))
    return TRUE;
  status = database_reserve (store->db, store->path);
  if (status == SQLITE_OK)
    status = sqlite3_exec (store->db, "COMMIT", NULL, NULL, NULL);
  if (status != SQLITE_OK)
    return fail_change (store, "commit", status, error);
  database_save_room (store->db, store->path);
  return TRUE;
}

gboolean
vinfo_store_claim (VInfoStore *store, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);

  locker = g_mutex_locker_new (&store->lock);
  return claim (store, error);
}

gboolean
vinfo_store_commit (VInfoStore *store, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);

  locker = g_mutex_locker_new (&store->lock);
  return commit (store, error);
}

void
vinfo_store_rollback (VInfoStore *store)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_if_fail (VINFO_IS_STORE (store));

  locker = g_mutex_locker_new (&store->lock);
  if (has_changes (store))
    sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL);
}

gint64
vinfo_store_get_counter (VInfoStore *store, const char *name)
{
  g_autoptr (GMutexLocker) locker = NULL;
  sqlite3_stmt *stmt;
  gint64 value = 0;

  g_return_val_if_fail (VINFO_IS_STORE (store) && name != NULL, 0);

  locker = g_mutex_locker_new (&store->lock);
  stmt = store->statements[GET_COUNTER];
  sqlite3_bind_text (stmt, 1, name, -1, SQLITE_STATIC);
  if (sqlite3_step (stmt) == SQLITE_ROW)
    value = sqlite3_column_int64 (stmt, 0);
  sqlite3_reset (stmt);
  sqlite3_clear_bindings (stmt);
  return value;
}

gboolean
vinfo_store_set_counter (
    VInfoStore *store, const char *name, gint64 value, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;
  int status;

  g_return_val_if_fail (VINFO_IS_STORE (store) && name != NULL, FALSE);

  locker = g_mutex_locker_new (&store->lock);
  if (!begin_change (store, name, error))
    return FALSE;
  status = sqlite3_bind_text (
      store->statements[SET_COUNTER], 1, name, -1, SQLITE_TRANSIENT);
  if (status == SQLITE_OK)
    status = bind_integer (store, SET_COUNTER, 2, value);
  return run (store, SET_COUNTER, status, name, error);
}

/* What a store has seen, kept or not. */
typedef struct {
  GPtrArray *feeds;
  GArray *versions; /* gint64: version and when it was first used, in turn */
} Names;

static void
names_clear (Names *names)
{
  g_clear_pointer (&names->feeds, g_ptr_array_unref);
  g_clear_pointer (&names->versions, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Names, names_clear)

static gboolean
end_listing (VInfoStore *store, Statement statement, int status, GError **error)
{
  if (status != SQLITE_DONE)
    database_set_error (
        store->db, store_name (store), "list names", status, error);
  sqlite3_reset (store->statements[statement]);
  return status == SQLITE_DONE;
}

static gboolean
list_names (VInfoStore *store, Names *names, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&store->lock);
  sqlite3_stmt *stmt = store->statements[LIST_FEEDS];
  int status;

  names->feeds = g_ptr_array_new_with_free_func (g_free);
  names->versions = g_array_new (FALSE, FALSE, sizeof (gint64));
  while ((status = sqlite3_step (stmt)) == SQLITE_ROW)
    g_ptr_array_add (
        names->feeds, g_strdup ((const char *)sqlite3_column_text (stmt, 0)));
  if (!end_listing (store, LIST_FEEDS, status, error))
    return FALSE;
  stmt = store->statements[LIST_VERSIONS];
  while ((status = sqlite3_step (stmt)) == SQLITE_ROW) {
    const gint64 version[]
        = { sqlite3_column_int64 (stmt, 0), sqlite3_column_int64 (stmt, 1) };

    g_array_append_vals (names->versions, version, 2);
  }
  return end_listing (store, LIST_VERSIONS, status, error);
}

static gboolean
put_names (VInfoStore *store, const Names *names, GError **error)
{
  static const char what[] = "adopt names";
  int status;

  if (!begin_change (store, what, error))
    return FALSE;
  for (guint i = 0; i < names->feeds->len; i++) {
    const char *feed = g_ptr_array_index (names->feeds, i);

    status = sqlite3_bind_text (
        store->statements[ADD_FEED], 1, feed ? feed : "", -1, SQLITE_TRANSIENT);
    if (!run (store, ADD_FEED, status, what, error))
      return FALSE;
  }
  for (guint i = 0; i < names->versions->len; i += 2) {
    const gint64 *version = &g_array_index (names->versions, gint64, i);

    status = bind_integer (store, MERGE_VERSION, 1, version[0]);
    if (status == SQLITE_OK)
      status = bind_integer (store, MERGE_VERSION, 2, version[1]);
    if (!run (store, MERGE_VERSION, status, what, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
vinfo_store_adopt_names (VInfoStore *store, VInfoStore *from, GError **error)
{
  g_auto (Names) names = { 0 };
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store) && store != from, FALSE);

  if (!list_names (from, &names, error))
    return FALSE;
  locker = g_mutex_locker_new (&store->lock);
  return put_names (store, &names, error);
}

gboolean
vinfo_store_check (VInfoStore *store, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);

  locker = g_mutex_locker_new (&store->lock);
  return database_check (store->db, store_name (store), error);
}

gboolean
vinfo_store_checkpoint (VInfoStore *store, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);

  locker = g_mutex_locker_new (&store->lock);
  return claim (store, error)
         && database_empty_log (store->db, store_name (store), FALSE, error);
}

gboolean
vinfo_store_purge (VInfoStore *store, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (VINFO_IS_STORE (store), FALSE);

  locker = g_mutex_locker_new (&store->lock);
  return claim (store, error) && commit (store, error)
         && database_purge (store->db, store_name (store), error);
}
