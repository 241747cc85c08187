/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/rate-private.h"

#include <math.h>

#define NS_PER_MINUTE 60e9

/* In time, which adds up exactly, rather than in tokens. */
typedef struct {
  gdouble credit; /* that the feed has not spent, ns */
  guint64 time;   /* up to which it was credited, ns */
} Bucket;

void
rates_init (Rates *rates)
{
  rates->buckets
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
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
    *bucket = (Bucket){ get_size (rate), time };
    g_hash_table_insert (rates->buckets, g_strdup (feed), bucket);
  }
  return bucket;
}

static void
fill (Bucket *bucket, gdouble rate, guint64 time)
{
  if (time > bucket->time)
    bucket->credit += (gdouble)(time - bucket->time);
  bucket->credit = MIN (bucket->credit, get_size (rate));
  bucket->time = time;
}

gboolean
rates_may_admit (Rates *rates, const char *feed, gdouble rate, guint64 time)
{
  Bucket *bucket;

  if (!is_limit (rate))
    return TRUE;
  bucket = find_bucket (rates, feed, rate, time);
  fill (bucket, rate, time);
  return bucket->credit >= get_cost (rate);
}

void
rates_note_admission (Rates *rates, const char *feed, gdouble rate)
{
  Bucket *bucket = g_hash_table_lookup (rates->buckets, feed);

  if (is_limit (rate) && bucket != NULL)
    bucket->credit -= get_cost (rate);
}
