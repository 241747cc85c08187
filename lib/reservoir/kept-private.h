/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reservoir/feeds-private.h"
#include "reservoir/heap-private.h"
#include "reservoir/neighbours-private.h"

G_BEGIN_DECLS

/* One kept sample, in one of three heaps. */
struct _Entry {
  HeapNode node; /* first: a node is its entry */
  Heap *heap;
  VInfoSample *sample; /* owned, never handed out: it changes in place */
  gdouble rank;        /* key in the uniform share */
  guint row;           /* in entries and neighbours */
  guint place;         /* among its feed's */
  gboolean dirty;      /* differs from the store's */
  guint64 checked;     /* what `departures` was when its key was exact */
  guint64 unreadable;  /* 1 + the version that could not score it, or 0 */
  guint64 since;       /* the offer up to which its inclusion is noted */
};

typedef struct _Kept Kept;

/* The key of @sample among the others that are kept: the largest of what it has
 * with each of them, which is the same for both. */
typedef gdouble (*KeyAmong) (Kept *kept, const VInfoSample *sample);

/* The kept set in memory: which samples there are and who goes next. The
 * uniform share holds the smallest ranks, the rest the smallest keys among
 * those that aren't in it. Spares, near-duplicates in free room, go first.
 *
 * A change is planned (moves between the heaps, evictions), then settled or
 * undone. While a plan stands the bounds hold for the planned set.
 *
 * Keys that depend on the others (key_among) are found on arrival, and leave
 * what a pair has with the later one. A departure leaves them too large: only
 * the worst is looked at again, before it is judged, so it is exact. */
struct _Kept {
  guint capacity, uniform_capacity;
  guint64 capacity_bytes, uniform_bytes;
  Heap uniform, soft, spares;
  GPtrArray *entries; /* settled ones, owned */
  GHashTable *by_id;  /* of entries */
  Feeds feeds;        /* of entries */
  Neighbours neighbours;
  GArray *moves;      /* the plan */
  KeyAmong key_among; /* NULL: keys don't depend on the others */
  guint64 departures; /* what may lower keys: evictions, new embeddings */
  guint64 room_due;   /* of them, before a policy makes room again */
};

void kept_init (
    Kept *kept, guint capacity, guint64 capacity_bytes, gdouble uniform_share);
void kept_finish (Kept *kept);
void kept_clear (Kept *kept);

Entry *entry_new (VInfoSample *sample, gdouble rank); /* (transfer full) */
void entry_free (Entry *entry);

Entry *kept_find (const Kept *kept, guint64 id);
guint kept_get_size (const Kept *kept);
guint64 kept_get_bytes (const Kept *kept);

/* A newcomer must be under one of these; infinite (1 for ranks) while there is
 * room. */
gdouble kept_get_key_threshold (const Kept *kept);
gdouble kept_get_rank_threshold (const Kept *kept);
gboolean kept_has_free_room (const Kept *kept); /* for one of mean size */

/* Plan: the worst key, or that of @entry, is exact after this. The latter returns
 * whether it changed. */
void kept_check_worst (Kept *kept);
gboolean kept_check_entry (Kept *kept, Entry *entry);

/* The largest likeness of @sample and another that stays; 0 where none is like
 * it at all. */
gfloat kept_get_likeness (Kept *kept, const VInfoSample *sample);

/* Plans that @entry goes. */
void kept_plan_eviction (Kept *kept, Entry *entry);

/* Plans: a demoted entry is a spare from then on. */
void kept_plan_demotion (Kept *kept, Entry *entry);

/* Plans: @entry comes in and the worst go until the bounds hold. Returns FALSE,
 * with the whole plan undone, where @entry would be among them. */
gboolean kept_plan_entry (Kept *kept, Entry *entry);

/* Plans: a spare comes in. Returns FALSE where it has no room. */
gboolean kept_plan_spare (Kept *kept, Entry *entry);

/* Plans what was read from a store: @entry goes where its sample says, and
 * kept_plan_bounds() then evicts the worst until the bounds hold. */
void kept_plan_reading (Kept *kept, Entry *entry);
void kept_plan_bounds (Kept *kept);

/* Returns: (transfer container) (element-type Entry): those that go */
GPtrArray *kept_get_planned_evictions (const Kept *kept);
void kept_settle (Kept *kept);
void kept_undo (Kept *kept);

/* Follow changes of a settled entry's sample. */
void kept_rekey (Kept *kept, Entry *entry, gdouble key);
void kept_refresh_embedding (Kept *kept, Entry *entry);

G_END_DECLS
