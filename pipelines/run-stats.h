/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "pipeline.h"

/**
 * RunStats:
 * @inputs_failed: inputs that could not be played, or not to their end
 * @dropped: frames that were lost before the scorer saw them
 * @corrupted: frames that could not be decoded, or not as a whole
 * @steps_due: training steps that the frames so far still bring
 * @steps_of_pass: training steps of the pass over all kept at the end
 * @steps_skipped: training steps that were not taken: their loss was no number
 * @updates_rejected: publications that were refused
 * @checkpoints_failed: versions of the predictor that could not be written
 * @panel: frames that the predictor's panel has
 * @panel_wanted: frames that it takes to know gain, PVI and I_V
 * @reservoir: the reservoir's own stats, with refusals by reason
 *
 * What a run has come to: the elements' stats as one.
 */
typedef struct {
  guint64 frames;
  guint64 scored;
  guint64 skipped;
  guint64 dropped;
  guint64 corrupted;
  guint inputs_failed;
  guint64 kept;
  guint64 kept_bytes;
  guint64 steps;
  guint64 steps_due;
  guint64 steps_of_pass;
  guint64 steps_skipped;
  guint64 updates;
  guint64 updates_rejected;
  guint64 checkpoints_failed;
  guint64 version;
  guint panel;
  guint panel_wanted;
  double loss_first; /* NaN where there was no step */
  double loss_last;
  double iv_panel;
  double iv_reservoir;
  double seconds;
  GstStructure *reservoir;
} RunStats;

#define RUN_STATS_INIT                                                         \
  {                                                                            \
    0                                                                          \
  }

/**
 * run_stats_read:
 *
 * Fills all of @stats but `dropped`, `inputs_failed` and `seconds`.
 */
void run_stats_read (RunStats *stats, Pipeline *pipeline);
void run_stats_clear (RunStats *stats);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RunStats, run_stats_clear)
