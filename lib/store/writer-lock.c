/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SQLite lets processes take turns at writing. That isn't enough: a reservoir
 * holds its capacity only while nobody else adds to the same samples. The lock
 * is not on the database itself, since closing any descriptor of a file drops
 * the POSIX locks that SQLite has on it. */
#include "store/writer-lock-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/vinfo-store.h"

static char *
lock_path (const char *location)
{
  return g_strconcat (location, "-lock", NULL);
}

/* The holder before may have removed the file after it was opened here. */
static gboolean
is_still_there (const char *path, gint fd)
{
  struct stat opened, named;

  return fstat (fd, &opened) == 0 && stat (path, &named) == 0
         && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

gint
writer_lock_acquire (const char *location, const char *name, GError **error)
{
  g_autofree char *path = lock_path (location);

  for (;;) {
    gint fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0) {
      g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FAILED,
          "%s: lock for writing: %s", name, g_strerror (errno));
      return -1;
    }
    if (flock (fd, LOCK_EX | LOCK_NB) != 0) {
      gboolean busy = errno == EWOULDBLOCK;

      g_set_error (error, VINFO_STORE_ERROR,
          busy ? VINFO_STORE_ERROR_BUSY : VINFO_STORE_ERROR_FAILED,
          "%s: lock for writing: %s", name,
          busy ? "something else is writing to it" : g_strerror (errno));
      close (fd);
      return -1;
    }
    if (is_still_there (path, fd))
      return fd;
    close (fd);
  }
}

void
writer_lock_release (const char *location, gint fd)
{
  g_autofree char *path = NULL;

  if (fd < 0)
    return;
  path = lock_path (location);
  unlink (path);
  close (fd);
}
