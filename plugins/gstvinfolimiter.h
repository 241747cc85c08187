/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How often each sample is served on average, as in Reverb (Cassirer et al.,
 * arXiv:2102.04736), SampleToInsertRatio: with
 *
 *   error = samples_per_insert · inserts − samples
 *
 * of what happened since min_size were kept, a sample may be served while that
 * leaves error ≥ −error_buffer. Whoever inserts serves first what is due, so
 * that error ≤ error_buffer too. Plain memory of its owner's. */
typedef struct {
  gdouble samples_per_insert; /* 0: no limit */
  gdouble error_buffer; /* what is less than one insert or sample counts so */
  gdouble error;
  gboolean counts; /* min_size were kept */
} GstVInfoLimiter;

gboolean gst_vinfo_limiter_is_on (const GstVInfoLimiter *limiter);

/* @size: kept samples, from @min_size on some are served */
gboolean gst_vinfo_limiter_may_sample (
    const GstVInfoLimiter *limiter, guint size, guint min_size);

void gst_vinfo_limiter_note_sample (GstVInfoLimiter *limiter);

/* @bounded: the insert could not be held back, so what would be over the bound
 * is forgotten */
void gst_vinfo_limiter_note_insert (
    GstVInfoLimiter *limiter, guint size, guint min_size, gboolean bounded);

/* Samples that may be served before the next insert. */
guint64 gst_vinfo_limiter_count_due (const GstVInfoLimiter *limiter);

G_END_DECLS
