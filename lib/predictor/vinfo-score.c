/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/vinfo-score.h"

#include <math.h>

#include "nn/random-private.h"
#include "predictor/snapshot-private.h"

GType
vinfo_score_kind_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { VINFO_SCORE_GAIN, "V-information gain of training on the sample",
        "gain" },
    { VINFO_SCORE_PVI, "Pointwise V-information", "pvi" },
    { VINFO_SCORE_LOSS, "Reconstruction loss", "loss" },
    { VINFO_SCORE_LOSS_EASY, "Negative reconstruction loss", "loss-easy" },
    { VINFO_SCORE_RANDOM, "Hash of the sample's id", "random" },
    { VINFO_SCORE_REGION, "Error of the region predicted worst", "region" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("VInfoScoreKind", values));
  return type;
}

GType
vinfo_reference_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { VINFO_REFERENCE_PROGRESS, "The newest publication against the last",
        "progress" },
    { VINFO_REFERENCE_CHECKPOINT, "A pre-trained model", "checkpoint" },
    { VINFO_REFERENCE_SELF, "What the output layer would learn of the frame",
        "self" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("VInfoReference", values));
  return type;
}

GType
vinfo_estimator_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { VINFO_ESTIMATOR_CLOSED, "One variance for all, of the panel", "closed" },
    { VINFO_ESTIMATOR_LEARNED, "Variance and null learnt beside the model",
        "learned" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("VInfoEstimator", values));
  return type;
}

GType
vinfo_ood_kind_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { VINFO_OOD_NONE, "Not measured", "none" },
    { VINFO_OOD_MAHALANOBIS, "Squared Mahalanobis distance of the embedding",
        "mahalanobis" },
    { VINFO_OOD_RELATIVE, "That, less the distance under one Gaussian for all",
        "relative" },
    { VINFO_OOD_MAHA_PLUS_PLUS,
        "Squared Mahalanobis distance of the normalised embedding", "maha++" },
    { VINFO_OOD_KNN, "Distance to the tenth nearest neighbour", "knn" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("VInfoOodKind", values));
  return type;
}

/* PVI(y) = h_∅(y) − h_X(y), in closed form ½·log(s²/σ²) + ½·(e_∅/s² − e_X/σ²) */
static double
pvi (const VInfoSnapshot *snapshot, const FrameErrors *newest)
{
  const Calibration *side = snapshot_newest_side (snapshot);
  double sigma2 = side->sigma2, s2 = snapshot->s2;

  if (snapshot->learned)
    return newest->h_null - newest->h_x;
  return 0.5 * log (s2 / sigma2)
         + 0.5
               * (frame_error_null (newest) / s2
                   - frame_error_model (newest, side->alpha) / sigma2);
}

/* −log N(y; f, variance) of values whose mean squared error around f is given */
static double
nll (double error, double variance)
{
  return 0.5 * (log (2 * G_PI * variance) + error / variance);
}

static double
h_x (const VInfoSnapshot *snapshot, const FrameErrors *newest)
{
  const Calibration *side = snapshot_newest_side (snapshot);

  return snapshot->learned
             ? newest->h_x
             : nll (frame_error_model (newest, side->alpha), side->sigma2);
}

static double
h_null (const VInfoSnapshot *snapshot, const FrameErrors *newest)
{
  return snapshot->learned ? newest->h_null
                           : nll (frame_error_null (newest), snapshot->s2);
}

/* gain(y) = (e_X(y; live) − e_X(y; ref)) / 2σ², each side with its own α */
static double
gain (const VInfoSnapshot *snapshot, const FrameErrors *live,
    const FrameErrors *reference)
{
  double sigma2 = snapshot->live_side.sigma2;

  if (snapshot_wants_self (snapshot))
    return live->self / sigma2;
  if (!live || !reference)
    return NAN;
  return (frame_error_model (live, snapshot->live_side.alpha)
             - frame_error_model (reference, snapshot->reference_side.alpha))
         / (2.0 * sigma2);
}

/* Share of the panel's values below (ties count half). */
static float
quantile (const VInfoSnapshot *snapshot, VInfoScoreKind kind, float value)
{
  const float *sorted = snapshot->quantiles[kind];
  guint below = 0, end = snapshot->panel_size, equal;

  if (!isfinite (value))
    return 0.5f;
  if (kind == VINFO_SCORE_RANDOM)
    return value;
  if (!sorted)
    return 0.5f;
  while (below < end) {
    guint middle = (below + end) / 2;

    if (sorted[middle] < value)
      below = middle + 1;
    else
      end = middle;
  }
  for (equal = below; equal < snapshot->panel_size && sorted[equal] == value;)
    equal++;
  return 0.5f * (below + equal) / snapshot->panel_size;
}

static float
chosen_value (const VInfoScore *score, VInfoScoreKind kind, guint64 random)
{
  switch (kind) {
  case VINFO_SCORE_GAIN:
    return score->gain;
  case VINFO_SCORE_PVI:
    return score->pvi;
  case VINFO_SCORE_LOSS:
    return score->loss;
  case VINFO_SCORE_LOSS_EASY:
    return -score->loss;
  case VINFO_SCORE_REGION:
    return score->region;
  default:
    return (float)((double)(random >> 11) * 0x1p-53);
  }
}

VInfoScore
snapshot_score (const VInfoSnapshot *snapshot, VInfoScoreKind kind, guint64 id,
    const FrameErrors *live, const FrameErrors *reference)
{
  const FrameErrors *newest
      = snapshot_reference_is_newest (snapshot) ? reference : live;
  VInfoScore score = {
    .loss = (float)newest->loss,
    .pvi = (float)pvi (snapshot, newest),
    .gain = (float)gain (snapshot, live, reference),
    .ood = NAN,
    .version = snapshot->version,
    .masks = snapshot->n_masks,
    .kind = kind,
    .region = (float)newest->region,
    .h_x = (float)h_x (snapshot, newest),
    .h_null = (float)h_null (snapshot, newest),
  };

  score.value = chosen_value (&score, kind, nn_mix (id, snapshot->seed));
  score.quantile = quantile (snapshot, kind, score.value);
  return score;
}
