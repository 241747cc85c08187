/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Inputs one after another: `concat` with sources that come and go. At EOS of
 * one its successor is there already and the one after that is made, on the
 * streaming thread, so that `concat` never runs out of pads too early.
 */
#include "playlist.h"

#include <math.h>

#include "element.h"
#include "source.h"

/* Sources that exist at once: the playing one and its successor. */
#define PREPARED 2

struct _Playlist {
  GstBin *pipeline; /* not owned */
  GstElement *concat;
  GPtrArray *inputs;
  gboolean paced;

  GMutex lock;
  GPtrArray *sources;    /* under lock: by input; NULL where gone or to come */
  guint current;         /* under lock: the playing input, or their number */
  GstSegment segment;    /* under lock: of the playing input */
  GstClockTime position; /* under lock: stream time of its last frame */
  GstClockTime elapsed;  /* under lock: running time of the same */
  GstClockTime limit;    /* under lock: of running time */
  PlaylistLimitFunc limit_reached; /* under lock; NULL once called */
  gpointer limit_data;             /* under lock */
  guint first;                     /* under lock: first source that exists */
  guint removal;                   /* under lock: main loop's source or 0 */
};

static GstPadProbeReturn watch_end (
    GstPad *pad, GstPadProbeInfo *info, gpointer data);

static gboolean
add_source (Playlist *self, guint index, GError **error)
{
  const Input *input = g_ptr_array_index (self->inputs, index);
  GstElement *source = source_new (input, self->paced, error);
  g_autoptr (GstPad) src = NULL;
  g_autoptr (GstPad) sink = NULL;

  if (!source)
    return FALSE;
  g_mutex_lock (&self->lock);
  self->sources->pdata[index] = gst_object_ref (source);
  g_mutex_unlock (&self->lock);

  /* a pipeline on its way up must not start it before it is linked */
  gst_element_set_locked_state (source, TRUE);
  gst_bin_add (self->pipeline, source);
  src = gst_element_get_static_pad (source, "src");
  sink = gst_element_request_pad_simple (self->concat, "sink_%u");
  gst_pad_add_probe (
      src, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, watch_end, self, NULL);
  gst_pad_link (src, sink);
  gst_element_set_locked_state (source, FALSE);
  return TRUE;
}

static void
remove_source (Playlist *self, GstElement *source)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (source, "src");
  g_autoptr (GstPad) sink = gst_pad_get_peer (src);

  gst_element_set_locked_state (source, TRUE);
  gst_element_set_state (source, GST_STATE_NULL);
  gst_bin_remove (self->pipeline, source);
  gst_element_release_request_pad (self->concat, sink);
  gst_object_unref (source);
}

/* The next source that has played, off the list, or NULL. The last stays: the
 * stream ends with it. */
static GstElement *
take_played (Playlist *self)
{
  GstElement *source = NULL;

  g_mutex_lock (&self->lock);
  if (self->first < self->current && self->first + 1 < self->inputs->len)
    source = g_steal_pointer (&self->sources->pdata[self->first++]);
  else
    self->removal = 0;
  g_mutex_unlock (&self->lock);
  return source;
}

/* On the main thread: a streaming thread can't stop itself. */
static gboolean
remove_played (gpointer data)
{
  Playlist *self = data;
  GstElement *source;

  while ((source = take_played (self)))
    remove_source (self, source);
  return G_SOURCE_REMOVE;
}

static void
prepare_source (Playlist *self, guint index)
{
  g_autoptr (GError) error = NULL;

  if (add_source (self, index, &error))
    gst_element_sync_state_with_parent (self->sources->pdata[index]);
  else
    GST_ELEMENT_ERROR (
        self->concat, CORE, FAILED, ("%s", error->message), (NULL));
}

static GstPadProbeReturn
watch_end (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Playlist *self = data;
  guint next;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&self->lock);
  next = ++self->current - 1 + PREPARED;
  self->position = 0;
  if (self->removal == 0)
    self->removal
        = g_idle_add_full (G_PRIORITY_DEFAULT, remove_played, self, NULL);
  g_mutex_unlock (&self->lock);

  if (next < self->inputs->len)
    prepare_source (self, next);
  return GST_PAD_PROBE_OK;
}

static void
watch_frame (Playlist *self, GstBuffer *buffer)
{
  PlaylistLimitFunc reached = NULL;
  GstClockTime time;

  g_mutex_lock (&self->lock);
  time = gst_segment_to_stream_time (
      &self->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  if (GST_CLOCK_TIME_IS_VALID (time))
    self->position = time;
  time = gst_segment_to_running_time (
      &self->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  if (GST_CLOCK_TIME_IS_VALID (time))
    self->elapsed = time;
  if (self->elapsed >= self->limit)
    reached = g_steal_pointer (&self->limit_reached);
  g_mutex_unlock (&self->lock);

  if (reached)
    reached (self->limit_data);
}

static GstPadProbeReturn
watch_stream (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Playlist *self = data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    watch_frame (self, GST_PAD_PROBE_INFO_BUFFER (info));
  } else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info))
             == GST_EVENT_SEGMENT) {
    g_mutex_lock (&self->lock);
    gst_event_copy_segment (GST_PAD_PROBE_INFO_EVENT (info), &self->segment);
    g_mutex_unlock (&self->lock);
  }
  return GST_PAD_PROBE_OK;
}

Playlist *
playlist_new (
    GstBin *pipeline, GPtrArray *inputs, gboolean paced, GError **error)
{
  GstElement *concat = element_new ("concat", error);
  g_autoptr (GstPad) src = NULL;
  Playlist *self;

  if (!concat)
    return NULL;
  gst_bin_add (pipeline, concat);
  self = g_new0 (Playlist, 1);
  g_mutex_init (&self->lock);
  self->pipeline = pipeline;
  self->concat = gst_object_ref (concat);
  self->inputs = g_ptr_array_ref (inputs);
  self->paced = paced;
  self->limit = GST_CLOCK_TIME_NONE;
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->sources = g_ptr_array_new_full (inputs->len, NULL);
  g_ptr_array_set_size (self->sources, inputs->len);
  for (guint i = 0; i < MIN (PREPARED, inputs->len); i++)
    if (!add_source (self, i, error)) {
      playlist_free (self);
      return NULL;
    }
  src = gst_element_get_static_pad (concat, "src");
  gst_pad_add_probe (src,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      watch_stream, self, NULL);
  return self;
}

void
playlist_free (Playlist *self)
{
  if (!self)
    return;
  if (self->removal > 0)
    g_source_remove (self->removal);
  for (guint i = 0; i < self->sources->len; i++)
    if (self->sources->pdata[i])
      gst_object_unref (self->sources->pdata[i]);
  g_ptr_array_unref (self->sources);
  g_ptr_array_unref (self->inputs);
  gst_object_unref (self->concat);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GstElement *
playlist_get_element (Playlist *self)
{
  return self->concat;
}

void
playlist_set_limit (Playlist *self, GstClockTime limit,
    PlaylistLimitFunc reached, gpointer user_data)
{
  g_mutex_lock (&self->lock);
  self->limit = limit;
  self->limit_reached = reached;
  self->limit_data = user_data;
  g_mutex_unlock (&self->lock);
}

double
playlist_get_fraction (Playlist *self)
{
  g_autoptr (GstElement) source = NULL;
  GstClockTime position, elapsed, limit;
  double fraction = NAN;
  gint64 duration;
  guint current;

  g_mutex_lock (&self->lock);
  current = self->current;
  position = self->position;
  elapsed = self->elapsed;
  limit = self->limit;
  if (current < self->inputs->len && self->sources->pdata[current])
    source = gst_object_ref (self->sources->pdata[current]);
  g_mutex_unlock (&self->lock);

  if (current == self->inputs->len)
    return 1;
  if (source && gst_element_query_duration (source, GST_FORMAT_TIME, &duration)
      && duration > 0)
    fraction = (current + CLAMP ((double)position / duration, 0, 1))
               / self->inputs->len;
  if (GST_CLOCK_TIME_IS_VALID (limit) && limit > 0)
    fraction = fmax (fraction, fmin (1, (double)elapsed / limit));
  return fraction;
}

const Input *
playlist_find_input (Playlist *self, GstObject *object)
{
  const Input *input = NULL;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->sources->len && !input; i++) {
    GstObject *source = self->sources->pdata[i];

    if (source
        && (object == source || gst_object_has_as_ancestor (object, source)))
      input = g_ptr_array_index (self->inputs, i);
  }
  g_mutex_unlock (&self->lock);
  return input;
}

/* Runs once nothing flows; the pad stays blocked, so nothing follows the EOS. */
static GstPadProbeReturn
end_stream (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  g_autoptr (GstEvent) start
      = gst_pad_get_sticky_event (pad, GST_EVENT_STREAM_START, 0);

  if (!start)
    gst_pad_send_event (peer, gst_event_new_stream_start ("stopped"));
  gst_pad_send_event (peer, gst_event_new_eos ());
  return GST_PAD_PROBE_OK;
}

static void
block_and_end (GstElement *concat, gpointer data)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (concat, "src");

  gst_pad_add_probe (src,
      GST_PAD_PROBE_TYPE_IDLE | GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, end_stream,
      NULL, NULL);
}

void
playlist_stop (Playlist *self)
{
  gst_element_call_async (self->concat, block_and_end, NULL, NULL);
}
