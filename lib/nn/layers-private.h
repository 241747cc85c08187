/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nn/vinfo-dtype.h"

G_BEGIN_DECLS

/* The layers of a transformer, forward and backward, over row-major floats.
 * All run on nn_parallel() with blocks that depend on the shapes alone and
 * reduce in a fixed order, so that a result is the same bit for bit on any
 * number of threads. Gradients of weights are added to, for accumulation. */

/* c: [m, n] = addend + bias + op(a) op(b), op(a): [m, k], op(b): [k, n].
 * addend: (nullable) [m, n], may be c itself; bias: (nullable) [n].
 * transpose_a: a is stored as [k, m]; transpose_b: b is stored as [n, k].
 * dtype: what a and b are multiplied as */
typedef struct {
  const float *a, *b, *addend, *bias;
  float *c;
  gsize m, n, k;
  gboolean transpose_a, transpose_b;
  VInfoDtype dtype;
} NnGemm;

void nn_gemm (const NnGemm *gemm);

typedef struct {
  gsize rows, n_in, n_out;
  VInfoDtype dtype; /* of the matrix products */
} NnLinear;

/* out: [rows, n_out] = residual + in weightᵀ + bias; in: [rows, n_in],
 * weight: [n_out, n_in], bias: [n_out], residual: (nullable) [rows, n_out],
 * may be out itself. */
void nn_linear_forward (const NnLinear *shape, float *out, const float *in,
    const float *weight, const float *bias, const float *residual);

/* d_in: [rows, n_in] is overwritten. */
void nn_linear_backward_input (const NnLinear *shape, float *d_in,
    const float *d_out, const float *weight);
void nn_linear_backward_weight (const NnLinear *shape, float *d_weight,
    float *d_bias, const float *d_out, const float *in);

/* Both. d_in: (nullable) */
void nn_linear_backward (const NnLinear *shape, float *d_in, float *d_weight,
    float *d_bias, const float *d_out, const float *in, const float *weight);

/* sum: [n] += the rows of in: [rows, n] */
void nn_sum_rows (float *sum, const float *in, gsize rows, gsize n);

/* out, in: [rows, n]; mean, rstd: [rows] of in, for the way back;
 * weight, bias: [n] */
void nn_layernorm_forward (float *out, float *mean, float *rstd,
    const float *in, const float *weight, const float *bias, gsize rows,
    gsize n, double epsilon);

/* d_in: [rows, n] is added to (it is the gradient of a residual stream). */
void nn_layernorm_backward (float *d_in, float *d_weight, float *d_bias,
    const float *d_out, const float *in, const float *weight, const float *mean,
    const float *rstd, gsize rows, gsize n);

/* The exact GELU x Φ(x), not the tanh one. out, in: [n], may be the same. */
void nn_gelu_forward (float *out, const float *in, gsize n);

/* d_in: [n] is overwritten, may be d_out itself. out: [n] becomes the forward
 * pass's again, for next to nothing. */
void nn_gelu_backward (
    float *d_in, float *out, const float *d_out, const float *in, gsize n);

/* Rows of x: [rows, n] become their softmax, on the calling thread. */
void nn_softmax_forward (float *x, gsize rows, gsize n);

/* d_x: [rows, n] of the softmax y becomes that of its input. */
void nn_softmax_backward (float *d_x, const float *y, gsize rows, gsize n);

typedef struct {
  gsize batch, tokens, dim, heads;
} NnAttention;

/* Floats of scratch memory that both directions need. */
gsize nn_attention_scratch (const NnAttention *shape);

/* out: [batch, tokens, dim]; qkv: [batch, tokens, 3, dim], the heads next to
 * each other in dim. */
void nn_attention_forward (
    const NnAttention *shape, float *out, const float *qkv, float *scratch);

/* d_qkv: [batch, tokens, 3, dim] is overwritten. The probabilities are
 * computed again, which costs less than to keep them. */
void nn_attention_backward (const NnAttention *shape, float *d_qkv,
    const float *d_out, const float *qkv, float *scratch);

G_END_DECLS
