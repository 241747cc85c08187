/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/config-private.h"
#include "mae/json-private.h"
#include "mae/mapped-file-private.h"

#include <math.h>
#include <string.h>

#define ARCHITECTURE "ViTMAEForPreTraining"

typedef struct {
  const char *name;
  GType type;
  gsize offset;
} Field;

#define FIELD(name, type)                                                      \
  {                                                                            \
#name, type, G_STRUCT_OFFSET(VInfoMaeConfig, name)                         \
  }

static const Field fields[] = {
  FIELD (image_size, G_TYPE_INT64),
  FIELD (patch_size, G_TYPE_INT64),
  FIELD (num_channels, G_TYPE_INT64),
  FIELD (hidden_size, G_TYPE_INT64),
  FIELD (num_hidden_layers, G_TYPE_INT64),
  FIELD (num_attention_heads, G_TYPE_INT64),
  FIELD (intermediate_size, G_TYPE_INT64),
  FIELD (decoder_hidden_size, G_TYPE_INT64),
  FIELD (decoder_num_hidden_layers, G_TYPE_INT64),
  FIELD (decoder_num_attention_heads, G_TYPE_INT64),
  FIELD (decoder_intermediate_size, G_TYPE_INT64),
  FIELD (mask_ratio, G_TYPE_DOUBLE),
  FIELD (layer_norm_eps, G_TYPE_DOUBLE),
  FIELD (initializer_range, G_TYPE_DOUBLE),
  FIELD (norm_pix_loss, G_TYPE_BOOLEAN),
};

static gboolean
holds (JsonNode *node, GType type)
{
  return node && JSON_NODE_HOLDS_VALUE (node)
         && json_node_get_value_type (node) == type;
}

static gboolean
set_count (const Field *field, JsonNode *node, guint *value, GError **error)
{
  gint64 n = json_node_get_int (node);
  *value = CLAMP (n, 0, G_MAXINT);
  if (*value == n)
    return TRUE;
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
      "%s: %" G_GINT64_FORMAT " is out of range", field->name, n);
  return FALSE;
}

/* A missing field keeps what config holds: Hugging Face's own default. */
static gboolean
read_field (
    const Field *field, JsonNode *node, VInfoMaeConfig *config, GError **error)
{
  gpointer value = G_STRUCT_MEMBER_P (config, field->offset);
  gboolean is_int = holds (node, G_TYPE_INT64);
  if (!node)
    return TRUE;
  if (field->type == G_TYPE_INT64 && is_int)
    return set_count (field, node, value, error);
  if (field->type == G_TYPE_DOUBLE && (is_int || holds (node, field->type))) {
    *(gdouble *)value = json_node_get_double (node);
    return TRUE;
  }
  if (field->type == G_TYPE_BOOLEAN && holds (node, field->type)) {
    *(gboolean *)value = json_node_get_boolean (node);
    return TRUE;
  }
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
      "%s: has the wrong type: must be a %s", field->name,
      field->type == G_TYPE_INT64    ? "whole number"
      : field->type == G_TYPE_DOUBLE ? "number"
                                     : "boolean");
  return FALSE;
}

/* Whether a value is missing or that string. */
static gboolean
is_text (JsonNode *node, const char *text)
{
  return !node
         || (holds (node, G_TYPE_STRING)
             && g_str_equal (json_node_get_string (node), text));
}

static gboolean
is_true (JsonNode *node)
{
  return !node
         || (holds (node, G_TYPE_BOOLEAN) && json_node_get_boolean (node));
}

/* Returns: (transfer full): a value for a message, whoever wrote the file */
static char *
describe_text (JsonNode *node)
{
  g_autofree char *text = node && holds (node, G_TYPE_STRING)
                              ? g_strescape (json_node_get_string (node), NULL)
                              : NULL;

  return text   ? g_strdup_printf ("is \"%.40s\"", text)
         : node ? g_strdup ("is no text")
                : g_strdup ("missing");
}

/* Whether the list is missing or has the architecture. */
static gboolean
has_architecture (JsonNode *list)
{
  JsonArray *names = list && JSON_NODE_HOLDS_ARRAY (list)
                         ? json_node_get_array (list)
                         : NULL;
  for (guint i = 0; names && i < json_array_get_length (names); i++)
    if (is_text (json_array_get_element (names, i), ARCHITECTURE))
      return TRUE;
  return !list;
}

/* What the architecture fixes and the config may contradict. */
static gboolean
check_kind (JsonObject *json, GError **error)
{
  JsonNode *type = json_object_get_member (json, "model_type");
  const char *problem = NULL;
  if (!type || !is_text (type, "vit_mae")) {
    g_autofree char *found = describe_text (type);
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_UNSUPPORTED,
        "another model: model_type: %s, must be vit_mae", found);
    return FALSE;
  }
  if (!is_text (json_object_get_member (json, "hidden_act"), "gelu"))
    problem = "hidden_act: must be gelu";
  else if (!is_true (json_object_get_member (json, "qkv_bias")))
    problem = "qkv_bias: must be true";
  else if (!has_architecture (json_object_get_member (json, "architectures")))
    problem = "architectures: must have " ARCHITECTURE;
  if (problem)
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_UNSUPPORTED,
        "another model: %s", problem);
  return !problem;
}

static gboolean
read_config (JsonObject *json, VInfoMaeConfig *config, GError **error)
{
  if (!check_kind (json, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (!read_field (&fields[i], json_object_get_member (json, fields[i].name),
            config, error))
      return FALSE;
  return TRUE;
}

/* One number for all channels or one for each. */
static gboolean
read_statistic (
    JsonObject *json, const char *name, gdouble *values, GError **error)
{
  JsonNode *node = json_object_get_member (json, name);
  JsonArray *array = node && JSON_NODE_HOLDS_ARRAY (node)
                         ? json_node_get_array (node)
                         : NULL;
  guint n = array ? json_array_get_length (array) : 0;
  gboolean good = n == 1 || n == 3;
  for (guint i = 0; good && i < 3; i++) {
    JsonNode *value = json_array_get_element (array, n == 1 ? 0 : i);
    good = holds (value, G_TYPE_DOUBLE) || holds (value, G_TYPE_INT64);
    values[i] = good ? json_node_get_double (value) : 0;
  }
  if (node && !good)
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
        "%s: has the wrong type: must be a list of 1 or 3 numbers", name);
  return !node || good;
}

/* Pixels are always scaled to 0..1 and standardised. */
static gboolean
check_steps (JsonObject *json, GError **error)
{
  JsonNode *factor = json_object_get_member (json, "rescale_factor");
  const char *problem = NULL;
  if (!is_true (json_object_get_member (json, "do_rescale")))
    problem = "do_rescale: must be true";
  else if (!is_true (json_object_get_member (json, "do_normalize")))
    problem = "do_normalize: must be true";
  else if (factor
           && !(holds (factor, G_TYPE_DOUBLE)
                && fabs (json_node_get_double (factor) * 255 - 1) < 1e-6))
    problem = "rescale_factor: must be 1/255";
  if (problem)
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_UNSUPPORTED,
        "another preprocessing: %s", problem);
  return !problem;
}

static gboolean
read_preprocessor (JsonObject *json, VInfoMaeConfig *config, GError **error)
{
  return check_steps (json, error)
         && read_statistic (json, "image_mean", config->image_mean, error)
         && read_statistic (json, "image_std", config->image_std, error);
}

typedef gboolean (*Reader) (
    JsonObject *json, VInfoMaeConfig *config, GError **error);

static gboolean
read_file (
    const char *path, Reader reader, VInfoMaeConfig *config, GError **error)
{
  g_autoptr (JsonObject) json = mae_json_read (path, error);
  if (!json)
    return FALSE;
  if (reader (json, config, error) && vinfo_mae_config_validate (config, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

gboolean
mae_config_read (const char *directory, VInfoMaeConfig *config, GError **error)
{
  g_autofree char *path = g_build_filename (directory, "config.json", NULL);
  g_autofree char *preprocessor
      = g_build_filename (directory, "preprocessor_config.json", NULL);
  vinfo_mae_config_named ("base", config, NULL);
  return read_file (path, read_config, config, error)
         && (mae_file_is_absent (preprocessor)
             || read_file (preprocessor, read_preprocessor, config, error));
}

static void
set_field (JsonObject *json, const Field *field, const VInfoMaeConfig *config)
{
  gconstpointer value = (const char *)config + field->offset;
  if (field->type == G_TYPE_INT64)
    json_object_set_int_member (json, field->name, *(const guint *)value);
  else if (field->type == G_TYPE_DOUBLE)
    json_object_set_double_member (json, field->name, *(const gdouble *)value);
  else
    json_object_set_boolean_member (
        json, field->name, *(const gboolean *)value);
}

static JsonObject *
build_config (const VInfoMaeConfig *config)
{
  JsonObject *json = json_object_new ();
  JsonArray *architectures = json_array_new ();
  json_array_add_string_element (architectures, ARCHITECTURE);
  json_object_set_array_member (json, "architectures", architectures);
  json_object_set_string_member (json, "model_type", "vit_mae");
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    set_field (json, &fields[i], config);
  json_object_set_string_member (json, "hidden_act", "gelu");
  json_object_set_boolean_member (json, "qkv_bias", TRUE);
  json_object_set_double_member (json, "hidden_dropout_prob", 0);
  json_object_set_double_member (json, "attention_probs_dropout_prob", 0);
  json_object_set_string_member (json, "torch_dtype", "float32");
  return json;
}

static void
set_statistic (
    JsonObject *json, const char *name, const gdouble *values, guint n)
{
  JsonArray *array = json_array_new ();
  for (guint i = 0; i < n; i++)
    json_array_add_double_element (array, values[i]);
  json_object_set_array_member (json, name, array);
}

static JsonObject *
build_preprocessor (const VInfoMaeConfig *config)
{
  JsonObject *json = json_object_new (), *size = json_object_new ();
  json_object_set_string_member (
      json, "image_processor_type", "ViTImageProcessor");
  json_object_set_boolean_member (json, "do_resize", TRUE);
  json_object_set_int_member (size, "height", config->image_size);
  json_object_set_int_member (size, "width", config->image_size);
  json_object_set_object_member (json, "size", size);
  json_object_set_int_member (json, "resample", 2); /* bilinear */
  json_object_set_boolean_member (json, "do_rescale", TRUE);
  json_object_set_double_member (json, "rescale_factor", 1 / 255.0);
  json_object_set_boolean_member (json, "do_normalize", TRUE);
  set_statistic (json, "image_mean", config->image_mean, config->num_channels);
  set_statistic (json, "image_std", config->image_std, config->num_channels);
  return json;
}

static gboolean
write_file (
    const char *directory, const char *name, JsonObject *json, GError **error)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (GError) why = NULL;
  json_node_take_object (node, json);
  g_autofree char *text = json_to_string (node, TRUE);
  if (g_file_set_contents_full (path, text, strlen (text),
          G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666,
          &why))
    return TRUE;
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_IO,
      "%s: cannot write: %s", path, why->message);
  return FALSE;
}

gboolean
mae_config_write (
    const char *directory, const VInfoMaeConfig *config, GError **error)
{
  return write_file (directory, "config.json", build_config (config), error)
         && write_file (directory, "preprocessor_config.json",
             build_preprocessor (config), error);
}
