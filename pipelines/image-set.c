/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image-set.h"

#include <gio/gio.h>
#include <math.h>

#include "input.h"
#include "score/vinfo-result.h"
#include "store/vinfo-store.h"

#define MAX_BYTES (G_GUINT64_CONSTANT (1) << 30) /* of decoded pictures */

struct _ImageSet {
  char *location;
  VInfoStore *store;  /* NULL: a folder */
  GPtrArray *samples; /* of VInfoSample, of a store */
  Input *folder;
  VInfoImage **images; /* decoded so far */
  guint64 bytes;
};

void
image_set_free (ImageSet *self)
{
  if (!self)
    return;
  for (guint i = 0; self->images && i < image_set_get_size (self); i++)
    g_clear_pointer (&self->images[i], vinfo_image_unref);
  g_free (self->images);
  g_clear_object (&self->store);
  g_clear_pointer (&self->samples, g_ptr_array_unref);
  g_clear_pointer (&self->folder, input_free);
  g_free (self->location);
  g_free (self);
}

guint
image_set_get_size (const ImageSet *self)
{
  return self->samples ? self->samples->len : self->folder->files->len;
}

static gboolean
open_folder (ImageSet *self, GError **error)
{
  self->folder = input_new (self->location, error);
  if (!self->folder)
    return FALSE;
  if (self->folder->kind == INPUT_IMAGES)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s: neither a store nor a folder of images", self->location);
  return FALSE;
}

static gboolean
open_store (ImageSet *self, GError **error)
{
  self->store = vinfo_store_open (self->location, error);
  if (!self->store)
    return FALSE;
  self->samples = vinfo_store_list (self->store, error);
  return self->samples != NULL;
}

ImageSet *
image_set_open (const char *location, GError **error)
{
  g_autoptr (ImageSet) self = g_new0 (ImageSet, 1);

  self->location = g_strdup (location);
  if (!g_file_test (location, G_FILE_TEST_IS_REGULAR)
          ? !open_folder (self, error)
          : !open_store (self, error))
    return NULL;
  if (image_set_get_size (self) == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "%s: no picture in it", location);
    return NULL;
  }
  self->images = g_new0 (VInfoImage *, image_set_get_size (self));
  return g_steal_pointer (&self);
}

guint64
image_set_get_id (const ImageSet *self, guint i)
{
  if (self->samples)
    return ((VInfoSample *)self->samples->pdata[i])->id;
  return vinfo_sample_id ("", self->folder->files->pdata[i], 0, 0);
}

gdouble
image_set_get_inclusion (const ImageSet *self, guint i)
{
  return self->samples ? ((VInfoSample *)self->samples->pdata[i])->inclusion
                       : NAN;
}

static GBytes *
read_bytes (ImageSet *self, guint i, GError **error)
{
  g_autoptr (VInfoSample) sample = NULL;
  char *data;
  gsize size;

  if (!self->samples)
    return g_file_get_contents (
               self->folder->files->pdata[i], &data, &size, error)
               ? g_bytes_new_take (data, size)
               : NULL;
  sample = vinfo_store_get (self->store, image_set_get_id (self, i), error);
  return sample ? g_bytes_ref (sample->blob) : NULL;
}

VInfoImage *
image_set_get (ImageSet *self, guint i, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  const char *name
      = self->samples ? self->location : self->folder->files->pdata[i];
  VInfoImage *image;
  guint64 size;

  if (self->images[i])
    return vinfo_image_ref (self->images[i]);
  bytes = read_bytes (self, i, error);
  image = bytes ? vinfo_image_decode (bytes, name, error) : NULL;
  if (!image)
    return NULL;
  size = (guint64)vinfo_image_get_width (image) * vinfo_image_get_height (image)
         * 3;
  if (self->bytes + size <= MAX_BYTES) {
    self->images[i] = vinfo_image_ref (image);
    self->bytes += size;
  }
  return image;
}
