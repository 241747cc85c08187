/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Tells that something in a directory, or where a link to it points, has
 * changed: on a thread of its own, once for all that happens within a moment,
 * and once at the start, for what happened before. */
typedef struct _Watch Watch;

typedef void (*WatchFunc) (gpointer user_data);

/* func: runs on the watch's thread; destroy: of user_data, once func can be called
 * no more */
Watch *watch_new (const char *location, WatchFunc func, gpointer user_data,
    GDestroyNotify destroy);

/* Waits for a func in work, where it is not that which calls. NULL is fine. */
void watch_free (Watch *watch);
