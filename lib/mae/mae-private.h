/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/vinfo-mae.h"
#include "nn/vinfo-dtype.h"

G_BEGIN_DECLS

/* One named tensor inside the parameter arena. Names, shapes and layouts are
 * those of Hugging Face's ViTMAEForPreTraining state dict. In each attention
 * q, k, v weights lie next to each other, then q, k, v biases, so that they
 * are one [3*dim, dim] matrix and one [3*dim] vector. */
typedef struct {
  char *name;
  guint n_dims;
  gsize shape[4];
  gsize size;       /* product of the shape */
  gsize offset;     /* into the arena, in floats */
  gboolean decay;   /* matrices; not biases, norms and tokens */
  gboolean trained; /* FALSE: fixed positions */
} MaeTensor;

/* Offsets of a transformer block's tensors from the block's first. */
typedef struct {
  gsize norm1_w, norm1_b;
  gsize qkv_w, qkv_b; /* [3*dim, dim] and [3*dim] */
  gsize proj_w, proj_b;
  gsize norm2_w, norm2_b;
  gsize fc1_w, fc1_b, fc2_w, fc2_b;
  gsize size; /* of the whole block: the next one begins there */
} MaeBlockLayout;

/* Offsets of all else into the arena. */
typedef struct {
  gsize class_token, positions, patch_w, patch_b;
  gsize encoder; /* the first block */
  gsize norm_w, norm_b;
  gsize embed_w, embed_b, mask_token, decoder_positions;
  gsize decoder; /* the first block */
  gsize decoder_norm_w, decoder_norm_b, pred_w, pred_b;
  MaeBlockLayout encoder_block, decoder_block;
} MaeLayout;

/* Fills layout; returns (transfer full) the tensors in arena order. */
GArray *mae_layout_init (MaeLayout *layout, const VInfoMaeConfig *config);

struct _VInfoMae {
  gint ref_count;
  VInfoMaeConfig config;
  MaeLayout layout;
  GArray *tensors;   /* of MaeTensor, in arena order */
  float *parameters; /* [n_parameters], all tensors, 64-byte aligned */
  gsize n_parameters;
};

/* A model with an arena of zeroes, for the loader. */
VInfoMae *mae_alloc (const VInfoMaeConfig *config);
const MaeTensor *mae_find_tensor (const VInfoMae *mae, const char *name);

static inline guint
mae_n_patches (const VInfoMaeConfig *c)
{
  return (c->image_size / c->patch_size) * (c->image_size / c->patch_size);
}

/* Patches that a mask leaves visible, rounded down as Hugging Face does, but
 * one at least. */
static inline guint
mae_n_visible (const VInfoMaeConfig *c)
{
  return MAX (1, (guint)(mae_n_patches (c) * (1 - c->mask_ratio)));
}

/* Values of one patch, D = patch_size^2 * channels. */
static inline guint
mae_patch_dim (const VInfoMaeConfig *c)
{
  return c->patch_size * c->patch_size * c->num_channels;
}

/* Standardises a square picture and cuts it into patches.
 * rgb: [image_size, image_size, 3] bytes; patches: [N, D], the D values in the
 * order (row, column, channel) of `patchify` in Hugging Face. One-channel
 * models take BT.601 luma. */
void mae_patchify (
    const VInfoMaeConfig *config, const guint8 *rgb, float *patches);

/* The mean and sqrt(variance + 1e-6) of a patch's n values, by which
 * norm_pix_loss models normalise their targets. */
void mae_patch_moments (const float *patch, gsize n, float *mean, float *sd);

/* Scratch memory for at most `batch` pictures with `n_visible` patches each;
 * `train` keeps the activations that mae_backward() needs. */
typedef struct _MaeWorkspace MaeWorkspace;
MaeWorkspace *mae_workspace_new (
    const VInfoMaeConfig *config, guint batch, guint n_visible, gboolean train);
void mae_workspace_free (MaeWorkspace *workspace);

typedef struct {
  guint batch;          /* B <= the workspace's */
  guint n_visible;      /* patches the encoder sees, = the workspace's */
  const float *patches; /* [B, N, D] standardised */
  const guint16 *order; /* [B, N]: the visible patches, then the masked ones */
  /* Outputs, each may be NULL: */
  float *prediction; /* [B, N - n_visible, D], in the order of the masked */
  float *embedding;  /* [B, hidden_size]: visible tokens (class token left
                            out) after the final norm, averaged */
  float *features;   /* [B, N - n_visible, decoder_hidden_size]: input of
                            the decoder's output layer */
  float *tokens;     /* [B, n_visible, hidden_size]: the visible tokens */

  VInfoDtype dtype; /* of the linear layers, but the output's */
} MaePass;

void mae_forward (
    const VInfoMae *mae, MaeWorkspace *workspace, const MaePass *pass);

/* d_prediction: [B, N - n_visible, D], gradient of a scalar by the prediction
 * of the mae_forward() that used the same workspace and pass. Adds to
 * gradient: [n_parameters], laid out like the parameters. */
void mae_backward (const VInfoMae *mae, MaeWorkspace *workspace,
    const MaePass *pass, const float *d_prediction, float *gradient);

/* The MAE's loss: mean over masked patches of the mean squared error (targets
 * normalised by patch where norm_pix_loss). Fills d_prediction where given. */
double mae_loss (
    const VInfoMaeConfig *config, const MaePass *pass, float *d_prediction);

/* The same with a weight for each picture (NULL: 1), as a part of a larger
 * batch: Σ w_b·loss_b / total, where total is the sum of all its weights. */
double mae_loss_weighted (const VInfoMaeConfig *config, const MaePass *pass,
    const float *weights, double total, float *d_prediction);

G_END_DECLS
