/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * JSON of what GStreamer and the formulas give: structures, and NaN as null.
 */
#include "json.h"

#include <math.h>

#include "json-text.h"

void
json_add_value (JsonBuilder *builder, double value)
{
  if (isfinite (value))
    json_builder_add_double_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

void
json_add_number (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  json_add_value (builder, value);
}

void
json_add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static gboolean
add_field (GQuark field, const GValue *value, gpointer data)
{
  JsonBuilder *builder = data;
  g_auto (GValue) number = G_VALUE_INIT;

  json_builder_set_member_name (builder, g_quark_to_string (field));
  if (G_VALUE_HOLDS_BOOLEAN (value)) {
    json_builder_add_boolean_value (builder, g_value_get_boolean (value));
  } else if (G_VALUE_HOLDS_DOUBLE (value) || G_VALUE_HOLDS_FLOAT (value)) {
    g_value_init (&number, G_TYPE_DOUBLE);
    g_value_transform (value, &number);
    json_add_value (builder, g_value_get_double (&number));
  } else if (G_VALUE_HOLDS_STRING (value)) {
    json_builder_add_string_value (builder, g_value_get_string (value));
  } else if (g_value_type_transformable (G_VALUE_TYPE (value), G_TYPE_INT64)) {
    g_value_init (&number, G_TYPE_INT64);
    g_value_transform (value, &number);
    json_builder_add_int_value (builder, g_value_get_int64 (&number));
  } else {
    g_autofree char *text = gst_value_serialize (value);

    json_builder_add_string_value (builder, text);
  }
  return TRUE;
}

void
json_add_structure (JsonBuilder *builder, const GstStructure *structure)
{
  gst_structure_foreach (structure, add_field, builder);
}

/* Texts of a file that someone else wrote may be in any encoding; JSON is in
 * UTF-8: what isn't is U+FFFD. */
static char *
make_valid (char *text)
{
  char *valid = g_utf8_make_valid (text, -1);

  g_free (text);
  return valid;
}

char *
json_builder_to_text (JsonBuilder *builder, gboolean pretty)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return make_valid (json_to_string (root, pretty));
}

void
json_print (JsonBuilder *builder, gboolean line)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text
      = make_valid (line ? json_to_string (root, FALSE)
                         : json_to_text (json_node_get_object (root)));

  g_print (line ? "%s\n" : "%s", text);
}
