/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "store/vinfo-sample.h"

G_BEGIN_DECLS

/* Samples of a replayed stream are 1/25 s apart. */
#define GST_VINFO_SAMPLE_RATE 25

GstClockTime gst_vinfo_sample_time (guint64 number);

/* Returns: (transfer full): RGB of this size; NULL where that is too large */
GstCaps *gst_vinfo_sample_caps (guint width, guint height);

/* Returns: (transfer full): RGB rows as video/x-raw has them; NULL where there is
 * no memory */
GstBuffer *gst_vinfo_image_to_buffer (VInfoImage *image);

/* Returns: (transfer full): @image as the @number-th frame, with the kept
 * sample's own result; NULL where there is no memory */
GstBuffer *gst_vinfo_sample_to_buffer (
    const VInfoSample *sample, VInfoImage *image, guint64 number);

G_END_DECLS
