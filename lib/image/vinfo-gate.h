/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"
#include "image/vinfo-reason.h"

G_BEGIN_DECLS

/**
 * VInfoGate:
 * @has_last: whether a frame was seen before
 * @last_hash: its vinfo_image_hash()
 *
 * What a frame must pass before any predictor sees it; one for each feed,
 * zero-initialised, owned by the thread that judges.
 */
typedef struct {
  gboolean has_last;
  guint64 last_hash;
} VInfoGate;

/**
 * vinfo_gate_judge:
 *
 * Flat: standard deviation of luma below 2 grey levels (and of chroma too).
 * Noise: correlation of horizontally and vertically neighbouring luma samples
 * below 0.2. Frozen: same hash as the frame before.
 *
 * Returns: %VINFO_REASON_FLAT, %VINFO_REASON_FROZEN, %VINFO_REASON_NOISE, or
 *   %VINFO_REASON_NONE where the frame passes
 */
VINFO_API
VInfoReason vinfo_gate_judge (VInfoGate *gate, const VInfoImage *image);

G_END_DECLS
