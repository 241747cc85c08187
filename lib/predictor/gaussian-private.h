/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Classes that share one covariance Σ: what a squared Mahalanobis distance
 * (x − μ_c)ᵀ Σ⁻¹ (x − μ_c) is measured by. With Σ = LLᵀ it is the squared
 * length of L⁻¹(x − m) − L⁻¹(μ_c − m), so that however many classes there are
 * a distance takes one triangular solve. */
typedef struct {
  guint width; /* d */
  guint n_classes;
  gboolean full;   /* Σ; else its diagonal only */
  double *origin;  /* [d] m, any point among the classes */
  double *factor;  /* [d, d] lower triangle of L, or [d] of the diagonal */
  double *classes; /* [n_classes, d] L⁻¹(μ_c − m) */
} Gaussians;

/* Fits at most n_classes to rows [n, width], n >= 1, in one pass: online
 * k-means, the first rows being the first means, with running means and a
 * running scatter within the classes (Welford), divided by n at the end and
 * shrunk to (1 − λ)Σ + λ·tr(Σ)/d·I. */
void gaussians_fit (Gaussians *self, const float *rows, guint n, guint width,
    guint n_classes, gboolean full, double shrinkage);
void gaussians_finish (Gaussians *self);

/* min_c (x − μ_c)ᵀ Σ⁻¹ (x − μ_c); row: [width], scratch: [width] */
double gaussians_distance (
    const Gaussians *self, const float *row, double *scratch);

static inline gsize
gaussians_factor_size (guint width, gboolean full)
{
  return full ? (gsize)width * width : width;
}

G_END_DECLS
