/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colour matrices to the nearest level. GStreamer's own 8-bit ones are up to 6
 * levels off and make white 253: the same scene would look different by the
 * format that it arrives in. */
#include "image/yuv-private.h"

#include <math.h>

#define BITS 13
#define ONE (1 << BITS)

void
yuv_matrix_init (YuvMatrix *matrix, const GstVideoColorimetry *from)
{
  gboolean full = from->range == GST_VIDEO_COLOR_RANGE_0_255;
  gdouble luma = full ? 1 : 255.0 / 219;
  gdouble chroma = full ? 1 : 255.0 / 224;
  gdouble kr = 0.299, kb = 0.114, kg;

  gst_video_color_matrix_get_Kr_Kb (from->matrix, &kr, &kb);
  kg = 1 - kr - kb;
  *matrix = (YuvMatrix){
    .black = full ? 0 : 16,
    .y = lround (luma * ONE),
    .cr_r = lround (2 * (1 - kr) * chroma * ONE),
    .cb_b = lround (2 * (1 - kb) * chroma * ONE),
    .cb_g = lround (2 * (1 - kb) * kb / kg * chroma * ONE),
    .cr_g = lround (2 * (1 - kr) * kr / kg * chroma * ONE),
  };
}

static inline guint8
clamp (gint32 value)
{
  value = (value + ONE / 2) >> BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/* The hot loop: -O2 alone leaves it scalar. 16-bit factors keep it to one
 * multiplication of a vector each. */
__attribute__ ((optimize ("O3"))) static void
multiply_row (const YuvMatrix *m, const guint8 *restrict y,
    const guint8 *restrict cb, const guint8 *restrict cr, guint8 *restrict r,
    guint8 *restrict g, guint8 *restrict b, gsize n)
{
  const YuvMatrix c = *m;

  for (gsize i = 0; i < n; i++) {
    gint16 level = y[i] - c.black;
    gint16 blue = cb[i] - 128;
    gint16 red = cr[i] - 128;
    gint32 grey = level * c.y;

    r[i] = clamp (grey + red * c.cr_r);
    g[i] = clamp (grey - blue * c.cb_g - red * c.cr_g);
    b[i] = clamp (grey + blue * c.cb_b);
  }
}

void
yuv_row_to_rgb (const YuvMatrix *matrix, const guint8 *y, const guint8 *cb,
    const guint8 *cr, guint8 *rgb, guint8 *scratch, gsize n)
{
  const guint8 *r = scratch, *g = scratch + n, *b = scratch + 2 * n;

  multiply_row (matrix, y, cb, cr, scratch, scratch + n, scratch + 2 * n, n);
  for (gsize i = 0; i < n; i++, rgb += 3) {
    rgb[0] = r[i];
    rgb[1] = g[i];
    rgb[2] = b[i];
  }
}

void
yuv_row_from_rgb (const guint8 *rgb, guint8 *y, guint8 *cb, guint8 *cr, gsize n)
{
  const gint32 middle = 128 * 65536;

  /* Each row of factors sums to 65536 or 0, so that grey stays grey. */
  for (gsize i = 0; i < n; i++, rgb += 3) {
    gint32 r = rgb[0], g = rgb[1], b = rgb[2];

    y[i] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
    cb[i] = (middle - 11058 * r - 21710 * g + 32768 * b + 32767) >> 16;
    cr[i] = (middle + 32768 * r - 27439 * g - 5329 * b + 32767) >> 16;
  }
}
