/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* memmem, unshare */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/database-private.h"
#include "store/vinfo-store.h"

/* A folder for the store's files, empty at first and removed at the end. */
typedef struct {
  char *folder;
  char *file;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("vinfo-store-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->file = g_build_filename (fixture->folder, "store.vinfo", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

    g_assert_cmpint (g_remove (path), ==, 0);
  }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->file);
}

static VInfoStore *
open_store (const char *location)
{
  g_autoptr (GError) error = NULL;
  VInfoStore *store = vinfo_store_open (location, &error);

  g_assert_no_error (error);
  g_assert_nonnull (store);
  return store;
}

static GBytes *
new_blob (guint64 id, gsize size)
{
  guint8 *data = g_malloc (size);

  for (gsize i = 0; i < size; i++) {
    id = id * 6364136223846793005u + 1442695040888963407u;
    data[i] = id >> 56;
  }
  return g_bytes_new_take (data, size);
}

static VInfoSample *
new_sample (guint64 id, gsize size)
{
  VInfoSample *sample = vinfo_sample_new ();

  sample->id = id;
  sample->feed = g_strdup_printf ("feed-%u", (guint)(id % 3));
  sample->source = g_strdup ("file:///caméra 1.mkv");
  sample->pts = id % 2 ? 40 * id : G_MAXUINT64;
  sample->wall_time = 1700000000000000 + (gint64)(id % 1000);
  sample->caps = g_strdup ("video/x-raw, format=(string)I420");
  sample->codec = VINFO_IMAGE_CODEC_MJPEG;
  sample->blob = new_blob (id, size);
  sample->blob_size = size;
  sample->width = 640;
  sample->height = 360;
  sample->score = (VInfoScore){ 0.1f, NAN, -3e-7f, INFINITY, 0.5f, 7.25f,
    G_MAXUINT64 - 7, 4 };
  sample->score.region = 12.5f;
  sample->u = 0.123456789012345678;
  sample->key = 1e-300;
  sample->uniform = TRUE;
  sample->arrival = 1000 - id % 1000;
  sample->inclusion = 1.0 / 3;
  sample->soft_inclusion = 0.25;
  sample->uniform_inclusion = 1.0 / 9;
  sample->first_loss = 0.75f;
  sample->views = 3;
  for (guint i = 0; i < VINFO_THUMBNAIL_SIZE; i++)
    sample->thumbnail[i] = i ^ (guint8)id;
  sample->embedding_size = 3;
  sample->embedding = g_memdup2 (((gfloat[]){ 1, -0.0f, 1e-40f }), 12);
  sample->embedding_version = 9;
  return sample;
}

static void
put (VInfoStore *store, guint64 id, gsize size)
{
  g_autoptr (VInfoSample) sample = new_sample (id, size);
  g_autoptr (GError) error = NULL;

  vinfo_store_put (store, sample, &error);
  g_assert_no_error (error);
}

static void
commit (VInfoStore *store)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (vinfo_store_commit (store, &error));
  g_assert_no_error (error);
}

static guint
count (VInfoStore *store)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) samples = vinfo_store_list (store, &error);

  g_assert_no_error (error);
  return samples->len;
}

static void
check (VInfoStore *store)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (vinfo_store_check (store, &error));
  g_assert_no_error (error);
}

static void
assert_equal_floats (gdouble a, gdouble b)
{
  g_assert_true (a == b || (isnan (a) && isnan (b)));
}

static void
assert_equal_scores (const VInfoScore *a, const VInfoScore *b)
{
  assert_equal_floats (a->loss, b->loss);
  assert_equal_floats (a->pvi, b->pvi);
  assert_equal_floats (a->gain, b->gain);
  assert_equal_floats (a->value, b->value);
  assert_equal_floats (a->quantile, b->quantile);
  assert_equal_floats (a->ood, b->ood);
  assert_equal_floats (a->region, b->region);
  g_assert_cmpuint (a->version, ==, b->version);
  g_assert_cmpuint (a->masks, ==, b->masks);
}

static void
assert_equal_samples (const VInfoSample *a, const VInfoSample *b)
{
  g_assert_cmpuint (a->id, ==, b->id);
  g_assert_cmpstr (a->feed, ==, b->feed);
  g_assert_cmpstr (a->source, ==, b->source);
  g_assert_cmpuint (a->pts, ==, b->pts);
  g_assert_cmpint (a->wall_time, ==, b->wall_time);
  g_assert_cmpstr (a->caps, ==, b->caps);
  g_assert_cmpint (a->codec, ==, b->codec);
  g_assert_cmpuint (a->blob_size, ==, b->blob_size);
  g_assert_cmpuint (a->width, ==, b->width);
  g_assert_cmpuint (a->height, ==, b->height);
  assert_equal_scores (&a->score, &b->score);
  assert_equal_floats (a->u, b->u);
  assert_equal_floats (a->key, b->key);
  g_assert_cmpint (a->uniform, ==, b->uniform);
  g_assert_cmpint (a->spare, ==, b->spare);
  g_assert_cmpuint (a->arrival, ==, b->arrival);
  assert_equal_floats (a->inclusion, b->inclusion);
  assert_equal_floats (a->soft_inclusion, b->soft_inclusion);
  assert_equal_floats (a->uniform_inclusion, b->uniform_inclusion);
  assert_equal_floats (a->first_loss, b->first_loss);
  g_assert_cmpuint (a->views, ==, b->views);
  g_assert_cmpmem (
      a->thumbnail, VINFO_THUMBNAIL_SIZE, b->thumbnail, VINFO_THUMBNAIL_SIZE);
  g_assert_cmpmem (a->embedding, a->embedding_size * sizeof (gfloat),
      b->embedding, b->embedding_size * sizeof (gfloat));
  g_assert_cmpuint (a->embedding_version, ==, b->embedding_version);
}

static void
test_sample_comes_back_as_it_was_put (Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (data ? NULL : fixture->file);
  g_autoptr (VInfoSample) put_one = new_sample (G_MAXUINT64 - 1, 1000);
  g_autoptr (VInfoSample) got = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (
      vinfo_store_get_location (store), ==, data ? NULL : fixture->file);
  vinfo_store_put (store, put_one, &error);
  g_assert_no_error (error);
  commit (store);
  got = vinfo_store_get (store, put_one->id, &error);
  g_assert_no_error (error);
  assert_equal_samples (put_one, got);
  g_assert_true (g_bytes_equal (put_one->blob, got->blob));
  check (store);
}

static void
test_sample_may_lack_text_embedding_and_bytes (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (NULL);
  g_autoptr (VInfoSample) bare = vinfo_sample_new ();
  g_autoptr (VInfoSample) got = NULL;
  g_autoptr (GError) error = NULL;

  bare->blob = g_bytes_new (NULL, 0);
  bare->width = bare->height = 1;
  g_assert_true (vinfo_store_put (store, bare, &error));
  got = vinfo_store_get (store, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (got->feed, ==, "");
  g_assert_null (got->embedding);
  g_assert_cmpuint (g_bytes_get_size (got->blob), ==, 0);
  check (store);
}

static void
test_put_replaces_the_sample_of_the_same_id (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (fixture->file);
  g_autoptr (VInfoSample) got = NULL;
  g_autoptr (GError) error = NULL;

  put (store, 5, 100);
  put (store, 5, 50);
  got = vinfo_store_get (store, 5, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (got->blob_size, ==, 50);
  g_assert_cmpuint (count (store), ==, 1);
  check (store);
}

static void
test_update_changes_all_but_the_picture (Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (fixture->file);
  g_autoptr (VInfoSample) sample = new_sample (5, 100);
  g_autoptr (VInfoSample) changed = new_sample (6, 30);
  g_autoptr (VInfoSample) got = NULL;
  g_autoptr (GError) error = NULL;

  put (store, 5, 100);
  changed->id = 5;
  changed->codec = VINFO_IMAGE_CODEC_PNG;
  changed->width = changed->height = 1;
  changed->spare = TRUE;
  changed->views = 77;
  g_assert_true (vinfo_store_update (store, changed, &error));

  got = vinfo_store_get (store, 5, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (got->blob, sample->blob));
  changed->codec = sample->codec;
  changed->width = sample->width;
  changed->height = sample->height;
  changed->blob_size = sample->blob_size;
  assert_equal_samples (got, changed);
}

static void
test_missing_samples_are_not_found (Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (fixture->file);
  g_autoptr (VInfoSample) sample = new_sample (1, 10);
  g_autoptr (GError) error = NULL;

  g_assert_null (vinfo_store_get (store, 1, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND);
  g_assert_true (g_str_has_prefix (error->message, fixture->file));
  g_clear_error (&error);
  g_assert_false (vinfo_store_update (store, sample, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (vinfo_store_remove (store, 1, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND);
}

static void
test_list_is_in_order_of_arrival_without_blobs (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (fixture->file);
  g_autoptr (GPtrArray) samples = NULL;
  g_autoptr (GError) error = NULL;

  for (guint64 id = 1; id <= 20; id++)
    put (store, id, 10 * id);
  samples = vinfo_store_list (store, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (samples->len, ==, 20);
  for (guint i = 0; i < 20; i++) {
    VInfoSample *sample = g_ptr_array_index (samples, i);

    g_assert_cmpuint (sample->id, ==, 20 - i); /* arrival falls with the id */
    g_assert_cmpuint (sample->blob_size, ==, 10 * sample->id);
    g_assert_null (sample->blob);
  }
}

static void
test_removed_sample_leaves_no_byte_after_purge (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (fixture->file);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) blob = new_blob (1, 9000);
  g_autofree char *wal = g_strconcat (fixture->file, "-wal", NULL);
  g_autofree char *contents = NULL;
  gsize size;

  put (store, 1, 9000);
  put (store, 2, 9000);
  commit (store);
  g_assert_true (vinfo_store_remove (store, 1, &error));
  g_assert_true (vinfo_store_purge (store, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count (store), ==, 1);

  g_file_get_contents (wal, &contents, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size, ==, 0);
  g_free (g_steal_pointer (&contents));
  g_file_get_contents (fixture->file, &contents, &size, &error);
  g_assert_null (memmem (contents, size, g_bytes_get_data (blob, NULL), 64));
}

static void
test_rollback_drops_what_is_not_committed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (fixture->file);
  g_autoptr (GError) error = NULL;

  put (store, 1, 100);
  g_assert_true (vinfo_store_set_counter (store, "offers", 10, &error));
  commit (store);
  put (store, 2, 100);
  g_assert_true (vinfo_store_set_counter (store, "offers", 11, &error));
  g_assert_true (vinfo_store_remove (store, 1, &error));
  vinfo_store_rollback (store);
  vinfo_store_rollback (store);
  g_assert_cmpuint (count (store), ==, 1);
  g_assert_cmpint (vinfo_store_get_counter (store, "offers"), ==, 10);
  commit (store);
}

static void
test_reopened_store_continues (Fixture *fixture, gconstpointer data)
{
  VInfoStore *store = open_store (fixture->file);
  g_autoptr (GError) error = NULL;

  for (guint64 id = 0; id < 10; id++)
    put (store, id, 5000);
  g_assert_true (vinfo_store_set_counter (store, "offers", -5, &error));
  commit (store);
  put (store, 10, 5000);
  g_object_unref (store);

  store = open_store (fixture->file);
  g_assert_cmpuint (count (store), ==, 10);
  g_assert_cmpint (vinfo_store_get_counter (store, "offers"), ==, -5);
  g_assert_cmpint (vinfo_store_get_counter (store, "never set"), ==, 0);
  put (store, 11, 5000);
  commit (store);
  check (store);
  g_object_unref (store);
}

static void
test_commits_survive_kill_in_mid_transaction (
    Fixture *fixture, gconstpointer data)
{
  int ready[2];
  char byte;
  pid_t child;

  g_assert_cmpint (pipe (ready), ==, 0);
  child = fork ();
  if (child == 0) {
    VInfoStore *store = open_store (fixture->file);

    for (guint64 id = 0; id < 7; id++)
      put (store, id, 20000);
    commit (store);
    for (guint64 id = 0; id < 7; id++)
      vinfo_store_remove (store, id, NULL);
    /* More than SQLite's cache holds, so that pages are in the log already. */
    for (guint64 id = 100; id < 300; id++)
      put (store, id, 20000);
    if (write (ready[1], "", 1) == 1)
      pause ();
    _exit (1);
  }
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  kill (child, SIGKILL);
  waitpid (child, NULL, 0);
  close (ready[0]);
  close (ready[1]);

  {
    g_autoptr (VInfoStore) store = open_store (fixture->file);

    g_assert_cmpuint (count (store), ==, 7);
    check (store);
    put (store, 8, 100); /* the writer's lock died with it */
    commit (store);
  }
}

static void
test_second_process_may_read_but_not_write (
    Fixture *fixture, gconstpointer data)
{
  VInfoStore *writer = open_store (fixture->file);
  pid_t child;
  int status;

  put (writer, 1, 100);
  commit (writer);
  put (writer, 2, 100);

  child = fork ();
  if (child == 0) {
    VInfoStore *reader = open_store (fixture->file);
    GError *error = NULL;

    g_assert_cmpuint (count (reader), ==, 1);
    g_assert_false (vinfo_store_claim (reader, &error));
    g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_BUSY);
    g_clear_error (&error);
    g_assert_false (vinfo_store_set_counter (reader, "a", 1, &error));
    g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_BUSY);
    _exit (0);
  }
  waitpid (child, &status, 0);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);

  commit (writer);
  g_object_unref (writer);
  {
    g_autoptr (VInfoStore) next = open_store (fixture->file);
    g_autoptr (GError) error = NULL;

    g_assert_true (vinfo_store_claim (next, &error));
  }
}

static void
test_writer_by_another_name_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link = g_build_filename (fixture->folder, "link", NULL);
  g_autoptr (VInfoStore) writer = open_store (fixture->file);
  g_autoptr (VInfoStore) other = NULL;
  g_autoptr (GError) error = NULL;

  put (writer, 1, 100);
  commit (writer);
  g_assert_cmpint (symlink ("store.vinfo", link), ==, 0);
  other = open_store (link);
  g_assert_cmpuint (count (other), ==, 1);
  g_assert_false (vinfo_store_claim (other, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_BUSY);
  g_assert_true (g_str_has_prefix (error->message, link));
}

static void
test_hard_links_are_read_but_not_written (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_build_filename (fixture->folder, "link", NULL);
  g_autoptr (VInfoStore) store = open_store (fixture->file);
  g_autoptr (VInfoStore) linked = NULL;
  g_autoptr (GError) error = NULL;

  put (store, 1, 100);
  commit (store);
  g_clear_object (&store);
  g_assert_cmpint (link (fixture->file, name), ==, 0);
  linked = open_store (name);
  g_assert_cmpuint (count (linked), ==, 1);
  g_assert_false (vinfo_store_claim (linked, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FAILED);
  g_assert_true (strstr (error->message, "hard link"));
}

static void
test_names_that_sqlite_knows_are_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_get_current_dir ();
  g_autoptr (VInfoStore) store = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (vinfo_store_open ("", &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FAILED);
  g_assert_cmpint (g_chdir (fixture->folder), ==, 0);
  store = open_store (":memory:");
  put (store, 1, 100);
  commit (store);
  g_assert_true (g_file_test (":memory:", G_FILE_TEST_EXISTS));
  g_clear_object (&store);
  g_assert_cmpint (g_chdir (folder), ==, 0);
}

static void
assert_refused (const char *file, VInfoStoreError code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *prefix = g_strconcat (file, ": ", NULL);

  g_assert_null (vinfo_store_open (file, &error));
  g_assert_error (error, VINFO_STORE_ERROR, (gint)code);
  g_assert_true (g_str_has_prefix (error->message, prefix));
}

static void
run_sql (const char *file, const char *sql)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (file, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

static int
user_version (const char *file)
{
  sqlite3 *db;
  sqlite3_stmt *query;
  int version;

  g_assert_cmpint (sqlite3_open (file, &db), ==, SQLITE_OK);
  sqlite3_prepare_v2 (db, "PRAGMA user_version", -1, &query, NULL);
  g_assert_cmpint (sqlite3_step (query), ==, SQLITE_ROW);
  version = sqlite3_column_int (query, 0);
  sqlite3_finalize (query);
  sqlite3_close (db);
  return version;
}

static GBytes *
read_file (const char *file)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (file, &contents, &size, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (g_steal_pointer (&contents), size);
}

static void
assert_foreign (const char *file)
{
  g_autoptr (GBytes) before = read_file (file);
  g_autoptr (GBytes) after = NULL;

  assert_refused (file, VINFO_STORE_ERROR_FOREIGN);
  after = read_file (file);
  g_assert_true (g_bytes_equal (before, after));
}

static void
test_foreign_files_are_refused_untouched (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (4000, 'x');

  g_file_set_contents (fixture->file, text, -1, NULL);
  assert_foreign (fixture->file);
  g_remove (fixture->file);

  run_sql (fixture->file, "CREATE TABLE t (a)");
  assert_foreign (fixture->file);
  g_remove (fixture->file);
  run_sql (fixture->file, "PRAGMA application_id = 7");
  assert_foreign (fixture->file);
}

static void
fill (const char *file)
{
  g_autoptr (VInfoStore) store = open_store (file);

  for (guint64 id = 0; id < 30; id++)
    put (store, id, 5000);
  commit (store);
}

static void
test_newer_version_is_refused (Fixture *fixture, gconstpointer data)
{
  fill (fixture->file);
  run_sql (fixture->file, "PRAGMA user_version = 5");
  assert_refused (fixture->file, VINFO_STORE_ERROR_VERSION);
}

/* A store as version 1 had it: its samples lack `ood`. */
static void
downgrade (const char *file)
{
  run_sql (file, "ALTER TABLE samples DROP COLUMN ood;"
                 "ALTER TABLE samples DROP COLUMN soft_inclusion;"
                 "ALTER TABLE samples DROP COLUMN uniform_inclusion;"
                 "ALTER TABLE samples DROP COLUMN first_loss;"
                 "ALTER TABLE samples DROP COLUMN region;"
                 "PRAGMA user_version = 1");
}

static void
test_store_of_version_1_is_read_and_upgraded (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = NULL;
  g_autoptr (VInfoSample) sample = new_sample (7, 5000);
  g_autoptr (VInfoSample) kept = NULL;
  g_autoptr (GError) error = NULL;

  fill (fixture->file);
  downgrade (fixture->file);
  store = open_store (fixture->file);
  g_assert_cmpuint (count (store), ==, 30);
  kept = vinfo_store_get (store, 7, &error);
  g_assert_no_error (error);
  g_assert_true (isnan (kept->score.ood));
  sample->score.ood = NAN;
  sample->soft_inclusion = sample->uniform_inclusion = NAN;
  sample->first_loss = sample->score.region = NAN;
  assert_equal_samples (kept, sample);

  put (store, 7, 5000);
  commit (store);
  check (store);
  g_clear_object (&store);
  store = open_store (fixture->file);
  vinfo_sample_unref (kept);
  kept = vinfo_store_get (store, 7, &error);
  g_assert_cmpfloat (kept->score.ood, ==, 7.25f);
}

/* An upgrade happens whole or not at all. */
static void
test_failed_upgrade_leaves_the_store_as_it_was (
    Fixture *fixture, gconstpointer data)
{
  sqlite3 *other;

  fill (fixture->file);
  downgrade (fixture->file);
  g_assert_cmpint (sqlite3_open (fixture->file, &other), ==, SQLITE_OK);
  sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  assert_refused (fixture->file, VINFO_STORE_ERROR_BUSY);
  sqlite3_close (other);
  g_assert_cmpint (user_version (fixture->file), ==, 1);
}

static void
test_truncated_file_is_corrupt (Fixture *fixture, gconstpointer data)
{
  fill (fixture->file);
  g_assert_cmpint (truncate (fixture->file, 50000), ==, 0);
  assert_refused (fixture->file, VINFO_STORE_ERROR_CORRUPT);
}

static void
test_missing_table_is_corrupt (Fixture *fixture, gconstpointer data)
{
  fill (fixture->file);
  run_sql (fixture->file, "DROP TABLE counters");
  assert_refused (fixture->file, VINFO_STORE_ERROR_CORRUPT);
}

static void
test_damaged_pages_and_rows_are_reported (Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = NULL;
  g_autoptr (GError) error = NULL;

  fill (fixture->file);
  run_sql (fixture->file, "UPDATE samples SET thumbnail = x'00' WHERE id = 3;"
                          "DELETE FROM blobs WHERE id = 4;");
  store = open_store (fixture->file);
  g_assert_null (vinfo_store_get (store, 3, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT);
  g_clear_error (&error);
  g_assert_null (vinfo_store_get (store, 4, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT);
  g_clear_error (&error);
  g_assert_null (vinfo_store_list (store, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT);
  g_clear_error (&error);
  g_assert_false (vinfo_store_check (store, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT);
}

static void
assert_damaged (const char *file, const char *sql, const char *words)
{
  g_autoptr (VInfoStore) store = NULL;
  g_autoptr (GError) error = NULL;

  g_remove (file);
  fill (file);
  run_sql (file, sql);
  store = open_store (file);
  g_assert_null (vinfo_store_list (store, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT);
  g_assert_true (strstr (error->message, words));
}

static void
test_damaged_row_is_named (Fixture *fixture, gconstpointer data)
{
  assert_damaged (fixture->file,
      "UPDATE samples SET thumbnail = x'00' WHERE id = 3", "0000000000000003");
  assert_damaged (fixture->file,
      "UPDATE samples SET width = 3000000000 WHERE id = 10",
      "000000000000000a");
  assert_damaged (fixture->file, "UPDATE samples SET height = 0 WHERE id = 1",
      "0000000000000001");
}

static void
assert_check_fails (const char *file, const char *sql)
{
  g_autoptr (VInfoStore) store = NULL;
  g_autoptr (GError) error = NULL;

  g_remove (file);
  fill (file);
  run_sql (file, sql);
  store = open_store (file);
  g_assert_false (vinfo_store_check (store, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT);
}

static void
test_rows_that_belong_to_nothing_are_reported (
    Fixture *fixture, gconstpointer data)
{
  assert_check_fails (fixture->file, "DELETE FROM feeds");
  assert_check_fails (fixture->file, "DELETE FROM samples WHERE id = 4");
}

/* Overwrites one stretch of the file after another; whatever happens, it is an
 * error or an intact sample. */
static void
test_random_damage_never_crashes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree char *sound = NULL;
  guint noticed = 0;
  gsize size;

  fill (fixture->file);
  g_file_get_contents (fixture->file, &sound, &size, NULL);
  for (guint round = 0; round < 60; round++) {
    g_autofree char *damaged = g_memdup2 (sound, size);
    g_autoptr (VInfoStore) store = NULL;
    g_autoptr (GError) error = NULL;
    guint at = g_rand_int_range (rand, 0, size - 200);

    for (guint i = 0; i < 200; i++)
      damaged[at + i] = g_rand_int (rand);
    g_assert_true (g_file_set_contents (fixture->file, damaged, size, NULL));
    store = vinfo_store_open (fixture->file, &error);
    for (guint64 id = 0; store && id < 30; id++) {
      g_autoptr (VInfoSample) sample = vinfo_store_get (store, id, NULL);
    }
    if (!store || !vinfo_store_check (store, NULL))
      noticed++;
  }
  g_assert_cmpuint (noticed, >, 0);
}

static void
test_missing_file_is_not_created_for_a_reader (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (vinfo_store_open_existing (fixture->file, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (fixture->file, G_FILE_TEST_EXISTS));

  g_object_unref (open_store (fixture->file));
  g_clear_error (&error);
  store = vinfo_store_open_existing (fixture->file, &error);
  g_assert_no_error (error);
}

#define NOBODY 65534

/* As somebody who may write neither the file nor its folder. */
static void
test_file_that_may_only_be_read_is_read (Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (fixture->file);
  g_autoptr (VInfoStore) reader = NULL;
  g_autoptr (GPtrArray) samples = NULL;
  g_autoptr (VInfoSample) sample = new_sample (2, 10);
  g_autoptr (GError) error = NULL;
  gboolean root = geteuid () == 0;

  put (store, 1, 100);
  g_assert_true (vinfo_store_commit (store, NULL));
  g_clear_object (&store);
  g_assert_cmpint (g_chmod (fixture->file, 0444), ==, 0);
  g_assert_cmpint (g_chmod (fixture->folder, 0555), ==, 0);
  if (root)
    g_assert_cmpint (seteuid (NOBODY), ==, 0);

  reader = open_store (fixture->file);
  samples = vinfo_store_list (reader, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (samples->len, ==, 1);
  g_assert_false (vinfo_store_put (reader, sample, &error));
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FAILED);

  if (root)
    g_assert_cmpint (seteuid (0), ==, 0);
  g_assert_cmpint (g_chmod (fixture->folder, 0755), ==, 0);
}

static void
test_commits_of_others_change_the_data_version (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) writer = open_store (fixture->file);
  g_autoptr (VInfoStore) reader = open_store (fixture->file);
  g_autoptr (VInfoSample) sample = new_sample (1, 100);
  gint64 before, same, after;

  g_assert_true (vinfo_store_get_data_version (reader, &before, NULL));
  g_assert_true (vinfo_store_put (writer, sample, NULL));
  g_assert_true (vinfo_store_get_data_version (reader, &same, NULL));
  g_assert_cmpint (same, ==, before);
  g_assert_true (vinfo_store_commit (writer, NULL));
  g_assert_true (vinfo_store_get_data_version (reader, &after, NULL));
  g_assert_cmpint (after, !=, before);
}

static void
test_unwritable_folder_is_an_error (Fixture *fixture, gconstpointer data)
{
  pid_t child;
  int status;

  assert_refused ("/nonexistent/store.vinfo", VINFO_STORE_ERROR_FAILED);
  assert_refused (fixture->folder, VINFO_STORE_ERROR_FAILED);

  g_chmod (fixture->folder, 0555);
  child = fork ();
  if (child == 0) {
    g_autoptr (GError) error = NULL;

    if (getuid () == 0 && setuid (65534) != 0)
      _exit (77);
    assert_refused (fixture->file, VINFO_STORE_ERROR_FAILED);
    vinfo_store_open (fixture->file, &error);
    g_assert_true (strstr (error->message, g_strerror (EACCES)));
    _exit (0);
  }
  waitpid (child, &status, 0);
  g_chmod (fixture->folder, 0755);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
}

/* Puts and commits until there is no room. Returns the number committed. */
static guint
fill_disk (const char *file)
{
  VInfoStore *store = open_store (file);
  guint committed = 0;
  GError *error = NULL;

  while (!error && committed < 1000) {
    g_autoptr (VInfoSample) a = new_sample (2 * committed, 20000);
    g_autoptr (VInfoSample) b = new_sample (2 * committed + 1, 20000);

    if (vinfo_store_put (store, a, &error) && vinfo_store_put (store, b, &error)
        && vinfo_store_commit (store, &error))
      committed++;
  }
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FULL);
  g_assert_true (g_str_has_prefix (error->message, file));
  g_error_free (error);
  g_assert_cmpuint (committed, >, 5);
  g_assert_cmpuint (count (store), ==, 2 * committed);
  check (store);
  g_object_unref (store);
  return committed;
}

static void
test_file_size_limit_keeps_what_was_committed (
    Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = NULL;
  pid_t child = fork ();
  int status;

  if (child == 0) {
    struct rlimit limit = { 1 << 20, 1 << 20 };

    signal (SIGXFSZ, SIG_IGN);
    g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
    _exit (fill_disk (fixture->file));
  }
  waitpid (child, &status, 0);
  g_assert_true (WIFEXITED (status));
  store = open_store (fixture->file);
  g_assert_cmpuint (count (store), ==, 2 * WEXITSTATUS (status));
}

#define NOT_ALLOWED 255

/* In a mount namespace of its own, so that nothing is left behind. */
static gboolean
mount_small_disk (const char *folder, const char *size)
{
  return unshare (CLONE_NEWNS) == 0
         && mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
         && mount ("none", folder, "tmpfs", 0, size) == 0;
}

/* In a process of its own, on a disk of @size; skips where that isn't allowed. */
static void
run_on_small_disk (const Fixture *fixture, const char *size,
    void (*scenario) (const char *file))
{
  pid_t child = fork ();
  int status;

  if (child == 0) {
    if (!mount_small_disk (fixture->folder, size))
      _exit (NOT_ALLOWED);
    scenario (fixture->file);
    _exit (0);
  }
  waitpid (child, &status, 0);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == NOT_ALLOWED)
    g_test_skip ("may not mount a small file system");
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static void
check_full_disk_keeps_what_was_committed (const char *file)
{
  guint committed = fill_disk (file);
  g_autoptr (VInfoStore) store = open_store (file);

  g_assert_cmpuint (count (store), ==, 2 * committed);
}

static void
test_full_disk_keeps_what_was_committed (Fixture *fixture, gconstpointer data)
{
  run_on_small_disk (
      fixture, "size=2m", check_full_disk_keeps_what_was_committed);
}

static void
drop (VInfoStore *store, guint64 id)
{
  g_autoptr (GError) error = NULL;

  vinfo_store_remove (store, id, &error);
  g_assert_no_error (error);
  commit (store);
}

/* The log doesn't take the room that a removal needs. */
static void
check_full_disk_is_used_on (const char *file)
{
  guint committed = fill_disk (file);
  g_autoptr (VInfoStore) store = open_store (file);

  /* 8 MiB and 20 KB in pages of 16 KiB: most of the room is for samples. */
  g_assert_cmpuint (committed, >, 80);
  for (guint64 id = 0; id < 20; id++)
    drop (store, id);
  for (guint64 id = 1000; id < 1010; id++) {
    put (store, id, 20000);
    commit (store);
  }
  g_assert_cmpuint (count (store), ==, 2 * committed - 10);
  check (store);
}

static void
test_full_disk_has_room_for_removals (Fixture *fixture, gconstpointer data)
{
  run_on_small_disk (fixture, "size=8m", check_full_disk_is_used_on);
}

#define ADMISSIONS_OF_COMMIT 32

/* Ids as they are: anywhere. */
static guint64
random_id (guint n)
{
  return (n + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
}

/* Returns: the number committed when there was no room. */
static guint
fill_disk_with_small_pictures (VInfoStore *store)
{
  guint n = 0, committed = 0;
  g_autoptr (GError) error = NULL;

  while (!error && n < 5000) {
    g_autoptr (VInfoSample) sample = new_sample (random_id (n), 8000);

    if (vinfo_store_put (store, sample, &error)
        && ++n % ADMISSIONS_OF_COMMIT == 0
        && vinfo_store_commit (store, &error))
      committed = n;
  }
  g_assert_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FULL);
  return committed;
}

/* Each put touches pages of its own, many times its bytes. */
static void
check_small_pictures_leave_room_on (const char *file)
{
  g_autoptr (VInfoStore) store = open_store (file);
  guint committed = fill_disk_with_small_pictures (store);

  g_assert_cmpuint (committed, >, 2 * ADMISSIONS_OF_COMMIT);
  g_assert_cmpuint (count (store), ==, committed);
  for (guint n = 0; n < ADMISSIONS_OF_COMMIT; n++)
    drop (store, random_id (n));
  check (store);
}

static void
test_small_pictures_leave_room_for_removals (
    Fixture *fixture, gconstpointer data)
{
  for (guint size = 5; size <= 8; size++) {
    g_autofree char *option = g_strdup_printf ("size=%um", size);

    run_on_small_disk (fixture, option, check_small_pictures_leave_room_on);
  }
}

#define ROWS 1600

/* Takes all but @room bytes of the disk that @file is on. */
static void
leave_room (const char *file, gsize room)
{
  g_autofree char *ballast = g_strconcat (file, "-ballast", NULL);
  struct statvfs disk;
  int fd = g_open (ballast, O_CREAT | O_RDWR, 0600);

  g_assert_cmpint (statvfs (file, &disk), ==, 0);
  g_assert_cmpint (
      posix_fallocate (fd, 0, (off_t)(disk.f_bavail * disk.f_frsize - room)),
      ==, 0);
  g_close (fd, NULL);
}

/* A put that the disk has room for, and all rows anew beside it. Returns:
 * whether they were committed */
static gboolean
put_and_update_all (VInfoStore *store)
{
  g_autoptr (VInfoSample) newcomer = new_sample (ROWS, 100000);
  gboolean done = vinfo_store_put (store, newcomer, NULL);

  for (guint64 id = 0; done && id < ROWS; id++) {
    g_autoptr (VInfoSample) sample = new_sample (id, 100);

    sample->views++; /* what is the same isn't written */
    done = vinfo_store_update (store, sample, NULL);
  }
  return done && vinfo_store_commit (store, NULL);
}

/* With whatever room, the log can be moved into the file. */
static void
check_commits_leave_room_on (const char *folder)
{
  guint committed = 0, failed = 0;

  for (gsize room = 700000; room < 1500000; room += 50000) {
    g_autofree char *file
        = g_strdup_printf ("%s-%" G_GSIZE_FORMAT, folder, room);
    g_autofree char *ballast = g_strconcat (file, "-ballast", NULL);
    g_autoptr (VInfoStore) store = open_store (file);
    g_autoptr (GError) error = NULL;

    for (guint64 id = 0; id < ROWS; id++)
      put (store, id, 100);
    commit (store);
    leave_room (file, room);
    if (put_and_update_all (store))
      committed++;
    else
      failed++;
    vinfo_store_checkpoint (store, &error);
    g_assert_no_error (error);
    drop (store, 1);
    check (store);
    g_clear_object (&store);
    g_remove (ballast);
    g_remove (file);
  }
  g_assert_cmpuint (committed, >, 0);
  g_assert_cmpuint (failed, >, 0);
}

static void
test_commits_leave_room_to_move_the_log (Fixture *fixture, gconstpointer data)
{
  run_on_small_disk (fixture, "size=8m", check_commits_leave_room_on);
}

static void
test_file_says_what_it_is (Fixture *fixture, gconstpointer data)
{
  g_autofree char *contents = NULL;
  gsize size;

  fill (fixture->file);
  g_file_get_contents (fixture->file, &contents, &size, NULL);
  g_assert_cmpmem (contents + 68, 4, "VINF", 4);
  g_assert_cmpmem (contents + 60, 4, "\0\0\0\4", 4);
}

#define N_WRITERS 4
#define N_PUTS 300

typedef struct {
  VInfoStore *store;
  gint n_begun; /* atomic */
} Writers;

/* Begins when all are there, or else they would take turns. */
static gpointer
write_some (gpointer data)
{
  Writers *writers = data;
  guint64 first = N_PUTS * (guint64)g_atomic_int_add (&writers->n_begun, 1);

  while (g_atomic_int_get (&writers->n_begun) < N_WRITERS)
    g_thread_yield ();
  for (guint64 i = 0; i < N_PUTS; i++)
    put (writers->store, first + i, 100);
  return NULL;
}

static void
test_threads_share_a_store (Fixture *fixture, gconstpointer data)
{
  g_autoptr (VInfoStore) store = open_store (fixture->file);
  Writers writers = { store, 0 };
  GThread *threads[N_WRITERS];

  for (guint i = 0; i < N_WRITERS; i++)
    threads[i] = g_thread_new ("writer", write_some, &writers);
  for (guint i = 0; i < N_WRITERS; i++)
    g_thread_join (threads[i]);
  commit (store);
  g_assert_cmpuint (count (store), ==, N_WRITERS * N_PUTS);
  check (store);
}

#define ADD(name, data)                                                        \
  g_test_add ("/store/" #name, Fixture, data, set_up, test_##name, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD (sample_comes_back_as_it_was_put, NULL);
  g_test_add ("/store/sample_comes_back_from_memory", Fixture, "memory", set_up,
      test_sample_comes_back_as_it_was_put, tear_down);
  ADD (sample_may_lack_text_embedding_and_bytes, NULL);
  ADD (put_replaces_the_sample_of_the_same_id, NULL);
  ADD (update_changes_all_but_the_picture, NULL);
  ADD (missing_samples_are_not_found, NULL);
  ADD (list_is_in_order_of_arrival_without_blobs, NULL);
  ADD (removed_sample_leaves_no_byte_after_purge, NULL);
  ADD (rollback_drops_what_is_not_committed, NULL);
  ADD (reopened_store_continues, NULL);
  ADD (commits_survive_kill_in_mid_transaction, NULL);
  ADD (second_process_may_read_but_not_write, NULL);
  ADD (writer_by_another_name_is_refused, NULL);
  ADD (hard_links_are_read_but_not_written, NULL);
  ADD (names_that_sqlite_knows_are_files, NULL);
  ADD (foreign_files_are_refused_untouched, NULL);
  ADD (newer_version_is_refused, NULL);
  ADD (store_of_version_1_is_read_and_upgraded, NULL);
  ADD (failed_upgrade_leaves_the_store_as_it_was, NULL);
  ADD (truncated_file_is_corrupt, NULL);
  ADD (missing_table_is_corrupt, NULL);
  ADD (damaged_pages_and_rows_are_reported, NULL);
  ADD (damaged_row_is_named, NULL);
  ADD (rows_that_belong_to_nothing_are_reported, NULL);
  ADD (random_damage_never_crashes, NULL);
  ADD (missing_file_is_not_created_for_a_reader, NULL);
  ADD (file_that_may_only_be_read_is_read, NULL);
  ADD (commits_of_others_change_the_data_version, NULL);
  ADD (unwritable_folder_is_an_error, NULL);
  ADD (file_size_limit_keeps_what_was_committed, NULL);
  ADD (full_disk_keeps_what_was_committed, NULL);
  ADD (full_disk_has_room_for_removals, NULL);
  ADD (small_pictures_leave_room_for_removals, NULL);
  ADD (commits_leave_room_to_move_the_log, NULL);
  ADD (file_says_what_it_is, NULL);
  ADD (threads_share_a_store, NULL);
  return g_test_run ();
}
