/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Our side of the exchange of files with transformers, for test-exchange.py:
 *   exchange config ARCHITECTURE FOLDER        the two JSON files
 *   exchange new ARCHITECTURE FOLDER           a model of our own
 *   exchange resave FOLDER OTHER               a model through our hands
 *   exchange patches FOLDER IMAGE FILE         a picture as the model sees it */

#include "image/vinfo-image.h"
#include "mae/config-private.h"
#include "mae/mae-private.h"
#include "mae/safetensors-private.h"

#include <stdlib.h>

static gboolean
write_config (char **arguments, GError **error)
{
  VInfoMaeConfig config;

  return vinfo_mae_config_named (arguments[0], &config, error)
         && mae_config_write (arguments[1], &config, error);
}

static gboolean
write_new (char **arguments, GError **error)
{
  VInfoMaeConfig config;
  g_autoptr (VInfoMae) mae = NULL;

  if (!vinfo_mae_config_named (arguments[0], &config, error))
    return FALSE;
  mae = vinfo_mae_new (&config, 1);
  return vinfo_mae_save (mae, arguments[1], error);
}

static gboolean
resave (char **arguments, GError **error)
{
  g_autoptr (VInfoMae) mae = vinfo_mae_load (arguments[0], error);

  return mae && vinfo_mae_save (mae, arguments[1], error);
}

static VInfoImage *
read_square (const char *path, guint side, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (VInfoImage) image = NULL;
  char *data;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, error))
    return NULL;
  bytes = g_bytes_new_take (data, size);
  image = vinfo_image_decode (bytes, path, error);
  return image ? vinfo_image_resize (image, 0, 0, 0, 0, side, side) : NULL;
}

static gboolean
write_patches (char **arguments, GError **error)
{
  g_autoptr (VInfoImage) square = NULL;
  g_autofree float *patches = NULL;
  SafetensorsEntry entry = { .name = "patches", .n_dims = 2 };
  VInfoMaeConfig config;

  if (!mae_config_read (arguments[0], &config, error))
    return FALSE;
  square = read_square (arguments[1], config.image_size, error);
  if (!square)
    return FALSE;
  entry.shape[0] = mae_n_patches (&config);
  entry.shape[1] = mae_patch_dim (&config);
  patches = g_new (float, entry.shape[0] * entry.shape[1]);
  mae_patchify (&config, vinfo_image_get_pixels (square), patches);
  entry.data = patches;
  return safetensors_write (arguments[2], &entry, 1, NULL, error);
}

static const struct {
  const char *name;
  int n_arguments;
  gboolean (*run) (char **arguments, GError **error);
} commands[] = {
  { "config", 2, write_config },
  { "new", 2, write_new },
  { "resave", 2, resave },
  { "patches", 3, write_patches },
};

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; argc > 1 && i < G_N_ELEMENTS (commands); i++) {
    if (!g_str_equal (argv[1], commands[i].name)
        || argc - 2 != commands[i].n_arguments)
      continue;
    if (commands[i].run (argv + 2, &error))
      return EXIT_SUCCESS;
    g_printerr ("%s\n", error->message);
    return EXIT_FAILURE;
  }
  g_printerr ("usage: exchange config|new|resave|patches ARGUMENT...\n");
  return EXIT_FAILURE;
}
