/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "run-stats.h"

/**
 * summary_write:
 *
 * Writes @stats to @file as one JSON object; a number that does not exist (the
 * loss of a run without training) is null.
 *
 * Returns: %FALSE with @error
 */
gboolean summary_write (
    const RunStats *stats, const char *file, GError **error);

/**
 * summary_describe_panel:
 *
 * Returns: (transfer full) (nullable): why there is no gain, PVI and I_V, where
 *   the panel has too few frames
 */
char *summary_describe_panel (const RunStats *stats);

/** summary_print: says the same in a few lines on standard output */
void summary_print (const RunStats *stats);

/** summary_legend: what the words of a run mean, a line each */
extern const char summary_legend[];
