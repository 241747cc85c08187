/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/* Describes an image's pixels, packed as they are. */
void rgb_info_init (GstVideoInfo *info, guint width, guint height);

/* A frame over memory of the caller's: data and stride of each plane. Nothing
 * is mapped, so nothing needs to be unmapped. */
void frame_wrap (GstVideoFrame *frame, const GstVideoInfo *info,
    guint8 *const *planes, const gint *strides);

/* Whether GstVideoConverter can read and write the format at all. */
gboolean format_is_convertible (GstVideoFormat format);

/* One thread, no dither, antialiased. crop: part of the input to take, NULL for
 * all of it. NULL with error FAILED. */
GstVideoConverter *converter_new (const GstVideoInfo *in,
    const GstVideoRectangle *crop, const GstVideoInfo *out, GError **error);

/* Runs a converter to RGB of that size. */
VInfoImage *converter_to_image (GstVideoConverter *converter,
    const GstVideoFrame *frame, guint width, guint height, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstVideoConverter, gst_video_converter_free)

G_END_DECLS
