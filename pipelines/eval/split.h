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
 * Parts of a dataset, (element-type DatasetItem). Of labelled pictures no two
 * have one in common; of sequences, no two but @probe and @validation, which
 * are the same, have a sequence in common.
 */
typedef struct {
  GPtrArray *stream, *probe, *validation, *test;
} Split;

/** split_make: the same for the same seed; %FALSE where there are too few */
gboolean split_make (const Experiment *experiment, Dataset *dataset,
    guint32 seed, Split *split, GError **error);
void split_finish (Split *self);
