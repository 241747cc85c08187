/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as vinfo.safetensors beside a small model: refused with an error, or
 * all that it holds fits the model. */

#include "fuzz.h"

#include <math.h>

#include "../mae/small-model.h"
#include "../mae/temporary-directory.h"
#include "predictor/predictor-file-private.h"

static char *directory, *path;
static int fd;

static void
remove_directory (void)
{
  temporary_directory_free (directory);
  g_free (path);
}

static void
set_up (void)
{
  g_autofree char *target = NULL;
  fd = memory_file_new ();
  target = memory_file_path (fd);
  directory = temporary_directory_new ();
  path = g_build_filename (directory, PREDICTOR_FILE_NAME, NULL);
  atexit (remove_directory);
  g_assert_cmpint (symlink (target, path), ==, 0);
}

static void
check (const PredictorFile *file, const VInfoMaeConfig *config)
{
  guint n = mae_n_patches (config);
  gsize values = (gsize)n * mae_patch_dim (config);
  g_assert_cmpuint (file->version, <=, G_MAXINT64);
  g_assert_cmpuint (file->masks->n_patches, ==, n);
  g_assert_cmpuint (file->n_masks, >=, 1);
  g_assert_cmpuint (file->n_masks, <=, file->masks->n_groups);
  g_assert_cmpuint (file->panel->frames->len, <=, file->panel->seen);
  if (file->mu)
    g_assert_cmpuint (g_bytes_get_size (file->mu), ==, values * sizeof (float));
  for (gsize i = 0; file->heads && i < heads_size (file->heads); i++)
    g_assert_true (isfinite (file->heads->parameters[i]));
  if (file->ood)
    g_assert_cmpuint (file->ood->width, ==, config->hidden_size);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const VInfoMaeConfig config = small_config ();
  g_autoptr (PredictorFile) file = NULL;
  g_autoptr (GError) error = NULL;
  if (!directory)
    set_up ();
  memory_file_set (fd, data, size);
  if (predictor_file_read (directory, &config, 256, 1, &file, &error)) {
    g_assert_no_error (error);
    check (file, &config);
    return 0;
  }
  g_assert_null (file);
  g_assert_true (error->domain == VINFO_MAE_ERROR);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
