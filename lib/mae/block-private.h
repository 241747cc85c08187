/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/mae-private.h"

G_BEGIN_DECLS

/* A stack of pre-norm transformer blocks over R = batch * tokens rows:
 *   middle = input + proj(attention(qkv(norm1(input))))
 *   output = middle + fc2(gelu(fc1(norm2(middle))))
 * All matrix products run over the whole batch at once. */

/* What the way back needs of a block. Normalised rows, probabilities and
 * activated values are computed again instead: that is half the memory. When
 * not training, all blocks share one of these, and the three residuals are
 * one. */
typedef struct {
  float *input, *middle, *output;       /* [R, dim] */
  float *mean1, *rstd1, *mean2, *rstd2; /* [R] */
  float *qkv;                           /* [R, 3, dim] */
  float *attended;                      /* [R, dim] */
  float *hidden;                        /* [R, hidden] */
} MaeBlock;

typedef struct {
  gsize batch, tokens, dim, heads, hidden;
  double epsilon;
  VInfoDtype dtype; /* of the pass; of its linear layers */
  guint n_blocks;
  MaeBlock *blocks;
  float *normed;    /* [R, dim] scratch */
  float *activated; /* [R, hidden] scratch; may be hidden when not training */
  float *scores;    /* attention's scratch */
  float *d_stream;  /* [R, dim] gradient of the residual stream */
  float *d_narrow;  /* [R, dim] */
  float *d_wide;    /* [R, max(hidden, 3 dim)] */
} MaeStack;

/* parameters: those of the first block. From blocks[0].input to the last
 * block's output, which is returned. */
float *mae_stack_forward (
    MaeStack *stack, const MaeBlockLayout *layout, const float *parameters);

/* d_stream: gradient of the output becomes that of the input. */
void mae_stack_backward (MaeStack *stack, const MaeBlockLayout *layout,
    const float *parameters, float *gradient);

G_END_DECLS
