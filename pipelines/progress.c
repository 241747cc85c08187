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

/* between the parts of the line */
#define GAP "  "

#define SPEED_HORIZON 20. /* seconds */

const char progress_legend[]
    = "  kept   frames in the store, of those that came\n"
      "  I_V    how much better than the stream's mean picture the model "
      "predicts\n"
      "         frames that it is never trained on / kept ones; - not yet\n"
      "  loss   the model's error on what it trains on, less is better; v, its "
      "version\n"
      "  left   time until the end; trains, until frames go on; pass, of the "
      "last one\n"
      "         over kept frames; step, of training\n";

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

/* In four characters, a sign besides. */
static void
append_number (GString *line, double value)
{
  double size = fabs (value);
  int digits = size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0;
  g_autofree char *text = g_strdup_printf ("%.*f", digits, size);

  if (isnan (value)) {
    g_string_append_c (line, '-');
    return;
  }
  if (value < 0)
    g_string_append_c (line, '-');
  g_string_append (line, text + (size < 1 && *text == '0'));
}

static void
append_time (GString *line, double seconds)
{
  guint time = (guint)CLAMP (seconds, 0, 8640000);

  if (time >= 3600)
    g_string_append_printf (line, "%uh%02u", time / 3600, time / 60 % 60);
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
  g_string_append (line, GAP "left ");
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

static guint64
get_goal (const Progress *self, const RunStats *stats)
{
  return MAX (self->last_pass_goal, stats->steps + stats->steps_due);
}

/* How long training holds the frames, while it does. */
static gboolean
append_training_left (
    GString *line, const Progress *self, const RunStats *stats, gint64 now)
{
  guint64 goal = get_goal (self, stats);
  guint64 done = stats->steps - self->standing_steps;

  if (done == 0 || goal <= stats->steps)
    return FALSE;
  g_string_append (line, self->last_pass_goal ? GAP "pass " : GAP "trains ");
  append_time (line, (double)(goal - stats->steps) / done
                         * (now - self->standing_since) / 1e6);
  return TRUE;
}

static void
append_steps (GString *line, const Progress *self, const RunStats *stats)
{
  guint64 goal = get_goal (self, stats);

  g_string_append_printf (line, GAP "step %" G_GUINT64_FORMAT, stats->steps);
  if (goal > stats->steps)
    g_string_append_printf (line, " of %" G_GUINT64_FORMAT, goal);
}

/* The more it matters the earlier, since a narrow terminal cuts the end off. */
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
      GAP "%" G_GUINT64_FORMAT " frames %.*f/s" GAP "kept %" G_GUINT64_FORMAT,
      stats->frames, rate < 10 ? 1 : 0, rate, stats->kept);
  g_string_append (line, GAP "I_V ");
  append_number (line, stats->iv_panel);
  g_string_append_c (line, '/');
  append_number (line, stats->iv_reservoir);
  g_string_append (line, GAP "loss ");
  append_number (line, stats->loss_last);
  g_string_append_printf (line, GAP "v%" G_GUINT64_FORMAT, stats->version);
  if (!append_training_left (line, self, stats, now))
    append_time_left (line, self, fraction);
  append_steps (line, self, stats);

  self->last_time = now;
  self->last_frames = stats->frames;
  return g_string_free (line, FALSE);
}

void
progress_fit (char *line, guint columns)
{
  char *gap = g_strrstr_len (line, (gssize)columns + 1, GAP);

  if (strlen (line) >= columns)
    *(gap ? gap : line + columns - 1) = '\0';
}

static void
fit_terminal (char *line)
{
  struct winsize size;

  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
    progress_fit (line, size.ws_col);
}

static void
write_line (Progress *self, char *line)
{
  if (self->terminal)
    fit_terminal (line);
  self->open = self->terminal;
  fprintf (stderr, self->terminal ? "\r%s\033[K" : "%s\n", line);
  fflush (stderr);
}

void
progress_show (Progress *self, const RunStats *stats, double fraction)
{
  g_autofree char *line
      = progress_describe (self, stats, fraction, g_get_monotonic_time ());

  if (!self->explained)
    fputs (progress_legend, stderr);
  self->explained = TRUE;
  write_line (self, line);
}

void
progress_show_training (
    Progress *self, guint64 step, guint64 goal, guint64 samples, double loss)
{
  gint64 now = g_get_monotonic_time ();
  gint64 time = now - self->last_time;
  g_autofree char *line = NULL;

  if (!self->terminal
      || (self->last_time > self->start && time < G_USEC_PER_SEC))
    return;
  line = g_strdup_printf ("step %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT GAP
                          "loss %.4f" GAP "%.0f pictures/s",
      step, goal, loss,
      ((double)samples - self->last_frames) * 1e6 / MAX (time, 1));
  write_line (self, line);
  self->last_time = now;
  self->last_frames = samples;
}

void
progress_break (Progress *self)
{
  if (self->open)
    fputc ('\n', stderr);
  self->open = FALSE;
}
