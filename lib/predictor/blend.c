/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/blend-private.h"

#include <math.h>

#define MAX_SLOPE 2.0
#define ROUNDS 8
#define NARROWINGS 40 /* of the interval of b: to 1e-8 of it */
#define GOLDEN 0.6180339887498949

static double
error_at (const BlendTerm *term, double a)
{
  return MAX (term->rr - 2 * a * term->rd + a * a * term->dd, 0.0);
}

/* With the best c: log mean(e·exp(−v − b·slope)) + b·mean(slope), convex in b;
 * twice the mean negative log-likelihood less what b does not change. */
static double
cost_of_b (const BlendTerm *terms, gsize n, double a, double b)
{
  double sum = 0, slope = 0;

  for (gsize i = 0; i < n; i++) {
    sum += error_at (&terms[i], a) * exp (-terms[i].v - b * terms[i].slope);
    slope += terms[i].slope;
  }
  return log (MAX (sum / n, G_MINDOUBLE)) + b * slope / n;
}

/* The weighted least squares of r on d. */
static double
best_a (const BlendTerm *terms, gsize n, double b)
{
  double rd = 0, dd = 0;

  for (gsize i = 0; i < n; i++) {
    double weight = exp (-terms[i].v - b * terms[i].slope);

    rd += weight * terms[i].rd;
    dd += weight * terms[i].dd;
  }
  return dd > 0 ? CLAMP (rd / dd, 0.0, 1.0) : 0.0;
}

/* Golden section; the current b stays where nothing is better. */
static double
best_b (const BlendTerm *terms, gsize n, double a, double b)
{
  double low = 0, high = MAX_SLOPE;
  double left = high - GOLDEN * (high - low), right = low + GOLDEN * high;
  double at_left = cost_of_b (terms, n, a, left);
  double at_right = cost_of_b (terms, n, a, right);

  for (guint i = 0; i < NARROWINGS; i++) {
    if (at_left < at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - GOLDEN * (high - low);
      at_left = cost_of_b (terms, n, a, left);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + GOLDEN * (high - low);
      at_right = cost_of_b (terms, n, a, right);
    }
  }
  return MIN (at_left, at_right) < cost_of_b (terms, n, a, b) ? (low + high) / 2
                                                              : b;
}

Blend
blend_fit (const BlendTerm *terms, gsize n)
{
  Blend blend = { 0 };
  double slope = 0;

  if (n == 0)
    return blend;
  /* By turns: each takes the likelihood up, none down. */
  for (guint i = 0; i < ROUNDS; i++) {
    double a = best_a (terms, n, blend.b);
    double b = best_b (terms, n, a, blend.b);
    gboolean done = fabs (a - blend.a) < 1e-6 && fabs (b - blend.b) < 1e-6;

    blend.a = a;
    blend.b = b;
    if (done)
      break;
  }
  for (gsize i = 0; i < n; i++)
    slope += terms[i].slope;
  blend.c = cost_of_b (terms, n, blend.a, blend.b) - blend.b * slope / n;
  return blend;
}

double
blend_error (const Blend *blend, const BlendTerm *term)
{
  return error_at (term, blend->a);
}

double
gaussian_nll (double error, double log_variance)
{
  return 0.5 * (log (2 * G_PI) + log_variance + error * exp (-log_variance));
}
