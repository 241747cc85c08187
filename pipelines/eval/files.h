/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/** Files: those of a folder, or of an archive that is held in memory. */
typedef struct _Files Files;

/** files_open: Returns: (transfer full): or %NULL with @error */
Files *files_open (const char *location, GError **error);
void files_free (Files *self);

/** files_read: Returns: (transfer full): content of @name, or %NULL */
GBytes *files_read (Files *self, const char *name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Files, files_free)
