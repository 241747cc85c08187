/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nn/random-private.h"

#include <math.h>

enum { DRAWS = 100000 };

static void
test_a_draw_depends_on_its_number_alone (void)
{
  NnRandom all = { 3, 5, 0 };
  for (guint i = 0; i < 100; i++) {
    NnRandom resumed = { 3, 5, i };
    g_assert_cmpuint (nn_random_next (&all), ==, nn_random_next (&resumed));
  }
  g_assert_cmpuint (all.counter, ==, 100);
}

static void
test_streams_and_seeds_differ (void)
{
  NnRandom a = { 3, 5, 0 }, b = { 3, 6, 0 }, c = { 5, 3, 0 };
  guint64 x = nn_random_next (&a);
  g_assert_cmpuint (x, !=, nn_random_next (&b));
  g_assert_cmpuint (x, !=, nn_random_next (&c));
  g_assert_cmpuint (nn_mix (0, 0), !=, 0);
  g_assert_cmpuint (nn_mix (1, 2), !=, nn_mix (2, 1));
}

/* Five standard deviations of the mean: the seed is fixed, so this holds
 * always or never. */
static void
test_moments_are_those_of_the_distributions (void)
{
  NnRandom random = { 1, 2, 0 };
  double uniform = 0, normal = 0, squares = 0;
  for (guint i = 0; i < DRAWS; i++) {
    double u = nn_random_uniform (&random), x = nn_random_normal (&random);
    g_assert_true (u >= 0 && u < 1);
    uniform += u;
    normal += x;
    squares += x * x;
  }
  double sd = 1 / sqrt (DRAWS);
  g_assert_cmpfloat_with_epsilon (uniform / DRAWS, 0.5, 5 * sd / sqrt (12));
  g_assert_cmpfloat_with_epsilon (normal / DRAWS, 0, 5 * sd);
  g_assert_cmpfloat_with_epsilon (squares / DRAWS, 1, 5 * sd * G_SQRT2);
}

/* Whether counts of equally likely outcomes are within five standard
 * deviations of each other. */
static void
assert_even (const guint *counts, guint n, guint draws)
{
  double mean = (double)draws / n;
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (counts[i], mean, 5 * sqrt (mean));
}

static void
test_below_covers_its_range_evenly (void)
{
  NnRandom random = { 1, 3, 0 };
  guint counts[7] = { 0 };
  for (guint i = 0; i < DRAWS; i++)
    counts[nn_random_below (&random, 7)]++;
  assert_even (counts, 7, DRAWS);
}

static void
test_shuffle_makes_all_orders_evenly (void)
{
  NnRandom random = { 1, 4, 0 };
  guint counts[6] = { 0 };
  for (guint i = 0; i < DRAWS; i++) {
    guint16 items[3] = { 0, 1, 2 };
    nn_random_shuffle (&random, items, 3);
    g_assert_cmpuint (1 << items[0] | 1 << items[1] | 1 << items[2], ==, 7);
    counts[items[0] * 2 + (items[1] > items[2])]++;
  }
  assert_even (counts, 6, DRAWS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/random/resume", test_a_draw_depends_on_its_number_alone);
  g_test_add_func ("/random/streams", test_streams_and_seeds_differ);
  g_test_add_func (
      "/random/moments", test_moments_are_those_of_the_distributions);
  g_test_add_func ("/random/below", test_below_covers_its_range_evenly);
  g_test_add_func ("/random/shuffle", test_shuffle_makes_all_orders_evenly);
  return g_test_run ();
}
