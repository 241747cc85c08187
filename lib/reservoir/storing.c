/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/reservoir-private.h"

#include <math.h>

#include "nn/random-private.h"

/* A stored inclusion probability is written anew when off by this part. */
#define INCLUSION_TOLERANCE 0.1

/* Returns: (transfer full): what to put back should the newcomer fail, or %NULL
 * with @error where @entry can't go. An unreadable sample may go for good. */
static gboolean
remove_stored (
    VInfoReservoir *self, Entry *entry, GPtrArray *removed, GError **error)
{
  VInfoSample *whole = vinfo_store_get (self->store, entry->sample->id, NULL);

  if (!vinfo_store_remove (self->store, entry->sample->id, error)) {
    g_clear_pointer (&whole, vinfo_sample_unref);
    return FALSE;
  }
  if (whole != NULL)
    g_ptr_array_add (removed, whole);
  return TRUE;
}

static gboolean
write_plan (VInfoReservoir *self, const VInfoSample *newcomer,
    GPtrArray *removed, GError **error)
{
  g_autoptr (GPtrArray) evictions = kept_get_planned_evictions (&self->kept);

  for (guint i = 0; i < evictions->len; i++) {
    Entry *entry = g_ptr_array_index (evictions, i);

    if (!remove_stored (self, entry, removed, error))
      return FALSE;
  }
  return vinfo_store_put (self->store, newcomer, error);
}

static void
put_back (VInfoReservoir *self, GPtrArray *removed)
{
  for (guint i = 0; i < removed->len; i++) {
    const VInfoSample *whole = g_ptr_array_index (removed, i);
    Entry *entry = kept_find (&self->kept, whole->id);

    if (!vinfo_store_put (self->store, whole, NULL)) {
      vinfo_store_rollback (self->store);
      return;
    }
    entry->dirty = TRUE;
  }
}

gboolean
reservoir_swap (
    VInfoReservoir *self, const VInfoSample *newcomer, GError **error)
{
  g_autoptr (GPtrArray) removed
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_sample_unref);

  if (write_plan (self, newcomer, removed, error)) {
    g_autoptr (GPtrArray) evictions = kept_get_planned_evictions (&self->kept);

    self->counts.rejected[VINFO_REASON_EVICTED] += evictions->len;
    return TRUE;
  }
  kept_undo (&self->kept);
  put_back (self, removed);
  reservoir_reconcile (self);
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

/* A store may have been written by anyone. */
static gboolean
is_sound (const VInfoSample *sample, const Policy *policy)
{
  return sample->u > 0 && sample->u < 1 && isfinite (sample->key)
         && sample->score.quantile >= 0 && sample->score.quantile <= 1
         && (sample->key > 0 || !policy->diverse)
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

  sample->spare = sample->spare && self->policy->diverse;
  if (!valid) {
    mend (self, sample);
    sample->key = self->policy->key (sample, self->config.temperature);
  }
  entry = entry_new (sample, ticket_rank (sample->u, self->config.seed));
  entry->dirty = !valid;
  return entry;
}

static gboolean
remove_evicted (VInfoReservoir *self, GError **error)
{
  g_autoptr (GPtrArray) evictions = kept_get_planned_evictions (&self->kept);

  for (guint i = 0; i < evictions->len; i++) {
    const Entry *entry = g_ptr_array_index (evictions, i);

    if (!vinfo_store_remove (self->store, entry->sample->id, error))
      return FALSE;
    self->counts.rejected[VINFO_REASON_EVICTED]++;
  }
  return TRUE;
}

gboolean
reservoir_read_store (VInfoReservoir *self, GError **error)
{
  gint64 rule = vinfo_store_get_counter (self->store, "rule");
  gboolean same_rule = rule == 0 || rule == get_rule (self);
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
  kept_plan_bounds (&self->kept);
  removed = remove_evicted (self, error);
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
reservoir_write_changes (VInfoReservoir *self, GError **error)
{
  for (guint i = 0; i < self->kept.entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->kept.entries, i);
    VInfoSample *sample = entry->sample;
    gdouble inclusion = reservoir_get_inclusion (self, sample);

    if (!entry->dirty && !inclusion_is_off (sample->inclusion, inclusion))
      continue;
    sample->inclusion = inclusion;
    entry->dirty = TRUE;
    if (!vinfo_store_update (self->store, sample, error))
      return FALSE;
    entry->dirty = FALSE;
  }
  if (vinfo_store_get_counter (self->store, "rule") == get_rule (self))
    return TRUE;
  return vinfo_store_set_counter (self->store, "rule", get_rule (self), error);
}

static gboolean
store_holds_the_kept (VInfoReservoir *self, GPtrArray *samples)
{
  if (samples->len != self->kept.entries->len)
    return FALSE;
  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = g_ptr_array_index (samples, i);

    if (kept_find (&self->kept, sample->id) == NULL)
      return FALSE;
  }
  return TRUE;
}

/* A failed transaction may have taken earlier changes with it. */
void
reservoir_reconcile (VInfoReservoir *self)
{
  g_autoptr (GPtrArray) samples = vinfo_store_list (self->store, NULL);
  guint before = kept_get_size (&self->kept);

  if (samples == NULL)
    return;
  if (!store_holds_the_kept (self, samples))
    reservoir_read_store (self, NULL);
  for (guint i = 0; i < self->kept.entries->len; i++)
    ((Entry *)g_ptr_array_index (self->kept.entries, i))->dirty = TRUE;
  if (kept_get_size (&self->kept) < before)
    self->counts.rejected[VINFO_REASON_STORE]
        += before - kept_get_size (&self->kept);
}
