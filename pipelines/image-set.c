/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image-set.h"

#include <gio/gio.h>
#include <math.h>

#include "exchange.h"
#include "file-kind.h"
#include "input.h"
#include "location.h"
#include "score/vinfo-result.h"
#include "store/vinfo-store.h"

#define MAX_BYTES (G_GUINT64_CONSTANT (1) << 30) /* of decoded pictures */
/* Of shards, which are read once and stay as they are encoded. */
#define MAX_SHARD_BYTES (G_GUINT64_CONSTANT (4) << 30)

typedef struct {
  guint64 id;
  char *name;        /* for messages; of a folder its path */
  double inclusion;  /* NaN: not known */
  VInfoStore *store; /* where it is; or NULL */
  GBytes *encoded;   /* of a shard; or NULL */
  VInfoImage *image; /* once it was decoded, if there is room; or NULL */
} Picture;

struct _ImageSet {
  GPtrArray *pictures; /* of Picture */
  guint64 bytes;       /* of decoded ones */
  guint64 shard_bytes;
};

static void
picture_free (gpointer data)
{
  Picture *picture = data;

  g_free (picture->name);
  g_clear_object (&picture->store);
  g_clear_pointer (&picture->encoded, g_bytes_unref);
  g_clear_pointer (&picture->image, vinfo_image_unref);
  g_free (picture);
}

void
image_set_free (ImageSet *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->pictures);
  g_free (self);
}

guint
image_set_get_size (const ImageSet *self)
{
  return self->pictures->len;
}

static Picture *
add_picture (ImageSet *self, const char *name, guint64 id)
{
  Picture *picture = g_new0 (Picture, 1);

  picture->id = id;
  picture->name = g_strdup (name);
  picture->inclusion = NAN;
  g_ptr_array_add (self->pictures, picture);
  return picture;
}

static gboolean
add_folder (ImageSet *self, const char *location, GError **error)
{
  g_autoptr (Input) folder = input_new (location, error);

  if (!folder)
    return FALSE;
  if (folder->kind != INPUT_IMAGES) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s: neither a store, nor a folder of images, nor shards (*.tar)",
        location);
    return FALSE;
  }
  for (guint i = 0; i < folder->files->len; i++) {
    const char *file = folder->files->pdata[i];

    add_picture (self, file, vinfo_sample_id ("", file, 0, 0));
  }
  return TRUE;
}

static gboolean
add_store (ImageSet *self, const char *location, GError **error)
{
  g_autoptr (VInfoStore) store = vinfo_store_open_existing (location, error);
  g_autoptr (GPtrArray) samples = NULL;

  samples = store ? vinfo_store_list (store, error) : NULL;
  for (guint i = 0; samples && i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];
    g_autofree char *name
        = g_strdup_printf ("%s: %" VINFO_ID_FORMAT, location, sample->id);
    Picture *picture = add_picture (self, name, sample->id);

    picture->inclusion = sample->inclusion;
    picture->store = g_object_ref (store);
  }
  return samples != NULL;
}

static gboolean
add_item (const ExchangeItem *item, gpointer data, GError **error)
{
  ImageSet *self = data;

  self->shard_bytes += g_bytes_get_size (item->picture);
  if (self->shard_bytes > MAX_SHARD_BYTES) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "%s: the shards hold more than %u GiB: make a store of them first, "
        "with "
        "vinfo import",
        item->name, (guint)(MAX_SHARD_BYTES >> 30));
    return FALSE;
  }
  add_picture (self, item->name, vinfo_sample_id ("", item->name, 0, 0))
      ->encoded
      = g_bytes_ref (item->picture);
  return TRUE;
}

static gboolean
is_shard (const char *location)
{
  static const char *const endings[]
      = { ".tar", ".tar.gz", ".tgz", ".tar.xz", NULL };

  for (guint i = 0; endings[i]; i++)
    if (g_str_has_suffix (location, endings[i]))
      return TRUE;
  return FALSE;
}

static gboolean
add_location (ImageSet *self, const char *location, GError **error)
{
  g_autofree char *store = location_find_store (location);
  guint before = self->pictures->len;
  gboolean is_folder = g_file_test (location, G_FILE_TEST_IS_DIR);
  gboolean added;

  if (store)
    added = add_store (self, store, error);
  else if (is_folder ? exchange_guess (location) == &exchange_webdataset
                     : is_shard (location))
    added = exchange_webdataset.read (location, add_item, self, error);
  else if (g_file_test (location, G_FILE_TEST_IS_REGULAR))
    added = file_kind_check_store (
                location, "a folder of images, a store or shards (.tar)", error)
            && add_store (self, location, error);
  else
    added = add_folder (self, location, error);
  if (!added || self->pictures->len > before)
    return added;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: no picture in it",
      location);
  return FALSE;
}

ImageSet *
image_set_open (char *const *locations, GError **error)
{
  g_autoptr (ImageSet) self = g_new0 (ImageSet, 1);

  self->pictures = g_ptr_array_new_with_free_func (picture_free);
  for (guint i = 0; locations[i]; i++)
    if (!add_location (self, locations[i], error))
      return NULL;
  return g_steal_pointer (&self);
}

guint64
image_set_get_id (const ImageSet *self, guint i)
{
  return ((const Picture *)self->pictures->pdata[i])->id;
}

gdouble
image_set_get_inclusion (const ImageSet *self, guint i)
{
  return ((const Picture *)self->pictures->pdata[i])->inclusion;
}

static GBytes *
read_bytes (const Picture *picture, GError **error)
{
  g_autoptr (VInfoSample) sample = NULL;
  char *data;
  gsize size;

  if (picture->encoded)
    return g_bytes_ref (picture->encoded);
  if (!picture->store)
    return g_file_get_contents (picture->name, &data, &size, error)
               ? g_bytes_new_take (data, size)
               : NULL;
  sample = vinfo_store_get (picture->store, picture->id, error);
  return sample ? g_bytes_ref (sample->blob) : NULL;
}

VInfoImage *
image_set_get (ImageSet *self, guint i, GError **error)
{
  Picture *picture = self->pictures->pdata[i];
  g_autoptr (GBytes) bytes = NULL;
  VInfoImage *image;
  guint64 size;

  if (picture->image)
    return vinfo_image_ref (picture->image);
  bytes = read_bytes (picture, error);
  image = bytes ? vinfo_image_decode (bytes, picture->name, error) : NULL;
  if (!image)
    return NULL;
  size = (guint64)vinfo_image_get_width (image) * vinfo_image_get_height (image)
         * 3;
  if (self->bytes + size <= MAX_BYTES) {
    picture->image = vinfo_image_ref (image);
    self->bytes += size;
  }
  return image;
}
