/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "disturbance.h"

#include <math.h>

#define BRIGHTNESS 0.04
#define NOISE 2.0 /* grey levels, standard deviation */

/* Box and Muller */
static double
draw_normal (GRand *random)
{
  double radius = sqrt (-2 * log (1 - g_rand_double (random)));

  return radius * cos (2 * G_PI * g_rand_double (random));
}

static VInfoImage *
take_pixels (guint8 *pixels, guint width, guint height)
{
  VInfoImage *image
      = vinfo_image_new_from_data (width, height, 3 * (gsize)width, pixels);

  g_free (pixels);
  return image;
}

VInfoImage *
disturbance_jitter (VInfoImage *image, double reach, GRand *random)
{
  int width = (int)vinfo_image_get_width (image);
  int height = (int)vinfo_image_get_height (image);
  int x_reach = (int)lround (reach * width);
  int y_reach = (int)lround (reach * height);
  int dx = g_rand_int_range (random, -x_reach, x_reach + 1);
  int dy = g_rand_int_range (random, -y_reach, y_reach + 1);
  double gain = 1 + g_rand_double_range (random, -BRIGHTNESS, BRIGHTNESS);
  const guint8 *from = vinfo_image_get_pixels (image);
  guint8 *to = g_new (guint8, 3 * (gsize)width * height);

  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      gsize at = 3
                 * ((gsize)CLAMP (y + dy, 0, height - 1) * width
                     + CLAMP (x + dx, 0, width - 1));

      for (int c = 0; c < 3; c++) {
        double value = gain * from[at + c] + NOISE * draw_normal (random);

        to[3 * ((gsize)y * width + x) + c]
            = (guint8)lround (CLAMP (value, 0, 255));
      }
    }
  }
  return take_pixels (to, (guint)width, (guint)height);
}

VInfoImage *
disturbance_noise (guint side, GRand *random)
{
  gsize size = 3 * (gsize)side * side;
  guint8 *pixels = g_new (guint8, size);

  for (gsize i = 0; i < size; i++)
    pixels[i] = (guint8)g_rand_int_range (random, 0, 256);
  return take_pixels (pixels, side, side);
}

VInfoImage *
disturbance_flat (guint side, GRand *random)
{
  gsize size = 3 * (gsize)side * side;
  guint8 *pixels = g_new (guint8, size);
  guint8 colour[3];

  for (guint c = 0; c < 3; c++)
    colour[c] = (guint8)g_rand_int_range (random, 0, 256);
  for (gsize i = 0; i < size; i++)
    pixels[i] = colour[i % 3];
  return take_pixels (pixels, side, side);
}
