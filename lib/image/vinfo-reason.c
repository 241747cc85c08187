/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/vinfo-reason.h"

/* Part of the formats: summaries, logs and counters are keyed by these. */
static const char *const nicks[VINFO_N_REASONS] = {
  [VINFO_REASON_NONE] = "none",
  [VINFO_REASON_CORRUPTED] = "corrupted",
  [VINFO_REASON_GAP] = "gap",
  [VINFO_REASON_FLAT] = "flat",
  [VINFO_REASON_FROZEN] = "frozen",
  [VINFO_REASON_NOISE] = "noise",
  [VINFO_REASON_NON_FINITE] = "non-finite",
  [VINFO_REASON_SKIPPED] = "skipped",
  [VINFO_REASON_FLUSHED] = "flushed",
  [VINFO_REASON_FAILED] = "failed",
  [VINFO_REASON_PANEL] = "panel",
  [VINFO_REASON_OOD] = "ood",
  [VINFO_REASON_KNOWN] = "known",
  [VINFO_REASON_NEAR_DUPLICATE] = "near-duplicate",
  [VINFO_REASON_THRESHOLD] = "threshold",
  [VINFO_REASON_EVICTED] = "evicted",
  [VINFO_REASON_TOO_LARGE] = "too-large",
  [VINFO_REASON_BUSY] = "busy",
  [VINFO_REASON_STORE] = "store",
  [VINFO_REASON_UNNEEDED] = "unneeded",
  [VINFO_REASON_QUOTA] = "quota",
  [VINFO_REASON_EXPIRED] = "expired",
  [VINFO_REASON_RATE] = "rate",
  [VINFO_REASON_DELETED] = "deleted",
};

const char *
vinfo_reason_to_string (VInfoReason reason)
{
  g_return_val_if_fail ((guint)reason < VINFO_N_REASONS, "none");

  return nicks[reason];
}
