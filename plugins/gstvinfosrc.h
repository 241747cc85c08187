/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstpushsrc.h>

G_BEGIN_DECLS

#define GST_TYPE_VINFO_SRC (gst_vinfo_src_get_type ())
G_DECLARE_FINAL_TYPE (GstVInfoSrc, gst_vinfo_src, GST, VINFO_SRC, GstPushSrc)

GST_ELEMENT_REGISTER_DECLARE (vinfosrc)

G_END_DECLS
