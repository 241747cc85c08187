/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/exemplars-private.h"

Exemplars *
exemplars_new (guint capacity, guint side)
{
  Exemplars *self = g_new0 (Exemplars, 1);

  self->capacity = capacity;
  self->side = side;
  self->images
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  self->known = g_hash_table_new_full (
      g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
  return self;
}

void
exemplars_free (Exemplars *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->known); /* its keys are the pictures' bytes */
  g_ptr_array_unref (self->images);
  g_free (self);
}

/* (transfer full) the picture's bytes, valid as long as it is */
static GBytes *
view_bytes (const Exemplars *self, const VInfoImage *image)
{
  return g_bytes_new_static (
      vinfo_image_get_pixels (image), (gsize)self->side * self->side * 3);
}

static void
replace_oldest (Exemplars *self, VInfoImage *square)
{
  gpointer *place = &self->images->pdata[self->next];
  g_autoptr (GBytes) bytes = view_bytes (self, *place);

  g_hash_table_remove (self->known, bytes);
  vinfo_image_unref (*place);
  *place = square;
}

void
exemplars_add (Exemplars *self, VInfoImage *square)
{
  g_autoptr (GBytes) bytes = view_bytes (self, square);

  if (self->capacity == 0 || g_hash_table_contains (self->known, bytes))
    return;
  if (self->images->len < self->capacity)
    g_ptr_array_add (self->images, vinfo_image_ref (square));
  else
    replace_oldest (self, vinfo_image_ref (square));
  g_hash_table_add (self->known, g_steal_pointer (&bytes));
  self->next = (self->next + 1) % self->capacity;
}

void
exemplars_append_to (const Exemplars *self, GPtrArray *images)
{
  for (guint i = 0; i < self->images->len; i++)
    g_ptr_array_add (images, vinfo_image_ref (self->images->pdata[i]));
}
