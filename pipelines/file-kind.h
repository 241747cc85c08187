/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * file_kind_check_store:
 * @file: a regular file
 * @wanted: what to give instead, for the message
 *
 * Returns: whether @file begins as a store does; %FALSE with @error, which says
 *   what it is by its first bytes
 */
gboolean file_kind_check_store (
    const char *file, const char *wanted, GError **error);
