/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Scores age: kept samples are scored again under the current predictor, from
 * the frames in the store. */
#include "nn/pool-private.h"
#include "reservoir/reservoir-private.h"

gboolean
vinfo_reservoir_rescore_next (VInfoReservoir *self, VInfoScorer *scorer,
    const VInfoSnapshot *snapshot, VInfoScoreKind kind, GError **error)
{
  g_autoptr (VInfoSample) stale = vinfo_reservoir_find_stale (
      self, vinfo_snapshot_get_version (snapshot));
  guint width
      = vinfo_mae_get_config (vinfo_snapshot_get_live (snapshot))->hidden_size;
  gboolean centred = vinfo_snapshot_has_centre (snapshot);
  g_autoptr (VInfoSample) sample = NULL;
  g_autoptr (VInfoImage) image = NULL;
  g_autofree gfloat *embedding = NULL;
  VInfoScore score;

  if (!stale)
    return FALSE;
  sample = vinfo_store_get (self->store, stale->id, error);
  if (sample)
    image = vinfo_image_decode (sample->blob, "kept frame", error);
  if (!image)
    return FALSE;

  nn_set_background (TRUE);
  embedding = g_new (gfloat, width);
  vinfo_scorer_score (
      scorer, snapshot, kind, 1, &image, &sample->id, &score, embedding);
  vinfo_reservoir_rescore (self, sample->id, &score, centred ? embedding : NULL,
      centred ? width : 0);
  return TRUE;
}
