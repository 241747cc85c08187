/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libavcodec/avcodec.h>

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/* A kind of image file. */
typedef struct {
  const char *name;
  enum AVCodecID codec;
  int err_recognition; /* what its decoder shall take for an error */

  /* Whether all of the file is there, as far as its structure tells. */
  gboolean (*is_complete) (const guint8 *data, gsize size);

  /* What its header tells, where it does; NULL: left to the decoder. */
  gboolean (*header_size) (
      const guint8 *data, gsize size, guint64 *width, guint64 *height);
} ImageFormat;

gboolean png_header_size (
    const guint8 *data, gsize size, guint64 *width, guint64 *height);
gboolean bmp_header_size (
    const guint8 *data, gsize size, guint64 *width, guint64 *height);
gboolean jpeg_header_size (
    const guint8 *data, gsize size, guint64 *width, guint64 *height);
gboolean webp_header_size (
    const guint8 *data, gsize size, guint64 *width, guint64 *height);

/* By the first bytes; NULL where it is none of them. */
const ImageFormat *image_format_of (const guint8 *data, gsize size);

G_END_DECLS
