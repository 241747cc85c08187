/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reservoir/vinfo-reservoir.h"
#include "score/vinfo-predictor-table.h"

G_BEGIN_DECLS

/* Brings the scores of kept samples up to the predictor that is shared with the
 * scorers, one sample a step. One thread's. */
typedef struct _GstVInfoRescoring GstVInfoRescoring;

/* @model_id: (nullable): of the predictor, which need not be there yet; NULL:
 * that of the first result */
GstVInfoRescoring *gst_vinfo_rescoring_new (VInfoReservoir *reservoir,
    VInfoPredictorTable *table, const char *model_id);
void gst_vinfo_rescoring_free (GstVInfoRescoring *rescoring);

/* Says that a result of @model_id (NULL: of an unknown one) is to be offered;
 * valid for ever. From the first of another model on nothing is scored anew:
 * no predictor may judge what another one did. FALSE: this is that first. */
gboolean gst_vinfo_rescoring_note_model (
    GstVInfoRescoring *rescoring, const char *model_id);

/* Says that a sample with a score of @version was admitted. */
void gst_vinfo_rescoring_note_admission (
    GstVInfoRescoring *rescoring, guint64 version);

/* Scores one sample anew. FALSE: all are of the current version, or there is no
 * predictor. With @error set to why one couldn't be read: it is left out. */
gboolean gst_vinfo_rescoring_step (
    GstVInfoRescoring *rescoring, VInfoScoreKind kind, GError **error);

G_END_DECLS
