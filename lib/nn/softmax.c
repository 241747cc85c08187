/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nn/layers-private.h"
#include "nn/simd-private.h"

NN_SIMD void
nn_softmax_forward (float *x, gsize rows, gsize n)
{
  for (; rows > 0; rows--, x += n) {
    float largest = x[0], sum = 0;
#pragma omp simd reduction(max : largest)
    for (gsize j = 0; j < n; j++)
      largest = x[j] > largest ? x[j] : largest;
#pragma omp simd reduction(+ : sum)
    for (gsize j = 0; j < n; j++) {
      x[j] = nn_exp (x[j] - largest);
      sum += x[j];
    }
    float scale = 1 / sum;
    for (gsize j = 0; j < n; j++)
      x[j] *= scale;
  }
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
