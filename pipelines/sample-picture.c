/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Pictures to measure an encoder with: made up, or someone's own.
 */
#include "sample-picture.h"

#include <math.h>

#include "store/vinfo-store.h"

/* Amplitude of an octave in grey levels, and by how much that of the next finer
 * is smaller: photographs' amplitudes fall with about 1/frequency. */
#define COARSEST_AMPLITUDE 60.
#define FALL_PER_OCTAVE 0.55
#define COARSEST_CELL 256

/* A value in -1 to 1 of a point of a grid. */
static double
lattice (guint x, guint y, guint seed)
{
  guint hash = x * 374761393u + y * 668265263u + seed * 2246822519u;

  hash = (hash ^ (hash >> 13)) * 1274126177u;
  return ((hash ^ (hash >> 16)) & 0xffff) / 32767.5 - 1;
}

/* Bilinear between the points of a grid with cells of @cell pixels. */
static double
octave (guint x, guint y, guint cell, guint seed)
{
  guint column = x / cell, row = y / cell;
  double fx = (double)(x % cell) / cell, fy = (double)(y % cell) / cell;
  double top = lattice (column, row, seed) * (1 - fx)
               + lattice (column + 1, row, seed) * fx;
  double bottom = lattice (column, row + 1, seed) * (1 - fx)
                  + lattice (column + 1, row + 1, seed) * fx;

  return top * (1 - fy) + bottom * fy;
}

static double
brightness (guint x, guint y, guint seed)
{
  double amplitude = COARSEST_AMPLITUDE, sum = 128;

  for (guint cell = COARSEST_CELL; cell >= 1; cell /= 2) {
    sum += amplitude * octave (x, y, cell, seed + cell);
    amplitude *= FALL_PER_OCTAVE;
  }
  return sum;
}

static VInfoImage *
make (guint seed, guint width, guint height)
{
  g_autofree guint8 *data = g_malloc (3 * (gsize)width * height);

  for (guint y = 0; y < height; y++) {
    for (guint x = 0; x < width; x++) {
      guint8 *pixel = data + 3 * ((gsize)y * width + x);
      double grey = brightness (x, y, seed);
      double tint = 30 * octave (x, y, COARSEST_CELL / 4, seed + 7);

      pixel[0] = CLAMP (lround (grey + tint), 0, 255);
      pixel[1] = CLAMP (lround (grey), 0, 255);
      pixel[2] = CLAMP (lround (grey - tint), 0, 255);
    }
  }
  return vinfo_image_new_from_data (width, height, 3 * (gsize)width, data);
}

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
}

GPtrArray *
sample_picture_make (guint n, guint width, guint height)
{
  GPtrArray *pictures = new_list ();

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (pictures, make (1000 * i, width, height));
  return pictures;
}

static gboolean
add_decoded (
    GPtrArray *pictures, GBytes *bytes, const char *path, GError **error)
{
  VInfoImage *image = vinfo_image_decode (bytes, path, error);

  if (image)
    g_ptr_array_add (pictures, image);
  return image != NULL;
}

static gboolean
load_store (GPtrArray *pictures, const char *path, guint n, GError **error)
{
  g_autoptr (VInfoStore) store = vinfo_store_open_existing (path, error);
  g_autoptr (GPtrArray) samples
      = store ? vinfo_store_list (store, error) : NULL;

  if (!samples)
    return FALSE;
  n = MIN (n, samples->len);
  for (guint i = 0; i < n; i++) {
    const VInfoSample *entry = samples->pdata[(guint64)i * samples->len / n];
    g_autoptr (VInfoSample) sample = vinfo_store_get (store, entry->id, error);

    if (!sample || !add_decoded (pictures, sample->blob, path, error))
      return FALSE;
  }
  if (n == 0)
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: no samples in it", path);
  return n > 0;
}

static gboolean
is_store (GBytes *bytes)
{
  static const char magic[] = "SQLite format 3";
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  return size > sizeof magic && memcmp (data, magic, sizeof magic) == 0;
}

GPtrArray *
sample_picture_load (const char *path, guint n, GError **error)
{
  g_autoptr (GPtrArray) pictures = new_list ();
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) bytes = NULL;
  gboolean loaded;

  /* a pipe or a device may have no end */
  if (g_file_test (path, G_FILE_TEST_EXISTS)
      && !g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: not a regular file", path);
    return NULL;
  }
  bytes = g_file_load_bytes (file, NULL, NULL, error);
  if (!bytes) {
    g_prefix_error (error, "%s: read: ", path);
    return NULL;
  }
  loaded = is_store (bytes) ? load_store (pictures, path, n, error)
                            : add_decoded (pictures, bytes, path, error);
  return loaded ? g_steal_pointer (&pictures) : NULL;
}
