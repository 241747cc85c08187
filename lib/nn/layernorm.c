/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nn/layers-private.h"
#include "nn/pool-private.h"
#include "nn/simd-private.h"

#define ROWS 64    /* of a block on the way forward */
#define COLUMNS 32 /* of a block of the weights' gradient */

typedef struct {
  float *out, *mean, *rstd;
  const float *in, *weight, *bias;
  gsize n;
  double epsilon;
} Forward;

NN_SIMD static void
forward_rows (gsize begin, gsize end, gpointer data)
{
  const Forward *f = data;
  gsize n = f->n;
  for (gsize i = begin; i < end; i++) {
    const float *x = f->in + i * n;
    float *y = f->out + i * n;
    float sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
    for (gsize j = 0; j < n; j++)
      sum += x[j];
    float mean = sum / n;
#pragma omp simd reduction(+ : squares)
    for (gsize j = 0; j < n; j++)
      squares += (x[j] - mean) * (x[j] - mean);
    float rstd = 1 / sqrt (squares / n + f->epsilon);
    for (gsize j = 0; j < n; j++)
      y[j] = (x[j] - mean) * rstd * f->weight[j] + f->bias[j];
    f->mean[i] = mean;
    f->rstd[i] = rstd;
  }
}

void
nn_layernorm_forward (float *out, float *mean, float *rstd, const float *in,
    const float *weight, const float *bias, gsize rows, gsize n, double epsilon)
{
  nn_parallel (rows, ROWS, forward_rows,
      &(Forward){ out, mean, rstd, in, weight, bias, n, epsilon });
}

typedef struct {
  float *d_in, *d_weight, *d_bias;
  const float *d_out, *in, *weight, *mean, *rstd;
  gsize rows, n;
} Backward;

/* With x̂ the normalised row and g = d_out · weight:
 * d_in = rstd (g − mean(g) − x̂ mean(g x̂)). */
NN_SIMD static void
backward_rows (gsize begin, gsize end, gpointer data)
{
  const Backward *b = data;
  gsize n = b->n;
  for (gsize i = begin; i < end; i++) {
    const float *x = b->in + i * n, *d_y = b->d_out + i * n;
    float *d_x = b->d_in + i * n;
    float mean = b->mean[i], rstd = b->rstd[i];
    float sum = 0, dot = 0;
#pragma omp simd reduction(+ : sum, dot)
    for (gsize j = 0; j < n; j++) {
      float g = d_y[j] * b->weight[j];
      sum += g;
      dot += g * (x[j] - mean);
    }
    sum /= n;
    dot *= rstd / n;
    for (gsize j = 0; j < n; j++)
      d_x[j]
          += rstd * (d_y[j] * b->weight[j] - sum - (x[j] - mean) * rstd * dot);
  }
}

NN_SIMD static void
backward_columns (gsize begin, gsize end, gpointer data)
{
  const Backward *b = data;
  float d_weight[COLUMNS] = { 0 }, d_bias[COLUMNS] = { 0 };
  gsize n = end - begin;
  for (gsize i = 0; i < b->rows; i++) {
    const float *x = b->in + i * b->n + begin;
    const float *d_y = b->d_out + i * b->n + begin;
    float mean = b->mean[i], rstd = b->rstd[i];
    for (gsize j = 0; j < n; j++) {
      d_weight[j] += d_y[j] * (x[j] - mean) * rstd;
      d_bias[j] += d_y[j];
    }
  }
  for (gsize j = 0; j < n; j++) {
    b->d_weight[begin + j] += d_weight[j];
    b->d_bias[begin + j] += d_bias[j];
  }
}

void
nn_layernorm_backward (float *d_in, float *d_weight, float *d_bias,
    const float *d_out, const float *in, const float *weight, const float *mean,
    const float *rstd, gsize rows, gsize n)
{
  Backward backward
      = { d_in, d_weight, d_bias, d_out, in, weight, mean, rstd, rows, n };
  nn_parallel (rows, ROWS, backward_rows, &backward);
  nn_parallel (n, COLUMNS, backward_columns, &backward);
}
