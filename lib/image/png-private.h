/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/* (transfer full): the image as an 8-bit RGB PNG file; NULL with error SIZE or
 * FAILED (no memory). The same bytes for the same pixels. */
GBytes *png_encode (const VInfoImage *image, GError **error);

G_END_DECLS
