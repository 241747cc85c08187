/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "input.h"
#include "playlist.h"
#include "predictor/vinfo-predictor.h"
#include "run-options.h"
#include "score/vinfo-predictor-table.h"

/**
 * Pipeline:
 * @element: the GstPipeline
 * @scorers: (element-type GstElement): one, or one for each live feed
 * @trainer: (nullable)
 * @playlists: (element-type Playlist): what feeds each of @scorers
 * @inputs: (element-type Input)
 * @store: file of the kept frames
 * @predictor: folder of the predictor's versions
 *
 * The loop of `vinfo run`: inputs ! vinfoscore ! vinforeservoir ! vinfotrainer.
 */
typedef struct {
  GstElement *element;
  GPtrArray *scorers;
  GstElement *reservoir;
  GstElement *trainer;
  GPtrArray *playlists;
  GPtrArray *inputs;
  VInfoPredictorTable *table;
  char *store;
  char *predictor;
} Pipeline;

/**
 * pipeline_new:
 *
 * Returns: (transfer full): the loop, not yet running, or %NULL with @error
 */
Pipeline *pipeline_new (const RunOptions *options, GError **error);
void pipeline_free (Pipeline *self);

/** pipeline_dup_predictor: (transfer full) (nullable): once it runs */
VInfoPredictor *pipeline_dup_predictor (Pipeline *self);

/**
 * pipeline_get_fraction:
 *
 * Returns: about how much has played, 0 to 1, or NaN where that is not known
 */
double pipeline_get_fraction (Pipeline *self);

/** pipeline_find_input: (transfer none) (nullable): whose element @object is */
const Input *pipeline_find_input (Pipeline *self, GstObject *object);

/** pipeline_start: to PLAYING, without the inputs that fail at once */
void pipeline_start (Pipeline *self);

/** pipeline_set_failed: calls @failed for each input that fails, in its turn */
void pipeline_set_failed (
    Pipeline *self, PlaylistFailureFunc failed, gpointer user_data);

/** pipeline_tell_failures: of those whose turn it has been, at once */
void pipeline_tell_failures (Pipeline *self);

/** pipeline_set_limit: calls @reached once an input has run for @limit */
void pipeline_set_limit (Pipeline *self, GstClockTime limit,
    PlaylistLimitFunc reached, gpointer user_data);

/** pipeline_stop: ends all inputs; EOS follows on the bus when all is done. */
void pipeline_stop (Pipeline *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pipeline, pipeline_free)
