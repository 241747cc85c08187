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

#define VIEWS 8

typedef float View[SIZE];

static void
draw_views (VInfoImage *image, NnRandom *random, View *views)
{
  VInfoMaeConfig config = nano ();

  for (guint i = 0; i < VIEWS; i++)
    augment_patchify (&config, image, 0.3, random, views[i]);
}

static guint
count_different (View *views)
{
  guint n = 0;

  for (guint i = 0; i < VIEWS; i++) {
    guint j = 0;

    while (j < i && memcmp (views[i], views[j], sizeof views[i]) != 0)
      j++;
    n += j == i;
  }
  return n;
}

/* Flips alone would make two of each. */
static void
test_a_position_of_the_random_stream_fixes_the_crop (void)
{
  g_autoptr (VInfoImage) image = scene_new (1, 90, 60);
  g_autofree View *views = g_new (View, VIEWS);
  g_autofree View *again = g_new (View, VIEWS);
  NnRandom a = { .seed = 1 }, b = { .seed = 1 };

  draw_views (image, &a, views);
  draw_views (image, &b, again);
  g_assert_cmpmem (views, VIEWS * sizeof *views, again, VIEWS * sizeof *again);
  g_assert_cmpuint (count_different (views), ==, VIEWS);
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
