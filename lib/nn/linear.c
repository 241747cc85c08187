/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nn/layers-private.h"
#include "nn/pool-private.h"
#include "nn/simd-private.h"

#define COLUMNS 64 /* of a block: a few cache lines of each row */

void
nn_linear_forward (float *out, const float *in, const float *weight,
    const float *bias, const float *residual, gsize rows, gsize n_in,
    gsize n_out)
{
  nn_gemm (&(NnGemm){ in, weight, residual, bias, out, rows, n_out, n_in,
      .transpose_b = TRUE });
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
nn_linear_backward_input (float *d_in, const float *d_out, const float *weight,
    gsize rows, gsize n_in, gsize n_out)
{
  nn_gemm (&(NnGemm){ d_out, weight, NULL, NULL, d_in, rows, n_in, n_out });
}

void
nn_linear_backward_weight (float *d_weight, float *d_bias, const float *d_out,
    const float *in, gsize rows, gsize n_in, gsize n_out)
{
  if (rows == 0)
    return;
  nn_gemm (&(NnGemm){ d_out, in, d_weight, NULL, d_weight, n_out, n_in, rows,
      .transpose_a = TRUE });
  nn_sum_rows (d_bias, d_out, rows, n_out);
}

void
nn_linear_backward (float *d_in, float *d_weight, float *d_bias,
    const float *d_out, const float *in, const float *weight, gsize rows,
    gsize n_in, gsize n_out)
{
  if (d_in)
    nn_linear_backward_input (d_in, d_out, weight, rows, n_in, n_out);
  nn_linear_backward_weight (d_weight, d_bias, d_out, in, rows, n_in, n_out);
}
