/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "run-stats.h"

/**
 * Progress:
 *
 * Tells on standard error how a run goes: one line that is written over on a
 * terminal, a new one every few seconds elsewhere.
 */
typedef struct {
  gboolean terminal;
  gint64 start;           /* µs */
  gint64 last_time;       /* µs, of the last line */
  guint64 last_frames;    /* in it */
  double last_fraction;   /* in it */
  double fraction_gained; /* of late */
  double fraction_time;   /* seconds of late */
  gint64 standing_since;  /* µs: no frame has come since then ... */
  guint64 standing_steps; /* ... when there were so many steps */
  guint64 last_pass_goal; /* steps at the end of it; 0: not begun */
  gboolean explained;     /* the legend was written */
  gboolean open;          /* a line without an end is on the terminal */
} Progress;

/** progress_legend: what the words of the line mean, in lines */
extern const char progress_legend[];

void progress_init (Progress *self);

/** progress_get_interval: milliseconds from one line to the next */
guint progress_get_interval (const Progress *self);

/**
 * progress_describe:
 * @fraction: of the run that is done, or NaN
 * @now: monotonic, µs
 *
 * Returns: (transfer full): the line for @stats, which is compared with that of
 *   the call before
 */
char *progress_describe (
    Progress *self, const RunStats *stats, double fraction, gint64 now);

/**
 * progress_fit:
 * @line: of progress_describe(), shortened by whole parts
 *
 * One that wrapped in a terminal of @columns could not be written over.
 */
void progress_fit (char *line, guint columns);

/** progress_show: writes the line, and before the first the legend */
void progress_show (Progress *self, const RunStats *stats, double fraction);

/**
 * progress_show_training:
 * @goal: steps in all
 * @samples: pictures that the steps so far have taken
 * @loss: of the last step
 *
 * On a terminal writes the line for @step, at most once a second; `last_frames` is
 * what @samples was before the first.
 */
void progress_show_training (
    Progress *self, guint64 step, guint64 goal, guint64 samples, double loss);

/** progress_break: ends the line, so that something else can be written */
void progress_break (Progress *self);
