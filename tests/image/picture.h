/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

/* A soft gradient with a few edges: like a photo, no two regions are alike. */
static inline VInfoImage *
picture_new (guint width, guint height)
{
  g_autofree guint8 *data = g_malloc ((gsize)width * height * 3);

  for (guint y = 0; y < height; y++) {
    for (guint x = 0; x < width; x++) {
      guint8 *p = data + ((gsize)y * width + x) * 3;

      p[0] = 20 + 200 * x / width;
      p[1] = 230 - 180 * y / height;
      p[2] = 60 + 100 * (x / 16 % 2 ^ y / 16 % 2)
             + 40 * (x + y) / (width + height);
    }
  }
  return vinfo_image_new_from_data (width, height, width * 3, data);
}

static inline VInfoImage *
picture_new_noise (guint width, guint height, guint32 seed)
{
  g_autofree guint8 *data = g_malloc ((gsize)width * height * 3);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < (gsize)width * height * 3; i++)
    data[i] = g_rand_int (rand) >> 24;
  return vinfo_image_new_from_data (width, height, width * 3, data);
}

static inline VInfoImage *
picture_new_plain (guint width, guint height, guint8 r, guint8 g, guint8 b)
{
  g_autofree guint8 *data = g_malloc ((gsize)width * height * 3);

  for (gsize i = 0; i < (gsize)width * height; i++) {
    data[3 * i] = r;
    data[3 * i + 1] = g;
    data[3 * i + 2] = b;
  }
  return vinfo_image_new_from_data (width, height, width * 3, data);
}

static inline gint
picture_max_difference (const VInfoImage *a, const VInfoImage *b)
{
  gsize n = (gsize)vinfo_image_get_width (a) * vinfo_image_get_height (a) * 3;
  const guint8 *p = vinfo_image_get_pixels (a);
  const guint8 *q = vinfo_image_get_pixels (b);
  gint max = 0;

  g_assert_cmpuint (vinfo_image_get_width (a), ==, vinfo_image_get_width (b));
  g_assert_cmpuint (vinfo_image_get_height (a), ==, vinfo_image_get_height (b));
  for (gsize i = 0; i < n; i++)
    max = MAX (max, ABS (p[i] - q[i]));
  return max;
}

static inline void
picture_assert_pixel (
    const VInfoImage *image, guint x, guint y, gint r, gint g, gint b, gint by)
{
  const guint8 *p = vinfo_image_get_pixels (image)
                    + ((gsize)y * vinfo_image_get_width (image) + x) * 3;

  g_assert_cmpint (ABS (p[0] - r), <=, by);
  g_assert_cmpint (ABS (p[1] - g), <=, by);
  g_assert_cmpint (ABS (p[2] - b), <=, by);
}
