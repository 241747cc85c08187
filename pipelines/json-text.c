/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * JSON for people.
 */
#include "json-text.h"

#include <string.h>

#include "units.h"

#define MAX_ENTRIES 8 /* of a list, on a line */

typedef struct {
  GPtrArray *names;
  GPtrArray *values;
} Lines;

static char *describe (const char *name, JsonNode *node);

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

/* Takes @part. */
static void
append_part (GString *text, const char *separator, char *part)
{
  g_string_append (text, text->len > 0 ? separator : "");
  g_string_append (text, part);
  g_free (part);
}

static char *
finish_list (GString *text)
{
  if (text->len == 0)
    g_string_append (text, "none");
  return g_string_free (text, FALSE);
}

static char *
describe_object (JsonObject *object)
{
  g_autoptr (GList) names = json_object_get_members (object);
  GString *text = g_string_new (NULL);

  for (GList *name = names; name; name = name->next) {
    g_autofree char *value
        = describe (name->data, json_object_get_member (object, name->data));

    append_part (
        text, ", ", g_strdup_printf ("%s: %s", (char *)name->data, value));
  }
  return finish_list (text);
}

static char *
describe_list (const char *name, JsonArray *list)
{
  guint n = json_array_get_length (list);
  GString *text;

  if (n > MAX_ENTRIES
      || (n > 0 && JSON_NODE_HOLDS_ARRAY (json_array_get_element (list, 0))))
    return g_strdup_printf ("%u entries (--json lists them)", n);
  text = g_string_new (NULL);
  for (guint i = 0; i < n; i++)
    append_part (text, "; ", describe (name, json_array_get_element (list, i)));
  return finish_list (text);
}

static char *
describe_number (const char *name, JsonNode *node)
{
  gint64 number = json_node_get_int (node);

  if (json_node_get_value_type (node) == G_TYPE_DOUBLE)
    return g_strdup_printf ("%.4g", json_node_get_double (node));
  if (g_str_has_suffix (name, "bytes"))
    return units_of_bytes ((guint64)number);
  return g_strdup_printf ("%" G_GINT64_FORMAT, number);
}

static char *
describe (const char *name, JsonNode *node)
{
  if (JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("-");
  if (JSON_NODE_HOLDS_OBJECT (node))
    return describe_object (json_node_get_object (node));
  if (JSON_NODE_HOLDS_ARRAY (node))
    return describe_list (name, json_node_get_array (node));
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  if (json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "yes" : "no");
  return describe_number (name, node);
}

static void
add_members (Lines *lines, JsonObject *object, const char *part)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *name = names; name; name = name->next) {
    JsonNode *node = json_object_get_member (object, name->data);
    char *full = g_strconcat (part, name->data, NULL);
    g_autofree char *prefix = g_strconcat (full, ".", NULL);

    if (holds_objects (node)) {
      add_members (lines, json_node_get_object (node), prefix);
      g_free (full);
    } else {
      g_ptr_array_add (lines->names, full);
      g_ptr_array_add (lines->values, describe (name->data, node));
    }
  }
}

char *
json_to_text (JsonObject *object)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  Lines lines = { names, values };
  GString *text = g_string_new (NULL);
  gsize width = 0;

  add_members (&lines, object, "");
  for (guint i = 0; i < names->len; i++)
    width = MAX (width, strlen (names->pdata[i]));
  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (text, "%-*s  %s\n", (int)width,
        (char *)names->pdata[i], (char *)values->pdata[i]);
  return g_string_free (text, FALSE);
}
