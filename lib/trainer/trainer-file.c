/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/trainer-file-private.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "mae/checkpoint-private.h"
#include "mae/json-private.h"
#include "mae/mae-private.h"
#include "mae/mapped-file-private.h"
#include "mae/safetensors-private.h"
#include "trainer/vinfo-trainer.h"

#define MOMENTS_NAME "trainer.safetensors"
#define STATE_NAME "trainer_state.json"

/* Sets of values for each trained parameter, in an arena like the weights. */
static const char *const prefixes[] = { "exp_avg.", "exp_avg_sq.", "raw." };

static float *
arena_of (guint set, VInfoMae *mae, const MaeAdamW *adamw)
{
  return set == 0 ? adamw->m : set == 1 ? adamw->v : mae->parameters;
}

static gboolean
write_tensors (const char *directory, const VInfoMae *mae, gboolean raw,
    const MaeAdamW *adamw, GError **error)
{
  g_autofree char *path = g_build_filename (directory, MOMENTS_NAME, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) entries
      = g_array_new (FALSE, FALSE, sizeof (SafetensorsEntry));

  for (guint set = 0; set < (raw ? 3 : 2); set++) {
    const float *arena = arena_of (set, (VInfoMae *)mae, adamw);

    for (guint i = 0; i < mae->tensors->len; i++) {
      const MaeTensor *tensor = &g_array_index (mae->tensors, MaeTensor, i);
      SafetensorsEntry entry = { .dtype = SAFETENSORS_F32,
        .n_dims = tensor->n_dims,
        .data = arena + tensor->offset };

      if (!tensor->trained)
        continue;
      entry.name = g_strconcat (prefixes[set], tensor->name, NULL);
      memcpy (
          entry.shape, tensor->shape, tensor->n_dims * sizeof entry.shape[0]);
      g_ptr_array_add (names, (char *)entry.name);
      g_array_append_val (entries, entry);
    }
  }
  return safetensors_write (
      path, (const SafetensorsEntry *)entries->data, entries->len, NULL, error);
}

static gboolean
write_state (const char *directory, const TrainerState *state, GError **error)
{
  g_autofree char *path = g_build_filename (directory, STATE_NAME, NULL);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "step");
  json_builder_add_int_value (builder, (gint64)state->step);
  json_builder_set_member_name (builder, "samples");
  json_builder_add_int_value (builder, (gint64)state->samples);
  json_builder_set_member_name (builder, "seed");
  json_builder_add_int_value (builder, (gint64)state->seed);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  return g_file_set_contents_full (path, text, -1,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644,
      error);
}

gboolean
trainer_file_write (const char *directory, const VInfoMae *mae, gboolean raw,
    const MaeAdamW *adamw, const TrainerState *state, GError **error)
{
  return write_tensors (directory, mae, raw, adamw, error)
         && write_state (directory, state, error);
}

static gboolean
read_integer (JsonObject *object, const char *name, gint64 min, gint64 max,
    guint64 *value, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (!node || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_INT64
      || json_node_get_int (node) < min) {
    g_set_error (error, VINFO_TRAINER_ERROR, VINFO_TRAINER_ERROR_STATE,
        "%s: missing, or no number of this kind", name);
    return FALSE;
  }
  if (json_node_get_int (node) > max) {
    g_set_error (error, VINFO_TRAINER_ERROR, VINFO_TRAINER_ERROR_STATE,
        "%s: %" G_GINT64_FORMAT ": too large to go on from: at most "
        "%" G_GINT64_FORMAT,
        name, json_node_get_int (node), max);
    return FALSE;
  }
  *value = (guint64)json_node_get_int (node);
  return TRUE;
}

/* The seed is any 64 bits, written with a sign. */
static gboolean
read_state (const char *path, TrainerState *state, GError **error)
{
  g_autoptr (JsonObject) json = mae_json_read (path, error);

  if (!json)
    return FALSE;
  if (read_integer (json, "step", 0, CHECKPOINT_MAX_COUNT, &state->step, error)
      && read_integer (
          json, "samples", 0, CHECKPOINT_MAX_COUNT, &state->samples, error)
      && read_integer (
          json, "seed", G_MININT64, G_MAXINT64, &state->seed, error))
    return TRUE;
  g_prefix_error (error, "%s: training state: ", path);
  return FALSE;
}

/* second: a second moment, which is a mean of squares */
static gboolean
check_values (const SafetensorsEntry *entry, gsize n, gboolean second,
    const char *path, GError **error)
{
  const char *bytes = entry->data;

  for (gsize i = 0; i < n; i++) {
    float value;

    memcpy (&value, bytes + i * sizeof value, sizeof value);
    if (!isfinite (value) || (second && value < 0)) {
      g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NON_FINITE,
          "%s: %s: holds NaN, infinite or, of squares, negative values", path,
          entry->name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
check_set (const Safetensors *in, const char *path, guint set,
    const VInfoMae *mae, GError **error)
{
  for (guint i = 0; i < mae->tensors->len; i++) {
    const MaeTensor *tensor = &g_array_index (mae->tensors, MaeTensor, i);
    g_autofree char *name = g_strconcat (prefixes[set], tensor->name, NULL);
    const SafetensorsEntry *entry;

    if (!tensor->trained)
      continue;
    entry = safetensors_expect (
        in, name, SAFETENSORS_F32, tensor->n_dims, tensor->shape, error);
    if (!entry || !check_values (entry, tensor->size, set == 1, path, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_set (const Safetensors *in, guint set, VInfoMae *mae, MaeAdamW *adamw,
    GError **error)
{
  float *arena = arena_of (set, mae, adamw);

  for (guint i = 0; i < mae->tensors->len; i++) {
    const MaeTensor *tensor = &g_array_index (mae->tensors, MaeTensor, i);
    g_autofree char *name = g_strconcat (prefixes[set], tensor->name, NULL);

    if (tensor->trained
        && !safetensors_read_floats (
            in, name, arena + tensor->offset, tensor->size, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_raw (const Safetensors *in)
{
  for (guint i = 0; i < safetensors_n_entries (in); i++)
    if (g_str_has_prefix (safetensors_entry (in, i)->name, prefixes[2]))
      return TRUE;
  return FALSE;
}

/* All is checked before anything is changed. */
static gboolean
read_tensors (const char *path, VInfoMae *mae, MaeAdamW *adamw, GError **error)
{
  g_autoptr (Safetensors) in = safetensors_open (path, error);
  guint n_sets = in && has_raw (in) ? 3 : 2;

  if (!in)
    return FALSE;
  for (guint set = 0; set < n_sets; set++)
    if (!check_set (in, path, set, mae, error))
      return FALSE;
  for (guint set = 0; set < n_sets; set++)
    if (!read_set (in, set, mae, adamw, error))
      return FALSE;
  return TRUE;
}

gboolean
trainer_file_read (const char *directory, VInfoMae *mae, MaeAdamW *adamw,
    TrainerState *state, gboolean *found, GError **error)
{
  g_autofree char *tensors = g_build_filename (directory, MOMENTS_NAME, NULL);
  g_autofree char *json = g_build_filename (directory, STATE_NAME, NULL);
  TrainerState read;

  *found = FALSE;
  if (mae_file_is_absent (json) && mae_file_is_absent (tensors))
    return TRUE;
  if (!read_state (json, &read, error)
      || !read_tensors (tensors, mae, adamw, error))
    return FALSE;
  *state = read;
  *found = TRUE;
  return TRUE;
}
