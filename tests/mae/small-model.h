/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/mae-private.h"
#include "nn/random-private.h"

/* A model small enough for finite differences, and batches for any model. */

static inline VInfoMaeConfig
small_config (void)
{
  VInfoMaeConfig c;
  vinfo_mae_config_named ("nano", &c, NULL);
  c.image_size = 12;
  c.patch_size = 4;
  c.hidden_size = 12;
  c.num_hidden_layers = 2;
  c.num_attention_heads = 3;
  c.intermediate_size = 20;
  c.decoder_hidden_size = 8;
  c.decoder_num_attention_heads = 2;
  c.decoder_num_hidden_layers = 2;
  c.decoder_intermediate_size = 16;
  return c;
}

typedef struct {
  float *patches;
  guint16 *order;
  float *prediction, *embedding, *features;
  MaePass pass;
} Batch;

/* Random pictures and orders; picture i is the same in every batch. */
static inline Batch *
batch_new (const VInfoMaeConfig *c, guint batch, guint n_visible)
{
  gsize n = mae_n_patches (c), dim = mae_patch_dim (c);
  Batch *b = g_new0 (Batch, 1);
  b->patches = g_new (float, batch *n *dim);
  b->order = g_new (guint16, batch * n);
  b->prediction = g_new0 (float, batch *n *dim);
  b->embedding = g_new0 (float, batch * c->hidden_size);
  b->features = g_new0 (float, batch *n * c->decoder_hidden_size);
  for (guint i = 0; i < batch; i++) {
    NnRandom random = { 11, i, 0 };
    for (gsize j = 0; j < n * dim; j++)
      b->patches[i * n * dim + j] = nn_random_normal (&random);
    for (gsize j = 0; j < n; j++)
      b->order[i * n + j] = j;
    nn_random_shuffle (&random, b->order + i * n, n);
  }
  b->pass = (MaePass){ batch, n_visible, b->patches, b->order, b->prediction,
    b->embedding, b->features };
  return b;
}

static inline void
batch_free (Batch *b)
{
  g_free (b->patches);
  g_free (b->order);
  g_free (b->prediction);
  g_free (b->embedding);
  g_free (b->features);
  g_free (b);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Batch, batch_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaeWorkspace, mae_workspace_free)
