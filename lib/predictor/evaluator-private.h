/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"
#include "predictor/learned-private.h"
#include "predictor/masks-private.h"

G_BEGIN_DECLS

/* What one model's predictions of one frame leave behind: enough for its
 * errors under any calibration α, since f̃ = μ + α(f − μ) gives
 * ‖y − f̃‖² = yy − 2α·yf + α²·ff. */
typedef struct {
  double yy;     /* Σ (y − μ)² over the masked values of all masks */
  double yf;     /* Σ (y − μ)(f − μ) */
  double ff;     /* Σ (f − μ)² */
  double n;      /* masked values */
  double loss;   /* the MAE's own loss, uncalibrated, mean over the masks */
  double self;   /* σ²·gain with reference `self`; 0 where not asked for */
  double region; /* e_X, uncalibrated, of the frame's hottest region */
  /* Negative log-likelihoods of estimator=learned; 0 where not asked for */
  double h_x, h_null;
} FrameErrors;

static inline double
frame_error_null (const FrameErrors *errors)
{
  return errors->yy / errors->n;
}

static inline double
frame_error_model (const FrameErrors *errors, double alpha)
{
  double sum
      = errors->yy - 2.0 * alpha * errors->yf + alpha * alpha * errors->ff;

  /* rounding may leave less than nothing; NaN is to stay NaN, so no MAX() */
  return (sum < 0 ? 0 : sum) / errors->n;
}

/* Adds dim values of which y came and f was predicted; mu: of the null, or NULL
 * for 0. weight: of a squared error in pixel units. */
void frame_errors_add (FrameErrors *errors, const float *y, const float *f,
    const float *mu, guint dim, double weight);

/* Runs models over frames; holds the scratch memory. One thread at a time. */
typedef struct _Evaluator Evaluator;

Evaluator *evaluator_new (void);
void evaluator_free (Evaluator *evaluator);

/* Most frames that evaluator_run() takes at once. */
#define EVALUATOR_MAX_FRAMES 8

/* Stretches pictures to the model's square, standardises and cuts them.
 * patches: [n, N, D] */
void evaluator_patchify (const VInfoMaeConfig *config,
    VInfoImage *const *images, guint n, float *patches);

/* What frames go through, and what is wanted of it besides their errors. */
typedef struct {
  const VInfoMae *mae;
  const Masks *masks;
  guint n_masks;   /* the first M of masks are used */
  const float *mu; /* [N, D], or NULL for 0 */
  gboolean want_self;
  const Learned *learned; /* estimators of mae, or NULL */
  VInfoDtype dtype;
  /* Outputs for n frames, each may be NULL: */
  FrameErrors *patch_errors; /* [n, N], of each patch in masks that hide it */
  float *embeddings;         /* [n, hidden_size], mean over the masks */
  PatchTerms *terms;         /* [n, learned_n_terms()], with learned */
} Evaluation;

/* patches: [n, N, D]; errors: [n] */
void evaluator_run (Evaluator *evaluator, const Evaluation *evaluation, guint n,
    const float *patches, FrameErrors *errors);

/* Embeddings only, which must be wanted: without the decoder. */
void evaluator_embed (Evaluator *evaluator, const Evaluation *evaluation,
    guint n, const float *patches);

/* Targets of a patch as the model sees them: the values themselves, or
 * normalised by the patch's own moments (norm_pix_loss). target: [D].
 * Returns the weight of the patch's squared error in pixel units: 1, or its
 * variance. */
double evaluator_target (
    const VInfoMaeConfig *config, const float *patch, float *target);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Evaluator, evaluator_free)

G_END_DECLS
