/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/**
 * json_to_text:
 *
 * Returns: (transfer full): the members of @object for people, a line each:
 *   bytes in the unit that fits, four digits of other fractions, long lists by
 *   their length. Of what is made of parts each part's members have a line,
 *   named PART.NAME.
 */
char *json_to_text (JsonObject *object);
