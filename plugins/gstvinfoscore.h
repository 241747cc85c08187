/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_VINFO_SCORE (gst_vinfo_score_get_type ())
G_DECLARE_FINAL_TYPE (
    GstVInfoScore, gst_vinfo_score, GST, VINFO_SCORE, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (vinfoscore)

G_END_DECLS
