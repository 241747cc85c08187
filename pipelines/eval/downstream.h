/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "split.h"

/** MetricFunc: takes a measured value; @metric is a literal */
typedef void (*MetricFunc) (
    const char *metric, double value, gpointer user_data);

/**
 * downstream_measure:
 * @n_classes: of labels
 * @mae: (nullable): a frozen model; without one the probes of labels see the
 *   pixels, and there is neither V-information nor loss
 *
 * What it is worth, told to @func: of labelled pictures `linear`
 * (accuracy of a linear probe, 0 to 1), `knn` (of nearest neighbours by cosine)
 * and `knn-whitened` (of the same on whitened features); of pictures with masks
 * `miou` and `dice` of a linear head for each patch; of both `iv` (V-information
 * of the test pictures, nats per pixel value) and `loss` (their MAE loss).
 *
 * Returns: whether it worked
 */
gboolean downstream_measure (const Experiment *experiment, const Split *split,
    guint n_classes, const VInfoMae *mae, MetricFunc func, gpointer user_data,
    GError **error);
