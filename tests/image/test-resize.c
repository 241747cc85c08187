/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "picture.h"

/* The definition, in floating point: a triangle around each output pixel, as
 * wide as the step between them. */
static gdouble
weight (guint out, guint in, gdouble scale)
{
  gdouble distance = fabs (in + 0.5 - (out + 0.5) * scale);

  return MAX (1 - distance / MAX (scale, 1), 0);
}

static gdouble
reference (const guint8 *region, gsize stride, guint c, guint from_width,
    guint from_height, guint width, guint height, guint x, guint y)
{
  gdouble sum = 0, total = 0;

  for (guint j = 0; j < from_height; j++) {
    gdouble down = weight (y, j, (gdouble)from_height / height);

    if (down == 0)
      continue;
    for (guint i = 0; i < from_width; i++) {
      gdouble w = down * weight (x, i, (gdouble)from_width / width);

      sum += w * region[j * stride + 3 * i + c];
      total += w;
    }
  }
  return sum / total;
}

static void
assert_resizes_as_reference (VInfoImage *image, guint left, guint top,
    guint from_width, guint from_height, guint width, guint height)
{
  g_autoptr (VInfoImage) out = vinfo_image_resize (
      image, left, top, from_width, from_height, width, height);
  gsize stride = vinfo_image_get_width (image) * 3;
  const guint8 *region
      = vinfo_image_get_pixels (image) + top * stride + left * 3;
  const guint8 *p = vinfo_image_get_pixels (out);

  g_assert_cmpuint (vinfo_image_get_width (out), ==, width);
  g_assert_cmpuint (vinfo_image_get_height (out), ==, height);
  for (guint y = 0; y < height; y++) {
    for (guint x = 0; x < width; x++) {
      for (guint c = 0; c < 3; c++) {
        gdouble expected = reference (
            region, stride, c, from_width, from_height, width, height, x, y);

        /* Half a level of rounding, and a little for fixed point. */
        g_assert_cmpfloat (fabs (expected - *p++), <, 0.55);
      }
    }
  }
}

static void
test_resize_equals_the_definition (void)
{
  const guint sizes[][4] = {
    { 64, 48, 32, 32 },
    { 50, 37, 8, 9 },
    { 7, 5, 31, 22 },
    { 40, 3, 16, 16 },
    { 33, 33, 32, 32 },
    { 300, 2, 3, 2 },
    { 1, 1, 5, 4 },
    { 20, 20, 1, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (VInfoImage) noise
        = picture_new_noise (sizes[i][0], sizes[i][1], i);

    assert_resizes_as_reference (
        noise, 0, 0, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
  }
}

static void
test_region_sees_nothing_outside (void)
{
  g_autoptr (VInfoImage) noise = picture_new_noise (60, 50, 1);

  assert_resizes_as_reference (noise, 13, 7, 21, 30, 16, 16);
  assert_resizes_as_reference (noise, 59, 49, 1, 1, 4, 4);
}

static void
test_equal_size_crops_exactly (void)
{
  g_autoptr (VInfoImage) image = picture_new_noise (30, 20, 2);
  g_autoptr (VInfoImage) crop = vinfo_image_resize (image, 5, 6, 10, 9, 10, 9);
  g_autoptr (VInfoImage) expected = vinfo_image_new_from_data (
      10, 9, 90, vinfo_image_get_pixels (image) + 6 * 90 + 15);

  g_assert_cmpint (picture_max_difference (crop, expected), ==, 0);
}

static void
test_unchanged_image_is_shared (void)
{
  g_autoptr (VInfoImage) image = picture_new (30, 20);
  g_autoptr (VInfoImage) same = vinfo_image_resize (image, 0, 0, 0, 0, 30, 20);

  g_assert_true (same == image);
}

static void
test_zero_region_reaches_to_the_edge (void)
{
  g_autoptr (VInfoImage) image = picture_new_noise (30, 20, 3);
  g_autoptr (VInfoImage) a = vinfo_image_resize (image, 4, 2, 0, 0, 8, 8);
  g_autoptr (VInfoImage) b = vinfo_image_resize (image, 4, 2, 26, 18, 8, 8);

  g_assert_cmpint (picture_max_difference (a, b), ==, 0);
}

/* 4,096 tiny weights for each output sample must not lose or gain light. */
static void
test_plain_colour_stays_exact (void)
{
  const guint8 levels[] = { 0, 1, 127, 254, 255 };

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    guint8 l = levels[i];
    g_autoptr (VInfoImage) plain
        = picture_new_plain (VINFO_IMAGE_MAX_SIDE, 3, l, l, l);
    g_autoptr (VInfoImage) out = vinfo_image_resize (plain, 0, 0, 0, 0, 16, 2);

    for (guint x = 0; x < 16; x++)
      picture_assert_pixel (out, x, 1, l, l, l, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func (
      "/resize/equals_the_definition", test_resize_equals_the_definition);
  g_test_add_func (
      "/resize/region_sees_nothing_outside", test_region_sees_nothing_outside);
  g_test_add_func (
      "/resize/equal_size_crops_exactly", test_equal_size_crops_exactly);
  g_test_add_func (
      "/resize/unchanged_image_is_shared", test_unchanged_image_is_shared);
  g_test_add_func ("/resize/zero_region_reaches_to_the_edge",
      test_zero_region_reaches_to_the_edge);
  g_test_add_func (
      "/resize/plain_colour_stays_exact", test_plain_colour_stays_exact);
  return g_test_run ();
}
