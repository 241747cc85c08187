/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/vinfo-reservoir.h"

#include <math.h>

#include "reservoir/reservoir-private.h"

/* Keys stay far from underflow down to here. */
#define MIN_TEMPERATURE 0.005

G_DEFINE_TYPE (VInfoReservoir, vinfo_reservoir, G_TYPE_OBJECT)
G_DEFINE_QUARK (vinfo_reservoir_error_quark, vinfo_reservoir_error)

static void
vinfo_reservoir_finalize (GObject *object)
{
  VInfoReservoir *self = VINFO_RESERVOIR (object);

  if (self->store != NULL) {
    tickets_finish (&self->tickets);
    rates_finish (&self->rates);
    kept_finish (&self->kept);
    minima_finish (&self->keys);
    minima_finish (&self->ranks);
  }
  g_clear_object (&self->store);
  g_mutex_clear (&self->bar.lock);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (vinfo_reservoir_parent_class)->finalize (object);
}

static void
vinfo_reservoir_class_init (VInfoReservoirClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vinfo_reservoir_finalize;
}

static void
vinfo_reservoir_init (VInfoReservoir *self)
{
  g_mutex_init (&self->lock);
  g_mutex_init (&self->bar.lock);
}

/* Returns: what is out of range, or %NULL */
static const char *
find_fault (const VInfoReservoirConfig *config)
{
  if (config->capacity == 0)
    return "capacity: must be at least 1";
  if (config->capacity_bytes == 0)
    return "capacity-bytes: must be at least 1";
  if (!(config->uniform_share >= 0 && config->uniform_share <= 1))
    return "uniform-share: must be 0 to 1";
  if (!(config->temperature >= MIN_TEMPERATURE))
    return "temperature: must be at least 0.005";
  if (!(config->similarity > 0 && config->similarity <= 1))
    return "similarity: must be above 0 and at most 1";
  if (config->quality < 1 || config->quality > 100)
    return "quality: must be 1 to 100";
  return NULL;
}

gboolean
vinfo_reservoir_check (const VInfoReservoirConfig *config, GError **error)
{
  const char *fault = find_fault (config);

  if (policy_find (config->policy) == NULL) {
    g_set_error (error, VINFO_RESERVOIR_ERROR, VINFO_RESERVOIR_ERROR_POLICY,
        "reservoir: policy: no such policy: %s: there are %s",
        config->policy != NULL ? config->policy : "(none)",
        vinfo_policy_describe ());
    return FALSE;
  }
  if (fault != NULL) {
    g_set_error (error, VINFO_RESERVOIR_ERROR, VINFO_RESERVOIR_ERROR_CONFIG,
        "reservoir: %s", fault);
    return FALSE;
  }
  return TRUE;
}

VInfoReservoir *
vinfo_reservoir_new (
    const VInfoReservoirConfig *config, VInfoStore *store, GError **error)
{
  const Policy *policy = policy_find (config->policy);
  g_autoptr (VInfoReservoir) self = NULL;

  if (!vinfo_reservoir_check (config, error))
    return NULL;
  self = g_object_new (VINFO_TYPE_RESERVOIR, NULL);
  self->config = *config;
  self->config.policy = NULL;
  self->policy = policy;
  self->store = g_object_ref (store);
  kept_init (&self->kept, config->capacity, config->capacity_bytes,
      policy_is_diverse (policy) ? config->uniform_share : 0);
  self->kept.key_among = policy->key_among;
  tickets_init (&self->tickets, config->seed);
  rates_init (&self->rates);
  minima_init (&self->keys, INFINITY);
  minima_init (&self->ranks, 1);
  reservoir_read_counts (self);
  self->counts_at_open = self->counts;
  if (!vinfo_store_claim (store, error) || !reservoir_read_store (self, error))
    return NULL;
  self->counts_at_open.offered = self->counts.offered;
  self->was_empty = kept_get_size (&self->kept) == 0;
  reservoir_restart_thresholds (self);
  return g_steal_pointer (&self);
}

/* What isn't committed yet would be lost with a frame that finds no room: after
 * @id there has to be some for one of twice the bytes. */
static gboolean
commit_before_disk_is_full (
    VInfoReservoir *self, guint64 id, VInfoVerdict *verdict, GError **error)
{
  const Entry *entry = kept_find (&self->kept, id);

  if (vinfo_store_has_room (self->store, 2 * entry->sample->blob_size)
      || reservoir_commit (self, error))
    return TRUE;
  vinfo_verdict_clear (verdict);
  *verdict = (VInfoVerdict){ .reason = VINFO_REASON_STORE };
  return FALSE;
}

gboolean
vinfo_reservoir_offer (VInfoReservoir *self, const VInfoOffer *offer,
    VInfoVerdict *verdict, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  *verdict = (VInfoVerdict){ 0 };
  reservoir_add_unneeded (self);
  self->counts.offered++;
  verdict->reason = reservoir_decide (self, offer, &verdict->evicted, error);
  verdict->kept = verdict->reason == VINFO_REASON_NONE;
  if (verdict->kept)
    reservoir_note_version (self, offer->score.version);
  else
    self->counts.rejected[verdict->reason]++;
  if (verdict->kept || verdict->reason == VINFO_REASON_STORE)
    reservoir_follow_thresholds (self, FALSE);
  if (verdict->kept)
    return commit_before_disk_is_full (self, offer->id, verdict, error);
  return verdict->reason != VINFO_REASON_STORE;
}

void
vinfo_verdict_clear (VInfoVerdict *verdict)
{
  g_clear_pointer (&verdict->evicted, g_ptr_array_unref);
}

VInfoSample *
reservoir_copy_entry (VInfoReservoir *self, const Entry *entry)
{
  VInfoSample *copy = vinfo_sample_copy (entry->sample);

  copy->inclusion = reservoir_get_inclusion (self, entry);
  return copy;
}

static gint
compare_arrivals (gconstpointer a, gconstpointer b)
{
  const VInfoSample *first = *(VInfoSample *const *)a;
  const VInfoSample *second = *(VInfoSample *const *)b;

  return (first->arrival > second->arrival)
         - (first->arrival < second->arrival);
}

GPtrArray *
vinfo_reservoir_list (VInfoReservoir *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GPtrArray *list
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_sample_unref);

  for (guint i = 0; i < self->kept.entries->len; i++)
    g_ptr_array_add (list,
        reservoir_copy_entry (self, g_ptr_array_index (self->kept.entries, i)));
  g_ptr_array_sort (list, compare_arrivals);
  return list;
}

guint
vinfo_reservoir_get_size (VInfoReservoir *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return kept_get_size (&self->kept);
}

guint64
vinfo_reservoir_get_bytes (VInfoReservoir *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return kept_get_bytes (&self->kept);
}

gdouble
vinfo_reservoir_get_mean_pvi (VInfoReservoir *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gdouble sum = 0;
  guint n = 0;

  for (guint i = 0; i < self->kept.entries->len; i++) {
    const Entry *entry = g_ptr_array_index (self->kept.entries, i);

    if (isfinite (entry->sample->score.pvi)) {
      sum += entry->sample->score.pvi;
      n++;
    }
  }
  return n > 0 ? sum / n : NAN;
}

void
vinfo_reservoir_count_view (VInfoReservoir *self, guint64 id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Entry *entry = kept_find (&self->kept, id);

  if (entry != NULL) {
    entry->sample->views++;
    entry->dirty = TRUE;
  }
}

void
vinfo_reservoir_get_counts (
    VInfoReservoir *self, guint64 *offered, guint64 rejected[VINFO_N_REASONS])
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  reservoir_add_unneeded (self);
  *offered = self->counts.offered - self->counts_at_open.offered;
  for (guint i = 0; i < VINFO_N_REASONS; i++)
    rejected[i] = self->counts.rejected[i] - self->counts_at_open.rejected[i];
}

gboolean
reservoir_commit (VInfoReservoir *self, GError **error)
{
  reservoir_add_unneeded (self);
  if (reservoir_write_changes (self, error)
      && reservoir_write_counts (self, error)
      && reservoir_write_predictor (self, error)
      && vinfo_store_commit (self->store, error))
    return TRUE;
  reservoir_fall_back (self);
  reservoir_follow_thresholds (self, TRUE);
  return FALSE;
}

gboolean
vinfo_reservoir_commit (VInfoReservoir *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return reservoir_commit (self, error);
}
