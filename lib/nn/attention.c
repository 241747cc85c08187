/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Multi-head self-attention. An item of the parallel loop is one head of one
 * picture; the items of a block share a slot of scratch memory. */

#include "nn/layers-private.h"
#include "nn/pool-private.h"
#include "nn/sgemm-private.h"

#include <math.h>

#define MAX_SLOTS 64

typedef struct {
  const NnAttention *shape;
  const float *qkv, *d_out;
  float *out; /* or d_qkv */
  float *scratch;
  gsize block;
} Attention;

static gsize
items_per_slot (const NnAttention *shape)
{
  return (shape->batch * shape->heads + MAX_SLOTS - 1) / MAX_SLOTS;
}

gsize
nn_attention_scratch (const NnAttention *shape)
{
  gsize slots = MIN (shape->batch * shape->heads, MAX_SLOTS);
  return slots * 2 * shape->tokens * shape->tokens;
}

/* Where item's head begins in an array [batch, tokens, parts, dim]. */
static gsize
head_offset (const NnAttention *s, gsize item, gsize parts)
{
  gsize picture = item / s->heads, head = item % s->heads;
  return picture * s->tokens * parts * s->dim + head * (s->dim / s->heads);
}

/* p: [tokens, tokens] = softmax(q kᵀ / sqrt(size of a head)) */
static void
probabilities (const NnAttention *s, const float *q, float *p)
{
  gsize size = s->dim / s->heads, t = s->tokens;
  nn_sgemm (&(NnSgemm){ t, t, size, q, q + s->dim, p, 3 * s->dim, 3 * s->dim, t,
      .transpose_b = TRUE, .scale = 1 / sqrtf (size) });
  nn_softmax_forward (p, t, t);
}

static void
forward_heads (gsize begin, gsize end, gpointer data)
{
  const Attention *a = data;
  const NnAttention *s = a->shape;
  gsize size = s->dim / s->heads, t = s->tokens;
  float *p = a->scratch + begin / a->block * 2 * t * t;
  for (gsize item = begin; item < end; item++) {
    const float *q = a->qkv + head_offset (s, item, 3);
    probabilities (s, q, p);
    nn_sgemm (&(NnSgemm){ t, size, t, p, q + 2 * s->dim,
        a->out + head_offset (s, item, 1), t, 3 * s->dim, s->dim, .scale = 1 });
  }
}

void
nn_attention_forward (
    const NnAttention *shape, float *out, const float *qkv, float *scratch)
{
  Attention attention
      = { shape, qkv, NULL, out, scratch, items_per_slot (shape) };
  nn_parallel (
      shape->batch * shape->heads, attention.block, forward_heads, &attention);
}

/* With o = p v and p = softmax(s), s = scale q kᵀ:
 * d_v = pᵀ d_o, d_p = d_o vᵀ, d_q = scale d_s k, d_k = scale d_sᵀ q. */
static void
backward_heads (gsize begin, gsize end, gpointer data)
{
  const Attention *a = data;
  const NnAttention *s = a->shape;
  gsize size = s->dim / s->heads, t = s->tokens, ld = 3 * s->dim;
  float scale = 1 / sqrtf (size);
  float *p = a->scratch + begin / a->block * 2 * t * t, *d_p = p + t * t;
  for (gsize item = begin; item < end; item++) {
    const float *q = a->qkv + head_offset (s, item, 3);
    const float *k = q + s->dim, *v = k + s->dim;
    const float *d_o = a->d_out + head_offset (s, item, 1);
    float *d_q = a->out + head_offset (s, item, 3);
    float *d_k = d_q + s->dim, *d_v = d_k + s->dim;
    probabilities (s, q, p);
    nn_sgemm (&(NnSgemm){ t, size, t, p, d_o, d_v, t, s->dim, ld,
        .transpose_a = TRUE, .scale = 1 });
    nn_sgemm (&(NnSgemm){ t, t, size, d_o, v, d_p, s->dim, ld, t,
        .transpose_b = TRUE, .scale = 1 });
    nn_softmax_backward (d_p, p, t, t);
    nn_sgemm (&(NnSgemm){ t, size, t, d_p, k, d_q, t, ld, ld, .scale = scale });
    nn_sgemm (&(NnSgemm){ t, size, t, d_p, q, d_k, t, ld, ld,
        .transpose_a = TRUE, .scale = scale });
  }
}

void
nn_attention_backward (const NnAttention *shape, float *d_qkv,
    const float *d_out, const float *qkv, float *scratch)
{
  Attention attention
      = { shape, qkv, d_out, d_qkv, scratch, items_per_slot (shape) };
  nn_parallel (
      shape->batch * shape->heads, attention.block, backward_heads, &attention);
}
