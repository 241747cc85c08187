/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "result.h"

#include <json-glib/json-glib.h>

void
result_append (GString *lines, const Result *result)
{
  char value[G_ASCII_DTOSTR_BUF_SIZE], ratio[G_ASCII_DTOSTR_BUF_SIZE];
  char junk[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (value, sizeof value, "%.8g", result->value);
  g_ascii_formatd (ratio, sizeof ratio, "%g", result->ratio);
  g_ascii_formatd (junk, sizeof junk, "%g", result->junk);
  g_string_append_printf (lines,
      "{\"experiment\":\"%s\",\"stream\":\"%s\",\"junk\":%s,\"ratio\":%s,"
      "\"arm\":\"%s\",\"seed\":%u,\"metric\":\"%s\",\"value\":%s,"
      "\"commit\":\"%s\"}\n",
      result->experiment, result->stream, junk, ratio, result->arm,
      result->seed, result->metric, value, result->commit);
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static gboolean
get_number (JsonObject *object, const char *name, double *number)
{
  JsonNode *node = json_object_get_member (object, name);
  GType type = node && JSON_NODE_HOLDS_VALUE (node)
                   ? json_node_get_value_type (node)
                   : G_TYPE_INVALID;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;
  *number = json_node_get_double (node);
  return TRUE;
}

static gboolean
parse (JsonObject *object, Result *result)
{
  double seed;

  *result = (Result){ .experiment = get_text (object, "experiment"),
    .stream = get_text (object, "stream"),
    .arm = get_text (object, "arm"),
    .metric = get_text (object, "metric"),
    .commit = get_text (object, "commit") };
  if (!result->experiment || !result->arm || !result->metric
      || !get_number (object, "seed", &seed) || !(seed >= 0)
      || seed > G_MAXUINT32 || !get_number (object, "value", &result->value))
    return FALSE;
  result->seed = (guint)seed;
  result->stream = result->stream ? result->stream : "";
  result->commit = result->commit ? result->commit : "";
  get_number (object, "junk", &result->junk);
  get_number (object, "ratio", &result->ratio);
  return TRUE;
}

gboolean
result_read_file (
    const char *file, ResultFunc func, gpointer user_data, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (file, &text, NULL, error))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    g_autoptr (JsonNode) node
        = lines[i][0] != '\0' ? json_from_string (lines[i], NULL) : NULL;
    Result result;

    if (lines[i][0] == '\0')
      continue;
    if (!node || !JSON_NODE_HOLDS_OBJECT (node)
        || !parse (json_node_get_object (node), &result)) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "%s: line %u: no result", file, i + 1);
      return FALSE;
    }
    func (&result, user_data);
  }
  return TRUE;
}
