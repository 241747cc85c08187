/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/exemplars-private.h"

#include <glib-object.h>

#include "scene.h"

#define SIDE 8

static void
add_scenes (Exemplars *exemplars, guint first, guint n)
{
  for (guint i = first; i < first + n; i++) {
    g_autoptr (VInfoImage) scene = scene_new (i, SIDE, SIDE);

    exemplars_add (exemplars, scene);
  }
}

static void
test_a_picture_is_taken_once (void)
{
  Exemplars *exemplars = exemplars_new (4, SIDE);

  add_scenes (exemplars, 0, 3);
  add_scenes (exemplars, 0, 3);
  g_assert_cmpuint (exemplars->images->len, ==, 3);
  exemplars_free (exemplars);
}

static void
test_the_oldest_goes_and_may_come_again (void)
{
  Exemplars *exemplars = exemplars_new (4, SIDE);
  g_autoptr (VInfoImage) oldest = scene_new (0, SIDE, SIDE);
  gconstpointer place;

  add_scenes (exemplars, 0, 6); /* 2 to 5 are left */
  g_assert_cmpuint (exemplars->images->len, ==, 4);
  place = exemplars->images->pdata[2];
  exemplars_add (exemplars, oldest);
  g_assert_true (exemplars->images->pdata[2] == oldest);
  g_assert_true (place != oldest);
  g_assert_cmpuint (g_hash_table_size (exemplars->known), ==, 4);
  exemplars_free (exemplars);
}

static void
test_no_capacity_takes_none (void)
{
  Exemplars *exemplars = exemplars_new (0, SIDE);

  add_scenes (exemplars, 0, 2);
  g_assert_cmpuint (exemplars->images->len, ==, 0);
  exemplars_free (exemplars);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/exemplars/a-picture-is-taken-once", test_a_picture_is_taken_once);
  g_test_add_func ("/exemplars/the-oldest-goes-and-may-come-again",
      test_the_oldest_goes_and_may_come_again);
  g_test_add_func (
      "/exemplars/no-capacity-takes-none", test_no_capacity_takes_none);
  return g_test_run ();
}
