/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where each tensor of the Hugging Face state dict lies in the arena. */

#include "mae/mae-private.h"

typedef struct {
  GArray *tensors;
  gsize size;
} Arena;

static void
clear_tensor (gpointer tensor)
{
  g_free (((MaeTensor *)tensor)->name);
}

static gsize
append (Arena *arena, const char *prefix, const char *name, MaeTensor tensor)
{
  tensor.name = g_strconcat (prefix, name, NULL);
  tensor.offset = arena->size;
  tensor.size = 1;
  for (guint i = 0; i < tensor.n_dims; i++)
    tensor.size *= tensor.shape[i];
  g_array_append_val (arena->tensors, tensor);
  arena->size += tensor.size;
  return tensor.offset;
}

static gsize
append_matrix (Arena *arena, const char *prefix, const char *name, gsize rows,
    gsize columns)
{
  return append (arena, prefix, name,
      (MaeTensor){ .n_dims = 2,
          .shape = { rows, columns },
          .decay = TRUE,
          .trained = TRUE });
}

static gsize
append_vector (Arena *arena, const char *prefix, const char *name, gsize n)
{
  return append (arena, prefix, name,
      (MaeTensor){ .n_dims = 1, .shape = { n }, .trained = TRUE });
}

static gsize
append_tokens (
    Arena *arena, const char *name, gsize n, gsize dim, gboolean trained)
{
  return append (arena, name, "",
      (MaeTensor){ .n_dims = 3, .shape = { 1, n, dim }, .trained = trained });
}

static void
append_attention (Arena *arena, MaeBlockLayout *block, gsize begin,
    const char *prefix, gsize dim)
{
  static const char *const parts[] = { "query", "key", "value" };
  for (guint i = 0; i < 3; i++) {
    g_autofree char *name
        = g_strconcat ("attention.attention.", parts[i], ".weight", NULL);
    gsize at = append_matrix (arena, prefix, name, dim, dim);
    block->qkv_w = i == 0 ? at - begin : block->qkv_w;
  }
  for (guint i = 0; i < 3; i++) {
    g_autofree char *name
        = g_strconcat ("attention.attention.", parts[i], ".bias", NULL);
    gsize at = append_vector (arena, prefix, name, dim);
    block->qkv_b = i == 0 ? at - begin : block->qkv_b;
  }
}

static void
append_block (Arena *arena, MaeBlockLayout *block, const char *prefix,
    gsize dim, gsize hidden)
{
  gsize begin = arena->size;
#define VECTOR(name, n) (append_vector (arena, prefix, name, n) - begin)
#define MATRIX(name, m, n) (append_matrix (arena, prefix, name, m, n) - begin)
  block->norm1_w = VECTOR ("layernorm_before.weight", dim);
  block->norm1_b = VECTOR ("layernorm_before.bias", dim);
  append_attention (arena, block, begin, prefix, dim);
  block->proj_w = MATRIX ("attention.output.dense.weight", dim, dim);
  block->proj_b = VECTOR ("attention.output.dense.bias", dim);
  block->norm2_w = VECTOR ("layernorm_after.weight", dim);
  block->norm2_b = VECTOR ("layernorm_after.bias", dim);
  block->fc1_w = MATRIX ("intermediate.dense.weight", hidden, dim);
  block->fc1_b = VECTOR ("intermediate.dense.bias", hidden);
  block->fc2_w = MATRIX ("output.dense.weight", dim, hidden);
  block->fc2_b = VECTOR ("output.dense.bias", dim);
  block->size = arena->size - begin;
#undef VECTOR
#undef MATRIX
}

static gsize
append_blocks (Arena *arena, MaeBlockLayout *block, const char *stack,
    guint n_layers, gsize dim, gsize hidden)
{
  gsize begin = arena->size;
  for (guint i = 0; i < n_layers; i++) {
    g_autofree char *prefix = g_strdup_printf ("%s.%u.", stack, i);
    append_block (arena, block, prefix, dim, hidden);
  }
  return begin;
}

static void
append_encoder (Arena *arena, MaeLayout *l, const VInfoMaeConfig *c)
{
  const char *patches = "vit.embeddings.patch_embeddings.projection.";
  gsize dim = c->hidden_size;
  l->class_token
      = append_tokens (arena, "vit.embeddings.cls_token", 1, dim, TRUE);
  l->positions = append_tokens (arena, "vit.embeddings.position_embeddings",
      mae_n_patches (c) + 1, dim, FALSE);
  l->patch_w = append (arena, patches, "weight",
      (MaeTensor){ .n_dims = 4,
          .shape = { dim, c->num_channels, c->patch_size, c->patch_size },
          .decay = TRUE,
          .trained = TRUE });
  l->patch_b = append_vector (arena, patches, "bias", dim);
  l->encoder = append_blocks (arena, &l->encoder_block, "vit.encoder.layer",
      c->num_hidden_layers, dim, c->intermediate_size);
  l->norm_w = append_vector (arena, "vit.layernorm.", "weight", dim);
  l->norm_b = append_vector (arena, "vit.layernorm.", "bias", dim);
}

static void
append_decoder (Arena *arena, MaeLayout *l, const VInfoMaeConfig *c)
{
  gsize dim = c->decoder_hidden_size, patch = mae_patch_dim (c);
  const char *embed = "decoder.decoder_embed.", *pred = "decoder.decoder_pred.";
  const char *norm = "decoder.decoder_norm.";
  l->embed_w = append_matrix (arena, embed, "weight", dim, c->hidden_size);
  l->embed_b = append_vector (arena, embed, "bias", dim);
  l->mask_token = append_tokens (arena, "decoder.mask_token", 1, dim, TRUE);
  l->decoder_positions = append_tokens (
      arena, "decoder.decoder_pos_embed", mae_n_patches (c) + 1, dim, FALSE);
  l->decoder
      = append_blocks (arena, &l->decoder_block, "decoder.decoder_layers",
          c->decoder_num_hidden_layers, dim, c->decoder_intermediate_size);
  l->decoder_norm_w = append_vector (arena, norm, "weight", dim);
  l->decoder_norm_b = append_vector (arena, norm, "bias", dim);
  l->pred_w = append_matrix (arena, pred, "weight", patch, dim);
  l->pred_b = append_vector (arena, pred, "bias", patch);
}

GArray *
mae_layout_init (MaeLayout *layout, const VInfoMaeConfig *config)
{
  Arena arena = { g_array_new (FALSE, FALSE, sizeof (MaeTensor)), 0 };
  g_array_set_clear_func (arena.tensors, clear_tensor);
  *layout = (MaeLayout){ 0 };
  append_encoder (&arena, layout, config);
  append_decoder (&arena, layout, config);
  return arena.tensors;
}
