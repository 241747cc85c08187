/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* (transfer full) the object that untrusted text of `size` bytes holds; NULL
 * with error (CORRUPT, without the file's name) where it is no JSON object or
 * is nested deeper than any format here. */
JsonObject *mae_json_parse (const char *text, gsize size, GError **error);

G_END_DECLS
