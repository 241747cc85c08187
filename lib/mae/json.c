/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/json-private.h"

#include "mae/vinfo-mae.h"

#define MAX_DEPTH 32

/* json-glib recurses, so that a file of brackets alone would use up the
 * stack. */
static gboolean
is_too_deep (const char *text, gsize size)
{
  gboolean in_string = FALSE;
  gint depth = 0;
  for (gsize i = 0; i < size; i++) {
    if (in_string && text[i] == '\\')
      i++;
    else if (text[i] == '"')
      in_string = !in_string;
    else if (!in_string && (text[i] == '{' || text[i] == '['))
      depth++;
    else if (!in_string && (text[i] == '}' || text[i] == ']'))
      depth--;
    if (depth > MAX_DEPTH)
      return TRUE;
  }
  return FALSE;
}

JsonObject *
mae_json_parse (const char *text, gsize size, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) why = NULL;
  JsonNode *root = NULL;
  if (!g_utf8_validate (text, size, NULL) || is_too_deep (text, size))
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "not valid JSON: not UTF-8 or nested too deep");
  else if (!json_parser_load_from_data (parser, text, size, &why))
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "not valid JSON: %s", why->message);
  else if (!(root = json_parser_get_root (parser))
           || !JSON_NODE_HOLDS_OBJECT (root))
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "not valid JSON: not an object");
  else
    return json_node_dup_object (root);
  return NULL;
}
