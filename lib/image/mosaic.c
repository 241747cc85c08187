/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/image-private.h"

#include <string.h>

/* Where tile @i of @n starts, of @size pixels: no gap, none beyond the end. */
static guint
edge (guint i, guint n, guint size)
{
  return (guint)((guint64)i * size / n);
}

/* Stretches @tile over a part of @out. */
static void
lay (VInfoImage *out, VInfoImage *tile, guint x, guint y, guint width,
    guint height)
{
  g_autoptr (VInfoImage) fitted
      = vinfo_image_resize (tile, 0, 0, 0, 0, width, height);
  gsize row = (gsize)width * 3, stride = (gsize)out->width * 3;
  guint8 *to = out->pixels + y * stride + (gsize)x * 3;

  for (guint i = 0; i < height; i++)
    memcpy (to + i * stride, fitted->pixels + i * row, row);
}

VInfoImage *
vinfo_image_mosaic (VInfoImage *const *images, guint n, guint columns,
    guint width, guint height)
{
  guint rows = columns > 0 ? (n + columns - 1) / columns : 0;
  VInfoImage *out;

  g_return_val_if_fail (images != NULL && n > 0 && columns > 0, NULL);
  g_return_val_if_fail (width >= MIN (n, columns) && height >= rows, NULL);

  out = image_new_blank (width, height, NULL);
  g_return_val_if_fail (out != NULL, NULL);
  for (guint i = 0; i < n; i++) {
    guint r = i / columns, c = i % columns;
    guint in_row = MIN (columns, n - r * columns);
    guint x = edge (c, in_row, width), y = edge (r, rows, height);

    lay (out, images[i], x, y, edge (c + 1, in_row, width) - x,
        edge (r + 1, rows, height) - y);
  }
  return out;
}
