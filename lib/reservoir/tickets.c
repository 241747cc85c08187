/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/tickets-private.h"

#include <string.h>

#include "nn/random-private.h"

#define RANK_STREAM G_GUINT64_CONSTANT (0x756e69666f726d21)

void
tickets_init (Tickets *tickets, guint64 seed)
{
  tickets->seed = seed;
  tickets->runs
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

void
tickets_finish (Tickets *tickets)
{
  g_clear_pointer (&tickets->runs, g_hash_table_unref);
}

/* 52 bits and a half: neither 0 nor, rounded, 1. */
static gdouble
open_unit (guint64 bits)
{
  return ((gdouble)(bits >> 12) + 0.5) / (gdouble)(1ull << 52);
}

gdouble
ticket_hash (guint64 id, guint64 seed)
{
  return open_unit (nn_mix (id, seed));
}

gdouble
ticket_rank (gdouble u, guint64 seed)
{
  guint64 bits;

  memcpy (&bits, &u, sizeof bits);
  return open_unit (nn_mix (bits, seed ^ RANK_STREAM));
}

gdouble
tickets_draw (Tickets *tickets, const char *feed, guint64 id,
    const guint8 thumbnail[VINFO_THUMBNAIL_SIZE])
{
  StillRun *run = g_hash_table_lookup (tickets->runs, feed);

  if (run == NULL) {
    run = g_new0 (StillRun, 1);
    g_hash_table_insert (tickets->runs, g_strdup (feed), run);
  }
  return ticket_hash (still_run_follow (run, id, thumbnail), tickets->seed);
}
