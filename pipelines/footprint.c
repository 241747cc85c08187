/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a run makes before its first frame, and takes back if none comes.
 */
#include "footprint.h"

#include <glib/gstdio.h>

#include "store/vinfo-store.h"

static char *
note_file (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS) ? NULL : g_strdup (path);
}

static GPtrArray *
note_folders (const char *folder)
{
  GPtrArray *folders = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = g_canonicalize_filename (folder, NULL);

  while (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    char *parent = g_path_get_dirname (path);

    g_ptr_array_add (folders, path);
    path = parent;
  }
  return folders;
}

void
footprint_note (
    Footprint *self, const char *store, const char *log, const char *folder)
{
  *self = (Footprint){ note_file (store), note_file (log),
    note_folders (folder) };
}

static gboolean
is_nobodys_store (const char *path)
{
  g_autofree char *lock = g_strconcat (path, "-lock", NULL);
  g_autoptr (VInfoStore) store = NULL;
  g_autoptr (GPtrArray) samples = NULL;

  if (g_file_test (lock, G_FILE_TEST_EXISTS))
    return FALSE;
  store = vinfo_store_open_existing (path, NULL);
  samples = store ? vinfo_store_list (store, NULL) : NULL;
  return samples && samples->len == 0;
}

void
footprint_erase (const Footprint *self)
{
  if (self->store && is_nobodys_store (self->store))
    g_unlink (self->store);
  if (self->log)
    g_unlink (self->log);
  for (guint i = 0; i < self->folders->len; i++)
    g_rmdir (self->folders->pdata[i]); /* unless something is in it */
}

void
footprint_clear (Footprint *self)
{
  g_clear_pointer (&self->store, g_free);
  g_clear_pointer (&self->log, g_free);
  g_clear_pointer (&self->folders, g_ptr_array_unref);
}
