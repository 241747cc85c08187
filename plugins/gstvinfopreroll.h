/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Preroll of an element that takes streams but is no GstBaseSink: its change to
 * PAUSED completes when the first data arrives. Without it a short stream may
 * be over before its pipeline is in PLAYING, and GStreamer 1.22 then never
 * forwards EOS. */
typedef struct {
  gint waiting; /* atomic: PAUSED waits for data */
  /* Held while PAUSED is announced, and for a moment on the way to PLAYING: a
   * bin that announced PLAYING before PAUSED would forward no EOS. */
  GRecMutex announcing;
} GstVInfoPreroll;

void gst_vinfo_preroll_init (GstVInfoPreroll *preroll);
void gst_vinfo_preroll_finish (GstVInfoPreroll *preroll);

/* READY→PAUSED, before pads are activated; return ASYNC then. */
void gst_vinfo_preroll_begin (GstVInfoPreroll *preroll, GstElement *element);

/* Data, or EOS, arrived: commits the state and announces it, once. Returns the
 * state that was committed, VOID_PENDING where nothing was waited for. */
GstState gst_vinfo_preroll_commit (
    GstVInfoPreroll *preroll, GstElement *element);

/* PAUSED→PLAYING: waits until PAUSED was announced. */
void gst_vinfo_preroll_pass (GstVInfoPreroll *preroll);

/* PAUSED→READY: nothing is waited for any more. */
void gst_vinfo_preroll_abandon (GstVInfoPreroll *preroll);

G_END_DECLS
