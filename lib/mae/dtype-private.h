/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/safetensors-private.h"

G_BEGIN_DECLS

gboolean mae_dtype_named (const char *name, SafetensorsDtype *dtype);
const char *mae_dtype_name (SafetensorsDtype dtype);
gsize mae_dtype_size (SafetensorsDtype dtype); /* in bytes */

/* Bytes of a checked entry's values. */
gsize mae_entry_bytes (const SafetensorsEntry *entry);

/* n values at `data`, which need not be aligned; FALSE where dtype is none of
 * F32, F16 and BF16. */
gboolean mae_dtype_to_floats (
    SafetensorsDtype dtype, const void *data, float *out, gsize n);

G_END_DECLS
