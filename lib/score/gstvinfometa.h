/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "score/vinfo-result.h"

G_BEGIN_DECLS

/**
 * GST_VINFO_META_NAME:
 *
 * Name of the #GstCustomMeta that carries a frame's #VInfoResult in the field
 * "result" of its structure. Tagged "video" and "size": it survives copies and
 * scaling (the pixels still show the same), and is dropped where the picture
 * becomes another (crop, rotation, overlay of other frames).
 */
#define GST_VINFO_META_NAME "GstVInfoMeta"

/**
 * gst_buffer_add_vinfo_result:
 * @buffer: writable (its memory may be read-only and shared)
 * @result: (transfer none): replaces one that is there
 */
VINFO_API
void gst_buffer_add_vinfo_result (GstBuffer *buffer, VInfoResult *result);

/**
 * gst_buffer_get_vinfo_result:
 *
 * Returns: (transfer none) (nullable): the frame's result
 */
VINFO_API
VInfoResult *gst_buffer_get_vinfo_result (GstBuffer *buffer);

/**
 * gst_buffer_is_cropped_since_vinfo_result:
 *
 * An element that crops without touching pixels changes the buffer's
 * #GstVideoCropMeta, and all other metas stay: the result's too.
 *
 * Returns: whether the buffer's crop is another than when it got its result;
 * %FALSE where it has no result, or no #GstVideoCropMeta
 */
VINFO_API
gboolean gst_buffer_is_cropped_since_vinfo_result (GstBuffer *buffer);

/**
 * gst_vinfo_meta_register:
 *
 * Makes the meta known to GStreamer; called by all who use it, does it once.
 */
VINFO_API
void gst_vinfo_meta_register (void);

G_END_DECLS
