/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/vinfo-store.h"

/**
 * contact_sheet_write:
 * @inputs: (element-type Input): what frames may be of
 * @score: name of the kind of score, for the captions
 * @policy: name of what the frames were kept by
 * @note: (nullable): what else its heading says
 *
 * Draws the kept frames of @store by priority as a grid of captioned
 * thumbnails and writes it to @file, a PNG.
 *
 * Returns: %FALSE with @error
 */
gboolean contact_sheet_write (VInfoStore *store, GPtrArray *inputs,
    const char *score, const char *policy, const char *note, const char *file,
    GError **error);

/**
 * contact_sheet_describe:
 * @samples: (element-type VInfoSample)
 *
 * Returns: (transfer full): how many they are, and of what kinds
 */
char *contact_sheet_describe (GPtrArray *samples);

/**
 * contact_sheet_explain:
 * @score: as of contact_sheet_write()
 * @policy: as of contact_sheet_write()
 *
 * Returns: (transfer full): what order and captions mean, in lines
 */
char *contact_sheet_explain (const char *score, const char *policy);
