/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nn/layers-private.h"
#include "nn/simd-private.h"

#define BLOCK 16 /* rows, which stay in the first cache */

/* Rows are short and seldom a multiple of a vector, whose rest would cost an
 * exponential of its own: those of a block are taken as one run. */
NN_SIMD static void
forward_block (float *block, gsize rows, gsize n)
{
  for (gsize i = 0; i < rows; i++) {
    float *x = block + i * n, largest = x[0];
#pragma omp simd reduction(max : largest)
    for (gsize j = 0; j < n; j++)
      largest = x[j] > largest ? x[j] : largest;
    for (gsize j = 0; j < n; j++)
      x[j] -= largest;
  }
#pragma omp simd
  for (gsize i = 0; i < rows * n; i++)
    block[i] = nn_exp (block[i]);
  for (gsize i = 0; i < rows; i++) {
    float *x = block + i * n, sum = 0;
#pragma omp simd reduction(+ : sum)
    for (gsize j = 0; j < n; j++)
      sum += x[j];
    float scale = 1 / sum;
    for (gsize j = 0; j < n; j++)
      x[j] *= scale;
  }
}

void
nn_softmax_forward (float *x, gsize rows, gsize n)
{
  for (gsize i = 0; i < rows; i += BLOCK)
    forward_block (x + i * n, MIN (BLOCK, rows - i), n);
}

NN_SIMD void
nn_softmax_backward (float *d_x, const float *y, gsize rows, gsize n)
{
  for (; rows > 0; rows--, d_x += n, y += n) {
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (gsize j = 0; j < n; j++)
      dot += d_x[j] * y[j];
    for (gsize j = 0; j < n; j++)
      d_x[j] = y[j] * (d_x[j] - dot);
  }
}
