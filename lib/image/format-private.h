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
} ImageFormat;

/* By the first bytes; NULL where it is none of them. */
const ImageFormat *image_format_of (const guint8 *data, gsize size);

G_END_DECLS
