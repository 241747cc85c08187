/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target once for each file of the folder that is its argument, so
 * that every build, with any compiler, sees what fuzzing has found. */

#include "fuzz.h"

static void
replay (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  gsize size;
  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  /* of exactly that size, so that one byte too far is found */
  g_autofree guint8 *copy = g_memdup2 (data, size);
  LLVMFuzzerTestOneInput (copy, size);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  guint n = 0;
  g_assert_cmpint (argc, ==, 2);
  g_autoptr (GDir) corpus = g_dir_open (argv[1], 0, &error);
  g_assert_no_error (error);
  for (const char *name; (name = g_dir_read_name (corpus)); n++) {
    g_autofree char *path = g_build_filename (argv[1], name, NULL);
    replay (path);
  }
  g_assert_cmpuint (n, >, 0);
  return 0;
}
