/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/* Makes images of one size from frames of one format and size. */
typedef struct _Converter Converter;

/* crop: the part of the frame to take. NULL with error UNSUPPORTED, SIZE or
 * FAILED. */
Converter *converter_new (const GstVideoInfo *from,
    const GstVideoRectangle *crop, guint width, guint height, GError **error);
void converter_free (Converter *converter);

VInfoImage *converter_run (
    Converter *converter, const GstVideoFrame *frame, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Converter, converter_free)

G_END_DECLS
