/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dataset.h"

/** What a frame of a made stream is, for those who know the truth. */
typedef enum {
  FRAME_EVENT, /* a picture of the dataset, or a near-duplicate in its run */
  FRAME_BACKGROUND, /* the empty scene */
  FRAME_NOISE,      /* junk from here on: independent pixels */
  FRAME_FLAT,       /* one colour */
  FRAME_FROZEN,     /* the frame before, byte for byte */
  FRAME_DUPLICATE,  /* the frame before, almost */
  N_FRAME_KINDS
} FrameKind;

/**
 * StreamFrame:
 * @source: index of the picture it shows; the background's own where it is that
 * @run: number of the visit that it belongs to
 */
typedef struct {
  FrameKind kind;
  guint source;
  guint run;
  VInfoImage *image;
} StreamFrame;

/**
 * StreamConfig:
 * @sources: pictures that appear; 0: all that are given
 * @longest: most frames of a run; lengths are Pareto, median 2; 1: single frames
 * @revisits: share of runs that come back later
 * @background: share of all frames that show one empty scene
 * @junk: share of all frames that are junk
 * @junk_kinds: bits 1 << FrameKind
 * @shuffled: runs come in random order, not class by class
 *
 * A recording as a fixed camera makes it, of a set of pictures.
 */
typedef struct {
  guint sources;
  guint longest;
  double revisits;
  double background;
  double junk;
  guint junk_kinds;
  gboolean shuffled;
} StreamConfig;

#define STREAM_CONFIG_INIT                                                     \
  {                                                                            \
    0, 1, 0, 0, 0,                                                             \
        1 << FRAME_NOISE | 1 << FRAME_FLAT | 1 << FRAME_FROZEN                 \
            | 1 << FRAME_DUPLICATE,                                            \
        FALSE                                                                  \
  }

/**
 * stream_new:
 * @pictures: (element-type DatasetItem): what may appear, in the order of time
 * @seed: the same stream for the same seed
 *
 * Returns: (transfer full) (element-type StreamFrame): the frames
 */
GArray *stream_new (
    const StreamConfig *config, GPtrArray *pictures, guint32 seed);

/** frame_kind_is_junk: whether nothing is to be learnt from it */
static inline gboolean
frame_kind_is_junk (FrameKind kind)
{
  return kind >= FRAME_NOISE;
}
