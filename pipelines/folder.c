/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "folder.h"

#include <errno.h>

gboolean
folder_make (const char *folder, GError **error)
{
  int why;

  if (g_mkdir_with_parents (folder, 0777) == 0)
    return TRUE;
  why = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (why),
      "%s: folder cannot be made: %s", folder, g_strerror (why));
  return FALSE;
}

void
folder_remove (const char *folder)
{
  const char *argv[] = { "rm", "-rf", folder, NULL };

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      NULL, NULL, NULL, NULL);
}
