/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/mae-private.h"

#include <math.h>

/* Standardised values of all 256 bytes, by channel, so that a pixel costs a
 * look-up; luma is a sum of three. */
typedef struct {
  float value[3][256];
} Table;

static void
table_init (Table *table, const VInfoMaeConfig *c)
{
  static const double luma[3] = { 0.299, 0.587, 0.114 }; /* BT.601 */
  gboolean grey = c->num_channels == 1;
  for (guint channel = 0; channel < 3; channel++) {
    guint from = grey ? 0 : channel;
    double weight = grey ? luma[channel] : 1;
    for (guint i = 0; i < 256; i++)
      table->value[channel][i]
          = weight * (i / 255.0 - c->image_mean[from]) / c->image_std[from];
  }
}

static float *
put_pixel (const Table *table, gboolean grey, const guint8 *rgb, float *out)
{
  float r = table->value[0][rgb[0]];
  float g = table->value[1][rgb[1]];
  float b = table->value[2][rgb[2]];
  if (grey) {
    *out = r + g + b;
    return out + 1;
  }
  out[0] = r;
  out[1] = g;
  out[2] = b;
  return out + 3;
}

void
mae_patchify (const VInfoMaeConfig *config, const guint8 *rgb, float *patches)
{
  guint size = config->patch_size, side = config->image_size / size;
  gsize stride = 3 * (gsize)config->image_size;
  Table table;
  table_init (&table, config);
  for (guint patch = 0; patch < side * side; patch++) {
    const guint8 *corner
        = rgb + patch / side * size * stride + patch % side * size * 3;
    for (guint row = 0; row < size; row++)
      for (guint column = 0; column < size; column++)
        patches = put_pixel (&table, config->num_channels == 1,
            corner + row * stride + column * 3, patches);
  }
}

void
mae_patch_moments (const float *patch, gsize n, float *mean, float *sd)
{
  double sum = 0, squares = 0;
  for (gsize i = 0; i < n; i++)
    sum += patch[i];
  sum /= n;
  for (gsize i = 0; i < n; i++)
    squares += (patch[i] - sum) * (patch[i] - sum);
  *mean = sum;
  *sd = sqrt (squares / MAX (n - 1, 1) + 1e-6);
}
