/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/panel-private.h"

#include "scene.h"

static void
test_panel_holds_at_most_a_twentieth_of_the_frames (void)
{
  Panel *panel = panel_new (256, 16, 3);
  g_autoptr (VInfoImage) image = scene_new (1, 32, 24);

  for (guint i = 0; i < 4000; i++) {
    panel_offer (panel, nn_mix (i, 5), image);
    g_assert_cmpuint (panel->frames->len * 20, <=, panel->seen);
  }
  /* 200 would be all that the bound allows; chance leaves some room. */
  g_assert_cmpuint (panel->frames->len, >=, 150);
  panel_free (panel);
}

static void
test_panel_never_exceeds_its_capacity (void)
{
  Panel *panel = panel_new (10, 16, 3);
  g_autoptr (VInfoImage) image = scene_new (1, 32, 24);

  for (guint i = 0; i < 5000; i++) {
    panel_offer (panel, nn_mix (i, 6), image);
    g_assert_cmpuint (panel->frames->len, <=, 10);
  }
  g_assert_cmpuint (panel->frames->len, ==, 10);
  panel_free (panel);
}

/* One in twenty, whatever came before it, and still when it is offered again. */
static void
test_membership_follows_the_id (void)
{
  Panel *a = panel_new (256, 16, 3), *b = panel_new (256, 16, 3);
  g_autoptr (VInfoImage) image = scene_new (1, 32, 24);
  gboolean in_a[2000];
  guint taken = 0;

  for (guint i = 0; i < 2000; i++) {
    in_a[i] = panel_offer (a, nn_mix (i, 9), image);
    taken += in_a[i];
    if (in_a[i])
      g_assert_true (panel_offer (a, nn_mix (i, 9), image));
  }
  for (guint i = 2000; i-- > 0;)
    g_assert_cmpint (panel_offer (b, nn_mix (i, 9), image), ==, in_a[i]);
  g_assert_cmpuint (taken, >, 50);
  g_assert_cmpuint (taken, <, 150);
  panel_free (a);
  panel_free (b);
}

/* A frame that was free to be trained on must not join in a later pass. */
static void
test_second_pass_takes_no_frame_that_was_let_go (void)
{
  Panel *panel = panel_new (256, 16, 3);
  g_autoptr (VInfoImage) image = scene_new (1, 32, 24);
  gboolean held_out[1400];

  for (guint i = 0; i < 1400; i++)
    held_out[i] = panel_offer (panel, nn_mix (i, 9), image);
  for (guint pass = 0; pass < 3; pass++)
    for (guint i = 0; i < 1400; i++)
      g_assert_cmpint (
          panel_offer (panel, nn_mix (i, 9), image), ==, held_out[i]);
  panel_free (panel);
}

/* Whatever the hash of the stream says; a frame counts for twenty, once. */
static void
test_picture_that_is_held_out_joins (void)
{
  Panel *panel = panel_new (10, 16, 3);
  g_autoptr (VInfoImage) image = scene_new (1, 32, 24);

  for (guint pass = 0; pass < 2; pass++) {
    for (guint i = 0; i < 8; i++)
      panel_hold_out (panel, nn_mix (i, 9), image);
    g_assert_cmpuint (panel->frames->len, ==, 8);
    g_assert_cmpuint (panel->seen, ==, 160);
  }
  panel_free (panel);
}

/* A stream does not push out what was held out before it, nor the reverse. */
static void
test_full_panel_is_a_uniform_sample_of_both (void)
{
  Panel *panel = panel_new (256, 16, 3);
  g_autoptr (VInfoImage) image = scene_new (1, 32, 24);
  guint held_out = 0;

  for (guint64 i = 0; i < 500; i++)
    panel_hold_out (panel, nn_mix (i, 9), image);
  for (guint64 i = 500; i < 10500; i++)
    panel_offer (panel, nn_mix (i, 9), image);
  for (guint i = 0; i < panel->frames->len; i++)
    for (guint64 k = 0; k < 500; k++)
      held_out
          += g_array_index (panel->frames, PanelFrame, i).id == nn_mix (k, 9);
  g_assert_cmpuint (panel->frames->len, ==, 256);
  g_assert_cmpuint (held_out, >, 100);
  g_assert_cmpuint (held_out, <, 156);
  panel_free (panel);
}

static void
test_picture_of_the_panel_is_known_under_another_id (void)
{
  Panel *panel = panel_new (10, 16, 3);
  g_autoptr (VInfoImage) image = scene_new (1, 32, 24);
  g_autoptr (VInfoImage) copy = scene_new (1, 32, 24);
  g_autoptr (VInfoImage) other = scene_new (2, 32, 24);

  g_assert_false (panel_has (panel, 8, image));
  panel_hold_out (panel, 7, image);
  g_assert_true (panel_has (panel, 7, other));
  g_assert_true (panel_has (panel, 8, copy));
  g_assert_false (panel_has (panel, 8, other));
  panel_free (panel);
}

static void
test_frames_are_kept_at_the_models_square (void)
{
  Panel *panel = panel_new (4, 16, 3);
  g_autoptr (VInfoImage) image = scene_new (1, 40, 30);
  g_autoptr (GPtrArray) images = NULL;

  for (guint i = 0; panel->frames->len == 0; i++)
    panel_offer (panel, nn_mix (i, 1), image);
  images = panel_dup_images (panel);
  g_assert_cmpuint (vinfo_image_get_width (images->pdata[0]), ==, 16);
  g_assert_cmpuint (vinfo_image_get_height (images->pdata[0]), ==, 16);
  panel_free (panel);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/panel/holds-at-most-a-twentieth-of-the-frames",
      test_panel_holds_at_most_a_twentieth_of_the_frames);
  g_test_add_func ("/panel/never-exceeds-its-capacity",
      test_panel_never_exceeds_its_capacity);
  g_test_add_func (
      "/panel/membership-follows-the-id", test_membership_follows_the_id);
  g_test_add_func ("/panel/second-pass-takes-no-frame-that-was-let-go",
      test_second_pass_takes_no_frame_that_was_let_go);
  g_test_add_func ("/panel/picture-that-is-held-out-joins",
      test_picture_that_is_held_out_joins);
  g_test_add_func ("/panel/full-panel-is-a-uniform-sample-of-both",
      test_full_panel_is_a_uniform_sample_of_both);
  g_test_add_func ("/panel/picture-of-the-panel-is-known-under-another-id",
      test_picture_of_the_panel_is_known_under_another_id);
  g_test_add_func ("/panel/frames-are-kept-at-the-models-square",
      test_frames_are_kept_at_the_models_square);
  return g_test_run ();
}
