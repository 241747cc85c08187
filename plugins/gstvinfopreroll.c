/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfopreroll.h"

void
gst_vinfo_preroll_init (GstVInfoPreroll *preroll)
{
  g_rec_mutex_init (&preroll->announcing);
}

void
gst_vinfo_preroll_finish (GstVInfoPreroll *preroll)
{
  g_rec_mutex_clear (&preroll->announcing);
}

void
gst_vinfo_preroll_begin (GstVInfoPreroll *preroll, GstElement *element)
{
  gst_element_post_message (
      element, gst_message_new_async_start (GST_OBJECT (element)));
  g_atomic_int_set (&preroll->waiting, TRUE);
}

void
gst_vinfo_preroll_abandon (GstVInfoPreroll *preroll)
{
  g_atomic_int_set (&preroll->waiting, FALSE);
}

void
gst_vinfo_preroll_pass (GstVInfoPreroll *preroll)
{
  g_rec_mutex_lock (&preroll->announcing);
  g_rec_mutex_unlock (&preroll->announcing);
}

static void
post_state (GstElement *element, GstState old, GstState new, GstState pending)
{
  gst_element_post_message (element,
      gst_message_new_state_changed (GST_OBJECT (element), old, new, pending));
}

/* Sets the state that is pending; VOID_PENDING where the element stops. */
static GstState
set_state (GstElement *element)
{
  GstState pending;

  GST_OBJECT_LOCK (element);
  pending = GST_STATE_PENDING (element);
  if (pending >= GST_STATE_PAUSED) {
    GST_STATE (element) = pending;
    GST_STATE_NEXT (element) = GST_STATE_VOID_PENDING;
    GST_STATE_PENDING (element) = GST_STATE_VOID_PENDING;
    GST_STATE_RETURN (element) = GST_STATE_CHANGE_SUCCESS;
  } else {
    pending = GST_STATE_VOID_PENDING;
  }
  GST_OBJECT_UNLOCK (element);

  return pending;
}

/* As GstBaseSink commits: what is pending is reached, in steps of one. */
GstState
gst_vinfo_preroll_commit (GstVInfoPreroll *preroll, GstElement *element)
{
  GstState state;

  if (!g_atomic_int_compare_and_exchange (&preroll->waiting, TRUE, FALSE))
    return GST_STATE_VOID_PENDING;

  g_rec_mutex_lock (&preroll->announcing);
  state = set_state (element);
  if (state != GST_STATE_VOID_PENDING) {
    gboolean plays = state == GST_STATE_PLAYING;

    post_state (element, GST_STATE_READY, GST_STATE_PAUSED,
        plays ? state : GST_STATE_VOID_PENDING);
    gst_element_post_message (element,
        gst_message_new_async_done (GST_OBJECT (element), GST_CLOCK_TIME_NONE));
    if (plays)
      post_state (element, GST_STATE_PAUSED, state, GST_STATE_VOID_PENDING);
    GST_STATE_BROADCAST (element);
  }
  g_rec_mutex_unlock (&preroll->announcing);

  return state;
}
