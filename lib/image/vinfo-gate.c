/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/vinfo-gate.h"

#include <math.h>

#define GRID 256           /* samples looked at along a side, at most */
#define FLAT_DEVIATION 2.0 /* grey levels */
#define NOISE_CORRELATION 0.2

/* Running sums over pairs of numbers: exact, so the verdict on an image is the
 * same in every build. */
typedef struct {
  gint64 n, a, b, aa, bb, ab;
} Pairs;

typedef struct {
  Pairs light;  /* luma of each sample, twice */
  Pairs tint;   /* its B − Y and R − Y */
  Pairs across; /* its luma and that of its right neighbour */
  Pairs down;   /* ... and of the one below */
} Statistics;

static void
pairs_add (Pairs *pairs, gint a, gint b)
{
  pairs->n++;
  pairs->a += a;
  pairs->b += b;
  pairs->aa += (gint64)a * a;
  pairs->bb += (gint64)b * b;
  pairs->ab += (gint64)a * b;
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

/* In 256ths of a grey level, as BT.601 weighs. */
static gint
luma (const guint8 *rgb)
{
  return 77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2];
}

/* A grid of samples, each with its neighbours at full resolution: noise that
 * was averaged away would no longer look like noise. */
static void
measure (const VInfoImage *image, Statistics *s)
{
  guint width = vinfo_image_get_width (image);
  guint height = vinfo_image_get_height (image);
  const guint8 *pixels = vinfo_image_get_pixels (image);
  gsize stride = (gsize)width * 3;
  guint step_x = (width + GRID - 1) / GRID;
  guint step_y = (height + GRID - 1) / GRID;

  for (guint y = 0; y < height; y += step_y) {
    for (guint x = 0; x < width; x += step_x) {
      const guint8 *p = pixels + y * stride + (gsize)x * 3;
      gint here = luma (p);

      pairs_add (&s->light, here, here);
      pairs_add (&s->tint, 256 * p[2] - here, 256 * p[0] - here);
      if (x + 1 < width)
        pairs_add (&s->across, here, luma (p + 3));
      if (y + 1 < height)
        pairs_add (&s->down, here, luma (p + stride));
    }
  }
}

static gboolean
is_flat (const Statistics *s)
{
  const Pairs *light = &s->light, *tint = &s->tint;
  gdouble y, cb, cr;

  y = sqrt (covariance (light->n, light->a, light->a, light->aa)) / 256;
  cb = sqrt (covariance (tint->n, tint->a, tint->a, tint->aa)) / 256 * 0.564;
  cr = sqrt (covariance (tint->n, tint->b, tint->b, tint->bb)) / 256 * 0.713;
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
