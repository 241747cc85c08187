/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

/** json_add_value: adds an element; `null` where @value is no finite number */
void json_add_value (JsonBuilder *builder, double value);

/** json_add_number: adds @name; `null` where @value is no finite number */
void json_add_number (JsonBuilder *builder, const char *name, double value);

/** json_add_int: adds @name, a whole number */
void json_add_int (JsonBuilder *builder, const char *name, gint64 value);

/** json_add_structure: adds each field of @structure, as it is named there */
void json_add_structure (JsonBuilder *builder, const GstStructure *structure);

/**
 * json_builder_to_text:
 * @pretty: on several lines, for people
 *
 * Returns: (transfer full): what @builder holds
 */
char *json_builder_to_text (JsonBuilder *builder, gboolean pretty);

/**
 * json_print:
 * @line: the object on one line, for scripts; else its members as json_to_text()
 *
 * Prints the object that @builder holds.
 */
void json_print (JsonBuilder *builder, gboolean line);
