/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/image-private.h"

#include <string.h>

#define HASH_LANES 4
#define HASH_BLOCK (HASH_LANES * sizeof (guint64))

G_DEFINE_BOXED_TYPE (
    VInfoImage, vinfo_image, vinfo_image_ref, vinfo_image_unref)
G_DEFINE_QUARK (vinfo_image_error_quark, vinfo_image_error)

static gsize
image_size (guint width, guint height)
{
  return (gsize)width * height * 3;
}

VInfoImage *
image_new_blank (guint width, guint height, GError **error)
{
  VInfoImage *image;

  if (width == 0 || height == 0 || width > VINFO_IMAGE_MAX_SIDE
      || height > VINFO_IMAGE_MAX_SIDE) {
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_SIZE,
        "%ux%u: a side must be 1 to %d pixels", width, height,
        VINFO_IMAGE_MAX_SIDE);
    return NULL;
  }
  image = g_try_malloc (sizeof *image + image_size (width, height));
  if (!image) {
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_FAILED,
        "%ux%u: not enough memory", width, height);
    return NULL;
  }
  g_atomic_ref_count_init (&image->ref_count);
  image->width = width;
  image->height = height;
  return image;
}

VInfoImage *
vinfo_image_new_from_data (
    guint width, guint height, gsize stride, const guint8 *data)
{
  VInfoImage *image;
  gsize row = (gsize)width * 3;

  g_return_val_if_fail (data != NULL, NULL);
  g_return_val_if_fail (stride >= row, NULL);

  image = image_new_blank (width, height, NULL);
  g_return_val_if_fail (image != NULL, NULL);
  for (guint y = 0; y < height; y++)
    memcpy (image->pixels + y * row, data + y * stride, row);
  return image;
}

VInfoImage *
vinfo_image_ref (VInfoImage *image)
{
  g_return_val_if_fail (image != NULL, NULL);

  g_atomic_ref_count_inc (&image->ref_count);
  return image;
}

void
vinfo_image_unref (VInfoImage *image)
{
  g_return_if_fail (image != NULL);

  if (g_atomic_ref_count_dec (&image->ref_count))
    g_free (image);
}

guint
vinfo_image_get_width (const VInfoImage *image)
{
  g_return_val_if_fail (image != NULL, 0);

  return image->width;
}

guint
vinfo_image_get_height (const VInfoImage *image)
{
  g_return_val_if_fail (image != NULL, 0);

  return image->height;
}

const guint8 *
vinfo_image_get_pixels (const VInfoImage *image)
{
  g_return_val_if_fail (image != NULL, NULL);

  return image->pixels;
}

/* Bijective in each argument: one changed word always changes the hash. */
static guint64
hash_word (guint64 hash, guint64 word)
{
  hash = (hash ^ word) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return hash ^ (hash >> 32);
}

/* Lanes are independent, so the processor works on all of them at once. */
static void
hash_block (guint64 lanes[HASH_LANES], const guint8 *block)
{
  guint64 words[HASH_LANES];

  memcpy (words, block, sizeof words);
  for (guint i = 0; i < HASH_LANES; i++)
    lanes[i] = hash_word (lanes[i], GUINT64_FROM_LE (words[i]));
}

guint64
vinfo_image_hash (const VInfoImage *image)
{
  guint64 lanes[HASH_LANES] = { 1, 2, 3, 4 };
  guint8 tail[HASH_BLOCK] = { 0 };
  guint64 hash;
  gsize size, done;

  g_return_val_if_fail (image != NULL, 0);

  size = image_size (image->width, image->height);
  for (done = 0; done + HASH_BLOCK <= size; done += HASH_BLOCK)
    hash_block (lanes, image->pixels + done);
  memcpy (tail, image->pixels + done, size - done);
  hash_block (lanes, tail);

  hash = hash_word (hash_word (0, image->width), image->height);
  for (guint i = 0; i < HASH_LANES; i++)
    hash = hash_word (hash, lanes[i]);
  return hash;
}
