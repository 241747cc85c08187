/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/**
 * VInfoFitter:
 *
 * Turns raw video frames of one #GstVideoInfo into images: RGB by the caps'
 * colorimetry (range and matrix), upstream's crop applied, short side at most
 * `frame_size`, aspect kept. Belongs to one thread at a time.
 */
typedef struct _VInfoFitter VInfoFitter;

/**
 * vinfo_fitter_new:
 * @frame_size: largest short side in pixels, 0 to keep the source's size
 *
 * Returns: (transfer full): a fitter, or %NULL with @error in the domain
 *   #VINFO_IMAGE_ERROR where the format can't be converted
 */
VINFO_API
VInfoFitter *vinfo_fitter_new (
    const GstVideoInfo *info, guint frame_size, GError **error);
VINFO_API
void vinfo_fitter_free (VInfoFitter *fitter);

/**
 * vinfo_fitter_fit:
 * @buffer: a frame of the fitter's format; its #GstVideoMeta (padded strides)
 *   and #GstVideoCropMeta are honoured
 *
 * Returns: (transfer full): the image, or %NULL with @error in the domain
 *   #VINFO_IMAGE_ERROR
 */
VINFO_API
VInfoImage *vinfo_fitter_fit (
    VInfoFitter *fitter, GstBuffer *buffer, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VInfoFitter, vinfo_fitter_free)

G_END_DECLS
