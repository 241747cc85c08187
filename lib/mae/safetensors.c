/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading: the file is hostile until all of it has been checked. */

#include "mae/safetensors-private.h"

#include "mae/dtype-private.h"
#include "mae/json-private.h"
#include "mae/mapped-file-private.h"
#include "mae/vinfo-mae.h"

#include <string.h>

/* `large` with a trainer's three sets of tensors takes a quarter of a MiB. The
 * reference implementation allows 100, which is much to parse for nothing. */
#define MAX_HEADER (4u << 20)

struct _Safetensors {
  char *path;
  GMappedFile *map;
  JsonObject *header; /* owns the entries' names and the metadata */
  GArray *entries;    /* of SafetensorsEntry, in the order of their data */
  GHashTable *by_name;
  const char *data; /* after the header */
  gsize size;       /* of data */
};

G_GNUC_PRINTF (3, 4)
static gboolean
fail (GError **error, VInfoMaeError code, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  if (error)
    *error = g_error_new_valist (VINFO_MAE_ERROR, code, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* The value of a whole number that is not negative. */
static gboolean
get_size (JsonArray *array, guint i, gsize *size)
{
  JsonNode *node = json_array_get_element (array, i);
  gint64 value = JSON_NODE_HOLDS_VALUE (node)
                         && json_node_get_value_type (node) == G_TYPE_INT64
                     ? json_node_get_int (node)
                     : -1;
  *size = value;
  return value >= 0;
}

static JsonArray *
get_array (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);
  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node)
                                              : NULL;
}

static const char *
get_string (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);
  return node && JSON_NODE_HOLDS_VALUE (node)
                 && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static gboolean
read_dtype (SafetensorsEntry *entry, JsonObject *object, GError **error)
{
  const char *dtype = get_string (object, "dtype");
  if (!dtype)
    return fail (error, VINFO_MAE_ERROR_CORRUPT, "no dtype: malformed header");
  if (!mae_dtype_named (dtype, &entry->dtype))
    return fail (error, VINFO_MAE_ERROR_UNSUPPORTED,
        "dtype %s: not one of F64, F32, F16, BF16, I64, U8", dtype);
  return TRUE;
}

/* Fills the shape and the number of bytes that it takes. */
static gboolean
read_shape (
    SafetensorsEntry *entry, JsonObject *object, gsize *n_bytes, GError **error)
{
  JsonArray *shape = get_array (object, "shape");
  *n_bytes = mae_dtype_size (entry->dtype);
  if (!shape || json_array_get_length (shape) > G_N_ELEMENTS (entry->shape))
    return fail (error, VINFO_MAE_ERROR_CORRUPT,
        "shape: not a list of at most %u sizes",
        (guint)G_N_ELEMENTS (entry->shape));
  entry->n_dims = json_array_get_length (shape);
  for (guint i = 0; i < entry->n_dims; i++)
    if (!get_size (shape, i, &entry->shape[i])
        || !g_size_checked_mul (n_bytes, *n_bytes, entry->shape[i]))
      return fail (error, VINFO_MAE_ERROR_CORRUPT,
          "shape: negative, too large or not a number");
  return TRUE;
}

static gboolean
read_data (const Safetensors *file, SafetensorsEntry *entry, JsonObject *object,
    gsize n_bytes, GError **error)
{
  JsonArray *offsets = get_array (object, "data_offsets");
  gsize begin, end;
  if (!offsets || json_array_get_length (offsets) != 2
      || !get_size (offsets, 0, &begin) || !get_size (offsets, 1, &end))
    return fail (
        error, VINFO_MAE_ERROR_CORRUPT, "data_offsets: not two numbers from 0");
  if (begin > end || end > file->size)
    return fail (error, VINFO_MAE_ERROR_CORRUPT,
        "data_offsets: %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT
        " lies outside the %" G_GSIZE_FORMAT " bytes of data: truncated?",
        begin, end, file->size);
  if (end - begin != n_bytes)
    return fail (error, VINFO_MAE_ERROR_CORRUPT,
        "data_offsets: %" G_GSIZE_FORMAT
        " bytes, but the shape takes %" G_GSIZE_FORMAT,
        end - begin, n_bytes);
  entry->data = file->data + begin;
  return TRUE;
}

static gboolean
read_entry (Safetensors *file, const char *name, JsonNode *node, GError **error)
{
  SafetensorsEntry entry = { .name = name };
  gsize n_bytes;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, VINFO_MAE_ERROR_CORRUPT, "not an object");
  JsonObject *object = json_node_get_object (node);
  if (!read_dtype (&entry, object, error)
      || !read_shape (&entry, object, &n_bytes, error)
      || !read_data (file, &entry, object, n_bytes, error))
    return FALSE;
  g_array_append_val (file->entries, entry);
  return TRUE;
}

/* By where the data begin; the empty before others at the same place. */
static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  const SafetensorsEntry *x = a, *y = b;
  if (x->data != y->data)
    return (const char *)x->data < (const char *)y->data ? -1 : 1;
  gsize n = mae_entry_bytes (x), m = mae_entry_bytes (y);
  return n < m ? -1 : n > m;
}

static gboolean
check_coverage (Safetensors *file, GError **error)
{
  const char *end = file->data;
  g_array_sort (file->entries, compare_entries);
  for (guint i = 0; i < file->entries->len; i++) {
    SafetensorsEntry *e = &g_array_index (file->entries, SafetensorsEntry, i);
    if ((const char *)e->data != end)
      return fail (error, VINFO_MAE_ERROR_CORRUPT, "%s: %s the tensor before",
          e->name,
          (const char *)e->data < end ? "overlaps" : "leaves a gap after");
    end += mae_entry_bytes (e);
    g_hash_table_insert (file->by_name, (gpointer)e->name, e);
  }
  if (end != file->data + file->size)
    return fail (error, VINFO_MAE_ERROR_CORRUPT,
        "data: %" G_GSIZE_FORMAT " bytes at the end belong to no tensor",
        (gsize)(file->data + file->size - end));
  return TRUE;
}

static gboolean
check_metadata (JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *value;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, VINFO_MAE_ERROR_CORRUPT, "not an object");
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &key, &value))
    if (!JSON_NODE_HOLDS_VALUE (value)
        || json_node_get_value_type (value) != G_TYPE_STRING)
      return fail (error, VINFO_MAE_ERROR_CORRUPT, "%s: not a string", key);
  return TRUE;
}

static gboolean
read_entries (Safetensors *file, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  json_object_iter_init (&iter, file->header);
  while (json_object_iter_next (&iter, &name, &node)) {
    gboolean good = g_str_equal (name, "__metadata__")
                        ? check_metadata (node, error)
                        : read_entry (file, name, node, error);
    if (!good) {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }
  }
  return check_coverage (file, error);
}

static gboolean
read_header (Safetensors *file, GError **error)
{
  const char *bytes = g_mapped_file_get_contents (file->map);
  gsize n_bytes = g_mapped_file_get_length (file->map);
  guint64 length;
  if (n_bytes < sizeof length)
    return fail (error, VINFO_MAE_ERROR_CORRUPT,
        "header: file of %" G_GSIZE_FORMAT " bytes has none: truncated?",
        n_bytes);
  memcpy (&length, bytes, sizeof length);
  length = GUINT64_FROM_LE (length);
  if (length > MAX_HEADER || length > n_bytes - sizeof length)
    return fail (error, VINFO_MAE_ERROR_CORRUPT,
        "header: a length of %" G_GUINT64_FORMAT
        " bytes goes beyond the file: truncated or no safetensors file",
        length);
  file->data = bytes + sizeof length + length;
  file->size = n_bytes - sizeof length - length;
  file->header = mae_json_parse (bytes + sizeof length, length, error);
  if (!file->header)
    g_prefix_error (error, "header: ");
  return file->header && read_entries (file, error);
}

Safetensors *
safetensors_open (const char *path, GError **error)
{
  g_autoptr (GMappedFile) map = mae_map_file (path, error);
  if (!map)
    return NULL;
  Safetensors *file = g_new0 (Safetensors, 1);
  file->path = g_strdup (path);
  file->map = g_steal_pointer (&map);
  file->entries = g_array_new (FALSE, FALSE, sizeof (SafetensorsEntry));
  file->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  if (read_header (file, error))
    return file;
  g_prefix_error (error, "%s: ", path);
  safetensors_close (file);
  return NULL;
}

void
safetensors_close (Safetensors *file)
{
  if (!file)
    return;
  g_hash_table_unref (file->by_name);
  g_array_unref (file->entries);
  g_clear_pointer (&file->header, json_object_unref);
  g_mapped_file_unref (file->map);
  g_free (file->path);
  g_free (file);
}

guint
safetensors_n_entries (const Safetensors *file)
{
  return file->entries->len;
}

const SafetensorsEntry *
safetensors_entry (const Safetensors *file, guint i)
{
  return &g_array_index (file->entries, SafetensorsEntry, i);
}

const SafetensorsEntry *
safetensors_find (const Safetensors *file, const char *name)
{
  return g_hash_table_lookup (file->by_name, name);
}

const char *
safetensors_metadata (const Safetensors *file, const char *key)
{
  JsonNode *node = json_object_get_member (file->header, "__metadata__");
  return node ? get_string (json_node_get_object (node), key) : NULL;
}

static char *
format_shape (const gsize *shape, guint n_dims)
{
  GString *text = g_string_new ("[");
  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (
        text, "%s%" G_GSIZE_FORMAT, i > 0 ? ", " : "", shape[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

const SafetensorsEntry *
safetensors_expect (const Safetensors *file, const char *name,
    SafetensorsDtype dtype, guint n_dims, const gsize *shape, GError **error)
{
  const SafetensorsEntry *entry = safetensors_find (file, name);
  if (!entry) {
    fail (error, VINFO_MAE_ERROR_MISMATCH, "%s: %s: missing", file->path, name);
    return NULL;
  }
  if (entry->dtype == dtype && entry->n_dims == n_dims
      && memcmp (entry->shape, shape, n_dims * sizeof *shape) == 0)
    return entry;
  g_autofree char *found = format_shape (entry->shape, entry->n_dims);
  g_autofree char *wanted = format_shape (shape, n_dims);
  fail (error, VINFO_MAE_ERROR_MISMATCH, "%s: %s: is %s %s: must be %s %s",
      file->path, name, mae_dtype_name (entry->dtype), found,
      mae_dtype_name (dtype), wanted);
  return NULL;
}

gboolean
safetensors_read_floats (const Safetensors *file, const char *name, float *out,
    gsize n, GError **error)
{
  const SafetensorsEntry *entry = safetensors_find (file, name);
  if (!entry)
    return fail (error, VINFO_MAE_ERROR_MISMATCH, "%s: %s: no such tensor",
        file->path, name);
  gsize size = mae_entry_bytes (entry) / mae_dtype_size (entry->dtype);
  if (size != n)
    return fail (error, VINFO_MAE_ERROR_MISMATCH,
        "%s: %s: %" G_GSIZE_FORMAT " values, not %" G_GSIZE_FORMAT, file->path,
        name, size, n);
  if (!mae_dtype_to_floats (entry->dtype, entry->data, out, n))
    return fail (error, VINFO_MAE_ERROR_MISMATCH,
        "%s: %s: dtype %s is no kind of float that can be read", file->path,
        name, mae_dtype_name (entry->dtype));
  return TRUE;
}
