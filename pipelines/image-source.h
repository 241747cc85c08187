/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/**
 * image_source_new:
 * @files: (element-type filename): pictures of any sizes
 *
 * Returns: (transfer floating): a source of RGB frames, one for each file at
 *   #IMAGES_RATE; a file that can't be decoded gives a warning on the bus and a
 *   frame flagged CORRUPTED
 */
GstElement *image_source_new (GPtrArray *files);
