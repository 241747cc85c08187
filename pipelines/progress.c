/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The progress line.
 */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TERMINAL_INTERVAL 500
#define PLAIN_INTERVAL 5000

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
append_time_left (GString *line, double elapsed, double fraction)
{
  guint left;

  if (!(fraction > 0.005))
    return;
  left = (guint)fmin (elapsed * (1 - fraction) / fraction, 8640000);
  if (left >= 3600)
    g_string_append_printf (
        line, "  left %u:%02u:%02u", left / 3600, left / 60 % 60, left % 60);
  else
    g_string_append_printf (line, "  left %u:%02u", left / 60, left % 60);
}

/* A line that wrapped could not be written over. */
static void
fit_terminal (GString *line)
{
  struct winsize size;

  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
      && line->len >= size.ws_col)
    g_string_truncate (line, size.ws_col - 1u);
}

void
progress_show (Progress *self, const RunStats *stats, double fraction)
{
  g_autoptr (GString) line = g_string_new (NULL);
  gint64 now = g_get_monotonic_time ();
  double rate = (stats->frames - self->last_frames) * 1e6
                / MAX (now - self->last_time, 1);

  g_string_append_printf (line,
      "%" G_GUINT64_FORMAT " frames  %.1f/s  kept %" G_GUINT64_FORMAT,
      stats->frames, rate, stats->kept);
  g_string_append (line, "  I_V panel ");
  append_number (line, "%.3f", stats->iv_panel);
  g_string_append (line, " reservoir ");
  append_number (line, "%.3f", stats->iv_reservoir);
  g_string_append (line, "  loss ");
  append_number (line, "%.4f", stats->loss_last);
  g_string_append_printf (line,
      "  step %" G_GUINT64_FORMAT "  version %" G_GUINT64_FORMAT, stats->steps,
      stats->version);
  append_time_left (line, (now - self->start) / 1e6, fraction);
  if (self->terminal)
    fit_terminal (line);

  self->last_time = now;
  self->last_frames = stats->frames;
  self->open = self->terminal;
  fprintf (stderr, self->terminal ? "\r%s\033[K" : "%s\n", line->str);
  fflush (stderr);
}

void
progress_break (Progress *self)
{
  if (self->open)
    fputc ('\n', stderr);
  self->open = FALSE;
}
