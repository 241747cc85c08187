/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/augment-private.h"

#include <string.h>

#include "scene.h"

#define SIZE (64 * 48)

static VInfoMaeConfig
nano (void)
{
  VInfoMaeConfig config;

  g_assert_true (vinfo_mae_config_named ("nano", &config, NULL));
  return config;
}

static void
test_without_crops_the_picture_stays_whole (void)
{
  VInfoMaeConfig config = nano ();
  g_autoptr (VInfoImage) image = scene_new (1, 32, 32);
  NnRandom random = { .seed = 1 };
  float patches[SIZE], expected[SIZE];

  augment_patchify (&config, image, 1.0, &random, patches);
  mae_patchify (&config, vinfo_image_get_pixels (image), expected);
  g_assert_cmpmem (patches, sizeof patches, expected, sizeof expected);
  g_assert_cmpuint (random.counter, ==, 0);
}

static void
test_a_position_of_the_random_stream_fixes_the_crop (void)
{
  VInfoMaeConfig config = nano ();
  g_autoptr (VInfoImage) image = scene_new (1, 90, 60);
  float first[SIZE], second[SIZE], third[SIZE];
  NnRandom a = { .seed = 1 }, b = { .seed = 1 };

  augment_patchify (&config, image, 0.3, &a, first);
  augment_patchify (&config, image, 0.3, &b, second);
  augment_patchify (&config, image, 0.3, &b, third);
  g_assert_cmpmem (first, sizeof first, second, sizeof second);
  g_assert_true (memcmp (first, third, sizeof first) != 0);
}

static double
luma_at (const float *patches, guint patch, guint pixel)
{
  return patches[patch * 48 + pixel * 3];
}

/* Dark on the left, bright on the right: a flip turns it around. */
static void
test_half_of_the_views_are_flipped (void)
{
  VInfoMaeConfig config = nano ();
  guint8 rgb[32 * 32 * 3];
  NnRandom random = { .seed = 5 };
  g_autoptr (VInfoImage) image = NULL;
  guint flipped = 0;

  for (guint i = 0; i < 32 * 32; i++)
    memset (rgb + 3 * i, (int)(i % 32) * 8, 3);
  image = vinfo_image_new_from_data (32, 32, 96, rgb);
  for (guint i = 0; i < 400; i++) {
    float patches[SIZE];

    augment_patchify (&config, image, 0.5, &random, patches);
    flipped += luma_at (patches, 0, 0) > luma_at (patches, 7, 3);
  }
  g_assert_cmpuint (flipped, >, 150);
  g_assert_cmpuint (flipped, <, 250);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment/without-crops-the-picture-stays-whole",
      test_without_crops_the_picture_stays_whole);
  g_test_add_func ("/augment/a-position-of-the-random-stream-fixes-the-crop",
      test_a_position_of_the_random_stream_fixes_the_crop);
  g_test_add_func ("/augment/half-of-the-views-are-flipped",
      test_half_of_the_views_are_flipped);
  return g_test_run ();
}
