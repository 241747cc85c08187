/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** folder_remove: with all that is in it; nothing where there is none */
void folder_remove (const char *folder);
