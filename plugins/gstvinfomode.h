/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_VINFO_MODE (gst_vinfo_mode_get_type ())

/**
 * GstVInfoMode:
 * @GST_VINFO_MODE_AUTO: async where upstream is live, sync elsewhere
 * @GST_VINFO_MODE_SYNC: each frame is waited for; deterministic
 * @GST_VINFO_MODE_ASYNC: a frame is never held
 */
typedef enum {
  GST_VINFO_MODE_AUTO,
  GST_VINFO_MODE_SYNC,
  GST_VINFO_MODE_ASYNC
} GstVInfoMode;

GType gst_vinfo_mode_get_type (void);

/**
 * gst_vinfo_upstream_is_live:
 *
 * Asks upstream of @sinkpad by a LATENCY query. Upstream knows for sure only
 * once it runs, so ask on the streaming thread, not in a state change.
 */
gboolean gst_vinfo_upstream_is_live (GstPad *sinkpad);

/**
 * gst_vinfo_mode_resolve:
 *
 * Returns: sync or async
 */
GstVInfoMode gst_vinfo_mode_resolve (GstVInfoMode mode, gboolean live);

/** gst_vinfo_mode_to_string: Returns: (transfer none): its nick */
const char *gst_vinfo_mode_to_string (GstVInfoMode mode);

G_END_DECLS
