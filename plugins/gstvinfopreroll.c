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
gst_vinfo_preroll_pass (GstVInfoPreroll *preroll)
{
  g_rec_mutex_lock (&preroll->announcing);
  g_rec_mutex_unlock (&preroll->announcing);
}

gboolean
gst_vinfo_preroll_is_awaited (GstVInfoPreroll *preroll)
{
  return g_atomic_int_get (&preroll->waiting);
}

/* Whether something was waited for; the mutex is held. */
static gboolean
wait_no_more (GstVInfoPreroll *preroll)
{
  return g_atomic_int_compare_and_exchange (&preroll->waiting, TRUE, FALSE);
}

static void
post_state (GstElement *element, GstState old, GstState new, GstState pending)
{
  gst_element_post_message (element,
      gst_message_new_state_changed (GST_OBJECT (element), old, new, pending));
}

static void
post_async_done (GstElement *element)
{
  gst_element_post_message (element,
      gst_message_new_async_done (GST_OBJECT (element), GST_CLOCK_TIME_NONE));
}

/* Reaches the state that is pending, and returns it: VOID_PENDING where there is
 * none, or the element stops. */
static GstState
reach_pending (GstElement *element, GstState *old)
{
  GstState pending;

  GST_OBJECT_LOCK (element);
  *old = GST_STATE (element);
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

/* As GstBaseSink commits: in steps of one. Where another thread has just changed
 * the state, there is none to announce, but the bin waits for ASYNC_DONE. */
static void
reach_and_announce (GstElement *element)
{
  GstState old;
  GstState state = reach_pending (element, &old);
  gboolean plays = state == GST_STATE_PLAYING;

  if (state == GST_STATE_PAUSED || (plays && old < GST_STATE_PAUSED))
    post_state (
        element, old, GST_STATE_PAUSED, plays ? state : GST_STATE_VOID_PENDING);
  post_async_done (element);
  if (plays)
    post_state (element, GST_STATE_PAUSED, state, GST_STATE_VOID_PENDING);
  if (state != GST_STATE_VOID_PENDING)
    GST_STATE_BROADCAST (element);
}

gboolean
gst_vinfo_preroll_commit (GstVInfoPreroll *preroll, GstElement *element)
{
  gboolean awaited;

  if (!gst_vinfo_preroll_is_awaited (preroll))
    return FALSE;

  g_rec_mutex_lock (&preroll->announcing);
  awaited = wait_no_more (preroll);
  if (awaited)
    reach_and_announce (element);
  g_rec_mutex_unlock (&preroll->announcing);

  return awaited;
}

static gboolean
has_state_to_lose (GstElement *element)
{
  gboolean has;

  GST_OBJECT_LOCK (element);
  has = GST_STATE (element) >= GST_STATE_PAUSED
        && (GST_STATE_PENDING (element) == GST_STATE_VOID_PENDING
            || GST_STATE_PENDING (element) >= GST_STATE_PAUSED);
  GST_OBJECT_UNLOCK (element);

  return has;
}

void
gst_vinfo_preroll_lose (GstVInfoPreroll *preroll, GstElement *element)
{
  g_rec_mutex_lock (&preroll->announcing);
  if (has_state_to_lose (element)
      && g_atomic_int_compare_and_exchange (&preroll->waiting, FALSE, TRUE))
    gst_element_lost_state (element);
  g_rec_mutex_unlock (&preroll->announcing);
}

/* The bin, if it goes on, waits no more either. */
void
gst_vinfo_preroll_abandon (GstVInfoPreroll *preroll, GstElement *element)
{
  g_rec_mutex_lock (&preroll->announcing);
  if (wait_no_more (preroll))
    post_async_done (element);
  g_rec_mutex_unlock (&preroll->announcing);
}
