/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Separable bilinear resampling. The triangle is as wide as the step between
 * output samples when shrinking, so nothing aliases (as in Pillow's BILINEAR).
 *
 * Fixed point throughout, so every build gives the same bytes. Rows are summed
 * first: that pass touches all of the source and runs over contiguous bytes,
 * which vectorises; columns then see only as many rows as come out. */
#include "image/image-private.h"

#include <math.h>
#include <string.h>

#define WEIGHT_BITS 15 /* weights of one output sample sum to 1 << 15 */
#define ROW_BITS 8     /* fraction kept between the two passes */

/* What each output sample takes from the input along one axis. */
typedef struct {
  guint max_taps;
  guint *first;     /* [to] index of the first input sample */
  guint *taps;      /* [to] number of input samples */
  guint16 *weights; /* [to, max_taps] */
} Kernel;

/* Rounds the running sum, not each weight: they then sum to exactly one, and
 * thousands of tiny weights don't add up their rounding errors. */
static void
quantise (guint16 *weights, const gdouble *exact, guint n)
{
  gdouble total = 0, sum = 0;
  guint last = 0;

  for (guint i = 0; i < n; i++)
    total += exact[i];
  for (guint i = 0; i < n; i++) {
    guint next;

    sum += exact[i];
    next = (guint)(sum / total * (1 << WEIGHT_BITS) + 0.5);
    weights[i] = next - last;
    last = next;
  }
}

static void
kernel_init (Kernel *kernel, guint from, guint to)
{
  gdouble scale = (gdouble)from / to;
  gdouble support = MAX (scale, 1.0);
  g_autofree gdouble *exact = NULL;

  kernel->max_taps = 2 * (guint)ceil (support) + 1;
  kernel->first = g_new (guint, to);
  kernel->taps = g_new (guint, to);
  kernel->weights = g_new0 (guint16, (gsize)to * kernel->max_taps);
  exact = g_new (gdouble, kernel->max_taps);

  for (guint i = 0; i < to; i++) {
    gdouble centre = (i + 0.5) * scale;
    guint first = (guint)MAX (centre - support + 0.5, 0.0);
    guint end = MIN ((guint)(centre + support + 0.5), from);

    for (guint j = first; j < end; j++)
      exact[j - first] = MAX (1 - fabs (j + 0.5 - centre) / support, 0.0);
    kernel->first[i] = first;
    kernel->taps[i] = end - first;
    quantise (
        kernel->weights + (gsize)i * kernel->max_taps, exact, kernel->taps[i]);
  }
}

static void
kernel_finish (Kernel *kernel)
{
  g_free (kernel->first);
  g_free (kernel->taps);
  g_free (kernel->weights);
}

/* The hot loop: -O2 alone leaves it scalar. Four rows at a time, since the sums
 * are the widest of what is read and written. */
__attribute__ ((optimize ("O3"))) static void
add_weighted_rows (guint32 *restrict sum, const guint8 *restrict rows,
    gsize stride, const guint16 *weights, gsize n)
{
  const guint8 *a = rows, *b = a + stride, *c = b + stride, *d = c + stride;
  guint16 p = weights[0], q = weights[1], r = weights[2], s = weights[3];

  for (gsize i = 0; i < n; i++)
    sum[i] += (guint32)a[i] * p + (guint32)b[i] * q + (guint32)c[i] * r
              + (guint32)d[i] * s;
}

__attribute__ ((optimize ("O3"))) static void
add_weighted_row (
    guint32 *restrict sum, const guint8 *restrict row, guint16 weight, gsize n)
{
  for (gsize i = 0; i < n; i++)
    sum[i] += (guint32)row[i] * weight;
}

/* rows: the kernel's first source row; line: [n] with ROW_BITS of fraction */
static void
blend_rows (guint16 *line, guint32 *sum, const guint8 *rows, gsize stride,
    const guint16 *weights, guint taps, gsize n)
{
  const guint shift = WEIGHT_BITS - ROW_BITS;
  guint j = 0;

  memset (sum, 0, n * sizeof *sum);
  for (; j + 4 <= taps; j += 4)
    add_weighted_rows (sum, rows + j * stride, stride, weights + j, n);
  for (; j < taps; j++)
    add_weighted_row (sum, rows + j * stride, weights[j], n);
  for (gsize i = 0; i < n; i++)
    line[i] = (sum[i] + (1 << (shift - 1))) >> shift;
}

static void
blend_columns (guint8 *out, const guint16 *line, const Kernel *kernel, guint n)
{
  const guint shift = WEIGHT_BITS + ROW_BITS;
  const guint half = 1u << (shift - 1);

  for (guint i = 0; i < n; i++) {
    const guint16 *in = line + (gsize)kernel->first[i] * 3;
    const guint16 *weights = kernel->weights + (gsize)i * kernel->max_taps;
    guint32 r = half, g = half, b = half;

    for (guint j = 0; j < kernel->taps[i]; j++, in += 3) {
      r += (guint32)in[0] * weights[j];
      g += (guint32)in[1] * weights[j];
      b += (guint32)in[2] * weights[j];
    }
    *out++ = r >> shift;
    *out++ = g >> shift;
    *out++ = b >> shift;
  }
}

static void
resample (VInfoImage *out, const guint8 *region, gsize stride,
    guint region_width, guint region_height)
{
  gsize n = (gsize)region_width * 3;
  g_autofree guint32 *sum = g_new (guint32, n);
  g_autofree guint16 *line = g_new (guint16, n);
  Kernel across, down;

  kernel_init (&across, region_width, out->width);
  kernel_init (&down, region_height, out->height);
  for (guint y = 0; y < out->height; y++) {
    blend_rows (line, sum, region + down.first[y] * stride, stride,
        down.weights + (gsize)y * down.max_taps, down.taps[y], n);
    blend_columns (
        out->pixels + (gsize)y * out->width * 3, line, &across, out->width);
  }
  kernel_finish (&across);
  kernel_finish (&down);
}

VInfoImage *
vinfo_image_resize (VInfoImage *image, guint x, guint y, guint region_width,
    guint region_height, guint width, guint height)
{
  VInfoImage *out;
  gsize stride;

  g_return_val_if_fail (image != NULL, NULL);
  g_return_val_if_fail (x < image->width && y < image->height, NULL);
  g_return_val_if_fail (region_width <= image->width - x, NULL);
  g_return_val_if_fail (region_height <= image->height - y, NULL);

  if (region_width == 0)
    region_width = image->width - x;
  if (region_height == 0)
    region_height = image->height - y;
  if (region_width == image->width && region_height == image->height
      && width == image->width && height == image->height)
    return vinfo_image_ref (image);

  out = image_new_blank (width, height, NULL);
  g_return_val_if_fail (out != NULL, NULL);
  stride = (gsize)image->width * 3;
  resample (out, image->pixels + y * stride + (gsize)x * 3, stride,
      region_width, region_height);
  return out;
}
