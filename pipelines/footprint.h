/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * Footprint:
 * @store: file of the kept frames
 * @log: diary of the run
 * @folders: folders of results, each before the one that it is in
 *
 * What a run makes before its first frame; %NULL for what was there before.
 */
typedef struct {
  char *store;
  char *log;
  GPtrArray *folders;
} Footprint;

void footprint_note (
    Footprint *self, const char *store, const char *log, const char *folder);

/**
 * footprint_erase:
 *
 * Takes back what a run that did nothing has made. A store that holds something,
 * or that another writes to by now, stays.
 */
void footprint_erase (const Footprint *self);
void footprint_clear (Footprint *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Footprint, footprint_clear)
