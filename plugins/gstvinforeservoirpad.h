/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_VINFO_RESERVOIR_PAD (gst_vinfo_reservoir_pad_get_type ())

G_DECLARE_FINAL_TYPE (GstVInfoReservoirPad, gst_vinfo_reservoir_pad, GST,
    VINFO_RESERVOIR_PAD, GstPad)

/* A sink pad of vinforeservoir: one feed. */
struct _GstVInfoReservoirPad {
  GstPad parent;

  /* object lock */
  char *feed; /* NULL: the name that the results carry */
  guint quota;
  gdouble max_rate; /* samples a minute, 0: no limit */

  /* Raised by every flush; an arrival of an older epoch is dropped. Atomic. */
  gint epoch;

  GstSegment segment; /* the streaming thread's */

  /* the element's lock */
  gboolean flushing;
  gboolean eos;
  gboolean resolved; /* whether sync says what the mode means here */
  gboolean sync;
  guint pending;   /* arrivals of this epoch without a verdict */
  gboolean began;  /* a stream, which isn't announced yet */
  guint group_id;  /* of that, or GST_GROUP_ID_INVALID */
  gint64 position; /* stream time of the epoch's last frame, or -1 */
};

GstPad *gst_vinfo_reservoir_pad_new (GstPadTemplate *templ, const char *name);

G_END_DECLS
