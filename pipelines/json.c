/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * JSON of what GStreamer and the formulas give: structures, and NaN as null.
 */
#include "json.h"

#include <math.h>

static void
add_value (JsonBuilder *builder, double value)
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
  add_value (builder, value);
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
    add_value (builder, g_value_get_double (&number));
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

char *
json_builder_to_text (JsonBuilder *builder, gboolean pretty)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return json_to_string (root, pretty);
}

static gboolean
holds_objects (JsonNode *node)
{
  g_autoptr (GList) values = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  values = json_object_get_values (json_node_get_object (node));
  for (GList *value = values; value; value = value->next)
    if (JSON_NODE_HOLDS_OBJECT (value->data))
      return TRUE;
  return FALSE;
}

/* Of what is made of parts each part's members have a line, named PART.NAME. */
static void
print_members (JsonObject *object, const char *part)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *name = names; name; name = name->next) {
    JsonNode *node = json_object_get_member (object, name->data);
    g_autofree char *full = g_strconcat (part, name->data, NULL);
    g_autofree char *prefix = g_strconcat (full, ".", NULL);
    g_autofree char *value = json_to_string (node, FALSE);

    if (holds_objects (node))
      print_members (json_node_get_object (node), prefix);
    else
      g_print ("%-10s %s\n", full, value);
  }
}

void
json_print (JsonBuilder *builder, gboolean line)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = NULL;

  if (!line) {
    print_members (json_node_get_object (root), "");
    return;
  }
  text = json_to_string (root, FALSE);
  g_print ("%s\n", text);
}
