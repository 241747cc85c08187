/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* safetensors: an 8-byte little-endian header length, a JSON header, then the
 * values. Files are mapped, not read; errors are VINFO_MAE_ERROR. */

typedef enum {
  SAFETENSORS_F32,
  SAFETENSORS_F16,
  SAFETENSORS_BF16,
  SAFETENSORS_U8,
  SAFETENSORS_I64,
  SAFETENSORS_F64
} SafetensorsDtype;

typedef struct {
  const char *name;
  SafetensorsDtype dtype;
  guint n_dims;
  gsize shape[8];
  const void *data; /* exactly product(shape) values of dtype */
} SafetensorsEntry;

typedef struct _Safetensors Safetensors;

/* Opens and validates wholly: header length, JSON, dtypes, shapes against
 * byte counts, offsets in range, no overlap, no gap, no name twice. */
Safetensors *safetensors_open (const char *path, GError **error);
void safetensors_close (Safetensors *file);
guint safetensors_n_entries (const Safetensors *file);
const SafetensorsEntry *safetensors_entry (const Safetensors *file, guint i);
const SafetensorsEntry *safetensors_find (
    const Safetensors *file, const char *name);
/* (nullable) value of "__metadata__" */
const char *safetensors_metadata (const Safetensors *file, const char *key);

/* The tensor of that name, dtype and shape; NULL with error (MISMATCH), which
 * names file and tensor, where there is none. */
const SafetensorsEntry *safetensors_expect (const Safetensors *file,
    const char *name, SafetensorsDtype dtype, guint n_dims, const gsize *shape,
    GError **error);

/* Converts F32, F16 or BF16 values to float; FALSE (MISMATCH) for others or
 * where the entry does not hold exactly n values. */
gboolean safetensors_read_floats (const Safetensors *file, const char *name,
    float *out, gsize n, GError **error);

/* Writes path via a temporary file, fsync and rename. metadata: (nullable)
 * key, value, key, value, ..., NULL */
gboolean safetensors_write (const char *path, const SafetensorsEntry *entries,
    guint n_entries, const char *const *metadata, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Safetensors, safetensors_close)

G_END_DECLS
