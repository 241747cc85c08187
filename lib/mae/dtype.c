/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/dtype-private.h"

#include <math.h>
#include <string.h>

static const struct {
  const char *name;
  gsize size;
} dtypes[] = {
  [SAFETENSORS_F32] = { "F32", 4 },
  [SAFETENSORS_F16] = { "F16", 2 },
  [SAFETENSORS_BF16] = { "BF16", 2 },
  [SAFETENSORS_U8] = { "U8", 1 },
  [SAFETENSORS_I64] = { "I64", 8 },
  [SAFETENSORS_F64] = { "F64", 8 },
};

gboolean
mae_dtype_named (const char *name, SafetensorsDtype *dtype)
{
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (g_str_equal (name, dtypes[i].name)) {
      *dtype = i;
      return TRUE;
    }
  return FALSE;
}

const char *
mae_dtype_name (SafetensorsDtype dtype)
{
  return dtypes[dtype].name;
}

gsize
mae_dtype_size (SafetensorsDtype dtype)
{
  return dtypes[dtype].size;
}

gsize
mae_entry_bytes (const SafetensorsEntry *entry)
{
  gsize n = mae_dtype_size (entry->dtype);
  for (guint i = 0; i < entry->n_dims; i++)
    n *= entry->shape[i];
  return n;
}

static float
from_f16 (guint16 half)
{
  gint exponent = half >> 10 & 31;
  float fraction = half & 1023, magnitude;
  if (exponent == 31)
    magnitude = fraction > 0 ? NAN : INFINITY;
  else if (exponent == 0)
    magnitude = ldexpf (fraction, -24);
  else
    magnitude = ldexpf (fraction + 1024, exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

static float
from_bf16 (guint16 half)
{
  guint32 bits = (guint32)half << 16;
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

gboolean
mae_dtype_to_floats (
    SafetensorsDtype dtype, const void *data, float *out, gsize n)
{
  const guint8 *bytes = data;
  if (dtype == SAFETENSORS_F32 && n > 0)
    memcpy (out, data, n * sizeof *out);
  if (dtype == SAFETENSORS_F32)
    return TRUE;
  if (dtype != SAFETENSORS_F16 && dtype != SAFETENSORS_BF16)
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    guint16 half = bytes[2 * i] | bytes[2 * i + 1] << 8;
    out[i] = dtype == SAFETENSORS_F16 ? from_f16 (half) : from_bf16 (half);
  }
  return TRUE;
}
