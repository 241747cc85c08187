/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

G_BEGIN_DECLS

struct _VInfoImage {
  gatomicrefcount ref_count;
  guint width;
  guint height;
  guint8 pixels[]; /* [height, width, 3] */
};

/* A new image whose pixels are not set yet: its maker fills them before anyone
 * else sees it. NULL with error SIZE or FAILED (no memory). */
VInfoImage *image_new_blank (guint width, guint height, GError **error);

/* vinfo_image_decode() with a limit of one's own. */
VInfoImage *image_decode_limited (
    GBytes *bytes, const char *name, guint max_pixels, GError **error);

G_END_DECLS
