/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/vinfo-schedule.h"

static VInfoSchedule
schedule_of (VInfoScheduleKind kind)
{
  return (VInfoSchedule){ kind, 0.01, 10, 110 };
}

static void
test_rate_rises_linearly_in_the_warm_up (gconstpointer kind)
{
  VInfoSchedule schedule = schedule_of (GPOINTER_TO_INT (kind));

  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 0), 0.001, 1e-12);
  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 4), 0.005, 1e-12);
  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 10), 0.01, 1e-12);
}

static void
test_constant_stays (void)
{
  VInfoSchedule schedule = schedule_of (VINFO_SCHEDULE_CONSTANT);

  g_assert_cmpfloat (
      vinfo_schedule_get_rate (&schedule, G_MAXUINT64 - 1), ==, 0.01);
}

static void
test_cosine_is_half_way_down_in_the_middle_and_ends_at_zero (void)
{
  VInfoSchedule schedule = schedule_of (VINFO_SCHEDULE_COSINE);

  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 60), 0.005, 1e-12);
  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 110), 0, 1e-12);
  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 500), 0, 1e-12);
}

static void
test_cooldown_is_constant_until_the_last_fifth (void)
{
  VInfoSchedule schedule = schedule_of (VINFO_SCHEDULE_COOLDOWN);

  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 90), 0.01, 1e-12);
  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 100), 0.005, 1e-12);
  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 110), 0, 1e-12);
}

static void
test_end_within_the_warm_up_is_no_division_by_zero (void)
{
  VInfoSchedule schedule = { VINFO_SCHEDULE_COSINE, 0.01, 10, 5 };

  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 4), 0.005, 1e-12);
  g_assert_cmpfloat_with_epsilon (
      vinfo_schedule_get_rate (&schedule, 12), 0, 1e-12);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/schedule/rate-rises-linearly-in-the-warm-up/constant",
      GINT_TO_POINTER (VINFO_SCHEDULE_CONSTANT),
      test_rate_rises_linearly_in_the_warm_up);
  g_test_add_data_func ("/schedule/rate-rises-linearly-in-the-warm-up/cosine",
      GINT_TO_POINTER (VINFO_SCHEDULE_COSINE),
      test_rate_rises_linearly_in_the_warm_up);
  g_test_add_func ("/schedule/constant-stays", test_constant_stays);
  g_test_add_func (
      "/schedule/cosine-is-half-way-down-in-the-middle-and-ends-at-zero",
      test_cosine_is_half_way_down_in_the_middle_and_ends_at_zero);
  g_test_add_func ("/schedule/cooldown-is-constant-until-the-last-fifth",
      test_cooldown_is_constant_until_the_last_fifth);
  g_test_add_func ("/schedule/end-within-the-warm-up-is-no-division-by-zero",
      test_end_within_the_warm_up_is_no_division_by_zero);
  return g_test_run ();
}
