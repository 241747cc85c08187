/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "predictor/vinfo-composer.h"

G_BEGIN_DECLS

/**
 * gst_vinfo_mosaic_to_buffer:
 * @crops: (array length=n_crops): what @mosaic shows, at least one
 * @version: of the predictor that scored them
 * @results: (element-type VInfoResult): of the window's frames
 *
 * Returns: (transfer full) (nullable): @mosaic as RGB, with a result of its own:
 *   of feed "mosaic", its parts the samples shown, its loss the mean of the
 *   crops', its weight 1/p the mean of the samples'; %NULL where there is no
 *   memory
 */
GstBuffer *gst_vinfo_mosaic_to_buffer (VInfoImage *mosaic,
    const VInfoCrop *crops, guint n_crops, guint64 version, GPtrArray *results);

G_END_DECLS
