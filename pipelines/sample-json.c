/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Samples to and from JSON, as exports carry them beside the pictures.
 */
#include "sample-json.h"

#include <math.h>

#include "address.h"
#include "json.h"

#define ID_DIGITS 16

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
add_hex (JsonBuilder *builder, const char *name, guint64 number)
{
  g_autofree char *digits = g_strdup_printf ("%" VINFO_ID_FORMAT, number);

  add_text (builder, name, digits);
}

static void
add_flag (JsonBuilder *builder, const char *name, gboolean flag)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, flag);
}

static void
add_origin (JsonBuilder *builder, const VInfoSample *sample)
{
  /* the application that named the stream may not have thought of who reads it */
  g_autofree char *source = address_without_secrets (sample->source);

  add_hex (builder, "id", sample->id);
  add_text (builder, "feed", sample->feed);
  add_text (builder, "source", source);
  if (sample->pts == G_MAXUINT64) {
    json_builder_set_member_name (builder, "pts");
    json_builder_add_null_value (builder);
  } else {
    json_add_int (builder, "pts", (gint64)sample->pts);
  }
  json_add_int (builder, "wall_time", sample->wall_time);
  add_text (builder, "caps", sample->caps);
  json_add_int (builder, "width", sample->width);
  json_add_int (builder, "height", sample->height);
}

static void
add_score (JsonBuilder *builder, const VInfoScore *score)
{
  json_add_number (builder, "loss", score->loss);
  json_add_number (builder, "pvi", score->pvi);
  json_add_number (builder, "gain", score->gain);
  json_add_number (builder, "score", score->value);
  json_add_number (builder, "quantile", score->quantile);
  json_add_number (builder, "region", score->region);
  json_add_number (builder, "ood", score->ood);
  json_add_int (builder, "version", (gint64)score->version);
  json_add_int (builder, "masks", score->masks);
}

static void
add_place (JsonBuilder *builder, const VInfoSample *sample, gint64 rule)
{
  json_add_number (builder, "ticket", sample->u);
  json_add_number (builder, "key", sample->key);
  add_hex (builder, "rule", (guint64)rule);
  add_flag (builder, "uniform", sample->uniform);
  add_flag (builder, "spare", sample->spare);
  json_add_int (builder, "arrival", (gint64)sample->arrival);
  json_add_number (builder, "inclusion", sample->inclusion);
  json_add_number (builder, "soft_inclusion", sample->soft_inclusion);
  json_add_number (builder, "uniform_inclusion", sample->uniform_inclusion);
  json_add_number (builder, "first_loss", sample->first_loss);
  json_add_int (builder, "views", sample->views);
}

/* Of the frame before it was encoded, which a lossy picture gives no more. */
static void
add_thumbnail (JsonBuilder *builder, const VInfoSample *sample)
{
  g_autofree char *text
      = g_base64_encode (sample->thumbnail, VINFO_THUMBNAIL_SIZE);

  add_text (builder, "thumbnail", text);
}

static void
add_embedding (JsonBuilder *builder, const VInfoSample *sample)
{
  json_builder_set_member_name (builder, "embedding");
  json_builder_begin_array (builder);
  for (guint i = 0; i < sample->embedding_size; i++)
    json_add_value (builder, sample->embedding[i]);
  json_builder_end_array (builder);
  json_add_int (
      builder, "embedding_version", (gint64)sample->embedding_version);
}

char *
sample_to_json (const VInfoSample *sample, gint64 rule, const char *file_name)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  if (file_name)
    add_text (builder, "file_name", file_name);
  add_origin (builder, sample);
  add_score (builder, &sample->score);
  add_place (builder, sample, rule);
  add_thumbnail (builder, sample);
  add_embedding (builder, sample);
  json_builder_end_object (builder);
  return json_builder_to_text (builder, FALSE);
}

/* Goes through the members; remembers the first that is of no use. */
typedef struct {
  JsonObject *object;
  GError *error;
} Reader;

static void
refuse (Reader *reader, const char *name, const char *why)
{
  if (!reader->error)
    reader->error = g_error_new (
        G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", name, why);
}

/* NULL where it isn't there, or null. */
static JsonNode *
find (Reader *reader, const char *name)
{
  JsonNode *node = json_object_get_member (reader->object, name);

  return node && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

/* The value of a member of one of two types; NULL where it isn't there. */
static JsonNode *
find_value (
    Reader *reader, const char *name, GType type, GType other, const char *want)
{
  JsonNode *node = find (reader, name);
  GType found = node ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (!node || found == type || found == other)
    return node;
  refuse (reader, name, want);
  return NULL;
}

static void
read_text (Reader *reader, const char *name, char **text)
{
  JsonNode *node = find_value (
      reader, name, G_TYPE_STRING, G_TYPE_STRING, "is not a text");

  if (!node)
    return;
  g_free (*text);
  *text = json_node_dup_string (node);
}

static double
read_number (Reader *reader, const char *name)
{
  JsonNode *node = find_value (
      reader, name, G_TYPE_DOUBLE, G_TYPE_INT64, "is not a number");

  return node ? json_node_get_double (node) : NAN;
}

static gint64
read_int (Reader *reader, const char *name, gint64 missing)
{
  JsonNode *node = find_value (
      reader, name, G_TYPE_INT64, G_TYPE_INT64, "is not a whole number");
  gint64 value = node ? json_node_get_int (node) : missing;

  if (node && value < 0)
    refuse (reader, name, "is less than 0");
  return value;
}

static gboolean
read_flag (Reader *reader, const char *name)
{
  JsonNode *node = find_value (reader, name, G_TYPE_BOOLEAN, G_TYPE_BOOLEAN,
      "is neither true nor false");

  return node && json_node_get_boolean (node);
}

static gboolean
read_hex (Reader *reader, const char *name, guint64 *number)
{
  g_autofree char *digits = NULL;

  read_text (reader, name, &digits);
  if (!digits)
    return FALSE;
  if (strlen (digits) == ID_DIGITS
      && strspn (digits, "0123456789abcdef") == ID_DIGITS) {
    *number = g_ascii_strtoull (digits, NULL, 16);
    return TRUE;
  }
  refuse (reader, name, "is not 16 hexadecimal digits");
  return FALSE;
}

static void
read_score (Reader *reader, VInfoScore *score)
{
  score->loss = read_number (reader, "loss");
  score->pvi = read_number (reader, "pvi");
  score->gain = read_number (reader, "gain");
  score->value = read_number (reader, "score");
  score->quantile = read_number (reader, "quantile");
  score->region = read_number (reader, "region");
  score->ood = read_number (reader, "ood");
  score->version = read_int (reader, "version", 0);
  score->masks = read_int (reader, "masks", 0);
}

static void
read_thumbnail (Reader *reader, VInfoSample *sample)
{
  g_autofree char *text = NULL;
  g_autofree guint8 *data = NULL;
  gsize size;

  read_text (reader, "thumbnail", &text);
  if (!text)
    return;
  data = g_base64_decode (text, &size);
  if (size == VINFO_THUMBNAIL_SIZE)
    memcpy (sample->thumbnail, data, size);
  else
    refuse (reader, "thumbnail", "is not 256 bytes in base64");
}

static gboolean
is_number (JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  return type == G_TYPE_DOUBLE || type == G_TYPE_INT64;
}

static void
read_embedding (Reader *reader, VInfoSample *sample)
{
  JsonNode *node = find (reader, "embedding");
  JsonArray *array = node && JSON_NODE_HOLDS_ARRAY (node)
                         ? json_node_get_array (node)
                         : NULL;
  guint n = array ? json_array_get_length (array) : 0;

  if (node && !array)
    refuse (reader, "embedding", "is not a list");
  if (n == 0)
    return;
  sample->embedding_size = n;
  sample->embedding = g_new (gfloat, n);
  for (guint i = 0; i < n; i++) {
    JsonNode *number = json_array_get_element (array, i);

    sample->embedding[i]
        = is_number (number) ? (gfloat)json_node_get_double (number) : NAN;
    if (!isfinite (sample->embedding[i]))
      refuse (reader, "embedding", "holds what is no number");
  }
}

static void
read_sample (Reader *reader, VInfoSample *sample, gint64 *rule)
{
  guint64 number = 0;

  read_hex (reader, "id", &sample->id);
  read_text (reader, "feed", &sample->feed);
  read_text (reader, "source", &sample->source);
  read_text (reader, "caps", &sample->caps);
  sample->pts = (guint64)read_int (reader, "pts", (gint64)sample->pts);
  sample->wall_time = read_int (reader, "wall_time", sample->wall_time);
  read_score (reader, &sample->score);
  sample->u = read_number (reader, "ticket");
  sample->key = read_number (reader, "key");
  *rule = read_hex (reader, "rule", &number) ? (gint64)number : 0;
  sample->uniform = read_flag (reader, "uniform");
  sample->spare = read_flag (reader, "spare");
  sample->arrival = read_int (reader, "arrival", (gint64)sample->arrival);
  sample->inclusion = read_number (reader, "inclusion");
  sample->soft_inclusion = read_number (reader, "soft_inclusion");
  sample->uniform_inclusion = read_number (reader, "uniform_inclusion");
  sample->first_loss = read_number (reader, "first_loss");
  sample->views = read_int (reader, "views", 0);
  read_thumbnail (reader, sample);
  read_embedding (reader, sample);
  sample->embedding_version = read_int (reader, "embedding_version", 0);
}

/* What add_place() and add_thumbnail() write into every object, and nobody else. */
static gboolean
is_ours (JsonObject *object)
{
  return json_object_has_member (object, "rule")
         && json_object_has_member (object, "ticket")
         && json_object_has_member (object, "thumbnail");
}

gboolean
sample_set_json (
    VInfoSample *sample, JsonObject *object, gint64 *rule, GError **error)
{
  Reader reader = { object, NULL };

  *rule = 0;
  if (!is_ours (object))
    return TRUE;
  read_sample (&reader, sample, rule);
  if (!reader.error)
    return TRUE;
  g_propagate_error (error, reader.error);
  return FALSE;
}
