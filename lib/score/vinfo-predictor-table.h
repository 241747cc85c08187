/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "score/vinfo-worker.h"

G_BEGIN_DECLS

#define VINFO_TYPE_PREDICTOR_TABLE (vinfo_predictor_table_get_type ())

/**
 * VINFO_PREDICTOR_CONTEXT_TYPE:
 *
 * Type of the #GstContext by which elements of a pipeline (or of several, with
 * gst_element_set_context()) share predictors; field "table" of its structure
 * holds the #VInfoPredictorTable.
 */
#define VINFO_PREDICTOR_CONTEXT_TYPE "gst.vinfo.predictor"

/**
 * VInfoPredictorTable:
 *
 * Predictors with their workers by `model-id`. Thread-safe.
 */
VINFO_API
G_DECLARE_FINAL_TYPE (
    VInfoPredictorTable, vinfo_predictor_table, VINFO, PREDICTOR_TABLE, GObject)

/**
 * vinfo_predictor_table_new:
 *
 * Returns: (transfer full): a table that keeps each predictor for as long as it
 *   is there itself, with what it learnt: for an application whose pipelines
 *   come and go
 */
VINFO_API
VInfoPredictorTable *vinfo_predictor_table_new (void);

/**
 * vinfo_predictor_table_new_weak:
 *
 * Returns: (transfer full): a table that keeps nothing: a predictor ends with
 *   the last reference to its worker, and the next one of its name is made anew.
 *   Elements to which nobody gave a table share such a one.
 */
VINFO_API
VInfoPredictorTable *vinfo_predictor_table_new_weak (void);

/**
 * vinfo_predictor_table_get:
 * @config: of the predictor to make where there is none of this name
 * @batch_size: of its worker
 * @created: (out) (optional): whether this call made it
 *
 * Where one exists already @config is not looked at, but a changed file at its
 * location is loaded (a failure of that keeps the old weights, and is reported
 * by the predictor's `rejected` signal).
 *
 * Returns: (transfer full): the worker, or %NULL with @error
 */
VINFO_API
VInfoWorker *vinfo_predictor_table_get (VInfoPredictorTable *self,
    const char *model_id, const VInfoPredictorConfig *config, guint batch_size,
    gboolean *created, GError **error);

/**
 * vinfo_predictor_table_lookup:
 *
 * Returns: (transfer full) (nullable): the worker of that name
 */
VINFO_API
VInfoWorker *vinfo_predictor_table_lookup (
    VInfoPredictorTable *self, const char *model_id);

/**
 * vinfo_predictor_table_get_needs:
 *
 * Who asks for scores of the predictors, whatever their names: a reservoir need
 * not know which one scores what will come to it.
 *
 * Returns: (transfer full): always the same
 */
VINFO_API
VInfoNeeds *vinfo_predictor_table_get_needs (VInfoPredictorTable *self);

/** vinfo_predictor_table_to_context: Returns: (transfer full): persistent */
VINFO_API
GstContext *vinfo_predictor_table_to_context (VInfoPredictorTable *self);

/**
 * vinfo_predictor_table_from_context:
 *
 * Returns: (transfer full) (nullable): %NULL where @context is another's
 */
VINFO_API
VInfoPredictorTable *vinfo_predictor_table_from_context (GstContext *context);

G_END_DECLS
