/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libavutil/frame.h>

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/* A decoded picture as RGB; alpha is dropped, not blended. NULL with error
 * SIZE, UNSUPPORTED or FAILED. */
VInfoImage *avframe_to_image (const AVFrame *frame, GError **error);

/* Full-range BT.601 4:4:4, as JPEG wants it. */
AVFrame *avframe_new_jpeg (const VInfoImage *image, GError **error);

/* Packed RGB. */
AVFrame *avframe_new_rgb (const VInfoImage *image, GError **error);

G_END_DECLS
