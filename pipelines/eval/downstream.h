/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "experiment.h"

/**
 * Split:
 * @stream: pictures that a stream may show
 * @probe: those that probes learn from
 * @validation: those that calibrate null and prediction
 * @test: all others, touched by nothing before
 *
 * Parts of a dataset without a picture in common, (element-type DatasetItem).
 */
typedef struct {
  GPtrArray *stream, *probe, *validation, *test;
} Split;

/** split_make: the same for the same seed; %FALSE where there are too few */
gboolean split_make (const Experiment *experiment, Dataset *dataset,
    guint32 seed, Split *split, GError **error);
void split_finish (Split *self);

/**
 * Downstream:
 * @linear: accuracy of a linear probe, 0 to 1
 * @neighbours: of nearest neighbours by cosine
 * @whitened: of the same on whitened features
 * @iv: V-information of the test pictures, nats per pixel value
 * @loss: their MAE loss
 */
typedef struct {
  double linear, neighbours, whitened, iv, loss;
} Downstream;

/**
 * downstream_measure:
 * @mae: (nullable): a frozen model; without one the probes see the pixels, and
 *   there is neither V-information nor loss
 *
 * What it is worth.
 */
gboolean downstream_measure (const Experiment *experiment, const Split *split,
    guint n_classes, const VInfoMae *mae, Downstream *downstream,
    GError **error);
