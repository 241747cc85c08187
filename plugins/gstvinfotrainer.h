/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasesink.h>

G_BEGIN_DECLS

#define GST_TYPE_VINFO_TRAINER (gst_vinfo_trainer_get_type ())
G_DECLARE_FINAL_TYPE (
    GstVInfoTrainer, gst_vinfo_trainer, GST, VINFO_TRAINER, GstBaseSink)

GST_ELEMENT_REGISTER_DECLARE (vinfotrainer)

G_END_DECLS
