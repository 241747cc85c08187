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
  g_assert_true (g_str_has_prefix (first, "0:05  10 frames 2.0/s  kept 0"));
  g_assert_true (g_str_has_prefix (second, "0:10  60 frames 10/s  kept 7"));
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
  assert_has (standing, "32 frames 0.0/s");
  /* 2 s for each of the 12 to come */
  assert_has (standing, "v0  trains 0:24  step 5 of 17");
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
  assert_has (line, "v0  pass 0:03  step 104 of 110");
}

/* The line as 80 columns show it, @hours into a run at 20 frames a second that
 * has as long to go. */
static char *
describe_half_of_run (double hours)
{
  char *line = NULL;

  for (guint i = 1; i <= 100; i++) {
    double part = (900 + i) / 1000.;

    g_free (line);
    stats.frames = (guint64)(hours * 3600 * 20 * part);
    line = describe (hours * 3600 * part, part / 2);
  }
  progress_fit (line, 80);
  return line;
}

static void
test_what_matters_fits_a_terminal (void)
{
  g_autofree char *short_run = NULL;
  g_autofree char *long_run = NULL;

  begin ();
  stats.kept = 512;
  stats.loss_last = 0.356;
  stats.iv_panel = 0.122;
  stats.iv_reservoir = 0.145;
  stats.steps = 1250;
  stats.version = 12;
  short_run = describe_half_of_run (0.25);
  g_assert_cmpstr (short_run, ==,
      "15:00  18000 frames 20/s  kept 512  I_V .122/.145  loss .356  v12  "
      "left 15:00");
  begin ();
  stats.kept = 2000;
  stats.loss_last = 0.356;
  stats.iv_panel = 0.122;
  stats.iv_reservoir = -0.0145;
  stats.steps = 12500;
  stats.version = 125;
  long_run = describe_half_of_run (2);
  g_assert_cmpstr (long_run, ==,
      "2h00  144000 frames 20/s  kept 2000  I_V .122/-.015  loss .356  v125  "
      "left 2h00");
}

static void
test_numbers_are_short_whatever_they_are (void)
{
  const struct {
    double value;
    const char *text;
  } cases[] = { { NAN, "loss -  " }, { 0, "loss .000" },
    { 0.99996, "loss 1.000" }, { 1.2385, "loss 1.24" }, { 12.345, "loss 12.3" },
    { -0.5, "loss -.500" } };

  begin ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *line = NULL;

    stats.loss_last = cases[i].value;
    line = describe (1 + i, NAN);
    assert_has (line, cases[i].text);
    assert_has (line, "I_V -/-  ");
  }
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
  g_test_add_func (
      "/progress/numbers", test_numbers_are_short_whatever_they_are);
  return g_test_run ();
}
