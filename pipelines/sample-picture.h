/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

/**
 * sample_picture_make:
 *
 * Returns: (transfer full) (element-type VInfoImage): @n pictures of that size
 *   with detail at every scale, as photographs have it, the same at each call
 */
GPtrArray *sample_picture_make (guint n, guint width, guint height);

/**
 * sample_picture_load:
 * @path: an image, or a store
 *
 * Returns: (transfer full) (element-type VInfoImage): at most @n pictures, from
 *   all over the store; or %NULL with @error, also where there are none
 */
GPtrArray *sample_picture_load (const char *path, guint n, GError **error);
