/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The smallest value that a number which changes over time has had since any
 * moment: a monotone stack, later and larger from bottom to top. Between two
 * changes the number holds its value. */
typedef struct {
  GArray *steps;   /* of former values */
  gdouble current; /* the value that was set last */
} Minima;

void minima_init (Minima *minima, gdouble value);
void minima_finish (Minima *minima);

/* The number is @value from @time on; times don't fall. Amortised O(1). */
void minima_set (Minima *minima, guint64 time, gdouble value);

/* The smallest of what it was at @time or later and @now. O(log n) */
gdouble minima_since (const Minima *minima, guint64 time, gdouble now);

guint minima_get_length (const Minima *minima); /* of the stack */

/* Forgets former values: all that ask have noted the answer. */
void minima_forget (Minima *minima);
void minima_restart (Minima *minima, gdouble value);

G_END_DECLS
