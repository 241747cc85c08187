/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/tickets-private.h"

#include <math.h>
#include <string.h>

static void
test_still_scene_is_one_draw (void)
{
  guint8 still[VINFO_THUMBNAIL_SIZE], moved[VINFO_THUMBNAIL_SIZE];
  gdouble first, other;
  Tickets tickets;

  memset (still, 100, sizeof still);
  memset (moved, 110, sizeof moved);
  tickets_init (&tickets, 7);
  first = tickets_draw (&tickets, "a", 1, still);
  for (guint64 id = 2; id < 100; id++) {
    still[id] += id % 3; /* a camera's noise */
    g_assert_cmpfloat (tickets_draw (&tickets, "a", id, still), ==, first);
  }
  other = tickets_draw (&tickets, "a", 100, moved);
  g_assert_cmpfloat (other, !=, first);
  g_assert_cmpfloat (other, ==, ticket_hash (100, 7));
  tickets_finish (&tickets);
}

static void
test_slow_drift_starts_a_new_run (void)
{
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE];
  gdouble first;
  Tickets tickets;

  tickets_init (&tickets, 7);
  memset (thumbnail, 0, sizeof thumbnail);
  first = tickets_draw (&tickets, "a", 1, thumbnail);
  memset (thumbnail, 2, sizeof thumbnail);
  g_assert_cmpfloat (tickets_draw (&tickets, "a", 2, thumbnail), ==, first);
  memset (thumbnail, 4, sizeof thumbnail);
  g_assert_cmpfloat (tickets_draw (&tickets, "a", 3, thumbnail), !=, first);
  tickets_finish (&tickets);
}

static void
test_feeds_have_runs_of_their_own (void)
{
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE] = { 0 };
  Tickets tickets;
  gdouble a;

  tickets_init (&tickets, 7);
  a = tickets_draw (&tickets, "a", 1, thumbnail);
  g_assert_cmpfloat (tickets_draw (&tickets, "b", 2, thumbnail), !=, a);
  g_assert_cmpfloat (tickets_draw (&tickets, "a", 3, thumbnail), ==, a);
  tickets_finish (&tickets);
}

/* Means and correlation of 10,000 draws, within 4.5 standard errors. */
static void
test_rank_is_uniform_and_unrelated_to_u (void)
{
  const guint n = 10000;
  gdouble sum_u = 0, sum_rank = 0, product = 0;

  for (guint64 id = 0; id < n; id++) {
    gdouble u = ticket_hash (id, 3), rank = ticket_rank (u, 3);

    g_assert_true (u > 0 && u < 1 && rank > 0 && rank < 1);
    sum_u += u;
    sum_rank += rank;
    product += (u - 0.5) * (rank - 0.5);
  }
  g_assert_cmpfloat (fabs (sum_u / n - 0.5), <, 4.5 * 0.2887 / 100);
  g_assert_cmpfloat (fabs (sum_rank / n - 0.5), <, 4.5 * 0.2887 / 100);
  g_assert_cmpfloat (fabs (product / n), <, 4.5 / 12 / 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/tickets/still-scene-is-one-draw", test_still_scene_is_one_draw);
  g_test_add_func (
      "/tickets/slow-drift-starts-a-new-run", test_slow_drift_starts_a_new_run);
  g_test_add_func ("/tickets/feeds-have-runs-of-their-own",
      test_feeds_have_runs_of_their_own);
  g_test_add_func ("/tickets/rank-is-uniform-and-unrelated-to-u",
      test_rank_is_uniform_and_unrelated_to_u);
  return g_test_run ();
}
