/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <math.h>

#include "image/vinfo-image.h"
#include "nn/random-private.h"

/* A picture that a predictor can learn: a coloured gradient with a disc, all
 * chosen by the seed. */
static inline VInfoImage *
scene_new (guint64 seed, guint width, guint height)
{
  NnRandom random = { .seed = seed, .stream = 1 };
  g_autofree guint8 *rgb = g_malloc ((gsize)width * height * 3);
  double base[3], slope_x[3], slope_y[3], disc[3];
  double cx = nn_random_uniform (&random), cy = nn_random_uniform (&random);
  double radius = 0.1 + 0.25 * nn_random_uniform (&random);

  for (guint c = 0; c < 3; c++) {
    base[c] = 40 + 120 * nn_random_uniform (&random);
    slope_x[c] = 90 * (nn_random_uniform (&random) - 0.5);
    slope_y[c] = 90 * (nn_random_uniform (&random) - 0.5);
    disc[c] = 255 * nn_random_uniform (&random);
  }
  for (guint y = 0; y < height; y++) {
    for (guint x = 0; x < width; x++) {
      double u = (double)x / width, v = (double)y / height;
      gboolean inside = hypot (u - cx, v - cy) < radius;

      for (guint c = 0; c < 3; c++) {
        double value = inside ? disc[c]
                              : base[c] + slope_x[c] * u + slope_y[c] * v
                                    + 4 * sin (9 * u + c);
        rgb[3 * ((gsize)y * width + x) + c] = (guint8)CLAMP (value, 0, 255);
      }
    }
  }
  return vinfo_image_new_from_data (width, height, (gsize)width * 3, rgb);
}

/* Independent uniform noise. */
static inline VInfoImage *
noise_new (guint64 seed, guint width, guint height)
{
  NnRandom random = { .seed = seed, .stream = 2 };
  gsize n = (gsize)width * height * 3;
  g_autofree guint8 *rgb = g_malloc (n);

  for (gsize i = 0; i < n; i++)
    rgb[i] = (guint8)nn_random_below (&random, 256);
  return vinfo_image_new_from_data (width, height, (gsize)width * 3, rgb);
}
