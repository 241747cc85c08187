/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dataset.h"

#include <string.h>

#include "files.h"

#define INDEX "index.csv"

typedef struct {
  int file, label, split, mask; /* columns; -1: none */
} Columns;

static void
dataset_item_free (gpointer data)
{
  DatasetItem *self = data;

  g_free (self->name);
  g_free (self->split);
  g_clear_pointer (&self->image, vinfo_image_unref);
  if (self->mask)
    g_free (self->mask->pixels);
  g_free (self->mask);
  g_free (self);
}

void
dataset_free (Dataset *self)
{
  g_clear_pointer (&self->items, g_ptr_array_unref);
  g_clear_pointer (&self->labels, g_ptr_array_unref);
  g_free (self);
}

static int
find_column (char **names, const char *first, const char *second)
{
  for (int i = 0; names[i]; i++) {
    if (g_str_equal (names[i], first))
      return i;
  }
  return second ? find_column (names, second, NULL) : -1;
}

static gboolean
parse_header (const char *line, gboolean masks, Columns *columns,
    const char *location, GError **error)
{
  g_auto (GStrv) names = g_strsplit (line, ",", -1);

  columns->file = find_column (names, "file", "image");
  columns->label = find_column (names, "label", "sequence");
  columns->split = find_column (names, "split", NULL);
  columns->mask = masks ? find_column (names, "mask", NULL) : -1;
  if (columns->file >= 0 && columns->label >= 0
      && (!masks || columns->mask >= 0))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: " INDEX ": no column `file`%s `label`%s in its first line: %s",
      location, masks ? "," : " and", masks ? " and `mask`" : "", line);
  return FALSE;
}

static VInfoImage *
decode (Files *files, const char *name, GError **error)
{
  g_autoptr (GBytes) bytes = files_read (files, name, error);

  return bytes ? vinfo_image_decode (bytes, name, error) : NULL;
}

/* Returns: (transfer full): 1 where the picture is lighter than a half */
static VInfoMask *
load_mask (Files *files, const char *name, GError **error)
{
  g_autoptr (VInfoImage) image = decode (files, name, error);
  VInfoMask *mask;
  gsize n;

  if (!image)
    return NULL;
  mask = g_new (VInfoMask, 1);
  *mask = (VInfoMask){ vinfo_image_get_width (image),
    vinfo_image_get_height (image), NULL };
  n = (gsize)mask->width * mask->height;
  mask->pixels = g_new (guint8, n);
  for (gsize i = 0; i < n; i++)
    mask->pixels[i] = vinfo_image_get_pixels (image)[3 * i] > 127;
  return mask;
}

static VInfoImage *
load_picture (Files *files, const char *name, guint side, GError **error)
{
  g_autoptr (VInfoImage) image = decode (files, name, error);

  if (!image)
    return NULL;
  return vinfo_image_resize (image, 0, 0, vinfo_image_get_width (image),
      vinfo_image_get_height (image), side, side);
}

/* Until all are known, an item's label is its line's text in @labels. */
static gboolean
add_line (Dataset *self, Files *files, const char *line, const Columns *columns,
    guint side, GPtrArray *labels, GError **error)
{
  g_auto (GStrv) fields = g_strsplit (line, ",", -1);
  int n = (int)g_strv_length (fields);
  DatasetItem *item;

  if (n <= MAX (MAX (columns->file, columns->mask),
          MAX (columns->label, columns->split))) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        INDEX ": a line has too few fields: %s", line);
    return FALSE;
  }
  item = g_new0 (DatasetItem, 1);
  g_ptr_array_add (self->items, item);
  g_ptr_array_add (labels, g_strdup (fields[columns->label]));
  item->name = g_strdup (fields[columns->file]);
  item->split = g_strdup (columns->split >= 0 ? fields[columns->split] : "");
  item->image = load_picture (files, item->name, side, error);
  if (item->image && columns->mask >= 0)
    item->mask = load_mask (files, fields[columns->mask], error);
  return item->image && (columns->mask < 0 || item->mask);
}

static gint
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static void
number_labels (Dataset *self, GPtrArray *labels)
{
  g_autoptr (GHashTable) numbers = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < labels->len; i++) {
    if (g_hash_table_add (numbers, labels->pdata[i]))
      g_ptr_array_add (self->labels, g_strdup (labels->pdata[i]));
  }
  g_hash_table_remove_all (numbers);
  g_ptr_array_sort (self->labels, compare_texts);
  for (guint i = 0; i < self->labels->len; i++)
    g_hash_table_insert (numbers, self->labels->pdata[i], GUINT_TO_POINTER (i));
  for (guint i = 0; i < labels->len; i++) {
    DatasetItem *item = self->items->pdata[i];

    item->label
        = GPOINTER_TO_UINT (g_hash_table_lookup (numbers, labels->pdata[i]));
  }
}

static gboolean
read_index (Dataset *self, Files *files, const char *location, guint side,
    gboolean masks, GError **error)
{
  g_autoptr (GPtrArray) labels = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) index = files_read (files, INDEX, error);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  Columns columns;

  if (!index)
    return FALSE;
  text = g_strndup (g_bytes_get_data (index, NULL), g_bytes_get_size (index));
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    g_strchomp (lines[i]);
    if (i == 0 ? !parse_header (lines[i], masks, &columns, location, error)
               : !add_line (
                   self, files, lines[i], &columns, side, labels, error)) {
      g_prefix_error (error, "%s: ", location);
      return FALSE;
    }
  }
  number_labels (self, labels);
  if (self->items->len > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: " INDEX ": lists no picture", location);
  return FALSE;
}

Dataset *
dataset_open (const char *location, guint side, gboolean masks, GError **error)
{
  g_autoptr (Dataset) self = g_new0 (Dataset, 1);
  g_autoptr (Files) files = files_open (location, error);

  self->items = g_ptr_array_new_with_free_func (dataset_item_free);
  self->labels = g_ptr_array_new_with_free_func (g_free);
  if (!files || !read_index (self, files, location, side, masks, error))
    return NULL;
  return g_steal_pointer (&self);
}

GPtrArray *
dataset_list_images (GPtrArray *items)
{
  GPtrArray *images = g_ptr_array_new ();

  for (guint i = 0; i < items->len; i++)
    g_ptr_array_add (images, ((DatasetItem *)items->pdata[i])->image);
  return images;
}
