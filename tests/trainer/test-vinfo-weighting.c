/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/vinfo-weighting.h"

#include <float.h>
#include <math.h>

static void
test_a_sample_weighs_as_many_frames_as_it_stands_for (void)
{
  g_assert_cmpfloat (
      vinfo_weighting_weigh (VINFO_WEIGHTING_INCLUSION, 0.125), ==, 8);
  g_assert_cmpfloat (
      vinfo_weighting_weigh (VINFO_WEIGHTING_INCLUSION, 1), ==, 1);
  g_assert_cmpfloat (
      vinfo_weighting_weigh (VINFO_WEIGHTING_NONE, 0.125), ==, 1);
}

static void
test_what_is_no_probability_weighs_one (void)
{
  const gdouble unknown[] = { NAN, 0, -1, 1.5, INFINITY };

  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
    g_assert_cmpfloat (
        vinfo_weighting_weigh (VINFO_WEIGHTING_INCLUSION, unknown[i]), ==, 1);
  g_assert_cmpfloat (
      vinfo_weighting_weigh (VINFO_WEIGHTING_INCLUSION, DBL_MIN), <=, 1e9f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/weighting/a-sample-weighs-as-many-frames-as-it-stands-for",
      test_a_sample_weighs_as_many_frames_as_it_stands_for);
  g_test_add_func ("/weighting/what-is-no-probability-weighs-one",
      test_what_is_no_probability_weighs_one);
  return g_test_run ();
}
