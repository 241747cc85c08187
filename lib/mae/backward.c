/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The way back through forward.c, in the opposite order. */

#include "mae/workspace-private.h"
#include "nn/layers-private.h"

#include <string.h>

static void
decode_backward (const VInfoMae *mae, MaeWorkspace *w, const MaePass *pass,
    const float *d_prediction, float *g)
{
  const MaeLayout *l = &mae->layout;
  const float *p = mae->parameters;
  MaeStack *s = &w->decoder;
  gsize n_masked = mae_n_patches (&mae->config) - pass->n_visible;
  gsize rows = pass->batch * n_masked;
  nn_linear_backward (&(NnLinear){ rows, s->dim, mae_patch_dim (&mae->config) },
      w->d_features, g + l->pred_w, g + l->pred_b, d_prediction, w->features,
      p + l->pred_w);
  memset (w->d_masked_tokens, 0, rows * s->dim * sizeof (float));
  nn_layernorm_backward (w->d_masked_tokens, g + l->decoder_norm_w,
      g + l->decoder_norm_b, w->d_features, w->masked_tokens,
      p + l->decoder_norm_w, w->feature_mean, w->feature_rstd, rows, s->dim);
  memset (s->d_stream, 0, pass->batch * s->tokens * s->dim * sizeof (float));
  mae_put_tokens (s, pass->batch, s->d_stream, 1 + pass->n_visible, n_masked,
      w->d_masked_tokens);
  mae_stack_backward (s, &l->decoder_block, p + l->decoder, g + l->decoder);
}

/* d_latent from the gradient of the decoder's input. */
static void
embed_backward (
    const VInfoMae *mae, MaeWorkspace *w, const MaePass *pass, float *g)
{
  const MaeLayout *l = &mae->layout;
  MaeStack *s = &w->decoder;
  gsize n_masked = mae_n_patches (&mae->config) - pass->n_visible;
  float *d_embedded = w->embedded; /* its values have been used up */
  mae_take_tokens (s, pass->batch, s->d_stream, 1 + pass->n_visible, n_masked,
      w->d_masked_tokens);
  nn_sum_rows (
      g + l->mask_token, w->d_masked_tokens, pass->batch * n_masked, s->dim);
  mae_take_tokens (
      s, pass->batch, s->d_stream, 0, 1 + pass->n_visible, d_embedded);
  nn_linear_backward (&(NnLinear){ pass->batch * w->encoder.tokens,
                          w->encoder.dim, s->dim, pass->dtype },
      w->d_latent, g + l->embed_w, g + l->embed_b, d_embedded, w->latent,
      mae->parameters + l->embed_w);
}

static void
encode_backward (
    const VInfoMae *mae, MaeWorkspace *w, const MaePass *pass, float *g)
{
  const MaeLayout *l = &mae->layout;
  const float *p = mae->parameters;
  MaeStack *s = &w->encoder;
  gsize rows = pass->batch * s->tokens;
  const float *out = s->blocks[s->n_blocks - 1].output;
  float *d_token = w->visible_tokens; /* used up, like d_embedded */
  memset (s->d_stream, 0, rows * s->dim * sizeof (float));
  nn_layernorm_backward (s->d_stream, g + l->norm_w, g + l->norm_b, w->d_latent,
      out, p + l->norm_w, w->latent_mean, w->latent_rstd, rows, s->dim);
  mae_stack_backward (s, &l->encoder_block, p + l->encoder, g + l->encoder);
  mae_take_tokens (s, pass->batch, s->d_stream, 0, 1, w->d_latent);
  nn_sum_rows (g + l->class_token, w->d_latent, pass->batch, s->dim);
  mae_take_tokens (s, pass->batch, s->d_stream, 1, pass->n_visible, d_token);
  nn_linear_backward (&(NnLinear){ (gsize)pass->batch * pass->n_visible,
                          mae_patch_dim (&mae->config), s->dim, pass->dtype },
      NULL, g + l->patch_w, g + l->patch_b, d_token, w->visible_patches,
      p + l->patch_w);
}

void
mae_backward (const VInfoMae *mae, MaeWorkspace *workspace, const MaePass *pass,
    const float *d_prediction, float *gradient)
{
  g_return_if_fail (workspace->train);
  decode_backward (mae, workspace, pass, d_prediction, gradient);
  embed_backward (mae, workspace, pass, gradient);
  encode_backward (mae, workspace, pass, gradient);
}
