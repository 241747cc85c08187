/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoReason:
 *
 * Why a frame was not scored or not kept. Every rejection has exactly one and
 * is counted under the nick that vinfo_reason_to_string() gives.
 */
typedef enum {
  VINFO_REASON_NONE,           /* kept, or nothing was decided yet */
  VINFO_REASON_CORRUPTED,      /* buffer flagged CORRUPTED, or undecodable */
  VINFO_REASON_GAP,            /* buffer flagged GAP */
  VINFO_REASON_FLAT,           /* one colour */
  VINFO_REASON_FROZEN,         /* byte-equal to the frame before it */
  VINFO_REASON_NOISE,          /* neighbouring luma samples are unrelated */
  VINFO_REASON_NON_FINITE,     /* NaN or infinite score */
  VINFO_REASON_SKIPPED,        /* the scorer was busy */
  VINFO_REASON_FLUSHED,        /* a flush or stop overtook the frame */
  VINFO_REASON_FAILED,         /* the frame could not be mapped or converted */
  VINFO_REASON_PANEL,          /* set aside to calibrate the predictor */
  VINFO_REASON_OOD,            /* further out of distribution than allowed */
  VINFO_REASON_KNOWN,          /* the same frame of the same feed is kept */
  VINFO_REASON_NEAR_DUPLICATE, /* a kept frame looks the same */
  VINFO_REASON_THRESHOLD,      /* its key did not beat the kept ones */
  VINFO_REASON_EVICTED,        /* was kept, a better one took its place */
  VINFO_REASON_TOO_LARGE,      /* alone larger than the byte capacity */
  VINFO_REASON_BUSY,           /* the keeper's queue was full */
  VINFO_REASON_STORE,          /* the store refused it (disk full, ...) */
  VINFO_REASON_UNNEEDED,       /* no score could have made it kept */
  VINFO_REASON_QUOTA,          /* its feed keeps all it may, and better ones */
  VINFO_REASON_EXPIRED,        /* was kept for as long as it may be */
  VINFO_REASON_RATE,           /* its feed had its samples of this minute */
  VINFO_REASON_DELETED,        /* was kept, people removed it (vinfo delete) */
  VINFO_N_REASONS
} VInfoReason;

/**
 * vinfo_reason_to_string:
 *
 * Returns: (transfer none): a stable lower-case name, e.g. "near-duplicate".
 */
VINFO_API
const char *vinfo_reason_to_string (VInfoReason reason);

G_END_DECLS
