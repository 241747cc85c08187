/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * address_without_secrets:
 * @address: a URI, or a path, which stays as it is
 *
 * Returns: (transfer full): @address as it may be shown and written: without
 *   user name and password, and with `hidden=` and 8 hexadecimal digits in the
 *   place of its query. Of such a one, the same.
 */
char *address_without_secrets (const char *address);
