/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/vinfo-gate.h"

#include <math.h>

#include "target-clones-private.h"

#define GRID 256           /* samples looked at along a side, at most */
#define FLAT_DEVIATION 2.0 /* grey levels */
#define NOISE_CORRELATION 0.2

#define SHIFT 5                  /* from 256ths of a grey level to eighths */
#define LEVEL (1 << (8 - SHIFT)) /* a grey level in these */

/* A row's products of eighths of a grey level add up in 32 bits. */
G_STATIC_ASSERT ((gint64)(255 * LEVEL) * (255 * LEVEL) * GRID <= G_MAXINT32);

/* Running sums over pairs of numbers: exact, so the verdict on an image is the
 * same in every build. */
typedef struct {
  gint64 n, a, b, aa, bb, ab;
} Pairs;

/* In eighths of a grey level. */
typedef struct {
  Pairs tint;   /* B − Y and R − Y of each sample */
  Pairs across; /* its luma and that of its right neighbour */
  Pairs down;   /* ... and of the one below */
  Pairs light;  /* luma of each sample, twice */
} Statistics;

NN_SIMD static void
pairs_add (Pairs *pairs, const gint16 *a, const gint16 *b, guint n)
{
  gint32 sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;

  for (guint i = 0; i < n; i++) {
    sum_a += a[i];
    sum_b += b[i];
    aa += (gint32)a[i] * a[i];
    bb += (gint32)b[i] * b[i];
    ab += (gint32)a[i] * b[i];
  }
  pairs->n += n;
  pairs->a += sum_a;
  pairs->b += sum_b;
  pairs->aa += aa;
  pairs->bb += bb;
  pairs->ab += ab;
}

static gdouble
covariance (gint64 n, gint64 a, gint64 b, gint64 ab)
{
  return ((gdouble)ab - (gdouble)a * b / n) / n;
}

/* 1 where there is nothing to correlate: a side of one pixel, or equal luma. */
static gdouble
pairs_correlation (const Pairs *p)
{
  gdouble product;

  if (p->n < 2)
    return 1;
  product = covariance (p->n, p->a, p->a, p->aa)
            * covariance (p->n, p->b, p->b, p->bb);
  return product > 0 ? covariance (p->n, p->a, p->b, p->ab) / sqrt (product)
                     : 1;
}

/* Luma of n pixels, `stride` bytes apart, as BT.601 weighs. */
static inline G_ALWAYS_INLINE void
luma (const guint8 *rgb, gsize stride, guint n, gint16 *y)
{
  for (guint i = 0; i < n; i++)
    y[i] = (77 * rgb[i * stride] + 150 * rgb[i * stride + 1]
               + 29 * rgb[i * stride + 2])
           >> SHIFT;
}

/* Their B − Y and R − Y. */
static inline G_ALWAYS_INLINE void
tint (const guint8 *rgb, gsize stride, guint n, const gint16 *y, gint16 *blue,
    gint16 *red)
{
  for (guint i = 0; i < n; i++) {
    blue[i] = rgb[i * stride + 2] * LEVEL - y[i];
    red[i] = rgb[i * stride] * LEVEL - y[i];
  }
}

/* Pixels that adjoin can be vectorised. */
NN_SIMD static void
luma_row (const guint8 *rgb, gsize stride, guint n, gint16 *y)
{
  stride == 3 ? luma (rgb, 3, n, y) : luma (rgb, stride, n, y);
}

NN_SIMD static void
tint_row (const guint8 *rgb, gsize stride, guint n, const gint16 *y,
    gint16 *blue, gint16 *red)
{
  stride == 3 ? tint (rgb, 3, n, y, blue, red)
              : tint (rgb, stride, n, y, blue, red);
}

/* A grid of samples, each with its neighbours at full resolution: noise that
 * was averaged away would no longer look like noise. */
static void
measure (const VInfoImage *image, Statistics *s)
{
  guint width = vinfo_image_get_width (image);
  guint height = vinfo_image_get_height (image);
  gsize row = (gsize)width * 3;
  guint step_x = (width + GRID - 1) / GRID;
  guint step_y = (height + GRID - 1) / GRID;
  guint n = (width + step_x - 1) / step_x;
  /* the last column may have no right neighbour */
  guint n_across = n - ((n - 1) * step_x + 1 == width);
  gsize stride = 3 * step_x;
  gint16 y[GRID], next[GRID], blue[GRID], red[GRID];

  for (guint i = 0; i < height; i += step_y) {
    const guint8 *p = vinfo_image_get_pixels (image) + i * row;

    luma_row (p, stride, n, y);
    pairs_add (&s->light, y, y, n);
    tint_row (p, stride, n, y, blue, red);
    pairs_add (&s->tint, blue, red, n);
    luma_row (p + 3, stride, n_across, next);
    pairs_add (&s->across, y, next, n_across);
    if (i + 1 < height) {
      luma_row (p + row, stride, n, next);
      pairs_add (&s->down, y, next, n);
    }
  }
}

static gboolean
is_flat (const Statistics *s)
{
  const Pairs *light = &s->light, *tint = &s->tint;
  gdouble y, cb, cr;

  y = sqrt (covariance (light->n, light->a, light->a, light->aa)) / LEVEL;
  cb = sqrt (covariance (tint->n, tint->a, tint->a, tint->aa)) / LEVEL * 0.564;
  cr = sqrt (covariance (tint->n, tint->b, tint->b, tint->bb)) / LEVEL * 0.713;
  return y < FLAT_DEVIATION && cb < FLAT_DEVIATION && cr < FLAT_DEVIATION;
}

/* In both directions: the lines of a bar code are related along one. */
static gboolean
is_noise (const Statistics *s)
{
  return pairs_correlation (&s->across) < NOISE_CORRELATION
         && pairs_correlation (&s->down) < NOISE_CORRELATION;
}

VInfoReason
vinfo_gate_judge (VInfoGate *gate, const VInfoImage *image)
{
  Statistics statistics = { 0 };
  guint64 hash;
  gboolean frozen;

  g_return_val_if_fail (gate != NULL && image != NULL, VINFO_REASON_FAILED);

  hash = vinfo_image_hash (image);
  frozen = gate->has_last && gate->last_hash == hash;
  gate->has_last = TRUE;
  gate->last_hash = hash;

  measure (image, &statistics);
  if (is_flat (&statistics))
    return VINFO_REASON_FLAT;
  if (frozen)
    return VINFO_REASON_FROZEN;
  if (is_noise (&statistics))
    return VINFO_REASON_NOISE;
  return VINFO_REASON_NONE;
}
