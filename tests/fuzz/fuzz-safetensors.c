/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as a safetensors file: refused with an error, or all that it says
 * to hold can be read. */

#include "fuzz.h"

#include "mae/dtype-private.h"
#include "mae/vinfo-mae.h"

/* Each byte of the data belongs to one tensor, and is there. */
static void
read_all (const Safetensors *file, gsize file_size)
{
  gsize total = 0;
  guint sum = 0;
  for (guint i = 0; i < safetensors_n_entries (file); i++) {
    const SafetensorsEntry *entry = safetensors_entry (file, i);
    gsize bytes = mae_entry_bytes (entry);
    gsize n = bytes / mae_dtype_size (entry->dtype);
    g_autofree float *values = g_new (float, n);
    g_assert_true (safetensors_find (file, entry->name) == entry);
    for (gsize j = 0; j < bytes; j++)
      sum += ((const guint8 *)entry->data)[j];
    safetensors_read_floats (file, entry->name, values, n, NULL);
    total += bytes;
  }
  g_assert_cmpuint (total, <=, file_size);
  g_assert_cmpuint (sum, <=, 255 * total);
  safetensors_metadata (file, "format");
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static int fd = -1;
  g_autoptr (GError) error = NULL;
  if (fd < 0)
    fd = memory_file_new ();
  memory_file_set (fd, data, size);
  g_autofree char *path = memory_file_path (fd);
  g_autoptr (Safetensors) file = safetensors_open (path, &error);
  g_assert_true ((file == NULL) == (error != NULL));
  if (file) {
    read_all (file, size);
    return 0;
  }
  g_assert_true (error->domain == VINFO_MAE_ERROR);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
