/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * address_without_password:
 * @address: a URI, or a path, which stays as it is
 *
 * Returns: (transfer full): @address without user name and password, as it may
 *   be shown and written
 */
char *address_without_password (const char *address);
