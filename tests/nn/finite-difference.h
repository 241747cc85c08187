/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <math.h>

#include "nn/random-private.h"

/* Compares a gradient with central differences of the function itself. */

typedef double (*Scalar) (gpointer data);

static inline void
fill_normal (float *x, gsize n, guint64 stream)
{
  NnRandom random = { 7, stream, 0 };
  for (gsize i = 0; i < n; i++)
    x[i] = nn_random_normal (&random);
}

static inline double
dot (const float *x, const float *y, gsize n)
{
  double sum = 0;
  for (gsize i = 0; i < n; i++)
    sum += (double)x[i] * y[i];
  return sum;
}

/* |numeric - gradient| / |numeric| over every stride-th of x's n values; NaN
 * anywhere makes it NaN, and then no comparison with a limit holds. */
static inline double
gradient_error (float *x, gsize n, gsize stride, const float *gradient,
    Scalar function, gpointer data, double step)
{
  double difference = 0, size = 0;
  for (gsize i = 0; i < n; i += stride) {
    float before = x[i], up = before + step, down = before - step;
    x[i] = up;
    double high = function (data);
    x[i] = down;
    double low = function (data);
    x[i] = before;
    double numeric = (high - low) / ((double)up - down);
    difference += pow (numeric - gradient[i], 2);
    size += numeric * numeric;
  }
  return sqrt (difference / size);
}
