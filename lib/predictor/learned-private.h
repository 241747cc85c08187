/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "predictor/blend-private.h"
#include "predictor/heads-private.h"
#include "predictor/masks-private.h"
#include "predictor/recalibration-private.h"

G_BEGIN_DECLS

/* What estimator=learned needs of one masked patch: inner products, over its
 * values and weighted, of y − μ, f − μ and n − μ, and h. Any calibration's
 * error follows from these. */
typedef struct {
  double yy, ff, nn, yf, yn, fn; /* means over the D values */
  double h;
} PatchTerms;

/* The learnt estimators of one model, calibrated on the panel as the closed
 * forms are: each is blended with what it must be no worse than.
 *   null         μ + a(n − μ),       log σ∅² = b·h∅ + c
 *   conditional  n_a + a′(f − n_a),  log σ² = log σ∅² + b′(h − log σ∅²) + c′
 * so that the null lies in the conditional's family and I_V over the panel
 * cannot be negative, nor the null worse than the closed one. What σ² is still
 * off by, tenth by tenth, a factor takes away. Immutable once calibrated. */
typedef struct {
  Heads *heads;
  guint n_patches, dim;
  float *null_mean;          /* [N, D] n */
  float *null_log_variances; /* [N] h∅ */
  double floor;              /* no log-variance is lower */
  Blend null, conditional;
  Recalibration recalibration; /* of the conditional's σ² */
} Learned;

/* Runs the decoder with no patch visible. */
Learned *learned_new (const VInfoMae *mae, Heads *heads);
void learned_free (Learned *learned);

/* Adds up the terms of one patch. y, f, mu (NULL for 0): [D]; weight: of a
 * squared error */
PatchTerms learned_terms (const Learned *learned, guint patch, const float *y,
    const float *f, const float *mu, double h, double weight);

/* The masked patches of a frame, in the order of its terms. */
static inline gsize
learned_n_terms (const Masks *masks, guint n_masks)
{
  return (gsize)n_masks * (masks->n_patches - masks->n_visible);
}

/* terms: [n, n_masks, N - n_visible] of a panel; floor: of a variance */
void learned_calibrate (Learned *learned, const Masks *masks, guint n_masks,
    const PatchTerms *terms, guint n, double floor);

/* What the conditional expects of a masked patch, and what came: its variance
 * and the mean squared error of its values around their mean. */
void learned_variance (const Learned *learned, guint patch,
    const PatchTerms *terms, double *variance, double *error);

/* What a frame's masked values cost on average, in nats, under the conditional
 * and under the null. terms: [n_masks, N - n_visible] */
void learned_nll (const Learned *learned, const Masks *masks, guint n_masks,
    const PatchTerms *terms, double *h_x, double *h_null);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Learned, learned_free)

G_END_DECLS
