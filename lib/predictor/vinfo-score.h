/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VINFO_ID_FORMAT:
 *
 * How a sample's id is written wherever a person or a script meets it, without
 * the `%`: 16 hexadecimal digits. As a number it would lose digits in JSON.
 */
#define VINFO_ID_FORMAT "016" G_GINT64_MODIFIER "x"

/**
 * VInfoScoreKind:
 * @VINFO_SCORE_GAIN: V-information gain of training on the sample,
 *   (e_X(y; live) − e_X(y; ref)) / 2σ²
 * @VINFO_SCORE_PVI: pointwise V-information, h_∅(y) − h_X(y)
 * @VINFO_SCORE_LOSS: the MAE's own loss
 * @VINFO_SCORE_LOSS_EASY: its negative
 * @VINFO_SCORE_RANDOM: a hash of the sample's id
 * @VINFO_SCORE_REGION: the error of the region that is predicted worst, what
 *   OptiDEL keeps samples by
 *
 * What ranks samples.
 */
typedef enum {
  VINFO_SCORE_GAIN,
  VINFO_SCORE_PVI,
  VINFO_SCORE_LOSS,
  VINFO_SCORE_LOSS_EASY,
  VINFO_SCORE_RANDOM,
  VINFO_SCORE_REGION,
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
 * VInfoEstimator:
 * @VINFO_ESTIMATOR_CLOSED: one variance of the residuals for all patches, and
 *   one around the mean picture, both of the panel
 * @VINFO_ESTIMATOR_LEARNED: a variance for each patch by a layer on the
 *   decoder's features, and mean and variance of each position where nothing
 *   is visible; trained beside the model on their own negative log-likelihoods
 *   and calibrated on the panel
 *
 * What estimates the two conditional entropies that pvi is the difference of.
 */
typedef enum { VINFO_ESTIMATOR_CLOSED, VINFO_ESTIMATOR_LEARNED } VInfoEstimator;

/**
 * VInfoOodKind:
 * @VINFO_OOD_NONE: not measured
 * @VINFO_OOD_MAHALANOBIS: squared Mahalanobis distance of the embedding φ from
 *   the nearest class, min_c (φ − μ_c)ᵀ Σ⁻¹ (φ − μ_c)
 * @VINFO_OOD_RELATIVE: that, less the distance under one Gaussian for all
 * @VINFO_OOD_MAHA_PLUS_PLUS: the first, of φ/‖φ‖
 * @VINFO_OOD_KNN: distance of φ/‖φ‖ from its tenth nearest neighbour
 *
 * How far a frame lies from what a predictor has seen. Classes are clusters of
 * an online k-means; Σ is pooled and shrunk; all are measured anew for each
 * version, on the panel and pictures trained on.
 */
typedef enum {
  VINFO_OOD_NONE,
  VINFO_OOD_MAHALANOBIS,
  VINFO_OOD_RELATIVE,
  VINFO_OOD_MAHA_PLUS_PLUS,
  VINFO_OOD_KNN
} VInfoOodKind;

/**
 * VInfoScore:
 * @loss: the MAE's uncalibrated loss under the newest weights, mean over the
 *   masks
 * @pvi: under the newest weights, nats per pixel value; NaN where there is no
 *   null yet
 * @gain: nats per pixel value; NaN where there is no reference yet, and where
 *   that is a second model and @kind is not %VINFO_SCORE_GAIN: it is not asked
 * @value: the chosen kind's score; NaN where that is not available
 * @quantile: of @value among the panel's under the same version, 0 to 1;
 *   ½ where there is no panel or no @value yet
 * @ood: how far out of distribution the frame is, by the predictor's
 *   #VInfoOodKind, high = far; NaN where that is not known. A tag: it takes no
 *   part in @value
 * @version: number of the predictor's publication that scored
 * @masks: M
 * @kind: what @value is
 * @region: mean squared error, uncalibrated, under the newest weights over the
 *   first region that vinfo_regions_propose_hot() proposes on the frame's map of
 *   errors, in standardised pixel units squared; NaN where it is not known
 * @h_x: h_X of the frame under the newest weights, nats per pixel value:
 *   ½·log(2πσ²) + e_X/2σ², or the learnt estimator's; NaN where there is no null
 *   yet, and where the score comes from a store, which keeps @pvi alone
 * @h_null: h_∅ likewise, ½·log(2πs²) + e_∅/2s²; @pvi is the difference
 *
 * A frame's score under one predictor version (triple of live, reference, M).
 */
typedef struct {
  gfloat loss;
  gfloat pvi;
  gfloat gain;
  gfloat value;
  gfloat quantile;
  gfloat ood;
  guint64 version;
  guint masks;
  VInfoScoreKind kind;
  gfloat region;
  gfloat h_x;
  gfloat h_null;
} VInfoScore;

VINFO_API
GType vinfo_score_kind_get_type (void);
#define VINFO_TYPE_SCORE_KIND (vinfo_score_kind_get_type ())
VINFO_API
GType vinfo_reference_get_type (void);
#define VINFO_TYPE_REFERENCE (vinfo_reference_get_type ())
VINFO_API
GType vinfo_estimator_get_type (void);
#define VINFO_TYPE_ESTIMATOR (vinfo_estimator_get_type ())
VINFO_API
GType vinfo_ood_kind_get_type (void);
#define VINFO_TYPE_OOD_KIND (vinfo_ood_kind_get_type ())

G_END_DECLS
