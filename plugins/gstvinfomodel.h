/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "score/vinfo-predictor-table.h"

G_BEGIN_DECLS

/**
 * GstVInfoModel:
 *
 * The properties by which an element names the predictor that it shares, and
 * describes the one to make where nobody made it before.
 */
typedef struct {
  char *model_id;
  VInfoPredictorConfig config; /* its strings are owned */
  guint batch_size;            /* when it was opened */
  gboolean changed;            /* since it was opened; object lock */
  VInfoWorker *worker;         /* from the first opening until NULL */
} GstVInfoModel;

/** Property ids of the model; an element's own start at the last. */
enum {
  GST_VINFO_MODEL_PROP_MODEL = 1,
  GST_VINFO_MODEL_PROP_MODEL_ID,
  GST_VINFO_MODEL_PROP_ARCHITECTURE,
  GST_VINFO_MODEL_PROP_SEED,
  GST_VINFO_MODEL_PROP_MASKS,
  GST_VINFO_MODEL_PROP_REFERENCE,
  GST_VINFO_MODEL_PROP_REFERENCE_MODEL,
  GST_VINFO_MODEL_PROP_PANEL_SIZE,
  GST_VINFO_MODEL_PROP_OOD,
  GST_VINFO_MODEL_PROP_ESTIMATOR,
  GST_VINFO_MODEL_PROP_MAX_REGRESSION,
  GST_VINFO_MODEL_PROP_DTYPE,
  GST_VINFO_MODEL_PROP_LAST
};

/** Frames that the predictor's worker scores together, unless told otherwise. */
#define GST_VINFO_MODEL_BATCH_SIZE 8

/** Flags of a property that counts when the element starts. */
#define GST_VINFO_PARAM_READY                                                  \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

void gst_vinfo_model_install_properties (GObjectClass *klass);

/** gst_vinfo_model_install_dtype: of elements whose `dtype` is that of scores. */
void gst_vinfo_model_install_dtype (GObjectClass *klass);

void gst_vinfo_model_init (GstVInfoModel *model);
void gst_vinfo_model_finish (GstVInfoModel *model);

/**
 * gst_vinfo_model_set_property:
 * @element: whose model it is; running, it ignores the change with a warning
 *
 * Returns: %FALSE where @id is none of the model's
 */
gboolean gst_vinfo_model_set_property (
    GstVInfoModel *model, GstElement *element, guint id, const GValue *value);

/** gst_vinfo_model_get_property: Returns: %FALSE where @id is another's */
gboolean gst_vinfo_model_get_property (
    GstVInfoModel *model, GstElement *element, guint id, GValue *value);

/**
 * gst_vinfo_model_open:
 * @element: finds the shared table; hold no lock. It posts a warning where what
 *   it asks for is not what the others' predictor has
 * @batch_size: of the worker, where this makes it
 * @warn: whether @element posts a warning whenever the predictor rejects new
 *   weights, until gst_vinfo_model_close()
 *
 * The predictor lasts at least until gst_vinfo_model_release(). In a state change
 * only, as that.
 *
 * Returns: (transfer full): the predictor's worker, or %NULL after
 *   #GST_ELEMENT_ERROR
 */
VInfoWorker *gst_vinfo_model_open (
    GstVInfoModel *model, GstElement *element, guint batch_size, gboolean warn);

/** gst_vinfo_model_close: ends the warnings. */
void gst_vinfo_model_close (GstElement *element, VInfoWorker *worker);

/**
 * gst_vinfo_model_release:
 *
 * On the way to NULL: what no other element or application holds ends, its thread
 * and weights with it, after the batch in work.
 */
void gst_vinfo_model_release (GstVInfoModel *model);

G_END_DECLS
