/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

#define VINFO_TYPE_DTYPE (vinfo_dtype_get_type ())

/**
 * VInfoDtype:
 * @VINFO_DTYPE_F32: floats throughout
 * @VINFO_DTYPE_BF16: matrix products of linear layers round their operands to
 *   bf16, and sum in floats; slow where the processor has no AMX
 * @VINFO_DTYPE_AUTO: bf16 where that is faster here, else f32
 *
 * What a model computes with. Its weights are floats with each, and so is what
 * is saved.
 */
typedef enum { VINFO_DTYPE_F32, VINFO_DTYPE_BF16, VINFO_DTYPE_AUTO } VInfoDtype;

VINFO_API
GType vinfo_dtype_get_type (void);

/**
 * vinfo_dtype_resolve:
 *
 * Returns: what @dtype means on this machine: never %VINFO_DTYPE_AUTO
 */
VINFO_API
VInfoDtype vinfo_dtype_resolve (VInfoDtype dtype);

G_END_DECLS
