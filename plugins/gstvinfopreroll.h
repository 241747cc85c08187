/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Preroll of an element that takes streams but is no GstBaseSink: its change to
 * PAUSED completes when the first data arrives, and again after a flush. Without
 * it a short stream may be over before its pipeline is in PLAYING, and GStreamer
 * 1.22 then never forwards EOS. */
typedef struct {
  gint waiting; /* atomic: PAUSED waits for data */
  /* Held while PAUSED is announced or lost, and for a moment on the way to
   * PLAYING: a bin that announced PLAYING before PAUSED would forward no EOS. */
  GRecMutex announcing;
} GstVInfoPreroll;

void gst_vinfo_preroll_init (GstVInfoPreroll *preroll);
void gst_vinfo_preroll_finish (GstVInfoPreroll *preroll);

/* READY→PAUSED, before pads are activated; return ASYNC then. */
void gst_vinfo_preroll_begin (GstVInfoPreroll *preroll, GstElement *element);

gboolean gst_vinfo_preroll_is_awaited (GstVInfoPreroll *preroll);

/* Data, or EOS, arrived: commits the state and announces it, once. FALSE where
 * nothing was waited for. */
gboolean gst_vinfo_preroll_commit (
    GstVInfoPreroll *preroll, GstElement *element);

/* What had arrived is void. From PLAYING the element falls back to PAUSED, as in
 * gst_element_lost_state(), and its bin sets PLAYING again. */
void gst_vinfo_preroll_lose (GstVInfoPreroll *preroll, GstElement *element);

/* PAUSED→PLAYING: waits until PAUSED was announced. */
void gst_vinfo_preroll_pass (GstVInfoPreroll *preroll);

/* PAUSED→READY: nothing is waited for any more. */
void gst_vinfo_preroll_abandon (GstVInfoPreroll *preroll, GstElement *element);

G_END_DECLS
