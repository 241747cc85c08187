/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A folder of results of `vinfo run` stands for the store or the predictor in it,
 * whichever is meant.
 */
#include "location.h"

/* Returns: (transfer full) (nullable): @name in @folder, where that is there, be
 * it a link that leads nowhere: what opens it says where to */
static char *
find_in (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS)
                 || g_file_test (path, G_FILE_TEST_IS_SYMLINK)
             ? g_steal_pointer (&path)
             : NULL;
}

gboolean
location_is_predictor (const char *folder)
{
  g_autofree char *config = find_in (folder, "config.json");
  g_autofree char *latest = find_in (folder, "latest");

  return config || latest;
}

char *
location_find_store (const char *folder)
{
  return find_in (folder, "store.vinfo");
}

/* A first run that couldn't write its predictor leaves an empty folder. */
char *
location_find_predictor (const char *folder)
{
  g_autofree char *predictor = find_in (folder, "predictor");

  return predictor && location_is_predictor (predictor)
                 && !location_is_predictor (folder)
             ? g_steal_pointer (&predictor)
             : NULL;
}

static void
replace (char **path, char *(*find) (const char *folder))
{
  char *found = *path ? find (*path) : NULL;

  if (!found)
    return;
  g_free (*path);
  *path = found;
}

void
location_to_store (char **path)
{
  replace (path, location_find_store);
}

void
location_to_predictor (char **path)
{
  replace (path, location_find_predictor);
}
