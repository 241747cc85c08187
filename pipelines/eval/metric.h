/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * Metric:
 * @name: as results call it
 * @title: as tables call it, with its unit
 * @scale: what a value is multiplied by for a table
 * @decimals: of it; -1: four significant digits
 * @better: 1 where higher is better, -1 where lower is, 0 where it only tells
 * @share: whether it is a part of a whole, 0 to 1, of which NormDEL is defined
 */
typedef struct {
  const char *name;
  const char *title;
  double scale;
  int decimals;
  int better;
  gboolean share;
} Metric;

/**
 * metric_find:
 *
 * Returns: what is known of the metric @name; of one that isn't known, that it
 *   only tells, under its own name
 */
Metric metric_find (const char *name);

/** metric_format: Returns: (transfer full): @value as a table shows it; @sign:
 *   with a plus, as of a difference */
char *metric_format (const Metric *metric, double value, gboolean sign);
