/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/kept-private.h"

#include <math.h>

#define UNSETTLED G_MAXUINT

typedef struct {
  Entry *entry;
  Heap *from, *to; /* NULL: not kept */
  gdouble key;     /* before */
} Move;

Entry *
entry_new (VInfoSample *sample, gdouble rank)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->node.arrival = sample->arrival;
  entry->node.size = sample->blob_size;
  entry->sample = sample;
  entry->rank = rank;
  entry->since = sample->arrival;
  entry->row = UNSETTLED;
  return entry;
}

void
entry_free (Entry *entry)
{
  vinfo_sample_unref (entry->sample);
  g_free (entry);
}

void
kept_init (
    Kept *kept, guint capacity, guint64 capacity_bytes, gdouble uniform_share)
{
  kept->capacity = capacity;
  kept->uniform_capacity = lround (uniform_share * capacity);
  kept->capacity_bytes = capacity_bytes;
  kept->uniform_bytes
      = uniform_share < 1 ? uniform_share * capacity_bytes : capacity_bytes;
  heap_init (&kept->uniform);
  heap_init (&kept->soft);
  heap_init (&kept->spares);
  kept->entries = g_ptr_array_new ();
  kept->by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  feeds_init (&kept->feeds);
  neighbours_init (&kept->neighbours);
  kept->moves = g_array_new (FALSE, FALSE, sizeof (Move));
  kept->key_among = NULL;
  kept->departures = 1;
  kept->room_due = 0;
}

void
kept_finish (Kept *kept)
{
  kept_clear (kept);
  g_clear_pointer (&kept->moves, g_array_unref);
  neighbours_finish (&kept->neighbours);
  feeds_finish (&kept->feeds);
  g_clear_pointer (&kept->by_id, g_hash_table_unref);
  g_clear_pointer (&kept->entries, g_ptr_array_unref);
  heap_finish (&kept->spares);
  heap_finish (&kept->soft);
  heap_finish (&kept->uniform);
}

Entry *
kept_find (const Kept *kept, guint64 id)
{
  return g_hash_table_lookup (kept->by_id, &id);
}

guint
kept_get_size (const Kept *kept)
{
  return heap_get_length (&kept->uniform) + heap_get_length (&kept->soft)
         + heap_get_length (&kept->spares);
}

guint64
kept_get_bytes (const Kept *kept)
{
  return kept->uniform.bytes + kept->soft.bytes + kept->spares.bytes;
}

/* Full is what has no room for one more of mean size: where bytes are what
 * binds, a newcomer is judged by its key before the cost of encoding it. */
static gboolean
is_full (guint n, guint64 bytes, guint capacity, guint64 capacity_bytes)
{
  return n >= capacity || (n > 0 && bytes + bytes / n > capacity_bytes);
}

gdouble
kept_get_key_threshold (const Kept *kept)
{
  const HeapNode *worst = heap_get_worst (&kept->soft);
  guint n = heap_get_length (&kept->uniform) + heap_get_length (&kept->soft);

  if (!is_full (n, kept->uniform.bytes + kept->soft.bytes, kept->capacity,
          kept->capacity_bytes))
    return INFINITY;
  return worst != NULL ? worst->key : -INFINITY;
}

gdouble
kept_get_rank_threshold (const Kept *kept)
{
  const HeapNode *worst = heap_get_worst (&kept->uniform);

  if (!is_full (heap_get_length (&kept->uniform), kept->uniform.bytes,
          kept->uniform_capacity, kept->uniform_bytes))
    return 1;
  return worst != NULL ? worst->key : 0;
}

gboolean
kept_has_free_room (const Kept *kept)
{
  return !is_full (kept_get_size (kept), kept_get_bytes (kept), kept->capacity,
      kept->capacity_bytes);
}

static void
place (Kept *kept, Entry *entry, Heap *heap)
{
  if (entry->heap != NULL)
    heap_remove (entry->heap, &entry->node);
  entry->heap = heap;
  if (heap == NULL)
    return;
  entry->sample->uniform = heap == &kept->uniform;
  entry->sample->spare = heap == &kept->spares;
  entry->node.key = entry->sample->uniform ? entry->rank : entry->sample->key;
  heap_insert (heap, &entry->node);
}

static void
plan (Kept *kept, Entry *entry, Heap *to)
{
  Move move = { entry, entry->heap, to, entry->sample->key };

  g_array_append_val (kept->moves, move);
  place (kept, entry, to);
  if (to == NULL)
    kept->departures++;
}

static void
undo_to (Kept *kept, guint n_moves)
{
  while (kept->moves->len > n_moves) {
    Move *move = &g_array_index (kept->moves, Move, kept->moves->len - 1);

    move->entry->sample->key = move->key;
    place (kept, move->entry, move->from);
    /* what keys were found without it are too small no longer */
    kept->departures += move->to == NULL;
    g_array_set_size (kept->moves, kept->moves->len - 1);
  }
}

/* What the uniform share has no room for competes by its key. Returns FALSE
 * where @newcomer is the worst. */
static gboolean
bound_uniform (Kept *kept, const Entry *newcomer)
{
  while (heap_get_length (&kept->uniform) > kept->uniform_capacity
         || kept->uniform.bytes > kept->uniform_bytes) {
    Entry *worst = (Entry *)heap_get_worst (&kept->uniform);

    if (worst == newcomer)
      return FALSE;
    plan (kept, worst, &kept->soft);
  }
  return TRUE;
}

static Entry *
get_worst (Kept *kept)
{
  gboolean spare = heap_get_length (&kept->spares) > 0;

  return (Entry *)heap_get_worst (spare ? &kept->spares : &kept->soft);
}

/* The uniform share being bound, there is always a spare or soft one to go. */
static gboolean
bound_all (Kept *kept, const Entry *newcomer)
{
  while (kept_get_size (kept) > kept->capacity
         || kept_get_bytes (kept) > kept->capacity_bytes) {
    Entry *worst;

    kept_check_worst (kept);
    worst = get_worst (kept);
    if (worst == newcomer)
      return FALSE;
    plan (kept, worst, NULL);
  }
  return TRUE;
}

void
kept_plan_eviction (Kept *kept, Entry *entry)
{
  plan (kept, entry, NULL);
}

void
kept_plan_demotion (Kept *kept, Entry *entry)
{
  plan (kept, entry, &kept->spares);
}

gboolean
kept_plan_entry (Kept *kept, Entry *entry)
{
  guint mark = kept->moves->len;

  plan (kept, entry, &kept->uniform);
  if (!bound_uniform (kept, entry)) {
    undo_to (kept, mark);
    plan (kept, entry, &kept->soft);
  }
  if (bound_all (kept, entry))
    return TRUE;
  kept_undo (kept);
  return FALSE;
}

gboolean
kept_plan_spare (Kept *kept, Entry *entry)
{
  if (kept_get_size (kept) >= kept->capacity
      || kept_get_bytes (kept) + entry->node.size > kept->capacity_bytes)
    return FALSE;
  plan (kept, entry, &kept->spares);
  return TRUE;
}

void
kept_plan_reading (Kept *kept, Entry *entry)
{
  if (entry->sample->spare)
    plan (kept, entry, &kept->spares);
  else
    plan (kept, entry, entry->sample->uniform ? &kept->uniform : &kept->soft);
}

void
kept_plan_bounds (Kept *kept)
{
  bound_uniform (kept, NULL);
  bound_all (kept, NULL);
}

GPtrArray *
kept_get_planned_evictions (const Kept *kept)
{
  GPtrArray *evictions = g_ptr_array_new ();

  for (guint i = 0; i < kept->moves->len; i++) {
    const Move *move = &g_array_index (kept->moves, Move, i);

    if (move->to == NULL)
      g_ptr_array_add (evictions, move->entry);
  }
  return evictions;
}

gfloat
kept_get_likeness (Kept *kept, const VInfoSample *sample)
{
  gfloat largest = 0;

  neighbours_sweep (&kept->neighbours, sample);
  for (guint row = 0;; row++) {
    const Entry *entry;

    row = neighbours_next (&kept->neighbours, row, largest);
    if (row == kept->entries->len)
      return largest;
    entry = g_ptr_array_index (kept->entries, row);
    if (entry->heap != NULL && entry->sample != sample)
      largest = MAX (largest, neighbours_compare (sample, entry->sample));
  }
}

gboolean
kept_check_entry (Kept *kept, Entry *entry)
{
  Move move = { entry, entry->heap, entry->heap, entry->sample->key };
  gdouble key;

  if (kept->key_among == NULL || entry->checked == kept->departures)
    return FALSE;
  key = kept->key_among (kept, entry->sample);
  entry->checked = kept->departures;
  if (!(key < entry->sample->key))
    return FALSE;
  g_array_append_val (kept->moves, move);
  entry->sample->key = key;
  heap_rekey (entry->heap, &entry->node, key);
  return TRUE;
}

void
kept_check_worst (Kept *kept)
{
  Entry *worst = (Entry *)heap_get_worst (&kept->soft);

  while (worst != NULL && kept_check_entry (kept, worst))
    worst = (Entry *)heap_get_worst (&kept->soft);
}

static void
add_entry (Kept *kept, Entry *entry)
{
  entry->row = kept->entries->len;
  g_ptr_array_add (kept->entries, entry);
  g_hash_table_insert (kept->by_id, &entry->sample->id, entry);
  feeds_add (&kept->feeds, entry);
  neighbours_add (&kept->neighbours, entry->sample);
}

static void
drop_entry (Kept *kept, Entry *entry)
{
  Entry *last = g_ptr_array_index (kept->entries, kept->entries->len - 1);

  neighbours_remove (&kept->neighbours, entry->row);
  g_hash_table_remove (kept->by_id, &entry->sample->id);
  feeds_remove (&kept->feeds, entry);
  g_ptr_array_remove_index_fast (kept->entries, entry->row);
  last->row = entry->row;
  entry_free (entry);
}

void
kept_settle (Kept *kept)
{
  g_autoptr (GPtrArray) evictions = kept_get_planned_evictions (kept);

  for (guint i = 0; i < kept->moves->len; i++) {
    Entry *entry = g_array_index (kept->moves, Move, i).entry;

    if (entry->row == UNSETTLED)
      add_entry (kept, entry);
    else
      entry->dirty = TRUE;
  }
  for (guint i = 0; i < evictions->len; i++)
    drop_entry (kept, g_ptr_array_index (evictions, i));
  g_array_set_size (kept->moves, 0);
}

void
kept_undo (Kept *kept)
{
  undo_to (kept, 0);
}

void
kept_clear (Kept *kept)
{
  while (kept->entries->len > 0) {
    Entry *entry = g_ptr_array_index (kept->entries, kept->entries->len - 1);

    heap_remove (entry->heap, &entry->node);
    drop_entry (kept, entry);
  }
}

void
kept_rekey (Kept *kept, Entry *entry, gdouble key)
{
  entry->sample->key = key;
  entry->checked = 0;
  if (entry->heap != &kept->uniform)
    heap_rekey (entry->heap, &entry->node, key);
}

void
kept_refresh_embedding (Kept *kept, Entry *entry)
{
  neighbours_refresh (&kept->neighbours, entry->row);
  kept->departures++;
}
