/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoScoreKind:
 * @VINFO_SCORE_GAIN: V-information gain of training on the sample,
 *   (e_X(y; live) − e_X(y; ref)) / 2σ²
 * @VINFO_SCORE_PVI: pointwise V-information, h_∅(y) − h_X(y)
 * @VINFO_SCORE_LOSS: the MAE's own loss
 * @VINFO_SCORE_LOSS_EASY: its negative
 * @VINFO_SCORE_RANDOM: a hash of the sample's id
 *
 * What ranks samples.
 */
typedef enum {
  VINFO_SCORE_GAIN,
  VINFO_SCORE_PVI,
  VINFO_SCORE_LOSS,
  VINFO_SCORE_LOSS_EASY,
  VINFO_SCORE_RANDOM,
  VINFO_N_SCORE_KINDS
} VInfoScoreKind;

/**
 * VInfoReference:
 * @VINFO_REFERENCE_PROGRESS: reference = newest publication, live = the one
 *   before
 * @VINFO_REFERENCE_CHECKPOINT: a pre-trained model given by the user
 * @VINFO_REFERENCE_SELF: none; the first-order fall of the loss on a frame's
 *   patches when the output layer learns from its others
 *
 * The better-informed predictor that a gain is measured against.
 */
typedef enum {
  VINFO_REFERENCE_PROGRESS,
  VINFO_REFERENCE_CHECKPOINT,
  VINFO_REFERENCE_SELF
} VInfoReference;

/**
 * VInfoScore:
 * @loss: the MAE's uncalibrated loss, mean over the masks
 * @pvi: nats per pixel value; NaN where there is no null yet
 * @gain: nats per pixel value; NaN where there is no reference yet
 * @value: the chosen kind's score; NaN where that is not available
 * @quantile: of @value among the panel's under the same version, 0 to 1;
 *   ½ where there is no panel or no @value yet
 * @version: number of the predictor's publication that scored
 * @masks: M
 * @kind: what @value is
 *
 * A frame's score under one predictor version (triple of live, reference, M).
 */
typedef struct {
  gfloat loss;
  gfloat pvi;
  gfloat gain;
  gfloat value;
  gfloat quantile;
  guint64 version;
  guint masks;
  VInfoScoreKind kind;
} VInfoScore;

VINFO_API
GType vinfo_score_kind_get_type (void);
#define VINFO_TYPE_SCORE_KIND (vinfo_score_kind_get_type ())
VINFO_API
GType vinfo_reference_get_type (void);
#define VINFO_TYPE_REFERENCE (vinfo_reference_get_type ())

G_END_DECLS
