/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/mapped-file-private.h"

#include "mae/vinfo-mae.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static GMappedFile *
fail (GError **error, VInfoMaeError code, const char *path, const char *why)
{
  g_set_error (error, VINFO_MAE_ERROR, code, "%s: cannot open: %s", path, why);
  return NULL;
}

static GMappedFile *
map_descriptor (int fd, const char *path, GError **error)
{
  g_autoptr (GError) why = NULL;
  struct stat status;
  if (fstat (fd, &status) != 0)
    return fail (error, VINFO_MAE_ERROR_IO, path, g_strerror (errno));
  if (!S_ISREG (status.st_mode))
    return fail (error, VINFO_MAE_ERROR_IO, path, "not a regular file");
  GMappedFile *map = g_mapped_file_new_from_fd (fd, FALSE, &why);
  return map ? map : fail (error, VINFO_MAE_ERROR_IO, path, why->message);
}

GMappedFile *
mae_map_file (const char *path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  if (fd < 0)
    return fail (error,
        errno == ENOENT ? VINFO_MAE_ERROR_NOT_FOUND : VINFO_MAE_ERROR_IO, path,
        g_strerror (errno));
  GMappedFile *map = map_descriptor (fd, path, error);
  close (fd);
  return map;
}

gboolean
mae_file_is_absent (const char *path)
{
  GStatBuf status;
  return g_lstat (path, &status) != 0 && errno == ENOENT;
}
