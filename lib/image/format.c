/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells image files by their first bytes, and truncated ones by their
 * structure: decoders make up what is missing and report success. */
#include "image/format-private.h"

#include <string.h>

static guint32
read_be32 (const guint8 *p)
{
  return (guint32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static guint32
read_le32 (const guint8 *p)
{
  return (guint32)p[3] << 24 | p[2] << 16 | p[1] << 8 | p[0];
}

/* Chunks of length, type, data, checksum; the last is IEND. */
static gboolean
png_is_complete (const guint8 *data, gsize size)
{
  gsize at = 8;

  while (size - at >= 12) {
    guint32 length = read_be32 (data + at);

    if (length > size - at - 12)
      return FALSE;
    if (memcmp (data + at + 4, "IEND", 4) == 0)
      return TRUE;
    at += 12 + (gsize)length;
  }
  return FALSE;
}

static gboolean
jpeg_marker_has_length (guint8 marker)
{
  return marker != 0x01 && (marker < 0xd0 || marker > 0xd8);
}

/* Segments of marker and length; entropy-coded bytes lie between them, in which
 * FF 00 stands for FF. The last marker is EOI. Walking from the start tells the
 * picture's end from that of an embedded thumbnail. */
static gboolean
jpeg_is_complete (const guint8 *data, gsize size)
{
  gsize at = 2;

  while (size - at >= 2) {
    guint8 marker = data[at + 1];

    if (data[at] != 0xff || marker == 0x00 || marker == 0xff) {
      at++;
      continue;
    }
    if (marker == 0xd9)
      return TRUE;
    at += 2;
    if (jpeg_marker_has_length (marker)) {
      guint length;

      if (size - at < 2)
        return FALSE;
      length = data[at] << 8 | data[at + 1];
      if (length > size - at)
        return FALSE;
      at += length;
    }
  }
  return FALSE;
}

static gboolean
bmp_is_complete (const guint8 *data, gsize size)
{
  return size >= 26 && read_le32 (data + 2) <= size;
}

static gboolean
webp_is_complete (const guint8 *data, gsize size)
{
  return size >= 20 && read_le32 (data + 4) <= size - 8;
}

/* Its parts lie anywhere: libavcodec checks that each strip is there, and this
 * that the directory is, to its last field. */
static gboolean
tiff_is_complete (const guint8 *data, gsize size)
{
  gboolean little = data[0] == 'I';
  guint32 directory;
  guint entries;

  if (size < 8)
    return FALSE;
  directory = little ? read_le32 (data + 4) : read_be32 (data + 4);
  if (directory > size - 8)
    return FALSE;
  entries = little ? data[directory] | data[directory + 1] << 8
                   : data[directory] << 8 | data[directory + 1];
  return 2 + 12 * (gsize)entries + 4 <= size - directory;
}

#define DAMAGE (AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER)

/* All but TIFF's decoder may give up at any damage; that one would do so at
 * every tag it doesn't know. */
static const ImageFormat png = { "PNG", AV_CODEC_ID_PNG, DAMAGE | AV_EF_EXPLODE,
  png_is_complete, png_header_size };
static const ImageFormat jpeg = { "JPEG", AV_CODEC_ID_MJPEG,
  DAMAGE | AV_EF_EXPLODE, jpeg_is_complete, jpeg_header_size };
static const ImageFormat bmp = { "BMP", AV_CODEC_ID_BMP, DAMAGE | AV_EF_EXPLODE,
  bmp_is_complete, bmp_header_size };
static const ImageFormat webp = { "WebP", AV_CODEC_ID_WEBP,
  DAMAGE | AV_EF_EXPLODE, webp_is_complete, webp_header_size };
static const ImageFormat tiff
    = { "TIFF", AV_CODEC_ID_TIFF, DAMAGE, tiff_is_complete };

const ImageFormat *
image_format_of (const guint8 *data, gsize size)
{
  if (size >= 8 && memcmp (data, "\x89PNG\r\n\x1a\n", 8) == 0)
    return &png;
  if (size >= 3 && memcmp (data, "\xff\xd8\xff", 3) == 0)
    return &jpeg;
  if (size >= 12 && memcmp (data, "RIFF", 4) == 0
      && memcmp (data + 8, "WEBP", 4) == 0)
    return &webp;
  if (size >= 4
      && (memcmp (data, "II*\0", 4) == 0 || memcmp (data, "MM\0*", 4) == 0))
    return &tiff;
  if (size >= 2 && memcmp (data, "BM", 2) == 0)
    return &bmp;
  return NULL;
}
