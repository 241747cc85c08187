/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>

/* A directory for the files of one test. */

static inline char *
temporary_directory_new (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("vinfo-test-XXXXXX", &error);
  g_assert_no_error (error);
  return path;
}

/* With all that is in it; links are removed, not followed. */
static inline void
temporary_directory_remove (const char *path)
{
  g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK)
                             ? NULL
                             : g_dir_open (path, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *child = g_build_filename (path, name, NULL);
    temporary_directory_remove (child);
  }
  g_remove (path);
}

static inline void
temporary_directory_free (char *path)
{
  temporary_directory_remove (path);
  g_free (path);
}
