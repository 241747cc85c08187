/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/workspace-private.h"
#include "nn/layers-private.h"
#include "nn/simd-private.h"

/* A convolution's weights are [channel, row, column]; patches are [row,
 * column, channel]. */
static void
reorder_patch (const VInfoMaeConfig *c, const float *patch, float *out)
{
  gsize channels = c->num_channels, area = c->patch_size * c->patch_size;
  for (gsize channel = 0; channel < channels; channel++)
    for (gsize i = 0; i < area; i++)
      *out++ = patch[i * channels + channel];
}

static void
take_visible_patches (
    const VInfoMaeConfig *c, const MaeWorkspace *w, const MaePass *pass)
{
  gsize n = mae_n_patches (c), dim = mae_patch_dim (c);
  float *out = w->visible_patches;
  for (gsize b = 0; b < pass->batch; b++)
    for (gsize i = 0; i < pass->n_visible; i++, out += dim) {
      gsize patch = pass->order[b * n + i];
      reorder_patch (c, pass->patches + (b * n + patch) * dim, out);
    }
}

NN_SIMD static void
add_rows (float *out, const float *a, const float *b, gsize n)
{
  for (gsize i = 0; i < n; i++)
    out[i] = a[i] + b[i];
}

/* The encoder's input: the class token, then the visible patches' tokens,
 * each with its position. */
static void
place_tokens (const VInfoMae *mae, const MaeWorkspace *w, const MaePass *pass)
{
  const MaeLayout *l = &mae->layout;
  const float *p = mae->parameters, *positions = p + l->positions;
  const float *token = w->visible_tokens;
  float *out = w->encoder.blocks[0].input;
  gsize dim = w->encoder.dim, n = mae_n_patches (&mae->config);
  for (gsize b = 0; b < pass->batch; b++) {
    add_rows (out, p + l->class_token, positions, dim);
    out += dim;
    for (gsize i = 0; i < pass->n_visible; i++, out += dim, token += dim)
      add_rows (
          out, token, positions + (1 + pass->order[b * n + i]) * dim, dim);
  }
}

static void
encode (const VInfoMae *mae, MaeWorkspace *w, const MaePass *pass)
{
  const MaeLayout *l = &mae->layout;
  const float *p = mae->parameters;
  gsize dim = w->encoder.dim;
  take_visible_patches (&mae->config, w, pass);
  nn_linear_forward (&(NnLinear){ (gsize)pass->batch * pass->n_visible,
                         mae_patch_dim (&mae->config), dim, pass->dtype },
      w->visible_tokens, w->visible_patches, p + l->patch_w, p + l->patch_b,
      NULL);
  place_tokens (mae, w, pass);
  const float *out
      = mae_stack_forward (&w->encoder, &l->encoder_block, p + l->encoder);
  nn_layernorm_forward (w->latent, w->latent_mean, w->latent_rstd, out,
      p + l->norm_w, p + l->norm_b, pass->batch * w->encoder.tokens, dim,
      mae->config.layer_norm_eps);
}

/* embedding: [B, E], the mean of the visible tokens. */
static void
pool_latent (const MaeWorkspace *w, const MaePass *pass)
{
  gsize dim = w->encoder.dim, n = pass->n_visible;
  for (gsize b = 0; b < pass->batch; b++) {
    const float *tokens = w->latent + (b * (1 + n) + 1) * dim;
    float *out = pass->embedding + b * dim;
    memset (out, 0, dim * sizeof *out);
    for (gsize i = 0; i < n; i++)
      add_rows (out, out, tokens + i * dim, dim);
    for (gsize j = 0; j < dim && n > 0; j++)
      out[j] /= n;
  }
}

static void
copy_latent (const MaeWorkspace *w, const MaePass *pass)
{
  gsize dim = w->encoder.dim, n = pass->n_visible;
  for (gsize b = 0; b < pass->batch; b++)
    memcpy (pass->tokens + b * n * dim, w->latent + (b * (1 + n) + 1) * dim,
        n * dim * sizeof (float));
}

/* The decoder's input: class and visible tokens from the encoder, and the mask
 * token for each masked patch, each with its position. */
static void
place_decoder_tokens (
    const VInfoMae *mae, const MaeWorkspace *w, const MaePass *pass)
{
  const MaeLayout *l = &mae->layout;
  const float *p = mae->parameters, *positions = p + l->decoder_positions;
  const float *token = w->embedded;
  float *out = w->decoder.blocks[0].input;
  gsize dim = w->decoder.dim, n = mae_n_patches (&mae->config);
  for (gsize b = 0; b < pass->batch; b++) {
    add_rows (out, token, positions, dim);
    out += dim;
    token += dim;
    for (gsize i = 0; i < n; i++, out += dim) {
      gboolean masked = i >= pass->n_visible;
      add_rows (out, masked ? p + l->mask_token : token,
          positions + (1 + pass->order[b * n + i]) * dim, dim);
      token += masked ? 0 : dim;
    }
  }
}

/* Fills features for the masked patches only: nothing needs the others. */
static void
decode (const VInfoMae *mae, MaeWorkspace *w, const MaePass *pass)
{
  const MaeLayout *l = &mae->layout;
  const float *p = mae->parameters;
  gsize n_masked = mae_n_patches (&mae->config) - pass->n_visible;
  nn_linear_forward (&(NnLinear){ pass->batch * w->encoder.tokens,
                         w->encoder.dim, w->decoder.dim, pass->dtype },
      w->embedded, w->latent, p + l->embed_w, p + l->embed_b, NULL);
  place_decoder_tokens (mae, w, pass);
  const float *out
      = mae_stack_forward (&w->decoder, &l->decoder_block, p + l->decoder);
  mae_take_tokens (&w->decoder, pass->batch, out, 1 + pass->n_visible, n_masked,
      w->masked_tokens);
  nn_layernorm_forward (w->features, w->feature_mean, w->feature_rstd,
      w->masked_tokens, p + l->decoder_norm_w, p + l->decoder_norm_b,
      pass->batch * n_masked, w->decoder.dim, mae->config.layer_norm_eps);
}

void
mae_forward (const VInfoMae *mae, MaeWorkspace *w, const MaePass *pass)
{
  const MaeLayout *l = &mae->layout;
  const float *p = mae->parameters;
  gsize masked
      = pass->batch * (gsize)(mae_n_patches (&mae->config) - pass->n_visible);
  g_return_if_fail (pass->batch <= w->batch);
  g_return_if_fail (pass->n_visible == w->n_visible);
  w->encoder.batch = w->decoder.batch = pass->batch;
  w->encoder.dtype = w->decoder.dtype = pass->dtype;
  encode (mae, w, pass);
  if (pass->embedding)
    pool_latent (w, pass);
  if (pass->tokens)
    copy_latent (w, pass);
  if (!pass->prediction && !pass->features && !w->train)
    return;
  decode (mae, w, pass);
  if (pass->features)
    memcpy (
        pass->features, w->features, masked * w->decoder.dim * sizeof (float));
  if (pass->prediction) /* nothing evens its rounding out: floats always */
    nn_linear_forward (
        &(NnLinear){ masked, w->decoder.dim, mae_patch_dim (&mae->config) },
        pass->prediction, w->features, p + l->pred_w, p + l->pred_b, NULL);
}
