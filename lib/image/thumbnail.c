/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/image-private.h"

#include <math.h>
#include <string.h>

/* Where cell i of the thumbnail begins along a side; no cell is empty, so those
 * of an image smaller than the thumbnail overlap. */
static void
cell_bounds (guint side, guint i, guint *begin, guint *end)
{
  *begin = (guint64)side * i / VINFO_THUMBNAIL_SIDE;
  *end = (guint64)side * (i + 1) / VINFO_THUMBNAIL_SIDE;
  *end = MAX (*end, *begin + 1);
}

/* The hot loop: -O2 alone leaves it scalar. */
__attribute__ ((optimize ("O3"))) static void
add_row (guint32 *restrict sum, const guint8 *restrict row, gsize n)
{
  for (gsize i = 0; i < n; i++)
    sum[i] += row[i];
}

/* columns: [end, 3] sums over `rows` rows */
static guint8
cell_luma (const guint32 *columns, guint begin, guint end, guint rows)
{
  guint64 r = 0, g = 0, b = 0, n = (guint64)(end - begin) * rows;

  for (guint x = begin; x < end; x++) {
    r += columns[3 * x];
    g += columns[3 * x + 1];
    b += columns[3 * x + 2];
  }
  return (77 * r + 150 * g + 29 * b + 128 * n) / (256 * n);
}

void
vinfo_image_thumbnail (
    const VInfoImage *image, guint8 thumbnail[VINFO_THUMBNAIL_SIZE])
{
  g_autofree guint32 *columns = NULL;
  gsize n;

  g_return_if_fail (image != NULL && thumbnail != NULL);

  n = (gsize)image->width * 3;
  columns = g_new (guint32, n);
  for (guint i = 0; i < VINFO_THUMBNAIL_SIDE; i++) {
    guint top, bottom;

    cell_bounds (image->height, i, &top, &bottom);
    memset (columns, 0, n * sizeof *columns);
    for (guint y = top; y < bottom; y++)
      add_row (columns, image->pixels + y * n, n);
    for (guint j = 0; j < VINFO_THUMBNAIL_SIDE; j++) {
      guint left, right;

      cell_bounds (image->width, j, &left, &right);
      *thumbnail++ = cell_luma (columns, left, right, bottom - top);
    }
  }
}

gfloat
vinfo_thumbnail_distance (
    const guint8 a[VINFO_THUMBNAIL_SIZE], const guint8 b[VINFO_THUMBNAIL_SIZE])
{
  guint sum = 0;

  for (guint i = 0; i < VINFO_THUMBNAIL_SIZE; i++)
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sqrtf ((gfloat)sum / VINFO_THUMBNAIL_SIZE);
}
