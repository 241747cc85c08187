/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* With which probability a kept sample is kept, though its weight and what it
 * competes with change: a sample stays as long as its E is under the largest
 * kept key M_t after every offer t since it came, so that
 *
 *   p_s = 1 − exp(−min_t w(t)·M_t)
 *
 * for A-Res, and in the same way p_u from the largest rank for the uniform
 * share; p = 1 − (1 − p_u)(1 − p_s). M_t is the sample's own key where that is
 * the largest: a bias of O(1/K). */
#include "reservoir/reservoir-private.h"

#include <math.h>

/* More steps than so many for each sample are noted in them, and forgotten. */
#define STEPS_PER_SAMPLE 4

/* What a store doesn't know counts for certain. */
static gdouble
get_noted (gdouble probability)
{
  return probability >= 0 && probability <= 1 ? probability : 1;
}

static gdouble
get_soft (VInfoReservoir *self, const Entry *entry)
{
  gdouble least = minima_since (
      &self->keys, entry->since, kept_get_key_threshold (&self->kept));

  return MIN (get_noted (entry->sample->soft_inclusion),
      self->policy->inclusion (entry->sample, least));
}

static gdouble
get_uniform (VInfoReservoir *self, const Entry *entry)
{
  if (self->kept.uniform_capacity == 0)
    return 0;
  return MIN (get_noted (entry->sample->uniform_inclusion),
      minima_since (
          &self->ranks, entry->since, kept_get_rank_threshold (&self->kept)));
}

gdouble
reservoir_get_inclusion (VInfoReservoir *self, const Entry *entry)
{
  return 1 - (1 - get_uniform (self, entry)) * (1 - get_soft (self, entry));
}

void
reservoir_note_inclusion (VInfoReservoir *self, Entry *entry)
{
  gdouble soft = get_soft (self, entry);

  entry->sample->uniform_inclusion = get_uniform (self, entry);
  entry->sample->soft_inclusion = soft;
  entry->since = self->counts.offered + 1;
}

static void
note_all (VInfoReservoir *self)
{
  for (guint i = 0; i < self->kept.entries->len; i++)
    reservoir_note_inclusion (self, g_ptr_array_index (self->kept.entries, i));
  minima_forget (&self->keys);
  minima_forget (&self->ranks);
}

void
reservoir_follow_thresholds (VInfoReservoir *self, gboolean after)
{
  guint64 time = self->counts.offered + (after ? 1 : 0);
  guint limit = STEPS_PER_SAMPLE * MAX (kept_get_size (&self->kept), 16);

  minima_set (&self->keys, time, kept_get_key_threshold (&self->kept));
  minima_set (&self->ranks, time, kept_get_rank_threshold (&self->kept));
  if (minima_get_length (&self->keys) > limit
      || minima_get_length (&self->ranks) > limit)
    note_all (self);
  reservoir_publish_bar (self);
}

void
reservoir_restart_thresholds (VInfoReservoir *self)
{
  for (guint i = 0; i < self->kept.entries->len; i++)
    ((Entry *)g_ptr_array_index (self->kept.entries, i))->since
        = self->counts.offered + 1;
  minima_restart (&self->keys, kept_get_key_threshold (&self->kept));
  minima_restart (&self->ranks, kept_get_rank_threshold (&self->kept));
  reservoir_publish_bar (self);
}
