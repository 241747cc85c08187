/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/** inspect_store: adds what is in the store @file to the open object */
gboolean inspect_store (const char *file, JsonBuilder *builder, GError **error);
