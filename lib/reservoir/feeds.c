/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/feeds-private.h"

#include "reservoir/kept-private.h"

void
feeds_init (Feeds *feeds)
{
  feeds->groups = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

void
feeds_finish (Feeds *feeds)
{
  g_clear_pointer (&feeds->groups, g_hash_table_unref);
}

static const char *
get_name (const Entry *entry)
{
  return entry->sample->feed != NULL ? entry->sample->feed : "";
}

void
feeds_add (Feeds *feeds, Entry *entry)
{
  GPtrArray *group = g_hash_table_lookup (feeds->groups, get_name (entry));

  if (group == NULL) {
    group = g_ptr_array_new ();
    g_hash_table_insert (feeds->groups, g_strdup (get_name (entry)), group);
  }
  entry->place = group->len;
  g_ptr_array_add (group, entry);
}

void
feeds_remove (Feeds *feeds, Entry *entry)
{
  GPtrArray *group = g_hash_table_lookup (feeds->groups, get_name (entry));
  Entry *last = g_ptr_array_index (group, group->len - 1);

  g_ptr_array_remove_index_fast (group, entry->place);
  last->place = entry->place;
  if (group->len == 0)
    g_hash_table_remove (feeds->groups, get_name (entry));
}

GPtrArray *
feeds_find (const Feeds *feeds, const char *feed)
{
  return g_hash_table_lookup (feeds->groups, feed);
}
