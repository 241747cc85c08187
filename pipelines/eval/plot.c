/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "page.h"

#define WIDTH 720
#define LEFT 200 /* where the scale begins */
#define RIGHT 20
#define ROW 22
#define FOOT 30
#define TICKS 6 /* at most about so many */

typedef struct {
  double low, high; /* of the scale */
  double step;      /* between its ticks */
} Scale;

/* The smallest of 1, 2, 5 times a power of ten that is at least x. */
static double
round_step (double x)
{
  double power = pow (10, floor (log10 (x)));
  double first = x / power;

  return power * (first <= 1 ? 1 : first <= 2 ? 2 : first <= 5 ? 5 : 10);
}

static void
stretch (Scale *scale, double value)
{
  scale->low = fmin (scale->low, value);
  scale->high = fmax (scale->high, value);
}

static Scale
fit_scale (const Plot *plot)
{
  Scale scale = { INFINITY, -INFINITY, 0 };

  for (guint i = 0; i < plot->rows->len; i++) {
    const PlotRow *row = &g_array_index (plot->rows, PlotRow, i);
    double error = isnan (row->error) ? 0 : row->error;

    stretch (&scale, row->value - error);
    stretch (&scale, row->value + error);
  }
  if (!isnan (plot->mark))
    stretch (&scale, plot->mark);
  if (!(scale.high > scale.low)) {
    double middle = isfinite (scale.low) ? scale.low : 0;

    scale.low = middle - fmax (fabs (middle) / 10, 1e-3);
    scale.high = middle + fmax (fabs (middle) / 10, 1e-3);
  }
  scale.step = round_step ((scale.high - scale.low) / TICKS);
  scale.low = floor (scale.low / scale.step) * scale.step;
  scale.high = ceil (scale.high / scale.step) * scale.step;
  return scale;
}

static double
place (const Scale *scale, double value)
{
  return LEFT
         + (value - scale->low) / (scale->high - scale->low)
               * (WIDTH - LEFT - RIGHT);
}

/* printf("%.*f") whatever the locale */
static const char *
format (double value, int decimals, char *text, int length)
{
  char shape[8];

  g_snprintf (shape, sizeof shape, "%%.%df", decimals);
  return g_ascii_formatd (text, length, shape, value);
}

static void
add_line (GString *svg, double x1, double y1, double x2, double y2,
    const char *attributes)
{
  const double ends[] = { x1, y1, x2, y2 };
  static const char *const names[] = { "x1", "y1", "x2", "y2" };
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (svg, "<line");
  for (guint i = 0; i < 4; i++)
    g_string_append_printf (svg, " %s=\"%s\"", names[i],
        format (ends[i], 1, number, sizeof number));
  g_string_append_printf (svg, " %s/>\n", attributes);
}

static void
add_label (
    GString *svg, double x, double y, const char *anchor, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (svg,
      "<text x=\"%s\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
      format (x, 1, number, sizeof number), (int)y, anchor, escaped);
}

static void
add_scale (GString *svg, const Scale *scale, int height)
{
  int decimals = (int)fmax (0, -floor (log10 (scale->step) + 1e-9));
  int n = (int)lround ((scale->high - scale->low) / scale->step);

  for (int i = 0; i <= n; i++) {
    double value = scale->low + i * scale->step;
    double x = place (scale, value);
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    add_line (svg, x, 0, x, height - FOOT, "stroke=\"#8886\"");
    add_label (svg, x, height - FOOT + 18, "middle",
        format (value, decimals, number, sizeof number));
  }
}

static void
add_row (GString *svg, const Scale *scale, const PlotRow *row, guint number)
{
  double y = ROW * (number + 0.5), x = place (scale, row->value);
  char left[G_ASCII_DTOSTR_BUF_SIZE];

  add_label (svg, LEFT - 10, y + 5, "end", row->label);
  if (!isnan (row->error))
    add_line (svg, place (scale, row->value - row->error), y,
        place (scale, row->value + row->error), y,
        "stroke=\"currentColor\" stroke-width=\"2\"");
  g_string_append_printf (svg,
      "<circle cx=\"%s\" cy=\"%d\" r=\"4\" fill=\"currentColor\"/>\n",
      format (x, 1, left, sizeof left), (int)y);
}

char *
plot_to_svg (const Plot *plot)
{
  GString *svg = g_string_new (NULL);
  int height = ROW * (int)plot->rows->len + FOOT;
  Scale scale = fit_scale (plot);

  g_string_append_printf (svg,
      "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
      "font-size=\"13\" fill=\"currentColor\">\n",
      WIDTH, height, WIDTH, height);
  add_scale (svg, &scale, height);
  if (!isnan (plot->mark)) {
    double x = place (&scale, plot->mark);

    add_line (svg, x, 0, x, height - FOOT,
        "stroke=\"currentColor\" stroke-dasharray=\"4 3\"");
  }
  for (guint i = 0; i < plot->rows->len; i++)
    add_row (svg, &scale, &g_array_index (plot->rows, PlotRow, i), i);
  g_string_append (svg, "</svg>\n");
  return g_string_free (svg, FALSE);
}
