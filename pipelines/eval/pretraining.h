/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "experiment.h"

/**
 * pretraining_run:
 * @model: directory of the initial model, the same for every arm
 * @pictures: (element-type VInfoImage): to train on; none: the model stays
 * @views: how many the model sees
 * @shuffled: epochs in random order, else again and again as they lie
 * @seed: of order, crops and masks
 *
 * Returns: (transfer full): the trained model, or %NULL with @error
 */
VInfoMae *pretraining_run (const Experiment *experiment, const char *model,
    GPtrArray *pictures, guint views, gboolean shuffled, guint32 seed,
    GError **error);
