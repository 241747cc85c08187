/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/**
 * frames_read:
 * @pipeline: not yet running; stopped afterwards
 * @tail: in it, what gives raw video
 * @side: pictures are stretched to squares of this side, pixels
 *
 * Plays the pipeline to its end.
 *
 * Returns: (transfer full) (element-type VInfoImage): every frame, or %NULL
 *   with @error
 */
GPtrArray *frames_read (
    GstElement *pipeline, GstElement *tail, guint side, GError **error);
