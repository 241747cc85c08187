/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Retention: what is older than it may become goes, and leaves no bytes. */
#include "reservoir/reservoir-private.h"

static guint
plan_expiry (VInfoReservoir *self, gint64 oldest)
{
  GPtrArray *entries = self->kept.entries;
  guint n = 0;

  for (guint i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    if (entry->sample->wall_time >= oldest)
      continue;
    kept_plan_eviction (&self->kept, entry);
    n++;
  }
  return n;
}

static gboolean
remove_expired (VInfoReservoir *self, guint n, GError **error)
{
  if (!reservoir_remove_planned (self, error)) {
    kept_undo (&self->kept);
    reservoir_fall_back (self);
    return FALSE;
  }
  kept_settle (&self->kept);
  self->counts.rejected[VINFO_REASON_EXPIRED] += n;
  reservoir_follow_thresholds (self, TRUE);
  self->log_is_due = TRUE;
  return TRUE;
}

/* The log holds what was removed until it is emptied. That waits for readers: it
 * is tried again with the next call. */
static gboolean
commit_and_empty_log (VInfoReservoir *self, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (!self->log_is_due)
    return TRUE;
  if (!reservoir_commit (self, error))
    return FALSE;
  self->log_is_due = !vinfo_store_checkpoint (self->store, &failure);
  if (!self->log_is_due
      || g_error_matches (failure, VINFO_STORE_ERROR, VINFO_STORE_ERROR_BUSY))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

gboolean
vinfo_reservoir_expire (
    VInfoReservoir *self, gint64 now, guint *n_expired, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint64 max_age = self->config.max_age / 1000;
  guint n = 0;

  if (n_expired != NULL)
    *n_expired = 0;
  if (self->config.max_age > 0 && max_age < (guint64)G_MAXINT64 / 2)
    n = plan_expiry (self, now - (gint64)max_age);
  if (n > 0 && !remove_expired (self, n, error))
    return FALSE;
  if (n_expired != NULL)
    *n_expired = n;
  return commit_and_empty_log (self, error);
}
