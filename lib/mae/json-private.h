/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* (transfer full) the object that untrusted text of `size` bytes holds; NULL
 * with error (CORRUPT, without the file's name) where it is no JSON object, is
 * nested deeper than any format here, or has two members of one name. */
JsonObject *mae_json_parse (const char *text, gsize size, GError **error);

/* The same for what a file holds. Errors name it; NOT_FOUND where there is
 * none, IO where it cannot be read. */
JsonObject *mae_json_read (const char *path, GError **error);

/* (nullable) what is wrong with UTF-8 text as JSON, and at which byte */
const char *mae_json_problem (const char *text, gsize size, gsize *where);

G_END_DECLS
