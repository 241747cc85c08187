/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "store/vinfo-sample.h"

/**
 * sample_to_json:
 * @rule: the store's counter "rule", which says what its keys mean
 * @file_name: (nullable): of the picture, as imagefolder wants it
 *
 * All of @sample but the picture, by the names of the store's columns; the id
 * as 16 hexadecimal digits, for many readers keep numbers as 64-bit floats.
 *
 * Returns: (transfer full): one object on one line
 */
char *sample_to_json (
    const VInfoSample *sample, gint64 rule, const char *file_name);

/**
 * sample_set_json:
 * @rule: (out): 0 where none is given
 *
 * Sets what @object knows of @sample. An object without what sample_to_json()
 * always writes (rule, ticket, thumbnail) is passed over: a data set of some other
 * origin has labels, and names like ours for other things.
 *
 * Returns: %FALSE with @error, "MEMBER: WHY", where one of ours is of no use
 */
gboolean sample_set_json (
    VInfoSample *sample, JsonObject *object, gint64 *rule, GError **error);
