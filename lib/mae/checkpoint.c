/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One process publishes into a location, any number read from it. What a
 * publication leaves when it is killed halfway is under names that begin with
 * a dot; the next one removes it. */

#define _GNU_SOURCE
#include "mae/checkpoint-private.h"

#include "mae/mapped-file-private.h"
#include "mae/vinfo-mae.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LATEST "latest"
#define PENDING ".publish-"

static gboolean
fail (GError **error, const char *path, const char *what, int why)
{
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_IO, "%s: %s: %s", path,
      what, g_strerror (why));
  return FALSE;
}

static gboolean
sync_path (const char *path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  gboolean synced = fd >= 0 && fsync (fd) == 0;
  int why = errno;
  if (fd >= 0)
    close (fd);
  return synced || fail (error, path, "cannot write to disk", why);
}

/* The files of a directory, then itself. */
static gboolean
sync_directory (const char *directory, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename (directory, name, NULL);
    if (!sync_path (path, error))
      return FALSE;
  }
  return sync_path (directory, error);
}

/* A version has no folders inside; what cannot be removed stays. Of a link, the
 * link goes, not what it leads to. */
static void
remove_directory (const char *directory)
{
  g_autoptr (GDir) dir = g_file_test (directory, G_FILE_TEST_IS_SYMLINK)
                             ? NULL
                             : g_dir_open (directory, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename (directory, name, NULL);
    g_unlink (path);
  }
  g_remove (directory);
}

static gboolean
parse_step (const char *name, guint64 *step)
{
  return g_str_has_prefix (name, "step-") && strlen (name) >= 13
         && g_ascii_string_to_unsigned (
             name + 5, 10, 0, G_MAXUINT64, step, NULL);
}

static gint
compare_steps (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;
  return x < y ? 1 : x > y ? -1 : 0;
}

static char *
step_path (const char *location, guint64 step)
{
  return g_strdup_printf ("%s/step-%08" G_GUINT64_FORMAT, location, step);
}

/* Newest first, `published` before all: it stays even where the numbers begin
 * anew. */
static void
remove_old (const char *location, guint64 published, guint keep)
{
  g_autoptr (GDir) dir = g_dir_open (location, 0, NULL);
  g_autoptr (GArray) steps = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint64 step;
  for (const char *name; dir && (name = g_dir_read_name (dir));)
    if (parse_step (name, &step) && step != published)
      g_array_append_val (steps, step);
  g_array_sort (steps, compare_steps);
  for (guint i = keep - 1; keep > 0 && i < steps->len; i++) {
    g_autofree char *path
        = step_path (location, g_array_index (steps, guint64, i));
    remove_directory (path);
  }
}

static void
remove_pending (const char *location)
{
  g_autoptr (GDir) dir = g_dir_open (location, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name (dir));)
    if (g_str_has_prefix (name, PENDING)) {
      g_autofree char *path = g_build_filename (location, name, NULL);
      if (g_unlink (path) != 0)
        remove_directory (path);
    }
}

/* Puts `pending` at `path`. A version that is there already changes places
 * with it, so that there is one at any time, and then goes. */
static gboolean
move_into_place (const char *pending, const char *path, GError **error)
{
  if (g_rename (pending, path) == 0)
    return TRUE;
  if (errno != EEXIST && errno != ENOTEMPTY)
    return fail (error, path, "cannot rename", errno);
  if (renameat2 (AT_FDCWD, pending, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
    remove_directory (pending);
    return TRUE;
  }
  /* A file system that cannot exchange names. */
  remove_directory (path);
  return g_rename (pending, path) == 0
         || fail (error, path, "cannot rename", errno);
}

static gboolean
swap_latest (const char *location, const char *path, GError **error)
{
  g_autofree char *target = g_path_get_basename (path);
  g_autofree char *latest = g_build_filename (location, LATEST, NULL);
  g_autofree char *pending = g_build_filename (location, PENDING LATEST, NULL);
  g_unlink (pending);
  if (symlink (target, pending) != 0)
    return fail (error, pending, "cannot create", errno);
  return g_rename (pending, latest) == 0
         || fail (error, latest, "cannot replace", errno);
}

gboolean
checkpoint_publish (const char *location, guint64 step, guint keep,
    CheckpointWrite write, gpointer data, GError **error)
{
  g_autofree char *path = step_path (location, step);
  g_autofree char *pending
      = g_build_filename (location, PENDING "XXXXXX", NULL);
  if (g_mkdir_with_parents (location, 0777) != 0)
    return fail (error, location, "cannot create", errno);
  remove_pending (location);
  if (!g_mkdtemp_full (pending, 0777))
    return fail (error, location, "cannot create a directory inside", errno);
  if (!write (pending, data, error) || !sync_directory (pending, error)
      || !move_into_place (pending, path, error)) {
    remove_directory (pending);
    return FALSE;
  }
  if (!sync_path (location, error) || !swap_latest (location, path, error)
      || !sync_path (location, error))
    return FALSE;
  remove_old (location, step, keep);
  return TRUE;
}

static gboolean
has_config (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "config.json", NULL);
  return !mae_file_is_absent (path);
}

/* (transfer full) where `latest` in location leads, which may be relative to the
 * working directory; the link itself, where it is a folder instead. */
static char *
resolve_link (const char *location, const char *target, const char *link)
{
  if (!target)
    return g_strdup (link);
  return g_path_is_absolute (target)
             ? g_strdup (target)
             : g_build_filename (location, target, NULL);
}

char *
checkpoint_resolve (const char *location, GError **error)
{
  g_autofree char *link = g_build_filename (location, LATEST, NULL);
  if (has_config (location))
    return g_strdup (location);
  if (mae_file_is_absent (link)) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND,
        "%s: no predictor there: neither config.json nor " LATEST, location);
    return NULL;
  }
  /* The link's target, so that all files are read from one version even when
   * the next one is published meanwhile. */
  g_autofree char *target = g_file_read_link (link, NULL);
  g_autofree char *directory = resolve_link (location, target, link);
  if (has_config (directory))
    return g_steal_pointer (&directory);
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
      "%s: " LATEST ": leads to no predictor: no config.json in %s", location,
      directory);
  return NULL;
}

char *
checkpoint_previous (const char *directory)
{
  g_autofree char *location = g_path_get_dirname (directory);
  g_autofree char *name = g_path_get_basename (directory);
  g_autoptr (GDir) dir = g_dir_open (location, 0, NULL);
  guint64 own, step, before = 0;
  gboolean found = FALSE;

  if (!dir || !parse_step (name, &own))
    return NULL;
  for (const char *other; (other = g_dir_read_name (dir));)
    if (parse_step (other, &step) && step < own && (!found || step > before)) {
      before = step;
      found = TRUE;
    }
  return found ? step_path (location, before) : NULL;
}
