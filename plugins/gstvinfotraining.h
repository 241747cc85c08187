/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "trainer/vinfo-trainer.h"

G_BEGIN_DECLS

/**
 * GstVInfoTrainingConfig:
 * @trainer: of the steps
 * @location: (nullable): directory of versions to restore from and save to
 * @keep_versions: newest versions to keep there, 0 = all
 * @first_publish: steps before the first publication
 * @publish_interval: steps from one publication to the next
 * @max_steps: no step is taken beyond these, 0 = no limit
 */
typedef struct {
  VInfoTrainerConfig trainer;
  char *location;
  guint keep_versions;
  guint first_publish;
  guint publish_interval;
  guint64 max_steps;
} GstVInfoTrainingConfig;

/**
 * GstVInfoTraining:
 *
 * The thread that trains for an element: takes its batches, publishes and
 * saves when that is due, and posts what happens as the element's messages.
 */
typedef struct _GstVInfoTraining GstVInfoTraining;

/**
 * gst_vinfo_training_new:
 * @element: (transfer none): posts the messages; must outlive the training
 * @config: copied
 *
 * Restores what was saved at the location and starts the thread.
 *
 * Returns: (transfer full): the training, or %NULL with @error
 */
GstVInfoTraining *gst_vinfo_training_new (GstElement *element,
    VInfoPredictor *predictor, const GstVInfoTrainingConfig *config,
    GError **error);

/**
 * gst_vinfo_training_free:
 *
 * Waits for the step in work and for a requested save; drops all else.
 */
void gst_vinfo_training_free (GstVInfoTraining *self);

/**
 * gst_vinfo_training_train:
 * @batch: (element-type VInfoImage): at most a batch; emptied when it is handed
 *   over, and
 * @weights: (element-type gfloat): of its pictures, with it
 *
 * Hands @batch over, where it holds anything, and waits until all is done that
 * was handed over or requested.
 *
 * Returns: %FALSE where it was interrupted; call it again with @batch as it
 *   left it to go on
 */
gboolean gst_vinfo_training_train (
    GstVInfoTraining *self, GPtrArray *batch, GArray *weights);

/**
 * gst_vinfo_training_request_publication:
 *
 * Publishes and saves after the batch in work, if any step was taken since the
 * last time.
 */
void gst_vinfo_training_request_publication (GstVInfoTraining *self);

/** gst_vinfo_training_request_save: saves after the batch in work. */
void gst_vinfo_training_request_save (GstVInfoTraining *self);

/** gst_vinfo_training_request_reset: see vinfo_trainer_reset(). */
void gst_vinfo_training_request_reset (GstVInfoTraining *self);

/**
 * gst_vinfo_training_set_interrupted:
 *
 * Whether gst_vinfo_training_train() gives up waiting. The step in work goes on.
 */
void gst_vinfo_training_set_interrupted (
    GstVInfoTraining *self, gboolean interrupted);

/** gst_vinfo_training_get_stats: Returns: (transfer full): the statistics */
GstStructure *gst_vinfo_training_get_stats (GstVInfoTraining *self);

G_END_DECLS
