/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/reservoir-private.h"

#include <math.h>

#include "nn/random-private.h"

/* A stored inclusion probability is written anew when off by this part. */
#define INCLUSION_TOLERANCE 0.1

/* Which no seed has: the store's draw is nobody's any more. */
#define SEVERAL_DRAWS 2

gboolean
reservoir_remove_planned (VInfoReservoir *self, GError **error)
{
  g_autoptr (GPtrArray) evictions = kept_get_planned_evictions (&self->kept);

  for (guint i = 0; i < evictions->len; i++) {
    const Entry *entry = g_ptr_array_index (evictions, i);

    if (!vinfo_store_remove (self->store, entry->sample->id, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
reservoir_swap (
    VInfoReservoir *self, const VInfoSample *newcomer, GError **error)
{
  if (reservoir_remove_planned (self, error)
      && vinfo_store_put (self->store, newcomer, error))
    return TRUE;
  kept_undo (&self->kept);
  reservoir_fall_back (self);
  return FALSE;
}

/* Names what keys mean, so that a store is never continued with those of
 * another policy or temperature. */
static gint64
get_rule (VInfoReservoir *self)
{
  gdouble temperature = self->config.temperature;
  guint64 bits;

  memcpy (&bits, &temperature, sizeof bits);
  return nn_mix (g_str_hash (self->policy->name), bits);
}

/* Names the draw, so that a merge knows parts of another seed. Always odd. */
static gint64
get_draw (VInfoReservoir *self)
{
  return (gint64)(nn_mix (self->config.seed, 0) | 1);
}

/* A store may have been written by anyone. */
static gboolean
is_sound (const VInfoSample *sample, const Policy *policy)
{
  return sample->u > 0 && sample->u < 1 && isfinite (sample->key)
         && sample->score.quantile >= 0 && sample->score.quantile <= 1
         && (sample->key > 0 || !policy_is_diverse (policy))
         && embedding_is_finite (sample->embedding, sample->embedding_size);
}

/* Makes what is_sound() wants of @sample, but for its key. */
static void
mend (VInfoReservoir *self, VInfoSample *sample)
{
  if (!(sample->u > 0 && sample->u < 1))
    sample->u = ticket_hash (sample->id, self->config.seed);
  if (!(sample->score.quantile >= 0 && sample->score.quantile <= 1))
    sample->score.quantile = 0.5;
  if (!embedding_is_finite (sample->embedding, sample->embedding_size)) {
    g_clear_pointer (&sample->embedding, g_free);
    sample->embedding_size = 0;
  }
}

/* Returns: (transfer full) */
static Entry *
make_entry (VInfoReservoir *self, VInfoSample *sample, gboolean same_rule)
{
  Entry *entry;
  gboolean valid = same_rule && is_sound (sample, self->policy);

  sample->spare = sample->spare && policy_is_diverse (self->policy);
  if (!valid) {
    mend (self, sample);
    sample->key = self->policy->key (sample, self->config.temperature);
  }
  entry = entry_new (sample, ticket_rank (sample->u, self->config.seed));
  entry->dirty = !valid;
  return entry;
}

gboolean
vinfo_reservoir_fits_store (VInfoReservoir *self)
{
  gint64 rule = vinfo_store_get_counter (self->store, "rule");

  return rule == 0 || rule == get_rule (self);
}

gboolean
reservoir_read_store (VInfoReservoir *self, GError **error)
{
  gboolean same_rule = vinfo_reservoir_fits_store (self);
  g_autoptr (GPtrArray) samples = vinfo_store_list (self->store, error);
  gboolean removed;

  if (samples == NULL)
    return FALSE;
  kept_clear (&self->kept);
  for (guint i = 0; i < samples->len; i++) {
    VInfoSample *sample = g_ptr_array_index (samples, i);

    sample = vinfo_sample_ref (sample);
    kept_plan_reading (&self->kept, make_entry (self, sample, same_rule));
    self->counts.offered = MAX (self->counts.offered, sample->arrival);
  }
  kept_settle (&self->kept);
  kept_plan_bounds (&self->kept);
  removed = reservoir_remove_planned (self, error);
  self->counts.rejected[VINFO_REASON_EVICTED]
      += samples->len - kept_get_size (&self->kept);
  kept_settle (&self->kept);
  return removed;
}

/* Bounded writes: a probability falls from 1 to K/N in ln(N/K)/0.1 of them. */
static gboolean
inclusion_is_off (gdouble stored, gdouble now)
{
  return fabs (stored - now) > INCLUSION_TOLERANCE * stored;
}

gboolean
reservoir_write_name (
    VInfoReservoir *self, const char *counter, gint64 name, GError **error)
{
  return vinfo_store_get_counter (self->store, counter) == name
         || vinfo_store_set_counter (self->store, counter, name, error);
}

/* What is kept was drawn by several seeds once a second one adds to it; who only
 * opens the store, to rescore it say, leaves that as it is. */
static gboolean
write_draw (VInfoReservoir *self, GError **error)
{
  gint64 stored = vinfo_store_get_counter (self->store, "draw");

  if (stored == 0 || self->was_empty)
    return reservoir_write_name (self, "draw", get_draw (self), error);
  if (stored == get_draw (self)
      || self->counts.offered == self->counts_at_open.offered)
    return TRUE;
  return reservoir_write_name (self, "draw", SEVERAL_DRAWS, error);
}

gboolean
reservoir_write_changes (VInfoReservoir *self, GError **error)
{
  for (guint i = 0; i < self->kept.entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->kept.entries, i);
    VInfoSample *sample = entry->sample;
    gdouble inclusion = reservoir_get_inclusion (self, entry);

    if (!entry->dirty && !inclusion_is_off (sample->inclusion, inclusion))
      continue;
    sample->inclusion = inclusion;
    reservoir_note_inclusion (self, entry);
    entry->dirty = TRUE;
    if (!vinfo_store_update (self->store, sample, error))
      return FALSE;
    entry->dirty = FALSE;
  }
  return reservoir_write_name (self, "rule", get_rule (self), error)
         && write_draw (self, error);
}

static GArray *
list_ids (const Kept *kept)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < kept->entries->len; i++) {
    const Entry *entry = g_ptr_array_index (kept->entries, i);

    g_array_append_val (ids, entry->sample->id);
  }
  return ids;
}

void
reservoir_fall_back (VInfoReservoir *self)
{
  g_autoptr (GArray) before = list_ids (&self->kept);
  guint64 *rejected = self->counts.rejected;
  guint64 evicted = rejected[VINFO_REASON_EVICTED];
  guint n_held = 0, n_returned;

  vinfo_store_rollback (self->store);
  if (!reservoir_read_store (self, NULL))
    return;
  reservoir_restart_thresholds (self);
  for (guint i = 0; i < before->len; i++)
    n_held
        += kept_find (&self->kept, g_array_index (before, guint64, i)) != NULL;
  n_returned = kept_get_size (&self->kept) - n_held;
  rejected[VINFO_REASON_STORE] += before->len - n_held;
  rejected[VINFO_REASON_EVICTED] = evicted - MIN (n_returned, evicted);
}
