/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstvinfoorder.h"
#include "store/vinfo-sample.h"

G_BEGIN_DECLS

/* Which kept sample is the n-th of a replay: passes over those that were there
 * at first, each in the order asked for, then those that came later. The same
 * samples and seed give the same answer for each n, asked for in any order. Of
 * those that came later only what is served is remembered, 16 bytes each, so that
 * a store can be followed for long. One thread's. */
typedef struct _GstVInfoSchedule GstVInfoSchedule;

/* Which sample, and the size of its frame. */
typedef struct {
  guint64 id;
  guint width, height;
} GstVInfoScheduled;

/* @samples: (element-type VInfoSample); @passes: 0: without end */
GstVInfoSchedule *gst_vinfo_schedule_new (
    GPtrArray *samples, GstVInfoOrder order, guint passes, guint64 seed);
void gst_vinfo_schedule_free (GstVInfoSchedule *schedule);

/* @samples: all that the store has now; adds those that it hadn't at the last
 * call, in the schedule's order */
void gst_vinfo_schedule_extend (GstVInfoSchedule *schedule, GPtrArray *samples);

/* Samples of one pass, or added later. */
guint gst_vinfo_schedule_count_samples (const GstVInfoSchedule *schedule);

/* How many are scheduled so far; G_MAXUINT64 without end. */
guint64 gst_vinfo_schedule_get_length (const GstVInfoSchedule *schedule);

/* Returns: the @number-th, below the length */
GstVInfoScheduled gst_vinfo_schedule_get (
    GstVInfoSchedule *schedule, guint64 number);

G_END_DECLS
