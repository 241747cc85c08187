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
  gint64 start;     /* µs */
  gint64 last_time; /* µs, of the last line */
  guint64 last_frames;
  gboolean open; /* a line without an end is on the terminal */
} Progress;

void progress_init (Progress *self);

/** progress_get_interval: milliseconds from one line to the next */
guint progress_get_interval (const Progress *self);

/**
 * progress_show:
 * @fraction: of the run that is done, or NaN
 */
void progress_show (Progress *self, const RunStats *stats, double fraction);

/** progress_break: ends the line, so that something else can be written */
void progress_break (Progress *self);
