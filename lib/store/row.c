/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples to and from rows of the table `samples`. */
#include "store/row-private.h"

#include <math.h>
#include <string.h>

#define FIRST_STATE 1
#define FIRST_PICTURE 29

static const char *const codec_names[] = {
  [VINFO_IMAGE_CODEC_PNG] = "png",
  [VINFO_IMAGE_CODEC_MJPEG] = "mjpeg",
};

/* Goes along the columns; remembers the first failure. */
typedef struct {
  sqlite3_stmt *statement;
  int next;
  int status;
} Cursor;

static void
note (Cursor *cursor, int status)
{
  if (cursor->status == SQLITE_OK)
    cursor->status = status;
}

static void
bind_integer (Cursor *c, gint64 value)
{
  note (c, sqlite3_bind_int64 (c->statement, c->next++, value));
}

/* SQLite itself stores NaN as NULL. */
static void
bind_real (Cursor *c, gdouble value)
{
  note (c, sqlite3_bind_double (c->statement, c->next++, value));
}

static void
bind_text (Cursor *c, const char *text)
{
  note (c, sqlite3_bind_text (c->statement, c->next++, text ? text : "", -1,
               SQLITE_TRANSIENT));
}

static void
bind_time (Cursor *c, guint64 time)
{
  if (time == G_MAXUINT64)
    note (c, sqlite3_bind_null (c->statement, c->next++));
  else
    bind_integer (c, time);
}

static void
swap_to_little_endian (guint32 *words, gsize n)
{
  for (gsize i = 0; i < n; i++)
    words[i] = GUINT32_TO_LE (words[i]);
}

static void
bind_embedding (Cursor *c, const VInfoSample *sample)
{
  gsize size = sample->embedding_size * sizeof (gfloat);
  guint32 *words = g_memdup2 (sample->embedding, size);

  if (words)
    swap_to_little_endian (words, sample->embedding_size);
  note (c, sqlite3_bind_blob64 (c->statement, c->next++, words, size, g_free));
}

static void
bind_score (Cursor *c, const VInfoScore *score)
{
  bind_real (c, score->loss);
  bind_real (c, score->pvi);
  bind_real (c, score->gain);
  bind_real (c, score->value);
  bind_real (c, score->quantile);
  bind_integer (c, score->version);
  bind_integer (c, score->masks);
}

int
row_bind_state (sqlite3_stmt *statement, const VInfoSample *sample)
{
  Cursor c = { statement, FIRST_STATE, SQLITE_OK };

  bind_integer (&c, sample->id);
  bind_text (&c, sample->feed);
  bind_text (&c, sample->source);
  bind_time (&c, sample->pts);
  bind_integer (&c, sample->wall_time);
  bind_text (&c, sample->caps);
  bind_score (&c, &sample->score);
  bind_real (&c, sample->u);
  bind_real (&c, sample->key);
  bind_integer (&c, sample->uniform ? 1 : 0);
  bind_integer (&c, sample->spare ? 1 : 0);
  bind_integer (&c, sample->arrival);
  bind_real (&c, sample->inclusion);
  bind_integer (&c, sample->views);
  note (&c, sqlite3_bind_blob (statement, c.next++, sample->thumbnail,
                VINFO_THUMBNAIL_SIZE, SQLITE_TRANSIENT));
  bind_embedding (&c, sample);
  bind_integer (&c, sample->embedding_version);
  bind_real (&c, sample->score.ood);
  bind_real (&c, sample->soft_inclusion);
  bind_real (&c, sample->uniform_inclusion);
  bind_real (&c, sample->first_loss);
  bind_real (&c, sample->score.region);
  return c.status;
}

int
row_bind_picture (sqlite3_stmt *statement, const VInfoSample *sample)
{
  Cursor c = { statement, FIRST_PICTURE, SQLITE_OK };

  bind_text (&c, codec_names[sample->codec]);
  bind_integer (&c, g_bytes_get_size (sample->blob));
  bind_integer (&c, sample->width);
  bind_integer (&c, sample->height);
  return c.status;
}

static gint64
read_integer (Cursor *c)
{
  return sqlite3_column_int64 (c->statement, c->next++);
}

static gdouble
read_real (Cursor *c)
{
  int column = c->next++;

  return sqlite3_column_type (c->statement, column) == SQLITE_NULL
             ? NAN
             : sqlite3_column_double (c->statement, column);
}

static char *
read_text (Cursor *c)
{
  const unsigned char *text = sqlite3_column_text (c->statement, c->next++);

  return g_strdup (text ? (const char *)text : "");
}

static guint64
read_time (Cursor *c)
{
  if (sqlite3_column_type (c->statement, c->next) != SQLITE_NULL)
    return read_integer (c);
  c->next++;
  return G_MAXUINT64;
}

static void
read_score (Cursor *c, VInfoScore *score)
{
  score->loss = read_real (c);
  score->pvi = read_real (c);
  score->gain = read_real (c);
  score->value = read_real (c);
  score->quantile = read_real (c);
  score->version = read_integer (c);
  score->masks = read_integer (c);
}

static void
read_thumbnail (Cursor *c, VInfoSample *sample)
{
  int column = c->next++;
  const void *data = sqlite3_column_blob (c->statement, column);

  if (sqlite3_column_bytes (c->statement, column) == VINFO_THUMBNAIL_SIZE)
    memcpy (sample->thumbnail, data, VINFO_THUMBNAIL_SIZE);
  else
    note (c, SQLITE_CORRUPT);
}

static void
read_embedding (Cursor *c, VInfoSample *sample)
{
  int column = c->next++;
  const void *data = sqlite3_column_blob (c->statement, column);
  gsize size = sqlite3_column_bytes (c->statement, column);

  if (size % sizeof (gfloat) != 0)
    note (c, SQLITE_CORRUPT);
  sample->embedding_size = size / sizeof (gfloat);
  sample->embedding = g_memdup2 (data, size);
  swap_to_little_endian ((guint32 *)sample->embedding, sample->embedding_size);
}

static VInfoImageCodec
read_codec (Cursor *c)
{
  g_autofree char *name = read_text (c);

  for (guint i = 0; i < G_N_ELEMENTS (codec_names); i++) {
    if (strcmp (name, codec_names[i]) == 0)
      return i;
  }
  note (c, SQLITE_CORRUPT);
  return VINFO_IMAGE_CODEC_PNG;
}

static guint
read_side (Cursor *c)
{
  gint64 side = read_integer (c);

  if (side < 1 || side > VINFO_IMAGE_MAX_SIDE)
    note (c, SQLITE_CORRUPT);
  return (guint)side;
}

static void
read_blob (Cursor *c, VInfoSample *sample)
{
  int column = c->next++;
  const void *data = sqlite3_column_blob (c->statement, column);
  gsize size = sqlite3_column_bytes (c->statement, column);

  if (size != sample->blob_size)
    note (c, SQLITE_CORRUPT);
  sample->blob = g_bytes_new (data, size);
}

static void
read_sample (Cursor *c, VInfoSample *sample)
{
  sample->id = read_integer (c);
  sample->feed = read_text (c);
  sample->source = read_text (c);
  sample->pts = read_time (c);
  sample->wall_time = read_integer (c);
  sample->caps = read_text (c);
  read_score (c, &sample->score);
  sample->u = read_real (c);
  sample->key = read_real (c);
  sample->uniform = read_integer (c) != 0;
  sample->spare = read_integer (c) != 0;
  sample->arrival = read_integer (c);
  sample->inclusion = read_real (c);
  sample->views = read_integer (c);
  read_thumbnail (c, sample);
  read_embedding (c, sample);
  sample->embedding_version = read_integer (c);
  sample->score.ood = read_real (c);
  sample->soft_inclusion = read_real (c);
  sample->uniform_inclusion = read_real (c);
  sample->first_loss = read_real (c);
  sample->score.region = read_real (c);
  sample->score.h_x = sample->score.h_null = NAN;
  sample->codec = read_codec (c);
  sample->blob_size = read_integer (c);
  sample->width = read_side (c);
  sample->height = read_side (c);
}

VInfoSample *
row_read (sqlite3_stmt *statement, gboolean with_blob)
{
  g_autoptr (VInfoSample) sample = vinfo_sample_new ();
  Cursor c = { statement, 0, SQLITE_OK };

  read_sample (&c, sample);
  if (with_blob)
    read_blob (&c, sample);
  return c.status == SQLITE_OK ? g_steal_pointer (&sample) : NULL;
}
