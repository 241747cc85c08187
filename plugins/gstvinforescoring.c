/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinforescoring.h"

struct _GstVInfoRescoring {
  VInfoReservoir *reservoir;
  VInfoPredictorTable *table;
  const char *model_id; /* interned; NULL: not known yet */
  gboolean mixed;       /* samples of other models are kept as well */
  VInfoScorer *scorer;
  gboolean has_version; /* all samples are of `version` */
  guint64 version;
};

GstVInfoRescoring *
gst_vinfo_rescoring_new (
    VInfoReservoir *reservoir, VInfoPredictorTable *table, const char *model_id)
{
  GstVInfoRescoring *rescoring = g_new0 (GstVInfoRescoring, 1);

  rescoring->reservoir = g_object_ref (reservoir);
  rescoring->table = g_object_ref (table);
  rescoring->model_id = g_intern_string (model_id);
  rescoring->scorer = vinfo_scorer_new ();
  return rescoring;
}

void
gst_vinfo_rescoring_free (GstVInfoRescoring *rescoring)
{
  if (!rescoring)
    return;

  g_object_unref (rescoring->reservoir);
  g_object_unref (rescoring->table);
  vinfo_scorer_free (rescoring->scorer);
  g_free (rescoring);
}

gboolean
gst_vinfo_rescoring_note_model (
    GstVInfoRescoring *rescoring, const char *model_id)
{
  gboolean was_mixed = rescoring->mixed;

  if (!rescoring->model_id)
    rescoring->model_id = model_id;
  rescoring->mixed
      = was_mixed || !model_id || !g_str_equal (rescoring->model_id, model_id);

  return was_mixed || !rescoring->mixed;
}

void
gst_vinfo_rescoring_note_admission (
    GstVInfoRescoring *rescoring, guint64 version)
{
  if (version < rescoring->version)
    rescoring->has_version = FALSE;
}

gboolean
gst_vinfo_rescoring_step (
    GstVInfoRescoring *rescoring, VInfoScoreKind kind, GError **error)
{
  g_autoptr (VInfoWorker) worker = NULL;
  VInfoPredictor *predictor;
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  g_autoptr (GError) unreadable = NULL;
  guint64 version;

  if (rescoring->mixed || !rescoring->model_id)
    return FALSE;
  worker = vinfo_predictor_table_lookup (rescoring->table, rescoring->model_id);
  if (!worker)
    return FALSE;
  predictor = vinfo_worker_get_predictor (worker);
  snapshot = vinfo_predictor_get_snapshot (predictor);
  /* the worker has yet to calibrate it for the masks of its first batch */
  if (vinfo_snapshot_get_masks (snapshot)
      != vinfo_predictor_get_masks (predictor))
    return FALSE;
  version = vinfo_snapshot_get_version (snapshot);
  if (rescoring->has_version && rescoring->version == version)
    return FALSE;
  if (vinfo_reservoir_rescore_next (
          rescoring->reservoir, rescoring->scorer, snapshot, kind, &unreadable))
    return TRUE;
  if (unreadable) { /* others may be left */
    g_propagate_error (error, g_steal_pointer (&unreadable));
    return TRUE;
  }

  rescoring->has_version = TRUE;
  rescoring->version = version;
  return FALSE;
}
