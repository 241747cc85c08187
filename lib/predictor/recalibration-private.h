/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define RECALIBRATION_MAX_KNOTS 10

/* How far predicted variances are off, by how large they are: the logarithm of
 * a factor, linear between knots and constant beyond. Without knots it is 1. */
typedef struct {
  guint n;
  double at[RECALIBRATION_MAX_KNOTS];     /* log-variances, in order */
  double factor[RECALIBRATION_MAX_KNOTS]; /* logarithms */
} Recalibration;

/* Of n patches, their log-variances and mean squared errors: a knot for each of
 * n_knots groups of equal size, with the factor that is likeliest there. */
Recalibration recalibration_fit (
    const double *log_variances, const double *errors, gsize n, guint n_knots);

/* The log-variance that is meant by one that was predicted. */
double recalibration_apply (
    const Recalibration *recalibration, double log_variance);

G_END_DECLS
