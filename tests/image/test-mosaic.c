/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "picture.h"

static const guint8 *
pixel_of (const VInfoImage *image, guint x, guint y)
{
  return vinfo_image_get_pixels (image)
         + ((gsize)y * vinfo_image_get_width (image) + x) * 3;
}

static void
assert_pixel_equal (const guint8 *a, const guint8 *b)
{
  for (guint c = 0; c < 3; c++)
    g_assert_cmpuint (a[c], ==, b[c]);
}

static void
free_images (VInfoImage **images, guint n)
{
  for (guint i = 0; i < n; i++)
    vinfo_image_unref (images[i]);
}

/* Four tiles whose sizes leave nothing to scale, against plain loops. */
static void
assert_mosaic_is_byte_exact (guint width, guint height)
{
  guint left = width / 2, top = height / 2;
  VInfoImage *tiles[4];
  g_autoptr (VInfoImage) mosaic = NULL;

  for (guint i = 0; i < 4; i++)
    tiles[i] = picture_new_noise (
        i % 2 ? width - left : left, i / 2 ? height - top : top, i + 1);
  mosaic = vinfo_image_mosaic (tiles, 4, 2, width, height);
  g_assert_cmpuint (vinfo_image_get_width (mosaic), ==, width);
  g_assert_cmpuint (vinfo_image_get_height (mosaic), ==, height);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++) {
      guint i = (y >= top) * 2 + (x >= left);

      assert_pixel_equal (
          pixel_of (mosaic, x, y), pixel_of (tiles[i], x >= left ? x - left : x,
                                       y >= top ? y - top : y));
    }
  free_images (tiles, 4);
}

static void
test_unscaled_tiles_are_byte_exact (void)
{
  assert_mosaic_is_byte_exact (64, 48);
}

static void
test_odd_sizes_leave_no_gap (void)
{
  assert_mosaic_is_byte_exact (63, 47);
  assert_mosaic_is_byte_exact (3, 2);
  assert_mosaic_is_byte_exact (2, 33);
}

static void
test_tiles_are_resized_as_elsewhere (void)
{
  VInfoImage *tiles[] = { picture_new (100, 70), picture_new (9, 40),
    picture_new (50, 50), picture_new (31, 22) };
  g_autoptr (VInfoImage) mosaic = vinfo_image_mosaic (tiles, 4, 2, 61, 44);
  g_autoptr (VInfoImage) last
      = vinfo_image_resize (tiles[3], 0, 0, 0, 0, 31, 22);
  g_autoptr (VInfoImage) first
      = vinfo_image_resize (tiles[0], 0, 0, 0, 0, 30, 22);

  for (guint y = 0; y < 22; y++) {
    g_assert_cmpmem (
        pixel_of (mosaic, 0, y), 30 * 3, pixel_of (first, 0, y), 30 * 3);
    g_assert_cmpmem (
        pixel_of (mosaic, 30, 22 + y), 31 * 3, pixel_of (last, 0, y), 31 * 3);
  }
  free_images (tiles, 4);
}

static void
test_last_row_is_shared_by_fewer_tiles (void)
{
  VInfoImage *tiles[] = { picture_new_noise (4, 3, 1),
    picture_new_noise (4, 3, 2), picture_new_noise (8, 3, 3) };
  g_autoptr (VInfoImage) three = vinfo_image_mosaic (tiles, 3, 2, 8, 6);
  g_autoptr (VInfoImage) one = vinfo_image_mosaic (tiles + 2, 1, 2, 8, 3);

  for (guint y = 0; y < 3; y++)
    g_assert_cmpmem (
        pixel_of (three, 0, 3 + y), 8 * 3, pixel_of (tiles[2], 0, y), 8 * 3);
  g_assert_cmpuint (vinfo_image_hash (one), ==, vinfo_image_hash (tiles[2]));
  free_images (tiles, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mosaic/unscaled-tiles-are-byte-exact",
      test_unscaled_tiles_are_byte_exact);
  g_test_add_func (
      "/mosaic/odd-sizes-leave-no-gap", test_odd_sizes_leave_no_gap);
  g_test_add_func ("/mosaic/tiles-are-resized-as-elsewhere",
      test_tiles_are_resized_as_elsewhere);
  g_test_add_func ("/mosaic/last-row-is-shared-by-fewer-tiles",
      test_last_row_is_shared_by_fewer_tiles);
  return g_test_run ();
}
