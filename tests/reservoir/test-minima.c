/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nn/random-private.h"
#include "reservoir/minima-private.h"

#define N 300

/* The same by a plain loop over all that it ever was. */
static gdouble
find_least (const gdouble *values, guint time, guint now)
{
  gdouble least = values[now];

  for (guint i = time; i < now; i++)
    least = MIN (least, values[i]);
  return least;
}

/* Each value is held for some time; few levels, so that it often returns. */
static void
test_minimum_since_any_moment_equals_a_plain_loop (void)
{
  NnRandom random = { 3, 0, 0 };
  gdouble values[N];
  Minima minima;

  minima_init (&minima, 5);
  for (guint now = 0; now < N; now++) {
    gboolean changes = nn_random_below (&random, 3) == 0;

    values[now] = now == 0  ? 5
                  : changes ? nn_random_below (&random, 40)
                            : values[now - 1];
    minima_set (&minima, now, values[now]);
    for (guint time = 0; time <= now; time++)
      g_assert_cmpfloat (minima_since (&minima, time, values[now]), ==,
          find_least (values, time, now));
  }
  minima_finish (&minima);
}

static void
test_falling_number_takes_no_room (void)
{
  Minima minima;

  minima_init (&minima, 1e6);
  for (guint i = 1; i < 1000; i++)
    minima_set (&minima, i, 1e6 - i);
  g_assert_cmpuint (minima_get_length (&minima), ==, 1);
  minima_finish (&minima);
}

static void
test_forgotten_values_count_no_more (void)
{
  Minima minima;

  minima_init (&minima, 1);
  minima_set (&minima, 10, 7);
  g_assert_cmpfloat (minima_since (&minima, 5, 7), ==, 1);
  minima_forget (&minima);
  g_assert_cmpfloat (minima_since (&minima, 5, 7), ==, 7);
  minima_set (&minima, 20, 9);
  g_assert_cmpfloat (minima_since (&minima, 15, 9), ==, 7);
  minima_finish (&minima);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/minima/minimum-since-any-moment-equals-a-plain-loop",
      test_minimum_since_any_moment_equals_a_plain_loop);
  g_test_add_func ("/minima/falling-number-takes-no-room",
      test_falling_number_takes_no_room);
  g_test_add_func ("/minima/forgotten-values-count-no-more",
      test_forgotten_values_count_no_more);
  return g_test_run ();
}
