/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Between a simple Gaussian and a better informed one, for many patches at
 * once: mean m + a(m′ − m), log-variance v + b(v′ − v) + c. With a = b = c = 0
 * it is the simple one, so what is fitted can be no worse. */
typedef struct {
  double a, b, c;
} Blend;

/* Of one patch, r = y − m and d = m′ − m over its values: */
typedef struct {
  double rr, rd, dd; /* means over its values, weighted */
  double v;          /* the simple log-variance */
  double slope;      /* v′ − v */
} BlendTerm;

/* Maximises the likelihood of n patches over a in [0, 1], b in [0, 2] and c. */
Blend blend_fit (const BlendTerm *terms, gsize n);

/* Mean squared error of a patch's values around the blended mean. */
double blend_error (const Blend *blend, const BlendTerm *term);

/* v + b(v′ − v) + c */
static inline double
blend_log_variance (const Blend *blend, const BlendTerm *term)
{
  return term->v + blend->b * term->slope + blend->c;
}

/* ½·(log 2π + log σ² + e/σ²): what a patch's values cost on average, in nats. */
double gaussian_nll (double error, double log_variance);

G_END_DECLS
