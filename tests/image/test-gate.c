/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/vinfo-gate.h"

#include "picture.h"

static VInfoReason
judge (const VInfoImage *image)
{
  VInfoGate gate = { 0 };

  return vinfo_gate_judge (&gate, image);
}

static VInfoReason
judge_and_free (VInfoImage *image)
{
  VInfoReason reason = judge (image);

  vinfo_image_unref (image);
  return reason;
}

static void
test_pictures_pass (void)
{
  const guint sizes[][2]
      = { { 32, 32 }, { 640, 360 }, { 1280, 720 }, { 33, 500 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    g_assert_cmpint (judge_and_free (picture_new (sizes[i][0], sizes[i][1])),
        ==, VINFO_REASON_NONE);
}

static void
test_one_colour_is_flat (void)
{
  g_assert_cmpint (judge_and_free (picture_new_plain (640, 360, 16, 200, 3)),
      ==, VINFO_REASON_FLAT);
  g_assert_cmpint (judge_and_free (picture_new_plain (1, 1, 0, 0, 0)), ==,
      VINFO_REASON_FLAT);
}

static VInfoImage *
new_halves (const guint8 *left, const guint8 *right)
{
  guint8 data[32 * 32 * 3];

  for (guint i = 0; i < 32 * 32; i++) {
    for (guint c = 0; c < 3; c++)
      data[3 * i + c] = (i % 32 < 16 ? left : right)[c];
  }
  return vinfo_image_new_from_data (32, 32, 96, data);
}

static void
test_deviation_below_two_levels_is_flat (void)
{
  const guint8 base[] = { 100, 100, 100 }, near[] = { 103, 103, 103 };
  const guint8 far[] = { 105, 105, 105 };

  /* Halves that differ by d deviate by d/2. */
  g_assert_cmpint (
      judge_and_free (new_halves (base, near)), ==, VINFO_REASON_FLAT);
  g_assert_cmpint (
      judge_and_free (new_halves (base, far)), ==, VINFO_REASON_NONE);
}

static void
test_colours_of_equal_luma_are_not_flat (void)
{
  const guint8 red[] = { 150, 73, 100 }, green[] = { 50, 124, 100 };

  g_assert_cmpint (
      judge_and_free (new_halves (red, green)), ==, VINFO_REASON_NONE);
}

static void
test_noise_is_noise_at_every_size (void)
{
  const guint sizes[][2]
      = { { 64, 64 }, { 640, 360 }, { 1280, 720 }, { 300, 40 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    g_assert_cmpint (
        judge_and_free (picture_new_noise (sizes[i][0], sizes[i][1], i)), ==,
        VINFO_REASON_NOISE);
}

static void
test_noise_along_one_direction_passes (void)
{
  g_autoptr (VInfoImage) column = picture_new_noise (1, 64, 1);
  g_autoptr (VInfoImage) row = picture_new_noise (64, 1, 1);

  /* Stretched along x and along y: lines of a bar code. */
  g_assert_cmpint (
      judge_and_free (vinfo_image_resize (column, 0, 0, 0, 0, 64, 64)), ==,
      VINFO_REASON_NONE);
  g_assert_cmpint (
      judge_and_free (vinfo_image_resize (row, 0, 0, 0, 0, 64, 64)), ==,
      VINFO_REASON_NONE);
}

static void
test_noisy_pictures_pass (void)
{
  g_autoptr (VInfoImage) picture = picture_new (320, 240);
  g_autoptr (VInfoImage) noise = picture_new_noise (320, 240, 5);
  g_autofree guint8 *data = g_malloc (320 * 240 * 3);

  /* A dark room: noise of ± 32 levels over the picture. */
  for (gsize i = 0; i < 320 * 240 * 3; i++)
    data[i] = (3 * vinfo_image_get_pixels (picture)[i]
                  + vinfo_image_get_pixels (noise)[i])
              / 4;
  g_assert_cmpint (
      judge_and_free (vinfo_image_new_from_data (320, 240, 960, data)), ==,
      VINFO_REASON_NONE);
}

static void
test_repeated_frame_is_frozen (void)
{
  VInfoGate gate = { 0 }, other = { 0 };
  g_autoptr (VInfoImage) a = picture_new (64, 48);
  g_autoptr (VInfoImage) same = picture_new (64, 48);
  g_autoptr (VInfoImage) b = picture_new (64, 47);

  g_assert_cmpint (vinfo_gate_judge (&gate, a), ==, VINFO_REASON_NONE);
  g_assert_cmpint (vinfo_gate_judge (&gate, same), ==, VINFO_REASON_FROZEN);
  g_assert_cmpint (vinfo_gate_judge (&gate, a), ==, VINFO_REASON_FROZEN);
  g_assert_cmpint (vinfo_gate_judge (&gate, b), ==, VINFO_REASON_NONE);
  g_assert_cmpint (vinfo_gate_judge (&gate, a), ==, VINFO_REASON_NONE);
  /* Each feed has its own gate. */
  g_assert_cmpint (vinfo_gate_judge (&other, a), ==, VINFO_REASON_NONE);
}

#define ADD(name) g_test_add_func ("/gate/" #name, test_##name)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD (pictures_pass);
  ADD (one_colour_is_flat);
  ADD (deviation_below_two_levels_is_flat);
  ADD (colours_of_equal_luma_are_not_flat);
  ADD (noise_is_noise_at_every_size);
  ADD (noise_along_one_direction_passes);
  ADD (noisy_pictures_pass);
  ADD (repeated_frame_is_frozen);
  return g_test_run ();
}
