/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Finding the plugin that belongs to this program.
 */
#include "plugin.h"

#include <gst/gst.h>

#define PLUGIN_IN_BUILD "plugins/libgstvinfo.so"

void
plugin_load_beside (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program ? g_path_get_dirname (program) : NULL;
  g_autofree char *build = folder ? g_path_get_dirname (folder) : NULL;
  g_autofree char *file = NULL;
  g_autoptr (GError) error = NULL;
  GstPlugin *plugin;

  if (!build)
    return;
  file = g_build_filename (build, PLUGIN_IN_BUILD, NULL);
  if (!g_file_test (file, G_FILE_TEST_EXISTS))
    return;
  plugin = gst_plugin_load_file (file, &error);
  if (plugin)
    gst_object_unref (plugin);
  else
    g_printerr ("vinfo: %s: cannot be loaded: %s\n", file, error->message);
}
