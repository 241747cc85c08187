/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PNG files (ISO/IEC 15948), written with libdeflate: libavcodec's encoder knows
 * zlib alone, which takes twice the time and leaves more. Frames of three films
 * at 224×224, ms and KB: Paeth and libdeflate 1 0.7-1.0 and 49-95; as libavcodec
 * did, average and zlib 1, 1.4-2.1 and 67-99; Paeth and zlib 6 6-7 and 46-90. */
#include "image/png-private.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "image/image-private.h"

#define LEVEL 1
#define FILTER_PAETH 4
#define MAX_CHUNK G_MAXINT32
#define CHUNK_OVERHEAD 12 /* length, type, checksum */
#define HEADER_SIZE 13    /* of IHDR's data */

static const guint8 signature[]
    = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

/* The neighbour that is nearest to left + up - corner, without a branch, so that
 * compilers do many at once (abs(), which they know, where ABS() is one). */
static inline guint8
paeth (gint left, gint up, gint corner)
{
  gint by_left = abs (up - corner), by_up = abs (left - corner);
  gint by_corner = abs (left + up - 2 * corner);

  return by_left <= by_up && by_left <= by_corner ? left
         : by_up <= by_corner                     ? up
                                                  : corner;
}

/* row, above: [size]; out: [1 + size], what the row's prediction leaves */
static void
filter_row (
    guint8 *restrict out, const guint8 *row, const guint8 *above, gsize size)
{
  out[0] = FILTER_PAETH;
  for (gsize i = 0; i < 3; i++)
    out[1 + i] = row[i] - above[i];
  for (gsize i = 3; i < size; i++)
    out[1 + i] = row[i] - paeth (row[i - 3], above[i], above[i - 3]);
}

/* (transfer full) [height, 1 + 3·width]; NULL: no memory */
static guint8 *
filter (const VInfoImage *image)
{
  gsize size = (gsize)image->width * 3;
  g_autofree guint8 *blank = g_malloc0 (size);
  guint8 *rows = g_try_malloc ((1 + size) * image->height);
  const guint8 *above = blank;

  for (gsize y = 0; rows && y < image->height; y++) {
    const guint8 *row = image->pixels + y * size;

    filter_row (rows + y * (1 + size), row, above, size);
    above = row;
  }
  return rows;
}

static guint8 *
put_number (guint8 *out, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (out, &value, sizeof value);
  return out + sizeof value;
}

/* Around the @size bytes of data that lie 8 bytes after @chunk already. Returns:
 * its end */
static guint8 *
close_chunk (guint8 *chunk, const char *type, gsize size)
{
  put_number (chunk, size);
  memcpy (chunk + 4, type, 4);
  return put_number (
      chunk + 8 + size, libdeflate_crc32 (0, chunk + 4, 4 + size));
}

static guint8 *
put_header (guint8 *out, const VInfoImage *image)
{
  guint8 *data = out + 8;

  data = put_number (data, image->width);
  data = put_number (data, image->height);
  *data++ = 8;         /* bits */
  *data++ = 2;         /* RGB */
  memset (data, 0, 3); /* deflate, the usual filters, not interlaced */
  return close_chunk (out, "IHDR", HEADER_SIZE);
}

/* Returns: size of the file in @out, 0 where its data is too much for a chunk */
static gsize
put_file (guint8 *out, gsize bound, struct libdeflate_compressor *compressor,
    const VInfoImage *image, const guint8 *rows)
{
  gsize size = (1 + (gsize)image->width * 3) * image->height;
  guint8 *chunk, *end;

  memcpy (out, signature, sizeof signature);
  chunk = put_header (out + sizeof signature, image);
  size = libdeflate_zlib_compress (compressor, rows, size, chunk + 8, bound);
  if (size > MAX_CHUNK)
    return 0;
  end = close_chunk (chunk, "IDAT", size);
  return close_chunk (end, "IEND", 0) - out;
}

static void
set_error (GError **error, VInfoImageError code, const char *why)
{
  g_set_error_literal (error, VINFO_IMAGE_ERROR, code, why);
}

static GBytes *
compress (const VInfoImage *image, const guint8 *rows,
    struct libdeflate_compressor *compressor, GError **error)
{
  gsize bound = libdeflate_zlib_compress_bound (
      compressor, (1 + (gsize)image->width * 3) * image->height);
  guint8 *out = g_try_malloc (
      bound + sizeof signature + 3 * CHUNK_OVERHEAD + HEADER_SIZE);
  gsize size = out ? put_file (out, bound, compressor, image, rows) : 0;

  if (size > 0)
    return g_bytes_new_take (g_realloc (out, size), size);
  if (out)
    set_error (error, VINFO_IMAGE_ERROR_SIZE, "too large for PNG");
  else
    set_error (error, VINFO_IMAGE_ERROR_FAILED, "not enough memory");
  g_free (out);
  return NULL;
}

GBytes *
png_encode (const VInfoImage *image, GError **error)
{
  struct libdeflate_compressor *compressor
      = libdeflate_alloc_compressor (LEVEL);
  g_autofree guint8 *rows = filter (image);
  GBytes *bytes = NULL;

  if (compressor && rows)
    bytes = compress (image, rows, compressor, error);
  else
    set_error (error, VINFO_IMAGE_ERROR_FAILED, "not enough memory");
  libdeflate_free_compressor (compressor);
  return bytes;
}
