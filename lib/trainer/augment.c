/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/augment-private.h"

#include <math.h>
#include <string.h>

#define CROP_ATTEMPTS 10

typedef struct {
  guint x, y, width, height;
} Region;

/* As torchvision's RandomResizedCrop; the whole picture where no draw fits. */
static Region
draw_region (guint width, guint height, double min_crop, NnRandom *random)
{
  double log_ratio = log (4.0 / 3.0);

  for (guint i = 0; i < CROP_ATTEMPTS; i++) {
    double share = min_crop + (1.0 - min_crop) * nn_random_uniform (random);
    double aspect = exp (log_ratio * (2.0 * nn_random_uniform (random) - 1.0));
    double area = share * width * height;
    guint w = (guint)lround (sqrt (area * aspect));
    guint h = (guint)lround (sqrt (area / aspect));

    if (w > 0 && h > 0 && w <= width && h <= height)
      return (Region){ nn_random_below (random, width - w + 1),
        nn_random_below (random, height - h + 1), w, h };
  }
  return (Region){ 0, 0, width, height };
}

static void
flip (const guint8 *rgb, guint side, guint8 *out)
{
  for (guint y = 0; y < side; y++)
    for (guint x = 0; x < side; x++)
      memcpy (out + 3 * ((gsize)y * side + x),
          rgb + 3 * ((gsize)y * side + side - 1 - x), 3);
}

void
augment_patchify (const VInfoMaeConfig *config, VInfoImage *image,
    double min_crop, NnRandom *random, float *patches)
{
  guint side = config->image_size;
  gboolean whole = min_crop >= 1.0;
  Region region
      = { 0, 0, vinfo_image_get_width (image), vinfo_image_get_height (image) };
  g_autoptr (VInfoImage) square = NULL;
  g_autofree guint8 *flipped = NULL;
  const guint8 *rgb;

  if (!whole)
    region = draw_region (region.width, region.height, min_crop, random);
  square = vinfo_image_resize (
      image, region.x, region.y, region.width, region.height, side, side);
  rgb = vinfo_image_get_pixels (square);
  if (!whole && nn_random_below (random, 2)) {
    flipped = g_malloc ((gsize)side * side * 3);
    flip (rgb, side, flipped);
    rgb = flipped;
  }
  mae_patchify (config, rgb, patches);
}
