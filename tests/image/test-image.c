/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/vinfo-image.h"

#include "image/vinfo-reason.h"
#include "picture.h"

static void
test_rows_are_packed (void)
{
  const guint8 padded[] = { 1, 2, 3, 4, 5, 6, 99, 99, 7, 8, 9, 10, 11, 12 };
  const guint8 packed[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
  g_autoptr (VInfoImage) image = vinfo_image_new_from_data (2, 2, 8, padded);

  g_assert_cmpuint (vinfo_image_get_width (image), ==, 2);
  g_assert_cmpuint (vinfo_image_get_height (image), ==, 2);
  g_assert_cmpmem (packed, 12, vinfo_image_get_pixels (image), 12);
}

static void
test_hash_is_the_same_in_every_build (void)
{
  g_autoptr (VInfoImage) a = picture_new (101, 67);
  g_autoptr (VInfoImage) b = picture_new (101, 67);
  g_autoptr (VInfoImage) dot = picture_new_plain (1, 1, 1, 2, 3);

  g_assert_cmphex (vinfo_image_hash (a), ==, vinfo_image_hash (b));
  /* Stored by other processes: these must never change. */
  g_assert_cmphex (
      vinfo_image_hash (a), ==, G_GUINT64_CONSTANT (0x87533787600571e9));
  g_assert_cmphex (
      vinfo_image_hash (dot), ==, G_GUINT64_CONSTANT (0x300518f447aa127c));
}

static void
test_hash_sees_every_byte_and_the_shape (void)
{
  guint8 data[6 * 5 * 3] = { 0 };
  g_autoptr (GHashTable) seen
      = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  const guint shapes[][2]
      = { { 6, 5 }, { 5, 6 }, { 30, 1 }, { 1, 30 }, { 6, 4 } };

  for (gsize i = 0; i < sizeof data; i++) {
    g_autoptr (VInfoImage) image = NULL;
    guint64 hash;

    data[i] = 1;
    image = vinfo_image_new_from_data (6, 5, 18, data);
    hash = vinfo_image_hash (image);
    g_assert_true (g_hash_table_add (seen, g_memdup2 (&hash, sizeof hash)));
    data[i] = 0;
  }
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++) {
    g_autoptr (VInfoImage) image = vinfo_image_new_from_data (
        shapes[i][0], shapes[i][1], shapes[i][0] * 3, data);
    guint64 hash = vinfo_image_hash (image);

    g_assert_true (g_hash_table_add (seen, g_memdup2 (&hash, sizeof hash)));
  }
}

static void
test_boxed_copy_is_a_reference (void)
{
  g_autoptr (VInfoImage) image = picture_new (3, 3);
  VInfoImage *copy = g_boxed_copy (VINFO_TYPE_IMAGE, image);

  g_assert_true (copy == image);
  g_boxed_free (VINFO_TYPE_IMAGE, copy);
}

static void
test_reasons_have_different_names (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < VINFO_N_REASONS; i++)
    g_assert_true (
        g_hash_table_add (names, (gpointer)vinfo_reason_to_string (i)));
  g_assert_cmpstr (vinfo_reason_to_string (VINFO_REASON_NEAR_DUPLICATE), ==,
      "near-duplicate");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/image/rows_are_packed", test_rows_are_packed);
  g_test_add_func ("/image/hash_is_the_same_in_every_build",
      test_hash_is_the_same_in_every_build);
  g_test_add_func ("/image/hash_sees_every_byte_and_the_shape",
      test_hash_sees_every_byte_and_the_shape);
  g_test_add_func (
      "/image/boxed_copy_is_a_reference", test_boxed_copy_is_a_reference);
  g_test_add_func (
      "/image/reasons_have_different_names", test_reasons_have_different_names);
  return g_test_run ();
}
