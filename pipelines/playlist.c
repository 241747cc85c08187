/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Inputs one after another: `concat` with sources that come and go. At EOS of
 * one its successor is there already and the one after that is made, on the
 * streaming thread, so that `concat` never runs out of pads too early.
 *
 * A source that fails is taken out at once, in its turn or before, and told of
 * when it is its turn; the others play on.
 */
#include "playlist.h"

#include <math.h>

#include "element.h"
#include "source.h"

/* Sources that exist at once: the playing one and its successor. */
#define PREPARED 2

/* What became of an input. */
typedef struct {
  GstElement *source;  /* NULL where gone or to come */
  GstMessage *failure; /* the first, or NULL */
  gboolean ended;      /* its EOS was seen */
} Entry;

struct _Playlist {
  GstBin *pipeline; /* not owned */
  GstElement *concat;
  GPtrArray *inputs;
  gboolean paced;
  PlaylistFailureFunc failed; /* main thread's, as what belongs to it */
  gpointer failed_data;
  guint n_told; /* inputs whose failure, if any, was told */
  gint stopped; /* atomic: playlist_stop() was called */

  GMutex preparing; /* held while sources are made: `concat` knows an order */
  GMutex lock;
  Entry *entries;        /* under lock: by input */
  guint n_prepared;      /* under lock: inputs whose source was made */
  guint current;         /* under lock: the playing input, or their number */
  GstSegment segment;    /* under lock: of the playing input */
  GstClockTime position; /* under lock: stream time of its last frame */
  GstClockTime elapsed;  /* under lock: running time of the same */
  GstClockTime limit;    /* under lock: of running time */
  PlaylistLimitFunc limit_reached; /* under lock; NULL once called */
  gpointer limit_data;             /* under lock */
  guint tending;                   /* under lock: main loop's source or 0 */
};

static GstPadProbeReturn watch_end (
    GstPad *pad, GstPadProbeInfo *info, gpointer data);

/* `concat` does not free a frame that comes to it as it stops. */
static GstPadProbeReturn
watch_for_stop (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Playlist *self = data;
  gboolean stops;

  GST_OBJECT_LOCK (self->concat);
  stops = GST_STATE_NEXT (self->concat) == GST_STATE_READY;
  GST_OBJECT_UNLOCK (self->concat);
  if (!stops && !g_atomic_int_get (&self->stopped))
    return GST_PAD_PROBE_OK;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_FLUSHING;
  return GST_PAD_PROBE_DROP;
}

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
  self->entries[index].source = gst_object_ref (source);
  g_mutex_unlock (&self->lock);

  /* a pipeline on its way up must not start it before it is linked */
  gst_element_set_locked_state (source, TRUE);
  gst_bin_add (self->pipeline, source);
  src = gst_element_get_static_pad (source, "src");
  sink = gst_element_request_pad_simple (self->concat, "sink_%u");
  gst_pad_add_probe (
      src, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, watch_end, self, NULL);
  gst_pad_add_probe (
      src, GST_PAD_PROBE_TYPE_BUFFER, watch_for_stop, self, NULL);
  gst_pad_link (src, sink);
  gst_element_set_locked_state (source, FALSE);
  return TRUE;
}

/* The pad goes first: a thread of the source may wait in it for its turn. */
static void
remove_source (GstElement *source, GstElement *concat)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (source, "src");
  g_autoptr (GstPad) sink = gst_pad_get_peer (src);
  g_autoptr (GstObject) parent = NULL;

  if (sink) /* else the pipeline is gone */
    gst_element_release_request_pad (concat, sink);
  gst_element_set_locked_state (source, TRUE);
  gst_element_set_state (source, GST_STATE_NULL);
  parent = gst_object_get_parent (GST_OBJECT (source));
  if (parent)
    gst_bin_remove (GST_BIN (parent), source);
}

/* Without its last pad `concat` sends EOS, which may take its time. */
static void
remove_last_source (GstElement *source, gpointer data)
{
  GstElement *concat = data;
  g_autoptr (GstPad) src = gst_element_get_static_pad (concat, "src");
  g_autoptr (GstEvent) start
      = gst_pad_get_sticky_event (src, GST_EVENT_STREAM_START, 0);

  if (!start)
    gst_pad_push_event (src, gst_event_new_stream_start ("failed"));
  remove_source (source, concat);
}

/* lock held: whether it plays, or will. */
static gboolean
is_alive (const Entry *entry)
{
  return !entry->failure && !entry->ended;
}

/* lock held: to the next that will play. */
static void
advance (Playlist *self)
{
  do
    self->current++;
  while (self->current < self->n_prepared
         && !is_alive (&self->entries[self->current]));
  self->position = 0;
}

/* The next input that needs a source, or their number. */
static guint
take_unprepared (Playlist *self)
{
  guint index = self->inputs->len, n_alive = 0;

  g_mutex_lock (&self->lock);
  for (guint i = self->current; i < self->n_prepared; i++)
    n_alive += is_alive (&self->entries[i]);
  if (n_alive < PREPARED && self->n_prepared < self->inputs->len)
    index = self->n_prepared++;
  g_mutex_unlock (&self->lock);
  return index;
}

/* An element that cannot start has said why, and is taken for failed. */
static void
prepare_source (Playlist *self, guint index)
{
  g_autoptr (GError) error = NULL;

  if (add_source (self, index, &error))
    gst_element_sync_state_with_parent (self->entries[index].source);
  else
    GST_ELEMENT_ERROR (
        self->concat, CORE, FAILED, ("%s", error->message), (NULL));
}

static void
prepare_sources (Playlist *self)
{
  guint index;

  g_mutex_lock (&self->preparing);
  while ((index = take_unprepared (self)) < self->inputs->len)
    prepare_source (self, index);
  g_mutex_unlock (&self->preparing);
}

/* lock held: the input that `object` is or is in, or their number. */
static guint
find_index (Playlist *self, GstObject *object)
{
  guint index = 0;

  for (; index < self->n_prepared; index++) {
    GstObject *source = GST_OBJECT (self->entries[index].source);

    if (source
        && (object == source || gst_object_has_as_ancestor (object, source)))
      return index;
  }
  return self->inputs->len;
}

/* lock held. Returns: (transfer full): a source that is done, at @index. The
 * one whose EOS ends the stream stays, and one that fails in its turn until
 * pass_failed() has gone past it. */
static GstElement *
find_done (Playlist *self, guint *index)
{
  for (guint i = 0; i < self->n_prepared; i++) {
    const Entry *entry = &self->entries[i];
    gboolean is_last = i + 1 == self->inputs->len && entry->ended;
    gboolean is_done
        = i < self->current || (entry->failure && i > self->current);

    if (entry->source && is_done && !is_last) {
      *index = i;
      return gst_object_ref (entry->source);
    }
  }
  return NULL;
}

/* One that posts errors while it stops is still known. Returns: whether one
 * failed. */
static gboolean
remove_done (Playlist *self, guint last)
{
  gboolean failed = FALSE;
  GstElement *source;
  guint index;

  for (;;) {
    g_mutex_lock (&self->lock);
    source = find_done (self, &index);
    g_mutex_unlock (&self->lock);
    if (!source)
      return failed;
    if (index == last)
      gst_element_call_async (source, remove_last_source,
          gst_object_ref (self->concat), gst_object_unref);
    else
      remove_source (source, self->concat);
    gst_object_unref (source);

    g_mutex_lock (&self->lock);
    failed |= self->entries[index].failure != NULL;
    gst_clear_object (&self->entries[index].source);
    g_mutex_unlock (&self->lock);
  }
}

/* lock held: past what failed in its turn and gives no EOS. Returns: the input
 * that the stream ends with by that, or their number. */
static guint
pass_failed (Playlist *self)
{
  guint n = self->inputs->len, last = self->current;

  if (self->current == n || !self->entries[self->current].failure)
    return n;
  advance (self);
  return self->current == n ? last : n;
}

void
playlist_tell_failures (Playlist *self)
{
  for (;;) {
    GstMessage *failure = NULL;
    guint index = self->n_told;

    g_mutex_lock (&self->lock);
    if (index == self->current) {
      g_mutex_unlock (&self->lock);
      return;
    }
    if (self->entries[index].failure)
      failure = gst_message_ref (self->entries[index].failure);
    g_mutex_unlock (&self->lock);

    self->n_told++;
    if (failure && self->failed)
      self->failed (
          g_ptr_array_index (self->inputs, index), failure, self->failed_data);
    g_clear_pointer (&failure, gst_message_unref);
  }
}

/* On the main thread: a streaming thread can't stop itself. A pipeline that
 * waited for a source that failed on its way up is sent up again. */
static gboolean
tend (gpointer data)
{
  Playlist *self = data;
  guint last;

  g_mutex_lock (&self->lock);
  self->tending = 0;
  last = pass_failed (self);
  g_mutex_unlock (&self->lock);

  prepare_sources (self);
  playlist_tell_failures (self); /* whose objects are still known */
  if (remove_done (self, last))
    gst_element_set_state (
        GST_ELEMENT (self->pipeline), GST_STATE_TARGET (self->pipeline));
  return G_SOURCE_REMOVE;
}

/* lock held. */
static void
have_tended (Playlist *self)
{
  if (self->tending == 0)
    self->tending = g_idle_add_full (G_PRIORITY_DEFAULT, tend, self, NULL);
}

gboolean
playlist_take_error (Playlist *self, GstMessage *message)
{
  GstElement *source = NULL;
  guint index;

  g_mutex_lock (&self->lock);
  index = find_index (self, GST_MESSAGE_SRC (message));
  if (index < self->inputs->len) {
    Entry *entry = &self->entries[index];

    source = gst_object_ref (entry->source);
    if (!entry->failure)
      entry->failure = gst_message_ref (message);
    have_tended (self);
  }
  g_mutex_unlock (&self->lock);

  if (!source)
    return FALSE;
  /* the pipeline starts without it */
  gst_element_set_locked_state (source, TRUE);
  gst_object_unref (source);
  return TRUE;
}

/* One that has failed is taken out, and its EOS with it: many send both. */
static GstPadProbeReturn
watch_end (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Playlist *self = data;
  guint index;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&self->lock);
  index = find_index (self, GST_OBJECT (pad));
  /* gone already, or to go */
  if (index == self->inputs->len || self->entries[index].failure) {
    g_mutex_unlock (&self->lock);
    return GST_PAD_PROBE_DROP;
  }
  self->entries[index].ended = TRUE;
  if (index == self->current)
    advance (self);
  have_tended (self);
  g_mutex_unlock (&self->lock);

  prepare_sources (self);
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
  g_mutex_init (&self->preparing);
  g_mutex_init (&self->lock);
  self->pipeline = pipeline;
  self->concat = gst_object_ref (concat);
  self->inputs = g_ptr_array_ref (inputs);
  self->paced = paced;
  self->limit = GST_CLOCK_TIME_NONE;
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->entries = g_new0 (Entry, inputs->len);
  while (self->n_prepared < MIN (PREPARED, inputs->len))
    if (!add_source (self, self->n_prepared++, error)) {
      playlist_free (self);
      return NULL;
    }
  src = gst_element_get_static_pad (concat, "src");
  gst_pad_add_probe (src,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      watch_stream, self, NULL);
  return self;
}

/* A source that failed last, as some do when they are stopped, is locked and
 * still runs. */
void
playlist_free (Playlist *self)
{
  if (!self)
    return;
  if (self->tending > 0)
    g_source_remove (self->tending);
  for (guint i = 0; i < self->inputs->len; i++) {
    if (self->entries[i].source)
      gst_element_set_state (self->entries[i].source, GST_STATE_NULL);
    gst_clear_object (&self->entries[i].source);
    gst_clear_message (&self->entries[i].failure);
  }
  g_free (self->entries);
  g_ptr_array_unref (self->inputs);
  gst_object_unref (self->concat);
  g_mutex_clear (&self->preparing);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GstElement *
playlist_get_element (Playlist *self)
{
  return self->concat;
}

void
playlist_set_failed (
    Playlist *self, PlaylistFailureFunc failed, gpointer user_data)
{
  self->failed = failed;
  self->failed_data = user_data;
}

guint
playlist_get_n_failed (Playlist *self)
{
  guint n = 0;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->n_prepared; i++)
    n += self->entries[i].failure != NULL;
  g_mutex_unlock (&self->lock);
  return n;
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
  if (current < self->inputs->len && self->entries[current].source)
    source = gst_object_ref (self->entries[current].source);
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
  guint index;

  g_mutex_lock (&self->lock);
  index = find_index (self, object);
  g_mutex_unlock (&self->lock);
  return index < self->inputs->len ? g_ptr_array_index (self->inputs, index)
                                   : NULL;
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
  g_atomic_int_set (&self->stopped, TRUE);
  gst_element_call_async (self->concat, block_and_end, NULL, NULL);
}
