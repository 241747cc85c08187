/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "run-stats.h"

/**
 * results_write:
 * @pipeline: stopped
 *
 * Leaves a run's results in the output folder: the predictor where no training
 * step wrote it, contact sheet and summary.
 *
 * Returns: %FALSE with the first @error; what can be written is written anyway
 */
gboolean results_write (const RunOptions *options, Pipeline *pipeline,
    const RunStats *stats, GError **error);
