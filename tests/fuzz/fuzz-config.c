/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any text as config.json and, after a byte 0xff, as preprocessor_config.json
 * of a small model: refused with an error, or the model is loaded. */

#include "fuzz.h"

#include "mae/json-private.h"
#include "../mae/small-model.h"
#include "../mae/temporary-directory.h"

#include <string.h>

static char *directory;
static int config_fd, preprocessor_fd;

static void
remove_directory (void)
{
  temporary_directory_free (directory);
}

static void
link_file (int fd, const char *name)
{
  g_autofree char *target = memory_file_path (fd);
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_unlink (path);
  g_assert_cmpint (symlink (target, path), ==, 0);
}

/* The weights stay; the other two files are the input's. */
static void
set_up (void)
{
  VInfoMaeConfig c = small_config ();
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&c, 1);
  directory = temporary_directory_new ();
  atexit (remove_directory);
  g_assert_true (vinfo_mae_save (mae, directory, NULL));
  config_fd = memory_file_new ();
  preprocessor_fd = memory_file_new ();
  link_file (config_fd, "config.json");
  link_file (preprocessor_fd, "preprocessor_config.json");
}

static void
set_files (const guint8 *data, gsize size)
{
  const guint8 *end = size > 0 ? memchr (data, 0xff, size) : NULL;
  gsize n = end ? (gsize)(end - data) : size;
  memory_file_set (config_fd, data, n);
  if (end)
    memory_file_set (preprocessor_fd, end + 1, size - n - 1);
  else
    memory_file_set (preprocessor_fd, (const guint8 *)"{}", 2);
}

/* Where one byte too far is found, other than in a mapped file. */
static void
parse_all (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) json
      = mae_json_parse (size > 0 ? (const char *)data : "", size, &error);
  g_assert_true ((json == NULL) == (error != NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  if (!directory)
    set_up ();
  set_files (data, size);
  parse_all (data, size);
  g_autoptr (VInfoMae) mae = vinfo_mae_load (directory, &error);
  g_assert_true ((mae == NULL) == (error != NULL));
  if (mae) {
    g_assert_true (vinfo_mae_config_validate (&mae->config, NULL));
    g_assert_true (vinfo_mae_is_finite (mae));
    return 0;
  }
  g_assert_true (error->domain == VINFO_MAE_ERROR);
  g_assert_true (g_str_has_prefix (error->message, directory));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
