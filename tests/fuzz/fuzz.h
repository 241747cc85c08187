/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sys/mman.h>
#include <unistd.h>

/* libFuzzer's entry, which each target defines; replay.c calls it too. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* A file in memory that has a path, for functions that open one. */
static inline int
memory_file_new (void)
{
  int fd = memfd_create ("input", MFD_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static inline char *
memory_file_path (int fd)
{
  return g_strdup_printf ("/proc/self/fd/%d", fd);
}

static inline void
memory_file_set (int fd, const guint8 *data, gsize size)
{
  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  if (size > 0)
    g_assert_cmpint (pwrite (fd, data, size, 0), ==, size);
}
