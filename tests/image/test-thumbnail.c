/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "picture.h"

static guint8
box_average (const VInfoImage *image, guint i, guint j)
{
  guint w = vinfo_image_get_width (image), h = vinfo_image_get_height (image);
  const guint8 *pixels = vinfo_image_get_pixels (image);
  gdouble sum = 0;
  guint n = 0;

  for (guint y = h * i / 16; y < h * (i + 1) / 16; y++) {
    for (guint x = w * j / 16; x < w * (j + 1) / 16; x++, n++) {
      const guint8 *p = pixels + (y * w + x) * 3;

      sum += 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
    }
  }
  return lround (sum / n);
}

static void
test_thumbnail_is_the_box_averaged_luma (void)
{
  g_autoptr (VInfoImage) image = picture_new (157, 90);
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE];

  vinfo_image_thumbnail (image, thumbnail);
  for (guint i = 0; i < 16; i++) {
    for (guint j = 0; j < 16; j++)
      g_assert_cmpint (
          ABS (thumbnail[16 * i + j] - box_average (image, i, j)), <=, 1);
  }
}

static void
test_small_images_have_thumbnails_too (void)
{
  const guint8 corners[] = { 0, 0, 0, 255, 255, 255 };
  g_autoptr (VInfoImage) image = vinfo_image_new_from_data (2, 1, 6, corners);
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE];

  vinfo_image_thumbnail (image, thumbnail);
  for (guint i = 0; i < VINFO_THUMBNAIL_SIZE; i++)
    g_assert_cmpuint (thumbnail[i], ==, i % 16 < 8 ? 0 : 255);
}

static void
test_distance_is_root_mean_square (void)
{
  guint8 a[VINFO_THUMBNAIL_SIZE], b[VINFO_THUMBNAIL_SIZE];

  memset (a, 0, sizeof a);
  memset (b, 255, sizeof b);
  g_assert_cmpfloat (vinfo_thumbnail_distance (a, a), ==, 0);
  g_assert_cmpfloat (vinfo_thumbnail_distance (a, b), ==, 255);
  memset (b, 0, sizeof b);
  memset (b, 10, sizeof b / 4);
  g_assert_cmpfloat (vinfo_thumbnail_distance (b, a), ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/thumbnail/is_the_box_averaged_luma",
      test_thumbnail_is_the_box_averaged_luma);
  g_test_add_func ("/thumbnail/small_images_have_thumbnails_too",
      test_small_images_have_thumbnails_too);
  g_test_add_func ("/thumbnail/distance_is_root_mean_square",
      test_distance_is_root_mean_square);
  return g_test_run ();
}
