/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/mae-private.h"

G_BEGIN_DECLS

/* What estimator=learned puts on a model's decoder: linear layers on the
 * features z of a masked patch (the input of the model's own output layer),
 *   h = w·z + c            log-variance of the patch's values around f
 *   n = W z∅ + b, h∅ = u·z∅ + d   mean and log-variance of the null
 * where z∅ are the features with no patch visible: of a position, not of a
 * picture. They start at zero. Reference-counted; whoever trains them has a
 * copy, all others take them as immutable. */
typedef struct {
  gint ref_count;
  guint width;       /* F of z */
  guint dim;         /* D of a patch */
  float *parameters; /* [heads_size()]: w, c, u, d, W [D, F], b [D] */
} Heads;

Heads *heads_new (const VInfoMaeConfig *config);
Heads *heads_copy (const Heads *heads);
Heads *heads_ref (Heads *heads);
void heads_unref (Heads *heads);

/* w and c come first: what the conditional side trains on its own. */
static inline gsize
heads_conditional_size (const Heads *heads)
{
  return (gsize)heads->width + 1;
}

static inline gsize
heads_size (const Heads *heads)
{
  return ((gsize)heads->width + 1) * (2 + heads->dim);
}

/* The parts, by the names of their tensors in a file. */
#define HEADS_N_PARTS 6

typedef struct {
  const char *name;
  guint n_dims;
  gsize shape[2];
  gsize offset; /* into the parameters */
} HeadsPart;

void heads_describe (const Heads *heads, HeadsPart parts[HEADS_N_PARTS]);

/* features: [n, F]; log_variances: [n] */
void heads_log_variance (
    const Heads *heads, const float *features, gsize n, float *log_variances);

/* Features of each position with no patch visible: [N, F]. workspace: of one
 * picture with 0 visible patches. */
void heads_null_features (
    const VInfoMae *mae, MaeWorkspace *workspace, float *features);

/* features: [N, F] of those; mean: [N, D]; log_variances: [N] */
void heads_null (const Heads *heads, const float *features, guint n_patches,
    float *mean, float *log_variances);

/* Σ ½(h + e/exp(h)), the negative log-likelihood of n patches less its constant,
 * times scale. features: [n, F]; errors: [n], mean squared over a patch's
 * values. Adds to gradient: [heads_size()]. */
double heads_conditional_nll (const Heads *heads, const float *features,
    const float *errors, gsize n, double scale, float *gradient);

/* The same of the null at one position for one patch. feature: [F]; target:
 * [D]; weight: of a squared error */
double heads_null_nll (const Heads *heads, const float *feature,
    const float *target, double weight, double scale, float *gradient);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Heads, heads_unref)

G_END_DECLS
