/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The progress line.
 */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TERMINAL_INTERVAL 500
#define PLAIN_INTERVAL 5000

#define SPEED_HORIZON 20. /* seconds */

const char progress_legend[]
    = "  kept   frames in the store, of those that came\n"
      "  loss   the model's error on what it trains on, less is better; step, "
      "of\n"
      "         training; v, the model's version\n"
      "  I_V    how much better than the stream's mean picture the model "
      "predicts:\n"
      "         panel, frames that it is never trained on, and kept ones; - "
      "not "
      "yet\n";

void
progress_init (Progress *self)
{
  *self = (Progress){ .terminal = isatty (STDERR_FILENO),
    .start = g_get_monotonic_time () };
  self->last_time = self->start;
}

guint
progress_get_interval (const Progress *self)
{
  return self->terminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL;
}

static void
append_number (GString *line, const char *format, double value)
{
  if (isnan (value))
    g_string_append (line, "-");
  else
    g_string_append_printf (line, format, value);
}

static void
append_time (GString *line, double seconds)
{
  guint time = (guint)CLAMP (seconds, 0, 8640000);

  if (time >= 3600)
    g_string_append_printf (
        line, "%u:%02u:%02u", time / 3600, time / 60 % 60, time % 60);
  else
    g_string_append_printf (line, "%u:%02u", time / 60, time % 60);
}

/* How fast it goes changes in a run, so the past counts less the longer ago. */
static void
note_speed (Progress *self, double fraction, gint64 now)
{
  double time = (now - self->last_time) / 1e6;
  double weight = exp (-time / SPEED_HORIZON);

  if (isnan (fraction))
    return;
  self->fraction_gained = weight * self->fraction_gained
                          + fmax (fraction - self->last_fraction, 0);
  self->fraction_time = weight * self->fraction_time + time;
  self->last_fraction = fraction;
}

static void
append_time_left (GString *line, const Progress *self, double fraction)
{
  double left = (1 - fraction) * self->fraction_time / self->fraction_gained;

  if (!(fraction > 0.005 && left >= 0 && isfinite (left)))
    return;
  g_string_append (line, "  left ");
  append_time (line, left);
}

static void
note_standing (
    Progress *self, const RunStats *stats, double fraction, gint64 now)
{
  if (stats->frames != self->last_frames || self->standing_since == 0) {
    self->standing_since = now;
    self->standing_steps = stats->steps;
  }
  if (fraction >= 1 && self->last_pass_goal == 0)
    self->last_pass_goal
        = stats->steps + stats->steps_due + stats->steps_of_pass;
}

/* While training holds the frames, it says how long. */
static gboolean
append_training (
    GString *line, const Progress *self, const RunStats *stats, gint64 now)
{
  guint64 goal = MAX (self->last_pass_goal, stats->steps + stats->steps_due);
  guint64 done = stats->steps - self->standing_steps;
  gboolean trains = done > 0 && goal > stats->steps;

  g_string_append_printf (line, "  step %" G_GUINT64_FORMAT, stats->steps);
  if (goal > stats->steps)
    g_string_append_printf (line, " of %" G_GUINT64_FORMAT, goal);
  g_string_append_printf (line, "  v%" G_GUINT64_FORMAT, stats->version);
  if (!trains)
    return FALSE;
  g_string_append (line, self->last_pass_goal ? "  last pass " : "  trains ");
  append_time (line, (double)(goal - stats->steps) / done
                         * (now - self->standing_since) / 1e6);
  return TRUE;
}

char *
progress_describe (
    Progress *self, const RunStats *stats, double fraction, gint64 now)
{
  GString *line = g_string_new (NULL);
  double rate = (stats->frames - self->last_frames) * 1e6
                / MAX (now - self->last_time, 1);

  note_speed (self, fraction, now);
  note_standing (self, stats, fraction, now);
  append_time (line, (now - self->start) / 1e6);
  g_string_append_printf (line,
      "  %" G_GUINT64_FORMAT " frames  %.1f/s  kept %" G_GUINT64_FORMAT,
      stats->frames, rate, stats->kept);
  g_string_append (line, "  loss ");
  append_number (line, "%.3f", stats->loss_last);
  if (!append_training (line, self, stats, now))
    append_time_left (line, self, fraction);
  /* last, since a narrow terminal cuts the end off */
  g_string_append (line, "  I_V panel ");
  append_number (line, "%.3f", stats->iv_panel);
  g_string_append (line, " kept ");
  append_number (line, "%.3f", stats->iv_reservoir);

  self->last_time = now;
  self->last_frames = stats->frames;
  return g_string_free (line, FALSE);
}

/* A line that wrapped could not be written over. */
static void
fit_terminal (char *line)
{
  struct winsize size;

  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
      && strlen (line) >= size.ws_col)
    line[size.ws_col - 1] = '\0';
}

void
progress_show (Progress *self, const RunStats *stats, double fraction)
{
  g_autofree char *line
      = progress_describe (self, stats, fraction, g_get_monotonic_time ());

  if (!self->explained)
    fputs (progress_legend, stderr);
  self->explained = TRUE;
  if (self->terminal)
    fit_terminal (line);
  self->open = self->terminal;
  fprintf (stderr, self->terminal ? "\r%s\033[K" : "%s\n", line);
  fflush (stderr);
}

void
progress_break (Progress *self)
{
  if (self->open)
    fputc ('\n', stderr);
  self->open = FALSE;
}
