/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element as the sink of its feeds, where nobody takes samples: what a
 * GstBaseSink is to a bin. */
#include "gstvinforeservoir.h"

#define GST_CAT_DEFAULT gst_vinfo_reservoir_debug

/* Role -------------------------------------------------------------------- */

/* Whether feeds end here; else they do in what follows. */
gboolean
gst_vinfo_reservoir_is_sink (GstVInfoReservoir *self)
{
  gboolean is_sink;

  GST_OBJECT_LOCK (self);
  is_sink = GST_ELEMENT (self)->numsinkpads > 0
            && GST_OBJECT_FLAG_IS_SET (self, GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_UNLOCK (self);

  return is_sink;
}

/* Outside a bin nobody would set PLAYING once data is here. */
gboolean
gst_vinfo_reservoir_sink_prerolls (GstVInfoReservoir *self)
{
  gboolean async, in_bin;

  g_mutex_lock (&self->lock);
  async = self->async;
  g_mutex_unlock (&self->lock);
  GST_OBJECT_LOCK (self);
  in_bin = GST_OBJECT_PARENT (self) != NULL;
  GST_OBJECT_UNLOCK (self);

  return async && in_bin && gst_vinfo_reservoir_is_sink (self);
}

/* States ------------------------------------------------------------------ */

static void
post (GstVInfoReservoir *self, GstMessage *message, guint32 seqnum)
{
  if (seqnum != GST_SEQNUM_INVALID)
    gst_message_set_seqnum (message, seqnum);
  gst_element_post_message (GST_ELEMENT (self), message);
}

/* In PLAYING, now or later; not where a flush was faster. */
void
gst_vinfo_reservoir_sink_post_eos (GstVInfoReservoir *self)
{
  gboolean ended, playing;
  guint32 seqnum;

  g_mutex_lock (&self->lock);
  ended = self->eos_due = self->ended;
  playing = self->playing;
  seqnum = self->eos_seqnum;
  g_mutex_unlock (&self->lock);

  if (ended && playing)
    post (self, gst_message_new_eos (GST_OBJECT (self)), seqnum);
  if (ended)
    gst_vinfo_reservoir_sink_preroll (self);
}

/* The state may be another again than the one whose change called. */
void
gst_vinfo_reservoir_sink_follow_state (GstVInfoReservoir *self)
{
  gboolean playing, due;
  guint32 seqnum;

  g_mutex_lock (&self->lock);
  GST_OBJECT_LOCK (self);
  playing = GST_STATE (self) == GST_STATE_PLAYING;
  GST_OBJECT_UNLOCK (self);
  due = self->eos_due && playing && !self->playing;
  self->playing = playing;
  g_cond_broadcast (&self->cond);
  seqnum = self->eos_seqnum;
  g_mutex_unlock (&self->lock);

  if (due)
    post (self, gst_message_new_eos (GST_OBJECT (self)), seqnum);
}

/* Data arrived, or the end. */
void
gst_vinfo_reservoir_sink_preroll (GstVInfoReservoir *self)
{
  if (gst_vinfo_preroll_commit (&self->preroll, GST_ELEMENT (self)))
    gst_vinfo_reservoir_sink_follow_state (self);
}

/* A flush: what arrived is void. The pad's stream is at rest then, so that no
 * frame of the time before it prerolls. */
void
gst_vinfo_reservoir_sink_begin_flush (
    GstVInfoReservoir *self, GstVInfoReservoirPad *pad)
{
  if (!gst_vinfo_reservoir_sink_prerolls (self))
    return;

  GST_PAD_STREAM_LOCK (pad);
  gst_vinfo_preroll_lose (&self->preroll, GST_ELEMENT (self));
  GST_PAD_STREAM_UNLOCK (pad);
  gst_vinfo_reservoir_sink_follow_state (self);
}

void
gst_vinfo_reservoir_sink_end_flush (
    GstVInfoReservoir *self, GstEvent *flush_stop)
{
  gboolean reset_time;

  gst_event_parse_flush_stop (flush_stop, &reset_time);
  if (reset_time && gst_vinfo_reservoir_is_sink (self))
    post (self, gst_message_new_reset_time (GST_OBJECT (self), 0),
        GST_SEQNUM_INVALID);
}

/* Streams ----------------------------------------------------------------- */

/* Whether all feeds have one that is not announced yet. @group_id: the one that
 * all have in common. Locked. */
static gboolean
all_feeds_began (GstVInfoReservoir *self, guint *group_id)
{
  gboolean began = TRUE, common = TRUE;

  GST_OBJECT_LOCK (self);
  for (GList *l = GST_ELEMENT (self)->sinkpads; l; l = l->next) {
    GstVInfoReservoirPad *pad = l->data;

    began = began && pad->began;
    common = common && (!l->prev || pad->group_id == *group_id);
    *group_id = pad->group_id;
  }
  GST_OBJECT_UNLOCK (self);
  if (!common)
    *group_id = GST_GROUP_ID_INVALID;

  return began;
}

/* Locked. */
void
gst_vinfo_reservoir_sink_expect_streams (GstVInfoReservoir *self)
{
  GST_OBJECT_LOCK (self);
  for (GList *l = GST_ELEMENT (self)->sinkpads; l; l = l->next)
    GST_VINFO_RESERVOIR_PAD (l->data)->began = FALSE;
  GST_OBJECT_UNLOCK (self);
}

/* Announced is the stream of all feeds, once each has begun, as a bin announces
 * that of its sinks. */
void
gst_vinfo_reservoir_sink_begin_stream (
    GstVInfoReservoir *self, GstVInfoReservoirPad *pad, GstEvent *stream_start)
{
  guint group_id = GST_GROUP_ID_INVALID;
  GstMessage *message;
  gboolean announced;

  if (!gst_vinfo_reservoir_is_sink (self))
    return;

  g_mutex_lock (&self->lock);
  pad->began = TRUE;
  pad->group_id = GST_GROUP_ID_INVALID;
  gst_event_parse_group_id (stream_start, &pad->group_id);
  announced = all_feeds_began (self, &group_id);
  if (announced)
    gst_vinfo_reservoir_sink_expect_streams (self);
  g_mutex_unlock (&self->lock);
  if (!announced)
    return;

  message = gst_message_new_stream_start (GST_OBJECT (self));
  if (group_id != GST_GROUP_ID_INVALID)
    gst_message_set_group_id (message, group_id);
  post (self, message, gst_event_get_seqnum (stream_start));
}

/* Upstream ---------------------------------------------------------------- */

typedef struct {
  GstEvent *event;
  gboolean accepted; /* by all feeds */
} Sending;

static gboolean
push_upstream (GstElement *element, GstPad *pad, gpointer data)
{
  Sending *sending = data;

  if (!gst_pad_push_event (pad, gst_event_ref (sending->event)))
    sending->accepted = FALSE;

  return TRUE;
}

static gboolean
is_flushing_seek (GstEvent *event)
{
  GstSeekFlags flags;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEEK)
    return FALSE;
  gst_event_parse_seek (event, NULL, NULL, &flags, NULL, NULL, NULL, NULL);

  return (flags & GST_SEEK_FLAG_FLUSH) != 0;
}

static void
count_seek (GstVInfoReservoir *self, gint change)
{
  g_mutex_lock (&self->lock);
  self->seeks += change;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* A bin sends seeks and its latency to its sinks. While one is on its way that
 * flushes, data of feeds that it has not reached yet must not preroll. Takes
 * @event. */
gboolean
gst_vinfo_reservoir_sink_send_upstream (
    GstVInfoReservoir *self, GstEvent *event)
{
  Sending sending = { event, TRUE };
  gint seeks = is_flushing_seek (event);
  gboolean sent;

  count_seek (self, seeks);
  sent = gst_element_foreach_sink_pad (
      GST_ELEMENT (self), push_upstream, &sending);
  count_seek (self, -seeks);
  gst_event_unref (event);

  return sent && sending.accepted;
}

/* Queries ----------------------------------------------------------------- */

typedef struct {
  GstQuery *query;
  void (*parse) (GstQuery *query, GstFormat *format, gint64 *value);
  gint64 most;
  gboolean answered;
} Asking;

static gboolean
ask_how_far (GstElement *element, GstPad *pad, gpointer data)
{
  Asking *asking = data;
  gint64 value;

  if (gst_pad_peer_query (pad, asking->query)) {
    asking->parse (asking->query, NULL, &value);
    asking->most = MAX (asking->most, value);
    asking->answered = TRUE;
  }

  return TRUE;
}

/* Of several feeds it is that of the one that is furthest on, or the longest: as
 * a bin takes it of its sinks. */
static gboolean
answer_duration (GstVInfoReservoir *self, GstQuery *q)
{
  Asking asking = { q, gst_query_parse_duration, -1, FALSE };
  GstFormat format;

  gst_element_foreach_sink_pad (GST_ELEMENT (self), ask_how_far, &asking);
  gst_query_parse_duration (q, &format, NULL);
  if (asking.answered)
    gst_query_set_duration (q, format, asking.most);

  return asking.answered;
}

/* -1 where no frame came since the last flush. */
static gint64
find_position (GstVInfoReservoir *self)
{
  gint64 position = -1;

  g_mutex_lock (&self->lock);
  GST_OBJECT_LOCK (self);
  for (GList *l = GST_ELEMENT (self)->sinkpads; l; l = l->next)
    position = MAX (position, GST_VINFO_RESERVOIR_PAD (l->data)->position);
  GST_OBJECT_UNLOCK (self);
  g_mutex_unlock (&self->lock);

  return position;
}

static gboolean
answer_position (GstVInfoReservoir *self, GstQuery *q)
{
  Asking asking = { q, gst_query_parse_position, -1, FALSE };
  GstFormat format;

  gst_query_parse_position (q, &format, NULL);
  if (format == GST_FORMAT_TIME)
    asking.most = find_position (self);
  asking.answered = asking.most >= 0;
  if (!asking.answered)
    gst_element_foreach_sink_pad (GST_ELEMENT (self), ask_how_far, &asking);
  if (asking.answered)
    gst_query_set_position (q, format, asking.most);

  return asking.answered;
}

static gboolean
add_latency (GstElement *element, GstPad *pad, gpointer all)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime min, max, all_min, all_max;
  gboolean live = FALSE;

  if (gst_pad_peer_query (pad, query))
    gst_query_parse_latency (query, &live, &min, &max);
  if (live) {
    gst_query_parse_latency (all, NULL, &all_min, &all_max);
    gst_query_set_latency (all, TRUE, MAX (min, all_min), MIN (max, all_max));
  }

  return TRUE;
}

/* Nothing here waits for the clock: it is as live as its feeds. */
static gboolean
answer_latency (GstVInfoReservoir *self, GstQuery *q)
{
  gst_query_set_latency (q, FALSE, 0, GST_CLOCK_TIME_NONE);
  gst_element_foreach_sink_pad (GST_ELEMENT (self), add_latency, q);

  return TRUE;
}

static gboolean
ask_until_answered (GstElement *element, GstPad *pad, gpointer data)
{
  Asking *asking = data;

  asking->answered = gst_pad_peer_query (pad, asking->query);

  return !asking->answered;
}

static gboolean
answer_as_first_feed (GstVInfoReservoir *self, GstQuery *q)
{
  Asking asking = { .query = q };

  gst_element_foreach_sink_pad (
      GST_ELEMENT (self), ask_until_answered, &asking);

  return asking.answered;
}

gboolean
gst_vinfo_reservoir_sink_query (GstVInfoReservoir *self, GstQuery *q)
{
  switch (GST_QUERY_TYPE (q)) {
  case GST_QUERY_POSITION:
    return answer_position (self, q);
  case GST_QUERY_DURATION:
    return answer_duration (self, q);
  case GST_QUERY_LATENCY:
    return answer_latency (self, q);
  default:
    return answer_as_first_feed (self, q);
  }
}
