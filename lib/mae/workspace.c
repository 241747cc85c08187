/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/workspace-private.h"

#include "nn/layers-private.h"

#include <string.h>

#define CACHE_LINE 16 /* in floats */

/* Hands out parts of one piece of memory, or, where there is none yet, counts
 * what they would take. */
typedef struct {
  float *memory;
  gsize used;
} Supply;

static float *
take (Supply *supply, gsize n)
{
  float *part = supply->memory ? supply->memory + supply->used : NULL;
  supply->used += (n + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
  return part;
}

static void
supply_block (MaeBlock *b, const MaeStack *s, Supply *supply, gboolean train)
{
  gsize rows = s->batch * s->tokens, narrow = rows * s->dim;
  b->input = take (supply, narrow);
  b->middle = train ? take (supply, narrow) : b->input;
  b->output = b->input; /* when training, the next block's input */
  b->mean1 = take (supply, rows);
  b->rstd1 = take (supply, rows);
  b->mean2 = take (supply, rows);
  b->rstd2 = take (supply, rows);
  b->qkv = take (supply, 3 * narrow);
  b->attended = take (supply, narrow);
  b->hidden = take (supply, rows * s->hidden);
}

static void
supply_stack (MaeStack *s, Supply *supply, gboolean train)
{
  gsize rows = s->batch * s->tokens, narrow = rows * s->dim;
  NnAttention shape = { s->batch, s->tokens, s->dim, s->heads };
  for (guint i = 0; i < s->n_blocks; i++)
    if (train || i == 0)
      supply_block (&s->blocks[i], s, supply, train);
    else
      s->blocks[i] = s->blocks[0];
  for (guint i = 0; train && i < s->n_blocks; i++)
    s->blocks[i].output
        = i + 1 < s->n_blocks ? s->blocks[i + 1].input : take (supply, narrow);
  s->normed = take (supply, narrow);
  s->activated = train ? take (supply, rows * s->hidden) : s->blocks[0].hidden;
  s->scores = take (supply, nn_attention_scratch (&shape));
  if (!train)
    return;
  s->d_stream = take (supply, narrow);
  s->d_narrow = take (supply, narrow);
  s->d_wide = take (supply, rows * MAX (s->hidden, 3 * s->dim));
}

static void
supply_workspace (MaeWorkspace *w, const VInfoMaeConfig *c, Supply *supply)
{
  gsize seen = w->batch * (gsize)(1 + w->n_visible);
  gsize visible = w->batch * (gsize)w->n_visible;
  gsize masked = w->batch * (gsize)(mae_n_patches (c) - w->n_visible);
  gsize features = masked * c->decoder_hidden_size;
  supply_stack (&w->encoder, supply, w->train);
  supply_stack (&w->decoder, supply, w->train);
  w->visible_patches = take (supply, visible * mae_patch_dim (c));
  w->visible_tokens = take (supply, visible * c->hidden_size);
  w->latent = take (supply, seen * c->hidden_size);
  w->latent_mean = take (supply, seen);
  w->latent_rstd = take (supply, seen);
  w->embedded = take (supply, seen * c->decoder_hidden_size);
  w->masked_tokens = take (supply, features);
  w->features = take (supply, features);
  w->feature_mean = take (supply, masked);
  w->feature_rstd = take (supply, masked);
  if (!w->train)
    return;
  w->d_latent = take (supply, seen * c->hidden_size);
  w->d_masked_tokens = take (supply, features);
  w->d_features = take (supply, features);
}

MaeWorkspace *
mae_workspace_new (
    const VInfoMaeConfig *c, guint batch, guint n_visible, gboolean train)
{
  g_return_val_if_fail (batch > 0, NULL);
  g_return_val_if_fail (n_visible <= mae_n_patches (c), NULL);
  MaeWorkspace *w = g_new0 (MaeWorkspace, 1);
  Supply supply = { NULL, 0 };
  w->batch = batch;
  w->n_visible = n_visible;
  w->train = train;
  w->encoder = (MaeStack){ batch, 1 + n_visible, c->hidden_size,
    c->num_attention_heads, c->intermediate_size, c->layer_norm_eps,
    VINFO_DTYPE_F32, c->num_hidden_layers,
    g_new0 (MaeBlock, c->num_hidden_layers) };
  w->decoder = (MaeStack){ batch, 1 + mae_n_patches (c), c->decoder_hidden_size,
    c->decoder_num_attention_heads, c->decoder_intermediate_size,
    c->layer_norm_eps, VINFO_DTYPE_F32, c->decoder_num_hidden_layers,
    g_new0 (MaeBlock, c->decoder_num_hidden_layers) };
  supply_workspace (w, c, &supply);
  w->memory = g_aligned_alloc (supply.used, sizeof (float), CACHE_LINE * 4);
  supply = (Supply){ w->memory, 0 };
  supply_workspace (w, c, &supply);
  return w;
}

void
mae_workspace_free (MaeWorkspace *w)
{
  if (!w)
    return;
  g_free (w->encoder.blocks);
  g_free (w->decoder.blocks);
  g_aligned_free (w->memory);
  g_free (w);
}

void
mae_take_tokens (const MaeStack *stack, gsize batch, const float *tokens,
    gsize at, gsize n, float *dense)
{
  gsize dim = stack->dim;
  for (gsize b = 0; b < batch; b++)
    memcpy (dense + b * n * dim, tokens + (b * stack->tokens + at) * dim,
        n * dim * sizeof (float));
}

void
mae_put_tokens (const MaeStack *stack, gsize batch, float *tokens, gsize at,
    gsize n, const float *dense)
{
  gsize dim = stack->dim;
  for (gsize b = 0; b < batch; b++)
    memcpy (tokens + (b * stack->tokens + at) * dim, dense + b * n * dim,
        n * dim * sizeof (float));
}
