/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_VINFO_COMPOSE (gst_vinfo_compose_get_type ())
G_DECLARE_FINAL_TYPE (
    GstVInfoCompose, gst_vinfo_compose, GST, VINFO_COMPOSE, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (vinfocompose)

G_END_DECLS
