/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Maps a regular file; NULL with a VINFO_MAE_ERROR that names it: NOT_FOUND
 * where there is none, IO where it cannot be read or is anything else, such as
 * a pipe, which would be waited for. */
GMappedFile *mae_map_file (const char *path, GError **error);

/* Whether nothing has that name. A link that leads nowhere is something, and
 * so is what cannot be looked at: neither may pass for a file left out. */
gboolean mae_file_is_absent (const char *path);

G_END_DECLS
