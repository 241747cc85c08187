/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nn/layers-private.h"
#include "nn/pool-private.h"
#include "nn/simd-private.h"

#define COLUMNS 64 /* of a block: a few cache lines of each row */

void
nn_linear_forward (const NnLinear *s, float *out, const float *in,
    const float *weight, const float *bias, const float *residual)
{
  nn_gemm (&(NnGemm){ in, weight, residual, bias, out, s->rows, s->n_out,
      s->n_in, .transpose_b = TRUE, .dtype = s->dtype });
}

typedef struct {
  float *sum;
  const float *in;
  gsize rows, n;
} SumRows;

NN_SIMD static void
sum_columns (gsize begin, gsize end, gpointer data)
{
  const SumRows *s = data;
  float sum[COLUMNS] = { 0 };
  gsize n = end - begin;
  for (gsize i = 0; i < s->rows; i++) {
    const float *row = s->in + i * s->n + begin;
    for (gsize j = 0; j < n; j++)
      sum[j] += row[j];
  }
  for (gsize j = 0; j < n; j++)
    s->sum[begin + j] += sum[j];
}

void
nn_sum_rows (float *sum, const float *in, gsize rows, gsize n)
{
  nn_parallel (n, COLUMNS, sum_columns, &(SumRows){ sum, in, rows, n });
}

void
nn_linear_backward_input (
    const NnLinear *s, float *d_in, const float *d_out, const float *weight)
{
  nn_gemm (&(NnGemm){ d_out, weight, NULL, NULL, d_in, s->rows, s->n_in,
      s->n_out, .dtype = s->dtype });
}

void
nn_linear_backward_weight (const NnLinear *s, float *d_weight, float *d_bias,
    const float *d_out, const float *in)
{
  if (s->rows == 0)
    return;
  nn_gemm (&(NnGemm){ d_out, in, d_weight, NULL, d_weight, s->n_out, s->n_in,
      s->rows, .transpose_a = TRUE, .dtype = s->dtype });
  nn_sum_rows (d_bias, d_out, s->rows, s->n_out);
}

void
nn_linear_backward (const NnLinear *s, float *d_in, float *d_weight,
    float *d_bias, const float *d_out, const float *in, const float *weight)
{
  if (d_in)
    nn_linear_backward_input (s, d_in, d_out, weight);
  nn_linear_backward_weight (s, d_weight, d_bias, d_out, in);
}
