/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/vinfo-sample.h"

G_BEGIN_DECLS

/* Decoded pictures of samples, for those that are served again and again:
 * decoding costs more than all else of serving one. Bounded in bytes, random
 * replacement (of a shuffled pass over more than fits, the least recently used
 * would be the very next). One thread's. */
typedef struct _GstVInfoImageCache GstVInfoImageCache;

GstVInfoImageCache *gst_vinfo_image_cache_new (guint64 max_bytes);
void gst_vinfo_image_cache_free (GstVInfoImageCache *cache);

/* Returns: (transfer full): the picture of @sample, decoded where it is not
 * here; @name is what errors call it */
VInfoImage *gst_vinfo_image_cache_get (GstVInfoImageCache *cache,
    const VInfoSample *sample, const char *name, GError **error);

/* Pictures that are here. */
guint gst_vinfo_image_cache_get_size (const GstVInfoImageCache *cache);

/* Drops the pictures of all but @samples (of VInfoSample). */
void gst_vinfo_image_cache_retain (
    GstVInfoImageCache *cache, GPtrArray *samples);

G_END_DECLS
