/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "predictor/masks-private.h"

static VInfoMaeConfig
named (const char *architecture)
{
  VInfoMaeConfig config;

  g_assert_true (vinfo_mae_config_named (architecture, &config, NULL));
  return config;
}

static void
check_complementary (const Masks *masks)
{
  for (guint g = 0; g < masks->n_groups; g++) {
    const guint16 *order = masks_order (masks, g);
    g_autofree gboolean *seen = g_new0 (gboolean, masks->n_patches);

    for (guint i = 0; i < masks->n_patches; i++) {
      gboolean visible = i < masks->n_visible;

      g_assert_false (seen[order[i]]);
      seen[order[i]] = TRUE;
      g_assert_true (visible == (masks->visible_mask[order[i]] == (gint)g));
    }
  }
}

static void
test_each_patch_is_visible_in_exactly_one_mask (void)
{
  VInfoMaeConfig config = named ("nano");
  Masks *masks = masks_new (&config, 7);

  g_assert_cmpuint (masks->n_groups, ==, 4);
  g_assert_cmpuint (masks->n_visible, ==, 16);
  for (guint p = 0; p < masks->n_patches; p++)
    g_assert_cmpint (masks->visible_mask[p], >=, 0);
  check_complementary (masks);
  masks_unref (masks);
}

static void
test_left_over_patches_are_visible_in_no_mask (void)
{
  VInfoMaeConfig config = named ("nano");
  guint left_over = 0;
  Masks *masks;

  config.image_size = 36; /* 81 patches: four masks of 20 and one left over */
  masks = masks_new (&config, 7);
  for (guint p = 0; p < masks->n_patches; p++)
    left_over += masks->visible_mask[p] == -1;
  g_assert_cmpuint (left_over, ==, 1);
  check_complementary (masks);
  masks_unref (masks);
}

static void
test_a_seed_fixes_the_masks (void)
{
  VInfoMaeConfig config = named ("nano");
  Masks *a = masks_new (&config, 7), *b = masks_new (&config, 7);
  Masks *c = masks_new (&config, 8);
  gsize size = a->n_patches * sizeof *a->visible_mask;

  g_assert_cmpmem (a->visible_mask, size, b->visible_mask, size);
  g_assert_true (memcmp (a->visible_mask, c->visible_mask, size) != 0);
  masks_unref (a);
  masks_unref (b);
  masks_unref (c);
}

static void
test_an_assignment_that_is_none_is_refused (void)
{
  VInfoMaeConfig config = named ("nano");
  Masks *masks = masks_new (&config, 7), *again;
  gint64 assignment[64];

  for (guint p = 0; p < 64; p++)
    assignment[p] = masks->visible_mask[p];
  again = masks_new_from_assignment (&config, assignment);
  g_assert_nonnull (again);
  g_assert_cmpmem (masks->order, 4 * 64 * 2, again->order, 4 * 64 * 2);

  assignment[0] = (assignment[0] + 1) % 4; /* groups of unequal size */
  g_assert_null (masks_new_from_assignment (&config, assignment));
  assignment[0] = -1; /* a group too small, none too large */
  g_assert_null (masks_new_from_assignment (&config, assignment));
  assignment[0] = 99;
  g_assert_null (masks_new_from_assignment (&config, assignment));
  masks_unref (masks);
  masks_unref (again);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/masks/each-patch-is-visible-in-exactly-one-mask",
      test_each_patch_is_visible_in_exactly_one_mask);
  g_test_add_func ("/masks/left-over-patches-are-visible-in-no-mask",
      test_left_over_patches_are_visible_in_no_mask);
  g_test_add_func (
      "/masks/a-seed-fixes-the-masks", test_a_seed_fixes_the_masks);
  g_test_add_func ("/masks/an-assignment-that-is-none-is-refused",
      test_an_assignment_that_is_none_is_refused);
  return g_test_run ();
}
