/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Quantities in the unit that people would choose; scripts get them exact, as
 * JSON.
 */
#include "units.h"

#define NO_BREAK_SPACE "\302\240" /* not in every terminal's character set */

char *
units_of_bytes (guint64 bytes)
{
  g_autofree char *size = g_format_size (bytes);
  GString *text = g_string_new (size);

  g_string_replace (text, NO_BREAK_SPACE, " ", 0);
  return g_string_free (text, FALSE);
}

char *
units_of_seconds (double seconds)
{
  static const struct {
    double seconds;
    const char *name;
  } units[] = { { 365.25 * 86400, "years" }, { 86400, "days" },
    { 3600, "hours" }, { 60, "minutes" } };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (seconds >= 2 * units[i].seconds)
      return g_strdup_printf (
          "%.3g %s", seconds / units[i].seconds, units[i].name);
  return g_strdup_printf ("%.3g s", seconds);
}
