/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <math.h>

static Progress progress;
static RunStats stats;

/* The line at @seconds of the run. */
static char *
describe (double seconds, double fraction)
{
  return progress_describe (&progress, &stats, fraction,
      progress.start + (gint64)(seconds * G_USEC_PER_SEC));
}

static void
begin (void)
{
  progress_init (&progress);
  stats = (RunStats){ .iv_panel = NAN, .iv_reservoir = NAN, .loss_last = NAN };
}

static void
assert_has (const char *line, const char *part)
{
  if (!g_strrstr (line, part))
    g_error ("no \"%s\" in \"%s\"", part, line);
}

static void
test_line_tells_frames_and_their_rate_since_the_last_one (void)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  begin ();
  stats.frames = 10;
  first = describe (5, NAN);
  stats.frames = 60;
  stats.kept = 7;
  second = describe (10, NAN);
  g_assert_true (g_str_has_prefix (first, "0:05  10 frames  2.0/s  kept 0"));
  g_assert_true (g_str_has_prefix (second, "0:10  60 frames  10.0/s  kept 7"));
  g_assert_null (g_strrstr (second, "left"));
}

static void
test_time_left_follows_the_speed_of_late (void)
{
  g_autofree char *line = NULL;

  begin ();
  for (guint i = 1; i <= 100; i++) /* a tenth in 100 s */
    g_free (describe (i, i * 0.001));
  for (guint i = 1; i <= 100; i++) { /* then ten times as fast */
    g_free (line);
    line = describe (100 + i * 0.4, 0.1 + i * 0.004);
  }
  stats.frames++;
  g_free (line);
  line = describe (141, 0.51);
  /* 49 s at this speed, 2:15 at the mean one */
  assert_has (line, "left 0:5");
}

static void
test_frames_that_wait_for_training_are_told_how_long (void)
{
  g_autofree char *moving = NULL;
  g_autofree char *standing = NULL;

  begin ();
  stats.frames = 32;
  stats.steps = 1;
  stats.steps_due = 16;
  moving = describe (10, 0.02);
  assert_has (moving, "step 1 of 17");
  g_assert_null (g_strrstr (moving, "trains"));
  stats.steps = 5;
  stats.steps_due = 12;
  standing = describe (18, 0.02);
  assert_has (standing, "32 frames  0.0/s");
  /* 2 s for each of the 12 to come */
  assert_has (standing, "step 5 of 17  v0  trains 0:24");
}

static void
test_last_pass_has_its_own_goal (void)
{
  g_autofree char *line = NULL;

  begin ();
  stats.frames = 300;
  stats.steps = 100;
  stats.steps_of_pass = 10;
  g_free (describe (100, 1));
  stats.steps = 104;
  line = describe (102, 1);
  assert_has (line, "step 104 of 110  v0  last pass 0:03");
}

/* Of 80 columns all but the V-information is seen. */
static void
test_what_matters_fits_a_terminal (void)
{
  g_autofree char *line = NULL;

  begin ();
  stats.kept = 512;
  stats.loss_last = 0.356;
  stats.iv_panel = stats.iv_reservoir = 0.412;
  stats.steps = 1250;
  stats.version = 12;
  for (guint i = 1; i <= 100; i++) {
    g_free (line);
    stats.frames = 130 * i;
    line = describe (600 + i, 0.4 + i * 0.001);
  }
  g_assert_nonnull (g_strstr_len (line, 79, "  left "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/progress/rate",
      test_line_tells_frames_and_their_rate_since_the_last_one);
  g_test_add_func ("/progress/left", test_time_left_follows_the_speed_of_late);
  g_test_add_func ("/progress/training",
      test_frames_that_wait_for_training_are_told_how_long);
  g_test_add_func ("/progress/last-pass", test_last_pass_has_its_own_goal);
  g_test_add_func ("/progress/terminal", test_what_matters_fits_a_terminal);
  return g_test_run ();
}
