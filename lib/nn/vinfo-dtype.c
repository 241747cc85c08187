/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nn/vinfo-dtype.h"

#include "nn/sbgemm-private.h"

GType
vinfo_dtype_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { VINFO_DTYPE_F32, "Floats throughout", "f32" },
    { VINFO_DTYPE_BF16, "Linear layers' products of bf16, summed in floats",
        "bf16" },
    { VINFO_DTYPE_AUTO, "bf16 where the processor is faster with it (AMX)",
        "auto" },
    { 0, NULL, NULL },
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("VInfoDtype", values));
  return type;
}

VInfoDtype
vinfo_dtype_resolve (VInfoDtype dtype)
{
  if (dtype != VINFO_DTYPE_AUTO)
    return dtype;
  return nn_sbgemm_is_fast () ? VINFO_DTYPE_BF16 : VINFO_DTYPE_F32;
}
