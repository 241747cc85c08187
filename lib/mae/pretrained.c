/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A model as a Hugging Face directory. */

#include "mae/config-private.h"
#include "mae/mae-private.h"
#include "mae/safetensors-private.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define WEIGHTS "model.safetensors"

/* Files that transformers 5 saves have the decoder's blocks under another name:
 * what it renames in the encoder matches there too. */
static const SafetensorsEntry *
find_entry (const Safetensors *file, const char *name)
{
  const char *blocks = "decoder.decoder_layers.";
  const SafetensorsEntry *entry = safetensors_find (file, name);
  if (entry || !g_str_has_prefix (name, blocks))
    return entry;
  g_autofree char *other = g_strconcat (
      "decoder.decoder_encoder.layer.", name + strlen (blocks), NULL);
  return safetensors_find (file, other);
}

static char *
describe_shape (guint n_dims, const gsize *shape)
{
  GString *text = g_string_new ("[");

  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (
        text, "%s%" G_GSIZE_FORMAT, i > 0 ? ", " : "", shape[i]);
  return g_string_free (g_string_append_c (text, ']'), FALSE);
}

static void
set_shape_error (
    const MaeTensor *tensor, const SafetensorsEntry *entry, GError **error)
{
  g_autofree char *has = describe_shape (entry->n_dims, entry->shape);
  g_autofree char *wanted = describe_shape (tensor->n_dims, tensor->shape);

  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
      "%s: has another shape, %s, than the config asks for, %s", entry->name,
      has, wanted);
}

static gboolean
check_tensor (
    const MaeTensor *tensor, const SafetensorsEntry *entry, GError **error)
{
  if (!entry) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
        "%s: missing: the config asks for it", tensor->name);
    return FALSE;
  }
  if (entry->n_dims != tensor->n_dims
      || memcmp (
             entry->shape, tensor->shape, tensor->n_dims * sizeof *entry->shape)
             != 0) {
    set_shape_error (tensor, entry, error);
    return FALSE;
  }
  if (entry->dtype == SAFETENSORS_F32 || entry->dtype == SAFETENSORS_F16
      || entry->dtype == SAFETENSORS_BF16)
    return TRUE;
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_UNSUPPORTED,
      "%s: unsupported dtype: must be F32, F16 or BF16", entry->name);
  return FALSE;
}

/* Before there is memory for the weights, so that a config cannot ask for more
 * of it than the file holds. */
static gboolean
check_tensors (const GArray *tensors, const Safetensors *file, GError **error)
{
  g_autoptr (GHashTable) used = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < tensors->len; i++) {
    const MaeTensor *tensor = &g_array_index (tensors, MaeTensor, i);
    const SafetensorsEntry *entry = find_entry (file, tensor->name);
    if (!check_tensor (tensor, entry, error))
      return FALSE;
    g_hash_table_add (used, (gpointer)entry);
  }
  for (guint i = 0; i < safetensors_n_entries (file); i++) {
    const SafetensorsEntry *entry = safetensors_entry (file, i);
    if (!g_hash_table_contains (used, entry)) {
      g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
          "%s: not needed: the config asks for no such tensor", entry->name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
check_weights (
    const VInfoMaeConfig *config, const Safetensors *file, GError **error)
{
  MaeLayout layout;
  g_autoptr (GArray) tensors = mae_layout_init (&layout, config);
  return check_tensors (tensors, file, error);
}

static gboolean
read_weights (VInfoMae *mae, const Safetensors *file, GError **error)
{
  for (guint i = 0; i < mae->tensors->len; i++) {
    const MaeTensor *tensor = &g_array_index (mae->tensors, MaeTensor, i);
    const SafetensorsEntry *entry = find_entry (file, tensor->name);
    if (!safetensors_read_floats (file, entry->name,
            mae->parameters + tensor->offset, tensor->size, error))
      return FALSE;
  }
  return TRUE;
}

/* The first tensor that holds what is no number. */
static const MaeTensor *
find_non_finite (const VInfoMae *mae)
{
  for (guint i = 0; i < mae->tensors->len; i++) {
    const MaeTensor *tensor = &g_array_index (mae->tensors, MaeTensor, i);
    for (gsize j = 0; j < tensor->size; j++)
      if (!isfinite (mae->parameters[tensor->offset + j]))
        return tensor;
  }
  return NULL;
}

/* What else transformers writes in place of WEIGHTS. */
static const struct {
  const char *name, *why;
} other_weights[] = {
  { "pytorch_model.bin",
      "holds Python objects, not safetensors: load and save it once with a "
      "newer transformers" },
  { "model.safetensors.index.json",
      "tells of weights in several files: save them with a larger "
      "max_shard_size" },
};

/* Opens the weights; where there are only others, says so. */
static Safetensors *
open_weights (const char *directory, const char *path, GError **error)
{
  g_autoptr (GError) why = NULL;
  Safetensors *file = safetensors_open (path, &why);
  for (guint i = 0; !file && i < G_N_ELEMENTS (other_weights); i++) {
    g_autofree char *other
        = g_build_filename (directory, other_weights[i].name, NULL);
    if (!g_error_matches (why, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND)
        || !g_file_test (other, G_FILE_TEST_EXISTS))
      continue;
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_UNSUPPORTED,
        "%s: cannot be read: %s", other, other_weights[i].why);
    return NULL;
  }
  if (!file)
    g_propagate_error (error, g_steal_pointer (&why));
  return file;
}

VInfoMae *
vinfo_mae_load (const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, WEIGHTS, NULL);
  VInfoMaeConfig config;
  if (!mae_config_read (directory, &config, error))
    return NULL;
  g_autoptr (Safetensors) file = open_weights (directory, path, error);
  if (!file)
    return NULL;
  if (!check_weights (&config, file, error)) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  g_autoptr (VInfoMae) mae = mae_alloc (&config);
  if (!read_weights (mae, file, error))
    return NULL;
  if (!vinfo_mae_is_finite (mae)) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NON_FINITE,
        "%s: %s: holds NaN or infinite weights", path,
        find_non_finite (mae)->name);
    return NULL;
  }
  return g_steal_pointer (&mae);
}

static gboolean
write_weights (const VInfoMae *mae, const char *path, GError **error)
{
  static const char *const metadata[] = { "format", "pt", NULL };
  g_autofree SafetensorsEntry *entries
      = g_new0 (SafetensorsEntry, mae->tensors->len);
  for (guint i = 0; i < mae->tensors->len; i++) {
    const MaeTensor *tensor = &g_array_index (mae->tensors, MaeTensor, i);
    entries[i].name = tensor->name;
    entries[i].dtype = SAFETENSORS_F32;
    entries[i].n_dims = tensor->n_dims;
    for (guint j = 0; j < tensor->n_dims; j++)
      entries[i].shape[j] = tensor->shape[j];
    entries[i].data = mae->parameters + tensor->offset;
  }
  return safetensors_write (path, entries, mae->tensors->len, metadata, error);
}

gboolean
vinfo_mae_save (const VInfoMae *mae, const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, WEIGHTS, NULL);
  if (g_mkdir_with_parents (directory, 0777) != 0) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_IO,
        "%s: cannot create: %s", directory, g_strerror (errno));
    return FALSE;
  }
  return write_weights (mae, path, error)
         && mae_config_write (directory, &mae->config, error);
}
