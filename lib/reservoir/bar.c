/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a newcomer must be under, for those who score: the draw decides about
 * most frames whatever their score is. */
#include "reservoir/reservoir-private.h"

void
reservoir_publish_bar (VInfoReservoir *self)
{
  Bar *bar = &self->bar;

  g_mutex_lock (&bar->lock);
  bar->key = kept_get_key_threshold (&self->kept);
  bar->rank = kept_get_rank_threshold (&self->kept);
  g_mutex_unlock (&bar->lock);
}

void
reservoir_settle_version (VInfoReservoir *self, guint64 version)
{
  Bar *bar = &self->bar;

  g_mutex_lock (&bar->lock);
  bar->settled = TRUE;
  bar->version = version;
  g_mutex_unlock (&bar->lock);
}

void
reservoir_note_version (VInfoReservoir *self, guint64 version)
{
  Bar *bar = &self->bar;

  g_mutex_lock (&bar->lock);
  bar->settled = bar->settled && bar->version == version;
  g_mutex_unlock (&bar->lock);
}

void
reservoir_add_unneeded (VInfoReservoir *self)
{
  Bar *bar = &self->bar;
  guint64 unneeded;

  g_mutex_lock (&bar->lock);
  unneeded = bar->unneeded;
  bar->unneeded = 0;
  g_mutex_unlock (&bar->lock);

  self->counts.offered += unneeded;
  self->counts.rejected[VINFO_REASON_UNNEEDED] += unneeded;
}

gboolean
vinfo_reservoir_may_keep (
    VInfoReservoir *self, guint64 id, guint64 run, guint64 version)
{
  Bar *bar = &self->bar;
  gdouble key, rank, u;
  gboolean current;

  if (self->policy->best_key == NULL)
    return TRUE;
  g_mutex_lock (&bar->lock);
  key = bar->key;
  rank = bar->rank;
  current = bar->settled && bar->version == version;
  g_mutex_unlock (&bar->lock);

  if (!current)
    return TRUE;
  u = ticket_hash (
      policy_is_diverse (self->policy) ? run : id, self->config.seed);
  return self->policy->best_key (u, self->config.temperature) < key
         || ticket_rank (u, self->config.seed) < rank;
}

void
vinfo_reservoir_count_unneeded (VInfoReservoir *self)
{
  Bar *bar = &self->bar;

  g_mutex_lock (&bar->lock);
  bar->unneeded++;
  g_mutex_unlock (&bar->lock);
}
