/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/vinfo-mae.h"

#include "mae/mae-private.h"

#include <math.h>

/* No known model comes near these; they keep products of sizes within the
 * integers of BLAS and patch numbers within 16 bits. */
#define MAX_SIDE 8192
#define MAX_DIM 16384
#define MAX_LAYERS 256
#define MAX_PATCHES 65535

typedef struct {
  const char *name;
  guint image_size, patch_size;
  guint dim, layers, heads, mlp;
  guint decoder_dim, decoder_layers, decoder_heads, decoder_mlp;
} Architecture;

/* base and large are facebook/vit-mae-base and -large; small and tiny are
 * ViT-S and ViT-Ti with decoders scaled alike; nano is for live training on a
 * few cores, with patches of 4 pixels on pictures of 32. */
static const Architecture architectures[] = {
  { "nano", 32, 4, 128, 4, 4, 512, 64, 2, 4, 256 },
  { "tiny", 224, 16, 192, 12, 3, 768, 128, 4, 4, 512 },
  { "small", 224, 16, 384, 12, 6, 1536, 256, 8, 8, 1024 },
  { "base", 224, 16, 768, 12, 12, 3072, 512, 8, 16, 2048 },
  { "large", 224, 16, 1024, 24, 16, 4096, 512, 8, 16, 2048 },
};

static VInfoMaeConfig
expand (const Architecture *a)
{
  return (VInfoMaeConfig){ .image_size = a->image_size,
    .patch_size = a->patch_size,
    .num_channels = 3,
    .hidden_size = a->dim,
    .num_hidden_layers = a->layers,
    .num_attention_heads = a->heads,
    .intermediate_size = a->mlp,
    .decoder_hidden_size = a->decoder_dim,
    .decoder_num_hidden_layers = a->decoder_layers,
    .decoder_num_attention_heads = a->decoder_heads,
    .decoder_intermediate_size = a->decoder_mlp,
    .mask_ratio = 0.75,
    .layer_norm_eps = 1e-12,
    .initializer_range = 0.02,
    .image_mean = { 0.485, 0.456, 0.406 },
    .image_std = { 0.229, 0.224, 0.225 } };
}

gboolean
vinfo_mae_config_named (
    const char *architecture, VInfoMaeConfig *config, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (architectures); i++) {
    if (g_str_equal (architecture, architectures[i].name)) {
      *config = expand (&architectures[i]);
      return TRUE;
    }
    g_string_append_printf (
        known, "%s%s", i > 0 ? ", " : "", architectures[i].name);
  }
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND,
      "%s: no such architecture: there are %s", architecture, known->str);
  return FALSE;
}

static gboolean
check_range (const char *name, guint value, guint max, GError **error)
{
  if (value >= 1 && value <= max)
    return TRUE;
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
      "%s: %u is out of range: must be 1 to %u", name, value, max);
  return FALSE;
}

static gboolean
check_heads (const char *name, guint dim, guint heads, GError **error)
{
  if (!check_range (name, heads, dim, error))
    return FALSE;
  if (dim % heads == 0 && dim % 4 == 0)
    return TRUE;
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
      "%s: %u heads cannot share a width of %u: it must be a multiple of the "
      "heads and of 4",
      name, heads, dim);
  return FALSE;
}

static gboolean
check_patches (const VInfoMaeConfig *c, GError **error)
{
  if (!check_range ("image_size", c->image_size, MAX_SIDE, error)
      || !check_range ("patch_size", c->patch_size, c->image_size, error))
    return FALSE;
  if (c->num_channels != 1 && c->num_channels != 3) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
        "num_channels: %u is out of range: must be 1 or 3", c->num_channels);
    return FALSE;
  }
  if (c->image_size % c->patch_size != 0) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
        "image_size: %u does not fit: must be a multiple of patch_size %u",
        c->image_size, c->patch_size);
    return FALSE;
  }
  return check_range (
      "number of patches", mae_n_patches (c), MAX_PATCHES, error);
}

static gboolean
check_number (
    const char *name, double value, double min, double max, GError **error)
{
  if (value >= min && value <= max)
    return TRUE;
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
      "%s: %g is out of range: must be %g to %g", name, value, min, max);
  return FALSE;
}

static gboolean
check_numbers (const VInfoMaeConfig *c, GError **error)
{
  if (!check_number ("mask_ratio", c->mask_ratio, 0, 1, error)
      || !check_number ("layer_norm_eps", c->layer_norm_eps, 0, 1, error)
      || !check_number (
          "initializer_range", c->initializer_range, 0, 10, error))
    return FALSE;
  if (mae_n_visible (c) == mae_n_patches (c)) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
        "mask_ratio: %g of %u patches leaves none to predict", c->mask_ratio,
        mae_n_patches (c));
    return FALSE;
  }
  for (guint i = 0; i < c->num_channels; i++)
    if (!check_number ("image_mean", c->image_mean[i], -1e3, 1e3, error)
        || !check_number ("image_std", c->image_std[i], 1e-6, 1e6, error))
      return FALSE;
  return TRUE;
}

gboolean
vinfo_mae_config_validate (const VInfoMaeConfig *c, GError **error)
{
  return check_patches (c, error)
         && check_range ("hidden_size", c->hidden_size, MAX_DIM, error)
         && check_range (
             "num_hidden_layers", c->num_hidden_layers, MAX_LAYERS, error)
         && check_heads ("num_attention_heads", c->hidden_size,
             c->num_attention_heads, error)
         && check_range (
             "intermediate_size", c->intermediate_size, 4 * MAX_DIM, error)
         && check_range (
             "decoder_hidden_size", c->decoder_hidden_size, MAX_DIM, error)
         && check_range ("decoder_num_hidden_layers",
             c->decoder_num_hidden_layers, MAX_LAYERS, error)
         && check_heads ("decoder_num_attention_heads", c->decoder_hidden_size,
             c->decoder_num_attention_heads, error)
         && check_range ("decoder_intermediate_size",
             c->decoder_intermediate_size, 4 * MAX_DIM, error)
         && check_numbers (c, error);
}

static gboolean
has_same_shape (const VInfoMaeConfig *a, const VInfoMaeConfig *b)
{
  return a->image_size == b->image_size && a->patch_size == b->patch_size
         && a->num_channels == b->num_channels
         && a->hidden_size == b->hidden_size
         && a->num_hidden_layers == b->num_hidden_layers
         && a->num_attention_heads == b->num_attention_heads
         && a->intermediate_size == b->intermediate_size
         && a->decoder_hidden_size == b->decoder_hidden_size
         && a->decoder_num_hidden_layers == b->decoder_num_hidden_layers
         && a->decoder_num_attention_heads == b->decoder_num_attention_heads
         && a->decoder_intermediate_size == b->decoder_intermediate_size;
}

gboolean
vinfo_mae_config_equal (const VInfoMaeConfig *a, const VInfoMaeConfig *b)
{
  for (guint i = 0; i < a->num_channels && i < 3; i++)
    if (a->image_mean[i] != b->image_mean[i]
        || a->image_std[i] != b->image_std[i])
      return FALSE;
  return has_same_shape (a, b) && a->layer_norm_eps == b->layer_norm_eps
         && a->norm_pix_loss == b->norm_pix_loss;
}

const char *
vinfo_mae_config_get_name (const VInfoMaeConfig *config)
{
  for (guint i = 0; i < G_N_ELEMENTS (architectures); i++) {
    VInfoMaeConfig named = expand (&architectures[i]);

    if (has_same_shape (config, &named))
      return architectures[i].name;
  }
  return NULL;
}
