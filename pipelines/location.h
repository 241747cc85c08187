/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** location_is_predictor: whether @folder is one, or one of versions */
gboolean location_is_predictor (const char *folder);

/** location_find_store: (nullable): of the results of `vinfo run` in @folder */
char *location_find_store (const char *folder);
char *location_find_predictor (const char *folder);

/**
 * location_to_store:
 * @path: (inout) (nullable): where a store is meant
 *
 * Makes of a folder of results the store in it; anything else stays.
 */
void location_to_store (char **path);

/** location_to_predictor: the same where a predictor is meant */
void location_to_predictor (char **path);
