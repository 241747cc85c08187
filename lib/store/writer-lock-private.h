/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Makes this process's holder the one writer of a store: an flock on LOCATION-
 * lock beside it, gone with the process however that ends. Readers don't need
 * it. name: what to call the store in errors. Returns a file descriptor, or -1
 * with error BUSY or FAILED. */
gint writer_lock_acquire (
    const char *location, const char *name, GError **error);

/* Gives it up and removes the lock file; does nothing for -1. */
void writer_lock_release (const char *location, gint fd);

G_END_DECLS
