/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/json-private.h"

#include "mae/mapped-file-private.h"
#include "mae/vinfo-mae.h"

/* Configs have some kilobytes; those with thousands of class names some
 * hundreds. */
#define MAX_FILE (16u << 20)

/* Members so far of each object that is open, for json-glib keeps only the
 * last of those that have one name. */
typedef struct {
  GArray *counts; /* of guint */
  char *twice;    /* the first name that came twice */
} Members;

static void
begin_object (JsonParser *parser, gpointer data)
{
  const guint none = 0;
  g_array_append_val (((Members *)data)->counts, none);
}

static void
add_member (
    JsonParser *parser, JsonObject *object, const char *name, gpointer data)
{
  Members *members = data;
  guint *count
      = &g_array_index (members->counts, guint, members->counts->len - 1);
  if (++*count > json_object_get_size (object) && !members->twice)
    members->twice = g_strdup (name);
}

static void
end_object (JsonParser *parser, JsonObject *object, gpointer data)
{
  Members *members = data;
  g_array_set_size (members->counts, members->counts->len - 1);
}

/* NULL where a name comes twice: it is told then. */
static JsonNode *
load (JsonParser *parser, const char *text, gsize size, GError **error)
{
  Members members = { g_array_new (FALSE, FALSE, sizeof (guint)), NULL };
  g_autoptr (GError) why = NULL;
  JsonNode *root = NULL;
  g_signal_connect (
      parser, "object-start", G_CALLBACK (begin_object), &members);
  g_signal_connect (parser, "object-member", G_CALLBACK (add_member), &members);
  g_signal_connect (parser, "object-end", G_CALLBACK (end_object), &members);
  if (!json_parser_load_from_data (parser, text, size, &why))
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "not valid JSON: %s", why->message);
  else if (members.twice)
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "%s: there are two of that name", members.twice);
  else
    root = json_parser_get_root (parser);
  g_array_unref (members.counts);
  g_free (members.twice);
  return root;
}

JsonObject *
mae_json_parse (const char *text, gsize size, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  gsize where = 0;
  const char *problem = g_utf8_validate (text, size, NULL)
                            ? mae_json_problem (text, size, &where)
                            : "not UTF-8";
  if (problem) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "not valid JSON: %s, at byte %" G_GSIZE_FORMAT, problem, where);
    return NULL;
  }
  parser = json_parser_new_immutable ();
  JsonNode *root = load (parser, text, size, error);
  if (root && JSON_NODE_HOLDS_OBJECT (root))
    return json_node_dup_object (root);
  if (root)
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "not valid JSON: not an object");
  return NULL;
}

JsonObject *
mae_json_read (const char *path, GError **error)
{
  g_autoptr (GMappedFile) map = mae_map_file (path, error);
  gsize size = map ? g_mapped_file_get_length (map) : 0;
  JsonObject *json = NULL;
  if (!map)
    return NULL;
  if (size > MAX_FILE)
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "%" G_GSIZE_FORMAT " bytes: too large", size);
  else
    json = mae_json_parse (
        size > 0 ? g_mapped_file_get_contents (map) : "", size, error);
  if (!json)
    g_prefix_error (error, "%s: ", path);
  return json;
}
