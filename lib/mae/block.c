/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/block-private.h"
#include "nn/layers-private.h"

static NnAttention
attention_shape (const MaeStack *s)
{
  return (NnAttention){ s->batch, s->tokens, s->dim, s->heads };
}

static void
block_forward (const MaeStack *s, const MaeBlock *b, const MaeBlockLayout *l,
    const float *p)
{
  gsize rows = s->batch * s->tokens, dim = s->dim;
  NnAttention shape = attention_shape (s);
  nn_layernorm_forward (s->normed, b->mean1, b->rstd1, b->input, p + l->norm1_w,
      p + l->norm1_b, rows, dim, s->epsilon);
  nn_linear_forward (&(NnLinear){ rows, dim, 3 * dim, s->dtype }, b->qkv,
      s->normed, p + l->qkv_w, p + l->qkv_b, NULL);
  nn_attention_forward (&shape, b->attended, b->qkv, s->scores);
  nn_linear_forward (&(NnLinear){ rows, dim, dim, s->dtype }, b->middle,
      b->attended, p + l->proj_w, p + l->proj_b, b->input);
  nn_layernorm_forward (s->normed, b->mean2, b->rstd2, b->middle,
      p + l->norm2_w, p + l->norm2_b, rows, dim, s->epsilon);
  nn_linear_forward (&(NnLinear){ rows, dim, s->hidden, s->dtype }, b->hidden,
      s->normed, p + l->fc1_w, p + l->fc1_b, NULL);
  nn_gelu_forward (s->activated, b->hidden, rows * s->hidden);
  nn_linear_forward (&(NnLinear){ rows, s->hidden, dim, s->dtype }, b->output,
      s->activated, p + l->fc2_w, p + l->fc2_b, b->middle);
}

float *
mae_stack_forward (
    MaeStack *stack, const MaeBlockLayout *layout, const float *parameters)
{
  for (guint i = 0; i < stack->n_blocks; i++)
    block_forward (
        stack, &stack->blocks[i], layout, parameters + i * layout->size);
  return stack->blocks[stack->n_blocks - 1].output;
}

static void
mlp_backward (const MaeStack *s, const MaeBlock *b, const MaeBlockLayout *l,
    const float *p, float *g)
{
  gsize rows = s->batch * s->tokens, dim = s->dim;
  nn_linear_backward_input (&(NnLinear){ rows, s->hidden, dim, s->dtype },
      s->d_wide, s->d_stream, p + l->fc2_w);
  nn_gelu_backward (
      s->d_wide, s->activated, s->d_wide, b->hidden, rows * s->hidden);
  nn_linear_backward_weight (&(NnLinear){ rows, s->hidden, dim, s->dtype },
      g + l->fc2_w, g + l->fc2_b, s->d_stream, s->activated);
  nn_layernorm_forward (s->normed, b->mean2, b->rstd2, b->middle,
      p + l->norm2_w, p + l->norm2_b, rows, dim, s->epsilon);
  nn_linear_backward (&(NnLinear){ rows, dim, s->hidden, s->dtype },
      s->d_narrow, g + l->fc1_w, g + l->fc1_b, s->d_wide, s->normed,
      p + l->fc1_w);
  nn_layernorm_backward (s->d_stream, g + l->norm2_w, g + l->norm2_b,
      s->d_narrow, b->middle, p + l->norm2_w, b->mean2, b->rstd2, rows, dim);
}

static void
attention_backward (const MaeStack *s, const MaeBlock *b,
    const MaeBlockLayout *l, const float *p, float *g)
{
  gsize rows = s->batch * s->tokens, dim = s->dim;
  NnAttention shape = attention_shape (s);
  nn_linear_backward (&(NnLinear){ rows, dim, dim, s->dtype }, s->d_narrow,
      g + l->proj_w, g + l->proj_b, s->d_stream, b->attended, p + l->proj_w);
  nn_attention_backward (&shape, s->d_wide, s->d_narrow, b->qkv, s->scores);
  nn_layernorm_forward (s->normed, b->mean1, b->rstd1, b->input, p + l->norm1_w,
      p + l->norm1_b, rows, dim, s->epsilon);
  nn_linear_backward (&(NnLinear){ rows, dim, 3 * dim, s->dtype }, s->d_narrow,
      g + l->qkv_w, g + l->qkv_b, s->d_wide, s->normed, p + l->qkv_w);
  nn_layernorm_backward (s->d_stream, g + l->norm1_w, g + l->norm1_b,
      s->d_narrow, b->input, p + l->norm1_w, b->mean1, b->rstd1, rows, dim);
}

void
mae_stack_backward (MaeStack *stack, const MaeBlockLayout *layout,
    const float *parameters, float *gradient)
{
  for (guint i = stack->n_blocks; i > 0; i--) {
    gsize at = (i - 1) * layout->size;
    const MaeBlock *block = &stack->blocks[i - 1];
    mlp_backward (stack, block, layout, parameters + at, gradient + at);
    attention_backward (stack, block, layout, parameters + at, gradient + at);
  }
}
