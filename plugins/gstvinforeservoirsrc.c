/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/video/video.h>

#include "gstvinforeservoir.h"

#define GST_CAT_DEFAULT gst_vinfo_reservoir_debug

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE ("RGB")));

static gboolean
activate_mode (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (parent);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;

  g_mutex_lock (&self->lock);
  self->active = active;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  return active ? gst_pad_start_task (
             pad, (GstTaskFunction)gst_vinfo_reservoir_src_loop, pad, NULL)
                : gst_pad_stop_task (pad);
}

static gboolean
look_for_live (GstElement *element, GstPad *sinkpad, gpointer live)
{
  *(gboolean *)live = gst_vinfo_upstream_is_live (sinkpad);

  return !*(gboolean *)live;
}

static gboolean
feeds_are_live (GstVInfoReservoir *self)
{
  gboolean live = FALSE;

  gst_element_foreach_sink_pad (GST_ELEMENT (self), look_for_live, &live);

  return live;
}

/* A sample gets its time when it is pushed, so it adds none. */
static void
answer_latency (GstVInfoReservoir *self, GstQuery *q)
{
  GstVInfoMode mode;

  g_mutex_lock (&self->lock);
  mode = self->mode;
  g_mutex_unlock (&self->lock);

  gst_query_set_latency (q,
      gst_vinfo_mode_resolve (
          mode, mode == GST_VINFO_MODE_AUTO && feeds_are_live (self))
          == GST_VINFO_MODE_ASYNC,
      0, GST_CLOCK_TIME_NONE);
}

static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *q)
{
  GstFormat format;

  switch (GST_QUERY_TYPE (q)) {
  case GST_QUERY_LATENCY:
    answer_latency (GST_VINFO_RESERVOIR (parent), q);
    return TRUE;
  case GST_QUERY_SEEKING:
    gst_query_parse_seeking (q, &format, NULL, NULL, NULL);
    gst_query_set_seeking (q, format, FALSE, 0, -1);
    return TRUE;
  case GST_QUERY_DURATION:
  case GST_QUERY_POSITION:
    return FALSE;
  default:
    return gst_pad_query_default (pad, parent, q);
  }
}

/* Something was linked below: perhaps it takes samples. */
static void
note_link (GstVInfoReservoir *self)
{
  g_mutex_lock (&self->lock);
  if (self->flow == GST_FLOW_NOT_LINKED)
    self->flow = GST_FLOW_OK;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  gst_vinfo_reservoir_src_update_role (self);
}

/* Nothing from below reaches a feed. */
static gboolean
event (GstPad *pad, GstObject *parent, GstEvent *e)
{
  GstEventType type = GST_EVENT_TYPE (e);

  gst_event_unref (e);
  if (type == GST_EVENT_RECONFIGURE)
    note_link (GST_VINFO_RESERVOIR (parent));

  return type == GST_EVENT_RECONFIGURE || type == GST_EVENT_LATENCY
         || type == GST_EVENT_QOS;
}

static void
start_flushing (GstVInfoReservoir *self)
{
  g_mutex_lock (&self->lock);
  self->flushing = self->flushed = TRUE;
  g_mutex_unlock (&self->lock);
}

/* What follows begins the stream anew, be it only to end it. */
static void
stop_flushing (GstVInfoReservoir *self)
{
  g_mutex_lock (&self->lock);
  self->flushing = self->started = self->ended = FALSE;
  self->flow = GST_FLOW_OK;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Sends a flush that the application pushes through the pad on from here: samples
 * wait for its end, and that is when it has passed, not before. */
static GstPadProbeReturn
pass_flush (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent *e = GST_PAD_PROBE_INFO_EVENT (info);
  gboolean starts = GST_EVENT_TYPE (e) == GST_EVENT_FLUSH_START;
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  if (starts)
    start_flushing (data);
  if (peer)
    gst_pad_send_event (peer, e);
  else
    gst_event_unref (e);
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  if (!starts)
    stop_flushing (data);

  return GST_PAD_PROBE_HANDLED;
}

static GstIterator *
no_internal_links (GstPad *pad, GstObject *parent)
{
  return NULL;
}

/* Whether the flag became another. */
static gboolean
set_sink (GstObject *object, gboolean sink)
{
  gboolean changed;

  GST_OBJECT_LOCK (object);
  changed = sink != GST_OBJECT_FLAG_IS_SET (object, GST_ELEMENT_FLAG_SINK);
  if (changed && sink)
    GST_OBJECT_FLAG_SET (object, GST_ELEMENT_FLAG_SINK);
  else if (changed)
    GST_OBJECT_FLAG_UNSET (object, GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_UNLOCK (object);

  return changed;
}

static gboolean
holds_sink (GstBin *bin)
{
  gboolean found = FALSE;

  GST_OBJECT_LOCK (bin);
  for (GList *l = bin->children; l && !found; l = l->next) {
    GST_OBJECT_LOCK (l->data);
    found = GST_OBJECT_FLAG_IS_SET (l->data, GST_ELEMENT_FLAG_SINK);
    GST_OBJECT_UNLOCK (l->data);
  }
  GST_OBJECT_UNLOCK (bin);

  return found;
}

/* A bin looks at this flag of a child only when that comes and when it goes, and
 * would wait for the EOS of a sink that is none any more. */
static void
update_bins (GstVInfoReservoir *self)
{
  GstObject *bin = gst_object_get_parent (GST_OBJECT (self));

  while (
      bin && GST_IS_BIN (bin)
      && !(gst_bin_get_suppressed_flags (GST_BIN (bin)) & GST_ELEMENT_FLAG_SINK)
      && set_sink (bin, holds_sink (GST_BIN (bin)))) {
    GstObject *outer = gst_object_get_parent (bin);

    gst_object_unref (bin);
    bin = outer;
  }
  gst_clear_object (&bin);
}

/* Where nobody takes samples the element is where the stream ends. */
void
gst_vinfo_reservoir_src_update_role (GstVInfoReservoir *self)
{
  gboolean linked;

  g_mutex_lock (&self->lock);
  linked
      = gst_pad_is_linked (self->srcpad) && self->flow != GST_FLOW_NOT_LINKED;
  g_mutex_unlock (&self->lock);
  if (set_sink (GST_OBJECT (self), !linked))
    update_bins (self);
}

static void
peer_changed (GstPad *pad, GstPad *peer, GstVInfoReservoir *self)
{
  g_mutex_lock (&self->lock);
  self->started = FALSE;
  self->flow = GST_FLOW_OK;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  gst_vinfo_reservoir_src_update_role (self);
}

void
gst_vinfo_reservoir_src_reset (GstVInfoReservoir *self)
{
  /* outside a bin nobody waits for what follows to preroll */
  self->arrived = GST_OBJECT_PARENT (self) == NULL;
  self->started = self->serving = self->passing = FALSE;
  self->draining = self->drained = FALSE;
  self->ended = self->eos_due = self->eos_requested = FALSE;
  self->eos_seqnum = GST_SEQNUM_INVALID;
  self->flow = GST_FLOW_OK;
  self->flushing = self->flushed = self->told_flow = self->clocked = FALSE;
  self->credit = self->debt = 0;
  self->limiter.error = 0;
  self->limiter.counts = FALSE;
  self->views = 0;
  self->time = 0;
  self->width = self->height = 0;
}

void
gst_vinfo_reservoir_src_add_template (GstElementClass *klass)
{
  gst_element_class_add_static_pad_template (klass, &src_template);
}

GstPad *
gst_vinfo_reservoir_src_new (GstVInfoReservoir *self)
{
  GstPad *pad = gst_pad_new_from_static_template (&src_template, "src");

  gst_pad_set_activatemode_function (pad, activate_mode);
  gst_pad_set_query_function (pad, query);
  gst_pad_set_event_function (pad, event);
  gst_pad_set_iterate_internal_links_function (pad, no_internal_links);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_FLUSH, pass_flush, self, NULL);
  g_signal_connect (pad, "linked", G_CALLBACK (peer_changed), self);
  g_signal_connect (pad, "unlinked", G_CALLBACK (peer_changed), self);

  return pad;
}
