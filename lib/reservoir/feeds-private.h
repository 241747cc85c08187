/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Entry Entry;

/* The kept samples of each feed, so that the worst of one is found without a
 * look at all others. */
typedef struct {
  GHashTable *groups; /* name → GPtrArray of Entry, never empty */
} Feeds;

void feeds_init (Feeds *feeds);
void feeds_finish (Feeds *feeds);
void feeds_add (Feeds *feeds, Entry *entry);
void feeds_remove (Feeds *feeds, Entry *entry);

/* Returns: (transfer none) (nullable): entries of @feed in no order */
GPtrArray *feeds_find (const Feeds *feeds, const char *feed);

G_END_DECLS
