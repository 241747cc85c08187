/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#include <stdlib.h>

int
command_refuse (const char *command, const GError *error)
{
  g_printerr (
      "vinfo %s: %s; see vinfo %s --help\n", command, error->message, command);
  return EXIT_USAGE;
}

int
command_fail (const char *command, const GError *error)
{
  if (error->domain == G_OPTION_ERROR)
    return command_refuse (command, error);
  g_printerr ("vinfo: %s\n", error->message);
  return EXIT_FAILURE;
}
