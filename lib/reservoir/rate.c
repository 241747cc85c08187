/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/rate-private.h"

#include <math.h>

#define NS_PER_MINUTE 60e9

#define MOST_CLOCKS 1000

/* The time of one source, which may be behind or ahead of the others'. */
typedef struct {
  guint64 time;    /* of its last frame, ns */
  gdouble elapsed; /* on the feed's own scale, ns */
} Clock;

/* In time, which adds up exactly, rather than in tokens. */
typedef struct {
  gdouble credit;     /* that the feed has not spent, ns */
  gdouble elapsed;    /* up to which it was credited: of its furthest clock */
  guint64 time;       /* of the last frame, ns */
  GHashTable *clocks; /* source → Clock */
} Bucket;

static void
bucket_free (gpointer data)
{
  Bucket *bucket = data;

  g_hash_table_unref (bucket->clocks);
  g_free (bucket);
}

void
rates_init (Rates *rates)
{
  rates->buckets
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, bucket_free);
}

void
rates_finish (Rates *rates)
{
  g_clear_pointer (&rates->buckets, g_hash_table_unref);
}

static gboolean
is_limit (gdouble rate)
{
  return isfinite (rate) && rate > 0;
}

static gdouble
get_cost (gdouble rate)
{
  return NS_PER_MINUTE / rate;
}

/* Of less than one sample a minute a bucket must still hold one. */
static gdouble
get_size (gdouble rate)
{
  return MAX (NS_PER_MINUTE, get_cost (rate));
}

static Bucket *
find_bucket (Rates *rates, const char *feed, gdouble rate, guint64 time)
{
  Bucket *bucket = g_hash_table_lookup (rates->buckets, feed);

  if (bucket == NULL) {
    bucket = g_new (Bucket, 1);
    *bucket = (Bucket){ .credit = get_size (rate), .time = time };
    bucket->clocks
        = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert (rates->buckets, g_strdup (feed), bucket);
  }
  return bucket;
}

static gdouble
get_advance (guint64 from, guint64 to)
{
  return to > from ? (gdouble)(to - from) : 0;
}

/* A source that is new goes on where the feed was, as the next file does. */
static Clock *
find_clock (Bucket *bucket, const char *source, guint64 time)
{
  Clock *clock = g_hash_table_lookup (bucket->clocks, source);

  if (clock != NULL)
    return clock;
  if (g_hash_table_size (bucket->clocks) >= MOST_CLOCKS)
    g_hash_table_remove_all (bucket->clocks);
  clock = g_new (Clock, 1);
  *clock = (Clock){ MIN (time, bucket->time), bucket->elapsed };
  g_hash_table_insert (bucket->clocks, g_strdup (source), clock);
  return clock;
}

static void
fill (Bucket *bucket, const char *source, gdouble rate, guint64 time)
{
  Clock *clock = find_clock (bucket, source, time);

  clock->elapsed += get_advance (clock->time, time);
  clock->time = bucket->time = time;
  if (clock->elapsed > bucket->elapsed) {
    bucket->credit += clock->elapsed - bucket->elapsed;
    bucket->elapsed = clock->elapsed;
  }
  bucket->credit = MIN (bucket->credit, get_size (rate));
}

gboolean
rates_may_admit (Rates *rates, const char *feed, const char *source,
    gdouble rate, guint64 time)
{
  Bucket *bucket;

  if (!is_limit (rate))
    return TRUE;
  bucket = find_bucket (rates, feed, rate, time);
  fill (bucket, source, rate, time);
  return bucket->credit >= get_cost (rate);
}

void
rates_note_admission (Rates *rates, const char *feed, gdouble rate)
{
  Bucket *bucket = g_hash_table_lookup (rates->buckets, feed);

  if (is_limit (rate) && bucket != NULL)
    bucket->credit -= get_cost (rate);
}
