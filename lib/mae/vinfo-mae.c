/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/vinfo-mae.h"

#include "mae/mae-private.h"

#include <string.h>

#define ALIGNMENT 64

G_DEFINE_QUARK (vinfo_mae_error_quark, vinfo_mae_error)
G_DEFINE_BOXED_TYPE (VInfoMae, vinfo_mae, vinfo_mae_ref, vinfo_mae_unref)

static gsize
arena_size (const GArray *tensors)
{
  const MaeTensor *last = &g_array_index (tensors, MaeTensor, tensors->len - 1);
  return last->offset + last->size;
}

VInfoMae *
mae_alloc (const VInfoMaeConfig *config)
{
  VInfoMae *mae = g_new0 (VInfoMae, 1);
  mae->ref_count = 1;
  mae->config = *config;
  mae->tensors = mae_layout_init (&mae->layout, config);
  mae->n_parameters = arena_size (mae->tensors);
  mae->parameters
      = g_aligned_alloc0 (mae->n_parameters, sizeof (float), ALIGNMENT);
  return mae;
}

VInfoMae *
vinfo_mae_copy (const VInfoMae *mae)
{
  VInfoMae *copy = g_new (VInfoMae, 1);
  /* Field by field: others may count references to the original meanwhile. */
  copy->ref_count = 1;
  copy->config = mae->config;
  copy->layout = mae->layout;
  copy->n_parameters = mae->n_parameters;
  copy->tensors = g_array_ref (mae->tensors);
  copy->parameters
      = g_aligned_alloc (mae->n_parameters, sizeof (float), ALIGNMENT);
  memcpy (
      copy->parameters, mae->parameters, mae->n_parameters * sizeof (float));
  return copy;
}

VInfoMae *
vinfo_mae_ref (VInfoMae *mae)
{
  g_return_val_if_fail (mae != NULL, NULL);
  g_atomic_int_inc (&mae->ref_count);
  return mae;
}

void
vinfo_mae_unref (VInfoMae *mae)
{
  g_return_if_fail (mae != NULL);
  if (!g_atomic_int_dec_and_test (&mae->ref_count))
    return;
  g_array_unref (mae->tensors);
  g_aligned_free (mae->parameters);
  g_free (mae);
}

const VInfoMaeConfig *
vinfo_mae_get_config (const VInfoMae *mae)
{
  return &mae->config;
}

gsize
vinfo_mae_get_n_parameters (const VInfoMae *mae)
{
  gsize n = 0;
  for (guint i = 0; i < mae->tensors->len; i++) {
    const MaeTensor *tensor = &g_array_index (mae->tensors, MaeTensor, i);
    n += tensor->trained ? tensor->size : 0;
  }
  return n;
}

/* Zero times a number is zero; times NaN or infinity it is NaN, which stays in
 * the sum. */
gboolean
vinfo_mae_is_finite (const VInfoMae *mae)
{
  float zero = 0;
#pragma omp simd reduction(+ : zero)
  for (gsize i = 0; i < mae->n_parameters; i++)
    zero += mae->parameters[i] * 0;
  return zero == 0;
}

const MaeTensor *
mae_find_tensor (const VInfoMae *mae, const char *name)
{
  for (guint i = 0; i < mae->tensors->len; i++) {
    const MaeTensor *tensor = &g_array_index (mae->tensors, MaeTensor, i);
    if (g_str_equal (tensor->name, name))
      return tensor;
  }
  return NULL;
}
