/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/block-private.h"

G_BEGIN_DECLS

/* Of a pass over B pictures, each with N patches of D values, V of them
 * visible; E and F are the widths of encoder and decoder. A picture's tokens
 * lie in the order class, visible, masked in encoder and decoder alike:
 * attention does not care, and the masked ones are a run of rows. */
struct _MaeWorkspace {
  guint batch, n_visible;
  gboolean train;
  float *memory;
  MaeStack encoder, decoder;
  float *visible_patches; /* [B, V, D], values in the weights' order */
  float *visible_tokens;  /* [B, V, E] */
  float *latent;          /* [B, 1 + V, E] after the final norm */
  float *latent_mean, *latent_rstd; /* [B, 1 + V] */
  float *embedded;                  /* [B, 1 + V, F] */
  float *masked_tokens; /* [B, N - V, F] before the decoder's norm */
  float *features;      /* [B, N - V, F] after it */
  float *feature_mean, *feature_rstd;  /* [B, N - V] */
  float *d_latent;                     /* [B, 1 + V, E] */
  float *d_masked_tokens, *d_features; /* [B, N - V, F] */
};

/* Copies rows [at, at + n) of each picture between an array [batch, tokens,
 * dim] and a dense one [batch, n, dim]. */
void mae_take_tokens (const MaeStack *stack, gsize batch, const float *tokens,
    gsize at, gsize n, float *dense);
void mae_put_tokens (const MaeStack *stack, gsize batch, float *tokens,
    gsize at, gsize n, const float *dense);

G_END_DECLS
