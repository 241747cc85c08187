/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/** folder_make: with those that it is in; %FALSE with @error, which says why */
gboolean folder_make (const char *folder, GError **error);

/** folder_remove: with all that is in it; nothing where there is none */
void folder_remove (const char *folder);
