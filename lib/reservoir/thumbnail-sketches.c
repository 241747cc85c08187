/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/thumbnail-sketches-private.h"

#include <math.h>

#include "nn/simd-private.h"

#define HALF (VINFO_THUMBNAIL_SIDE / 2)
/* Grey levels; above what rounding to single precision does to 255. */
#define SLACK 1e-3f

void
thumbnail_sketches_finish (ThumbnailSketches *sketches)
{
  for (guint i = 0; i < THUMBNAIL_SKETCH_SIZE; i++)
    g_free (sketches->coefficients[i]);
  *sketches = (ThumbnailSketches){ 0 };
}

void
thumbnail_sketches_allocate (ThumbnailSketches *sketches, guint allocated)
{
  sketches->allocated = allocated;
  for (guint i = 0; i < THUMBNAIL_SKETCH_SIZE; i++)
    sketches->coefficients[i]
        = g_renew (gfloat, sketches->coefficients[i], allocated);
}

void
thumbnail_sketch (const guint8 thumbnail[VINFO_THUMBNAIL_SIZE],
    gfloat coefficients[THUMBNAIL_SKETCH_SIZE])
{
  gdouble sums[4] = { 0 }, squares = 0;

  for (guint i = 0; i < VINFO_THUMBNAIL_SIZE; i++) {
    guint below = i / VINFO_THUMBNAIL_SIDE >= HALF;
    guint right = i % VINFO_THUMBNAIL_SIDE >= HALF;

    sums[2 * below + right] += thumbnail[i];
    squares += (gdouble)thumbnail[i] * thumbnail[i];
  }
  squares /= VINFO_THUMBNAIL_SIZE;
  for (guint i = 0; i < 4; i++) {
    gdouble half_mean = sums[i] / (HALF * HALF) / 2;

    coefficients[i] = half_mean;
    squares -= half_mean * half_mean;
  }
  coefficients[4] = sqrt (MAX (squares, 0));
}

void
thumbnail_sketches_set (ThumbnailSketches *sketches, guint row,
    const guint8 thumbnail[VINFO_THUMBNAIL_SIZE])
{
  gfloat coefficients[THUMBNAIL_SKETCH_SIZE];

  thumbnail_sketch (thumbnail, coefficients);
  for (guint i = 0; i < THUMBNAIL_SKETCH_SIZE; i++)
    sketches->coefficients[i][row] = coefficients[i];
}

void
thumbnail_sketches_copy (ThumbnailSketches *sketches, guint to, guint from)
{
  for (guint i = 0; i < THUMBNAIL_SKETCH_SIZE; i++)
    sketches->coefficients[i][to] = sketches->coefficients[i][from];
}

NN_SIMD static void
raise_near (const gfloat *restrict a, const gfloat *restrict b,
    const gfloat *restrict c, const gfloat *restrict d,
    const gfloat *restrict rest, guint n, const gfloat wanted[5], gfloat square,
    gfloat raised, gfloat *restrict bounds)
{
  for (guint i = 0; i < n; i++) {
    gfloat da = a[i] - wanted[0], db = b[i] - wanted[1];
    gfloat dc = c[i] - wanted[2], dd = d[i] - wanted[3];
    gfloat dr = rest[i] - wanted[4];
    gfloat distance = da * da + db * db + dc * dc + dd * dd + dr * dr;

    bounds[i] = distance <= square ? raised : bounds[i];
  }
}

void
thumbnail_sketches_raise (const ThumbnailSketches *sketches, guint first,
    guint n_rows, const gfloat wanted[THUMBNAIL_SKETCH_SIZE], gfloat distance,
    gfloat raised, gfloat *bounds)
{
  gfloat *const *rows = sketches->coefficients;
  gfloat limit = distance + SLACK;

  raise_near (rows[0] + first, rows[1] + first, rows[2] + first,
      rows[3] + first, rows[4] + first, n_rows, wanted, limit * limit, raised,
      bounds);
}
