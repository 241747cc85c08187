/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "experiment.h"

/**
 * Selection:
 * @frames: (element-type guint): indices into the stream, in its order
 * @scored: frames that a predictor scored on the way
 * @seconds: that it took
 */
typedef struct {
  GArray *frames;
  guint64 scored;
  double seconds;
} Selection;

/**
 * selection_make:
 * @arm: how
 * @stream: (element-type StreamFrame): from what
 * @capacity: most frames, of arms that keep a part
 * @model: directory of the initial model
 * @scratch: folder for files that are removed again
 * @seed: of the choice
 *
 * Plays the stream once, as recorded, and keeps what the arm keeps.
 *
 * Returns: whether it worked
 */
gboolean selection_make (const Arm *arm, GArray *stream, guint capacity,
    const char *model, const char *scratch, guint32 seed, Selection *selection,
    GError **error);
void selection_finish (Selection *self);
