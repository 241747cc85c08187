/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The size that an image file's header tells, before a decoder sees it: of one
 * that they refuse they say no more than that the data are invalid. */
#include <string.h>

#include "image/format-private.h"

static guint32
be16 (const guint8 *p)
{
  return (guint32)p[0] << 8 | p[1];
}

static guint32
be32 (const guint8 *p)
{
  return be16 (p) << 16 | be16 (p + 2);
}

static guint32
le16 (const guint8 *p)
{
  return (guint32)p[1] << 8 | p[0];
}

static guint32
le24 (const guint8 *p)
{
  return (guint32)p[2] << 16 | le16 (p);
}

static guint32
le32 (const guint8 *p)
{
  return le16 (p + 2) << 16 | le16 (p);
}

gboolean
png_header_size (
    const guint8 *data, gsize size, guint64 *width, guint64 *height)
{
  if (size < 24 || memcmp (data + 12, "IHDR", 4) != 0)
    return FALSE;
  *width = be32 (data + 16);
  *height = be32 (data + 20);
  return TRUE;
}

/* A height below 0 says that the rows go downwards. */
gboolean
bmp_header_size (
    const guint8 *data, gsize size, guint64 *width, guint64 *height)
{
  if (size < 26)
    return FALSE;
  if (le32 (data + 14) == 12) { /* of OS/2 */
    *width = le16 (data + 18);
    *height = le16 (data + 20);
    return TRUE;
  }
  *width = le32 (data + 18);
  *height = le32 (data + 22);
  if (*height > G_MAXINT32)
    *height = (G_GUINT64_CONSTANT (1) << 32) - *height;
  return TRUE;
}

/* Of the start of a frame: the markers C0 to CF without C4, C8 and CC. */
static gboolean
starts_frame (guint8 marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8
         && marker != 0xcc;
}

gboolean
jpeg_header_size (
    const guint8 *data, gsize size, guint64 *width, guint64 *height)
{
  gsize at = 2;

  while (size - at >= 9) {
    guint8 marker = data[at + 1];

    if (data[at] != 0xff)
      return FALSE;
    if (marker == 0xff) { /* a fill byte */
      at++;
      continue;
    }
    if (starts_frame (marker)) {
      *height = be16 (data + at + 5);
      *width = be16 (data + at + 7);
      return TRUE;
    }
    if (be16 (data + at + 2) > size - at - 2)
      return FALSE;
    at += 2 + be16 (data + at + 2);
  }
  return FALSE;
}

gboolean
webp_header_size (
    const guint8 *data, gsize size, guint64 *width, guint64 *height)
{
  if (size < 30)
    return FALSE;
  if (memcmp (data + 12, "VP8X", 4) == 0) {
    *width = 1 + le24 (data + 24);
    *height = 1 + le24 (data + 27);
  } else if (memcmp (data + 12, "VP8L", 4) == 0) {
    *width = 1 + (le32 (data + 21) & 0x3fff);
    *height = 1 + (le32 (data + 21) >> 14 & 0x3fff);
  } else if (memcmp (data + 12, "VP8 ", 4) == 0) {
    *width = le16 (data + 26) & 0x3fff;
    *height = le16 (data + 28) & 0x3fff;
  } else {
    return FALSE;
  }
  return TRUE;
}
