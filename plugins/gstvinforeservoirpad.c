/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinforeservoirpad.h"

#include <gst/video/video.h>

#include "gstvinfofield.h"
#include "gstvinforeservoir.h"
#include "score/gstvinfometa.h"

#define GST_CAT_DEFAULT gst_vinfo_reservoir_debug

enum { PROP_0, PROP_FEED, PROP_QUOTA, PROP_MAX_RATE, N_PROPERTIES };

G_DEFINE_TYPE (GstVInfoReservoirPad, gst_vinfo_reservoir_pad, GST_TYPE_PAD)

/* Arrivals ---------------------------------------------------------------- */

/* On the scorer's thread, or at once. */
static void
deliver (VInfoResult *result, gpointer user_data)
{
  GstVInfoArrival *arrival = user_data;
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (arrival->element);

  gst_vinfo_keeper_push (self->keeper, arrival, result);
}

static void
forget (gpointer data)
{
  GstVInfoArrival *arrival = data;
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (arrival->element);

  if (!arrival->result)
    gst_vinfo_keeper_abandon (self->keeper, arrival);
  gst_vinfo_arrival_unref (arrival);
}

/* NULL where a flush was faster. */
static GstVInfoArrival *
arrive (GstVInfoReservoir *self, GstVInfoReservoirPad *pad, VInfoResult *result,
    VInfoReason refusal)
{
  GstVInfoArrival *arrival = NULL;

  g_mutex_lock (&self->lock);
  if (!pad->flushing) {
    arrival = gst_vinfo_arrival_new (GST_ELEMENT (self), pad, result, refusal);
    pad->pending++;
  }
  g_mutex_unlock (&self->lock);

  return arrival;
}

/* On the streaming thread: only then upstream knows whether it is live. */
static void
resolve_mode (GstVInfoReservoir *self, GstVInfoReservoirPad *pad)
{
  GstVInfoMode mode;
  gboolean resolved, live, clocked;

  g_mutex_lock (&self->lock);
  mode = self->mode;
  resolved = pad->resolved;
  g_mutex_unlock (&self->lock);

  if (resolved)
    return;
  live = mode == GST_VINFO_MODE_AUTO
         && gst_vinfo_upstream_is_live (GST_PAD (pad));

  g_mutex_lock (&self->lock);
  pad->sync = gst_vinfo_mode_resolve (mode, live) == GST_VINFO_MODE_SYNC;
  pad->resolved = TRUE;
  clocked = !pad->sync && !self->clocked;
  self->clocked = self->clocked || clocked;
  g_mutex_unlock (&self->lock);

  /* the src pad is live now, which it may not have said before */
  if (clocked)
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

/* Data, or EOS, is here and prerolls the element; while a seek is on its way to
 * the feeds it may be of the time before. FALSE: it is. */
static gboolean
note_arrival (GstVInfoReservoir *self, GstVInfoReservoirPad *pad)
{
  gboolean flushing;

  g_mutex_lock (&self->lock);
  while (!pad->flushing && self->seeks > 0
         && gst_vinfo_preroll_is_awaited (&self->preroll))
    g_cond_wait (&self->cond, &self->lock);
  flushing = pad->flushing;
  if (!flushing && !self->arrived) {
    self->arrived = TRUE;
    g_cond_broadcast (&self->cond);
  }
  g_mutex_unlock (&self->lock);

  if (!flushing)
    gst_vinfo_reservoir_sink_preroll (self);

  return !flushing;
}

/* Frames without a place in the stream leave it where it is. */
static void
note_position (
    GstVInfoReservoir *self, GstVInfoReservoirPad *pad, GstClockTime time)
{
  gint64 position;

  if (pad->segment.format != GST_FORMAT_TIME)
    return;
  position = (gint64)gst_segment_to_stream_time (
      &pad->segment, GST_FORMAT_TIME, time);

  g_mutex_lock (&self->lock);
  if (!pad->flushing && position >= 0)
    pad->position = position;
  g_mutex_unlock (&self->lock);
}

/* As sinks do: what arrives in PAUSED waits for PLAYING, so that a paused pipeline
 * reads no further. With a peer below it is that one which prerolls, by a gap
 * event, for which it is enough that something arrived. A flush of another feed
 * may make what waits here preroll again. */
static gboolean
wait_for_playing (GstVInfoReservoir *self, GstVInfoReservoirPad *pad)
{
  gboolean here, again;

  do {
    here = note_arrival (self, pad);
    g_mutex_lock (&self->lock);
    while (!self->playing && !pad->flushing
           && !gst_vinfo_preroll_is_awaited (&self->preroll))
      g_cond_wait (&self->cond, &self->lock);
    here = here && !pad->flushing;
    again = here && gst_vinfo_preroll_is_awaited (&self->preroll);
    g_mutex_unlock (&self->lock);
  } while (again);

  return here;
}

/* Lock-step: the frame has its verdict and what it brought was served. */
static GstFlowReturn
finish (GstVInfoReservoir *self, GstVInfoReservoirPad *pad)
{
  gboolean flushing;

  g_mutex_lock (&self->lock);
  while (pad->sync && !pad->flushing
         && (pad->pending > 0 || gst_vinfo_reservoir_src_owes (self)))
    g_cond_wait (&self->cond, &self->lock);
  flushing = pad->flushing;
  g_mutex_unlock (&self->lock);

  return flushing ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

static VInfoReason
refusal_of (GstBuffer *buffer)
{
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED))
    return VINFO_REASON_CORRUPTED;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return VINFO_REASON_GAP;

  return VINFO_REASON_NONE;
}

/* A sample that is served again has no picture of its own to keep, and that of
 * the result isn't what a crop since then left of it. */
static VInfoResult *
ref_result (GstBuffer *buffer)
{
  VInfoResult *result = gst_buffer_get_vinfo_result (buffer);

  if (!result || vinfo_result_is_replayed (result)
      || gst_buffer_is_cropped_since_vinfo_result (buffer))
    return NULL;

  return vinfo_result_ref (result);
}

static GstFlowReturn
chain (GstPad *gstpad, GstObject *parent, GstBuffer *buffer)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (parent);
  GstVInfoReservoirPad *pad = GST_VINFO_RESERVOIR_PAD (gstpad);
  VInfoReason refusal = refusal_of (buffer);
  g_autoptr (VInfoResult) result = ref_result (buffer);
  GstVInfoArrival *arrival;

  note_position (self, pad, GST_BUFFER_PTS (buffer));
  if (!wait_for_playing (self, pad)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_FLUSHING;
  }
  /* The pool gets its buffer back, whatever becomes of the frame. */
  gst_buffer_unref (buffer);
  resolve_mode (self, pad);

  if (!result) {
    gst_vinfo_reservoir_count_unscored (self, !pad->sync);
    return finish (self, pad);
  }

  arrival = arrive (self, pad, result, refusal);
  if (!arrival)
    return GST_FLOW_FLUSHING;
  vinfo_result_notify (result, deliver, arrival, forget);

  return finish (self, pad);
}

/* Flushes, ends, formats -------------------------------------------------- */

/* Locked. */
static void
set_eos (GstVInfoReservoir *self, GstVInfoReservoirPad *pad, gboolean eos)
{
  if (pad->eos && !eos)
    gst_vinfo_reservoir_src_resume (self);
  pad->eos = eos;
  g_cond_broadcast (&self->cond);
}

/* What waits belongs to the time before. */
static void
flush (GstVInfoReservoir *self, GstVInfoReservoirPad *pad, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  g_atomic_int_inc (&pad->epoch);
  pad->pending = 0;
  pad->flushing = flushing;
  pad->resolved = FALSE;
  pad->position = -1;
  set_eos (self, pad, pad->eos && flushing);
  g_mutex_unlock (&self->lock);

  gst_vinfo_keeper_flush (self->keeper);
}

static void
begin_stream (
    GstVInfoReservoir *self, GstVInfoReservoirPad *pad, GstEvent *stream_start)
{
  g_mutex_lock (&self->lock);
  pad->resolved = FALSE;
  set_eos (self, pad, FALSE);
  g_mutex_unlock (&self->lock);

  gst_vinfo_reservoir_sink_begin_stream (self, pad, stream_start);
}

static void
end_stream (GstVInfoReservoir *self, GstVInfoReservoirPad *pad, guint32 seqnum)
{
  g_mutex_lock (&self->lock);
  self->eos_seqnum = seqnum;
  set_eos (self, pad, TRUE);
  g_mutex_unlock (&self->lock);
}

static void
pass_gap (GstVInfoReservoir *self, GstVInfoReservoirPad *pad, GstEvent *gap)
{
  GstClockTime time;

  gst_event_parse_gap (gap, &time, NULL);
  note_position (self, pad, time);
  wait_for_playing (self, pad);
}

/* Nothing crosses to the src pad: its stream is another. */
static gboolean
event (GstPad *gstpad, GstObject *parent, GstEvent *e)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (parent);
  GstVInfoReservoirPad *pad = GST_VINFO_RESERVOIR_PAD (gstpad);

  switch (GST_EVENT_TYPE (e)) {
  case GST_EVENT_FLUSH_START:
    flush (self, pad, TRUE);
    gst_vinfo_reservoir_sink_begin_flush (self, pad);
    break;
  case GST_EVENT_FLUSH_STOP:
    flush (self, pad, FALSE);
    gst_vinfo_reservoir_sink_end_flush (self, e);
    break;
  case GST_EVENT_STREAM_START:
    begin_stream (self, pad, e);
    break;
  case GST_EVENT_SEGMENT:
    gst_event_copy_segment (e, &pad->segment);
    break;
  case GST_EVENT_GAP:
    pass_gap (self, pad, e);
    break;
  case GST_EVENT_EOS:
    if (note_arrival (self, pad))
      end_stream (self, pad, gst_event_get_seqnum (e));
    break;
  default:
    break;
  }
  gst_event_unref (e);

  return TRUE;
}

static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *q)
{
  switch (GST_QUERY_TYPE (q)) {
  case GST_QUERY_ALLOCATION: /* no pixel is touched here */
    /* no crop meta: with a crop in place of a copy a result would survive */
    gst_query_add_allocation_meta (q, GST_VIDEO_META_API_TYPE, NULL);
    return TRUE;
  case GST_QUERY_DRAIN: /* no buffer is held either */
    return TRUE;
  default:
    return gst_pad_query_default (pad, parent, q);
  }
}

static gboolean
activate_mode (
    GstPad *gstpad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstVInfoReservoirPad *pad = GST_VINFO_RESERVOIR_PAD (gstpad);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (parent)
    flush (GST_VINFO_RESERVOIR (parent), pad, !active);
  else
    pad->flushing = !active;

  return TRUE;
}

static GstIterator *
no_internal_links (GstPad *pad, GstObject *parent)
{
  return NULL;
}

/* Object ------------------------------------------------------------------ */

static const GstVInfoField fields[N_PROPERTIES] = {
  [PROP_FEED] = GST_VINFO_FIELD (GstVInfoReservoirPad, feed),
  [PROP_QUOTA] = GST_VINFO_FIELD (GstVInfoReservoirPad, quota),
  [PROP_MAX_RATE] = GST_VINFO_FIELD (GstVInfoReservoirPad, max_rate),
};

static void
gst_vinfo_reservoir_pad_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GST_OBJECT_LOCK (object);
  if (!gst_vinfo_fields_set (fields, N_PROPERTIES, object, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_vinfo_reservoir_pad_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GST_OBJECT_LOCK (object);
  if (!gst_vinfo_fields_get (fields, N_PROPERTIES, object, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_vinfo_reservoir_pad_finalize (GObject *object)
{
  g_free (GST_VINFO_RESERVOIR_PAD (object)->feed);
  G_OBJECT_CLASS (gst_vinfo_reservoir_pad_parent_class)->finalize (object);
}

static void
gst_vinfo_reservoir_pad_class_init (GstVInfoReservoirPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags
      = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  object_class->set_property = gst_vinfo_reservoir_pad_set_property;
  object_class->get_property = gst_vinfo_reservoir_pad_get_property;
  object_class->finalize = gst_vinfo_reservoir_pad_finalize;

  g_object_class_install_property (object_class, PROP_FEED,
      g_param_spec_string ("feed", "Feed",
          "Name to keep samples under (NULL: the scorer's)", NULL, flags));
  g_object_class_install_property (object_class, PROP_QUOTA,
      g_param_spec_uint ("quota", "Quota",
          "Most samples of this feed that are kept at once; then a better one "
          "replaces its worst (0: no limit)",
          0, G_MAXUINT, 0, flags));
  g_object_class_install_property (object_class, PROP_MAX_RATE,
      g_param_spec_double ("max-rate", "Maximum rate",
          "Most samples of this feed that are admitted a minute of its own "
          "time; after a quiet minute so many may come at once (0: no limit)",
          0, G_MAXFLOAT, 0, flags));
}

static void
gst_vinfo_reservoir_pad_init (GstVInfoReservoirPad *pad)
{
  pad->position = -1;
}

GstPad *
gst_vinfo_reservoir_pad_new (GstPadTemplate *templ, const char *name)
{
  GstPad *pad = g_object_new (GST_TYPE_VINFO_RESERVOIR_PAD, "name", name,
      "direction", GST_PAD_SINK, "template", templ, NULL);

  gst_pad_set_chain_function (pad, chain);
  gst_pad_set_event_function (pad, event);
  gst_pad_set_query_function (pad, query);
  gst_pad_set_activatemode_function (pad, activate_mode);
  gst_pad_set_iterate_internal_links_function (pad, no_internal_links);

  return pad;
}
