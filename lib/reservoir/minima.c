/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/minima-private.h"

typedef struct {
  guint64 end; /* the number had the value before that */
  gdouble value;
} Step;

void
minima_init (Minima *minima, gdouble value)
{
  minima->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  minima->current = value;
}

void
minima_finish (Minima *minima)
{
  g_clear_pointer (&minima->steps, g_array_unref);
}

/* What is not smaller than a later one is nobody's minimum. */
static void
push (GArray *steps, guint64 end, gdouble value)
{
  const Step step = { end, value };

  while (steps->len > 0
         && g_array_index (steps, Step, steps->len - 1).value >= value)
    g_array_set_size (steps, steps->len - 1);
  g_array_append_val (steps, step);
}

void
minima_set (Minima *minima, guint64 time, gdouble value)
{
  if (value == minima->current)
    return;
  push (minima->steps, time, minima->current);
  minima->current = value;
}

gdouble
minima_since (const Minima *minima, guint64 time, gdouble now)
{
  guint low = 0, high = minima->steps->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (g_array_index (minima->steps, Step, middle).end <= time)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == minima->steps->len)
    return now;
  return MIN (g_array_index (minima->steps, Step, low).value, now);
}

guint
minima_get_length (const Minima *minima)
{
  return minima->steps->len;
}

void
minima_forget (Minima *minima)
{
  g_array_set_size (minima->steps, 0);
}

void
minima_restart (Minima *minima, gdouble value)
{
  minima_forget (minima);
  minima->current = value;
}
