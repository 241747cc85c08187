/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "experiment.h"
#include "record.h"

/**
 * Trial:
 * @data: where the experiment's data are
 * @arm: (nullable): the only arm to run
 * @first: seed
 * @seeds: how many, 0: as many as the experiment says
 * @part: of the runs, those with this number modulo @parts
 * @next: number of the next run that is asked about
 * @record: what is measured already, and where more goes
 * @scratch: folder for files that are removed again
 *
 * One process's share of an experiment.
 */
typedef struct {
  const Experiment *experiment;
  const char *data;
  const char *arm;
  guint first, seeds;
  guint part, parts;
  guint next;
  Record *record;
  char *scratch;
} Trial;

/** trial_has: whether the results have @arm under @budget and @seed already */
gboolean trial_has (
    const Trial *self, const Budget *budget, const char *arm, guint seed);

/**
 * trial_wants:
 * @seeds: how many the arm has, unless the trial says otherwise
 *
 * Returns: whether this process runs @arm under @seed, under one budget at least
 */
gboolean trial_wants (Trial *self, const char *arm, guint seeds, guint seed);

/**
 * trial_add_value:
 * @experiment: or what its results are called
 * @lines: gets a line of the results
 * @ratio: share of the stream that was trained on
 */
void trial_add_value (const Trial *self, const char *experiment, GString *lines,
    const char *arm, double ratio, guint seed, const char *metric,
    double value);

/**
 * trial_write_model:
 *
 * Returns: (transfer full): directory of a random model, the same under the
 *   same seed, or %NULL with @error
 */
char *trial_write_model (const Trial *self, guint seed, GError **error);
