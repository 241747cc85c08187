/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "image/vinfo-image.h"

/** ImageSourceLoad: Returns: (transfer full): frame @number, or %NULL */
typedef VInfoImage *(*ImageSourceLoad) (
    gpointer user_data, guint number, GError **error);

/**
 * image_source_new_full:
 * @n: number of frames
 * @load: called for each in turn, on the source's thread
 *
 * Returns: (transfer floating): a source of RGB frames at #IMAGES_RATE
 */
GstElement *image_source_new_full (
    guint n, ImageSourceLoad load, gpointer user_data, GDestroyNotify destroy);

/**
 * image_source_new:
 * @files: (element-type filename): pictures of any sizes
 *
 * Returns: (transfer floating): a source of RGB frames, one for each file at
 *   #IMAGES_RATE; a file that can't be decoded gives a warning on the bus and a
 *   frame flagged CORRUPTED
 */
GstElement *image_source_new (GPtrArray *files);
