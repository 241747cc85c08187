/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/**
 * choice_parse:
 * @type: an enumeration
 * @what: the name of the choice, for the error
 * @nick: one of its values
 *
 * Returns: %FALSE with @error, naming those there are, where @nick is none
 */
gboolean choice_parse (GType type, const char *what, const char *nick,
    gint *value, GError **error);

/**
 * choice_check:
 * @names: (array zero-terminated=1)
 * @name: (nullable): not given
 *
 * Returns: %FALSE with @error, naming those there are, where @name is none
 */
gboolean choice_check (const char *const *names, const char *what,
    const char *name, GError **error);
