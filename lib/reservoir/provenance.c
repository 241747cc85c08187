/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which predictor judges the kept samples, so that stores can be told apart
 * whose versions have the same number. Predictors are known by their
 * calibration: it follows from weights, masks and panel, and two that agree in
 * all its digits give the same quantiles. */
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

void
reservoir_note_predictor (VInfoReservoir *self, const VInfoSnapshot *snapshot)
{
  guint64 name = name_predictor (snapshot);

  g_mutex_lock (&self->lock);
  self->judged = TRUE;
  self->predictor = name;
  g_mutex_unlock (&self->lock);
}

gboolean
reservoir_write_predictor (VInfoReservoir *self, GError **error)
{
  gint64 name = (gint64)self->predictor;

  return !self->judged
         || vinfo_store_get_counter (self->store, NAME_COUNTER) == name
         || vinfo_store_set_counter (self->store, NAME_COUNTER, name, error);
}
