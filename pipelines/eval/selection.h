/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "experiment.h"

/**
 * Setting:
 * @stream: (element-type StreamFrame): from what
 * @capacity: most frames, of arms that keep a part
 * @model: directory of the initial model
 * @reference: (nullable): directory of the model that gain is measured against
 *   with reference = checkpoint
 * @scratch: folder for files that are removed again
 * @keeps_predictor: whether the elements' predictor is left in
 *   SCRATCH/predictor
 * @seed: of the choice
 * @gains: (nullable) (array): gets the gain of every frame of the stream when it
 *   was scored, NaN where it was not; of SELECT_ELEMENTS
 *
 * What an arm chooses from.
 */
typedef struct {
  GArray *stream;
  guint capacity;
  const char *model;
  const char *reference;
  const char *scratch;
  gboolean keeps_predictor;
  guint32 seed;
  float *gains;
} Setting;

/**
 * Selection:
 * @frames: (element-type guint): indices into the stream, in its order
 * @mosaics: (nullable) (element-type VInfoImage): what is trained on instead
 * @scored: frames that a predictor scored on the way
 * @seconds: that it took
 */
typedef struct {
  GArray *frames;
  GPtrArray *mosaics;
  guint64 scored;
  double seconds;
} Selection;

/**
 * selection_make:
 * @arm: how
 *
 * Plays the stream once, as recorded, and keeps what the arm keeps.
 *
 * Returns: whether it worked
 */
gboolean selection_make (const Arm *arm, const Setting *setting,
    Selection *selection, GError **error);
void selection_finish (Selection *self);
