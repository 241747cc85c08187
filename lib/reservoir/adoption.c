/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Samples that another reservoir has kept, as `vinfo merge` takes them over. */
#include "reservoir/reservoir-private.h"

/* Its own key may be of another rule, and holds the discount for what was kept
 * beside it there: it is made anew. */
static void
sketch (VInfoReservoir *self, VInfoSample *sample)
{
  sample->score.quantile = reservoir_get_usable_quantile (&sample->score);
  if (!(sample->u > 0 && sample->u < 1))
    sample->u = ticket_hash (sample->id, self->config.seed);
  sample->key = self->policy->key (sample, self->config.temperature);
  sample->uniform = FALSE;
  sample->spare = sample->spare && policy_is_diverse (self->policy);
}

/* A spare had its like in the other store, and stays one. */
static VInfoReason
judge (VInfoReservoir *self, VInfoSample *sample, gdouble duplicate_cosine)
{
  if (!sample->spare)
    return reservoir_judge (self, sample, 0, duplicate_cosine);
  return kept_find (&self->kept, sample->id) != NULL ? VINFO_REASON_KNOWN
                                                     : VINFO_REASON_NONE;
}

static VInfoReason
adopt (VInfoReservoir *self, const VInfoSample *sample,
    gdouble duplicate_cosine, GPtrArray **evicted, GError **error)
{
  g_autoptr (VInfoSample) adopted = vinfo_sample_copy (sample);
  VInfoReason reason;
  Entry *entry;

  sketch (self, adopted);
  reason = judge (self, adopted, duplicate_cosine);
  if (reason != VINFO_REASON_NONE)
    return reason;
  self->counts.offered = MAX (self->counts.offered, adopted->arrival);
  entry = entry_new (
      vinfo_sample_ref (adopted), ticket_rank (adopted->u, self->config.seed));
  entry->since = self->counts.offered;
  return reservoir_admit (self, entry, evicted, error);
}

gboolean
vinfo_reservoir_adopt (VInfoReservoir *self, const VInfoSample *sample,
    gdouble duplicate_cosine, VInfoVerdict *verdict, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  g_return_val_if_fail (sample->blob != NULL, FALSE);

  locker = g_mutex_locker_new (&self->lock);
  *verdict = (VInfoVerdict){ 0 };
  verdict->reason
      = adopt (self, sample, duplicate_cosine, &verdict->evicted, error);
  verdict->kept = verdict->reason == VINFO_REASON_NONE;
  if (verdict->kept)
    reservoir_note_version (self, sample->score.version);
  else
    self->counts.rejected[verdict->reason]++;
  reservoir_follow_thresholds (self, FALSE);
  return verdict->reason != VINFO_REASON_STORE;
}
