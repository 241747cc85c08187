/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "input.h"

/**
 * source_new:
 * @paced: whether a recording plays no faster than the clock
 *
 * Returns: (transfer floating): a bin with a static pad "src" that gives the
 *   raw video of @input as a stream whose id is the input's URI, or %NULL with
 *   @error
 */
GstElement *source_new (const Input *input, gboolean paced, GError **error);

/**
 * source_name_stream:
 *
 * Gives the streams that leave @pad the id @id: samples are known by where they
 * come from, and a demuxer's or appsrc's own id is not that.
 */
void source_name_stream (GstPad *pad, const char *id);
