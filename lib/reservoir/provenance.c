/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which predictor judges the kept samples, so that stores, and what a store
 * holds when it is opened again, can be told apart where versions have the same
 * number. Predictors are known by their calibration: it follows from weights,
 * masks and panel, and two that agree in all its digits give the same
 * quantiles. */
#include <math.h>

#include "nn/random-private.h"
#include "reservoir/reservoir-private.h"

#define NAME_COUNTER "predictor"

/* As floats, as which a predictor's files keep them. */
static guint64
mix_in (guint64 name, gdouble value)
{
  gfloat rounded = (gfloat)value;
  guint32 bits;

  memcpy (&bits, &rounded, sizeof bits);
  return nn_mix (bits, name);
}

/* 0: there is no panel, all quantiles are ½ and all predictors alike. */
static guint64
name_predictor (const VInfoSnapshot *snapshot)
{
  gdouble sigma2 = vinfo_snapshot_get_sigma2 (snapshot);
  guint64 name = nn_mix (vinfo_snapshot_get_masks (snapshot),
      vinfo_snapshot_get_panel_size (snapshot));

  if (!isfinite (sigma2))
    return 0;
  name = mix_in (name, sigma2);
  name = mix_in (name, vinfo_snapshot_get_s2 (snapshot));
  return mix_in (name, vinfo_snapshot_get_alpha (snapshot));
}

/* A later version of whatever predictor makes all that is kept stale anyway. */
static gboolean
versions_tell (VInfoReservoir *self, guint64 version)
{
  GPtrArray *entries = self->kept.entries;

  for (guint i = 0; i < entries->len; i++)
    if (((Entry *)entries->pdata[i])->sample->score.version >= version)
      return FALSE;
  return TRUE;
}

/* As if before there was a panel: to be scored again, with nothing that the
 * other predictor made to be compared with. */
static void
disown (VInfoReservoir *self, Entry *entry)
{
  VInfoSample *sample = entry->sample;

  sample->score.version = 0;
  sample->score.pvi = sample->score.gain = NAN;
  sample->score.h_x = sample->score.h_null = NAN;
  sample->views = 0;
  sample->first_loss = NAN;
  g_clear_pointer (&sample->embedding, g_free);
  sample->embedding_size = 0;
  sample->embedding_version = 0;
  kept_refresh_embedding (&self->kept, entry);
  entry->dirty = TRUE;
}

/* Without a panel there is no calibration, and nothing judges yet. */
void
reservoir_note_predictor (VInfoReservoir *self, const VInfoSnapshot *snapshot)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint64 name = name_predictor (snapshot), earlier;

  if (name == 0)
    return;
  if (self->predictor == 0) { /* the first since the store was opened */
    earlier = (guint64)vinfo_store_get_counter (self->store, NAME_COUNTER);
    if (earlier != 0 && earlier != name
        && !versions_tell (self, vinfo_snapshot_get_version (snapshot)))
      for (guint i = 0; i < self->kept.entries->len; i++)
        disown (self, self->kept.entries->pdata[i]);
  }
  self->predictor = name;
}

gboolean
reservoir_write_predictor (VInfoReservoir *self, GError **error)
{
  return self->predictor == 0
         || reservoir_write_name (
             self, NAME_COUNTER, (gint64)self->predictor, error);
}
