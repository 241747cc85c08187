/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The store's file format, version 4: one SQLite database with application_id
 * 0x56494e46 ("VINF") and user_version 4, in WAL mode. Any SQLite program can
 * read it, also while it is written:
 *
 *   sqlite3 store.vinfo 'SELECT feeds.name, count(*) FROM samples
 *                        JOIN feeds ON feeds.id = feed GROUP BY feed'
 *
 * Unsigned 64-bit numbers (ids, times, versions) are stored as the signed ones
 * of the same bits. NULL stands for NaN, and for a time that is not known. */
#include "store/schema-private.h"

#include "store/database-private.h"

const char schema_sql[] =
    /* Where frames come from. Once seen, a feed stays. */
    "CREATE TABLE feeds ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE);"

    /* Predictor versions that scored a sample, kept or since evicted. */
    "CREATE TABLE versions ("
    "  version INTEGER PRIMARY KEY,"
    "  first_used INTEGER NOT NULL);" /* wall_time of the first such sample */

    /* Kept frames. What changes as they are rescored and trained on lies here,
     * apart from the picture, which would be rewritten with it each time. */
    "CREATE TABLE samples ("
    "  id INTEGER PRIMARY KEY," /* hash of feed, source and pts */
    "  feed INTEGER NOT NULL REFERENCES feeds,"
    "  source TEXT NOT NULL,"       /* URI or '' */
    "  pts INTEGER,"                /* original stream time, ns */
    "  wall_time INTEGER NOT NULL," /* of arrival, µs since 1970 */
    "  caps TEXT NOT NULL,"         /* of the source */
    "  loss REAL,"                  /* the score's parts ... */
    "  pvi REAL,"
    "  gain REAL,"
    "  score REAL,"               /* ... and the one that ranks */
    "  quantile REAL,"            /* of it among the panel's, 0 to 1 */
    "  version INTEGER NOT NULL," /* of the predictor that scored */
    "  masks INTEGER NOT NULL,"
    "  ticket REAL,"              /* u, in (0, 1) */
    "  key REAL,"                 /* -log(u)/w, smaller is better */
    "  uniform INTEGER NOT NULL," /* 1: of the uniform share */
    "  spare INTEGER NOT NULL,"   /* 1: near-duplicate in free room */
    "  arrival INTEGER NOT NULL," /* number of the admitting offer */
    "  inclusion REAL,"           /* inclusion probability */
    "  views INTEGER NOT NULL,"   /* times a trainer has seen it */
    "  thumbnail BLOB NOT NULL,"  /* 16 x 16 bytes of luma */
    "  embedding BLOB,"           /* little-endian 32-bit floats */
    "  embedding_version INTEGER NOT NULL,"
    "  codec TEXT NOT NULL,"        /* 'png' or 'mjpeg' */
    "  blob_size INTEGER NOT NULL," /* bytes of the picture */
    "  width INTEGER NOT NULL,"     /* of it, in pixels */
    "  height INTEGER NOT NULL,"
    "  ood REAL,"            /* how far out of distribution; since version 2 */
    "  soft_inclusion REAL," /* probability by the key; since version 3 */
    "  uniform_inclusion REAL," /* by the uniform share; since version 3 */
    "  first_loss REAL,"        /* when it was admitted; since version 3 */
    "  region REAL);"           /* error of its worst region; since version 4 */

    /* Their pictures: complete PNG or JPEG files. */
    "CREATE TABLE blobs ("
    "  id INTEGER PRIMARY KEY REFERENCES samples,"
    "  data BLOB NOT NULL);"

    /* Named numbers that must change in step with the samples. */
    "CREATE TABLE counters ("
    "  name TEXT PRIMARY KEY,"
    "  value INTEGER NOT NULL) WITHOUT ROWID;";

/* A column that is added comes last, so a migrated store is as a new one. */
static const char *const migrations[DATABASE_VERSION] = {
  [1] = "ALTER TABLE samples ADD COLUMN ood REAL;",
  [2] = "ALTER TABLE samples ADD COLUMN soft_inclusion REAL;"
        "ALTER TABLE samples ADD COLUMN uniform_inclusion REAL;"
        "ALTER TABLE samples ADD COLUMN first_loss REAL;",
  [3] = "ALTER TABLE samples ADD COLUMN region REAL;",
};

const char *
schema_get_migration (gint64 from)
{
  g_return_val_if_fail (from > 0 && from < DATABASE_VERSION, "");
  return migrations[from];
}
