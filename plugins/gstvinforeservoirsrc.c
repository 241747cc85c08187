/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/video/video.h>

#include "gstvinforeservoir.h"
#include "gstvinfosample.h"

#define GST_CAT_DEFAULT gst_vinfo_reservoir_debug

#define MAX_CREDIT 256.       /* unused credit that a live feed may gather */
#define CATCH_UP 2.           /* a frame pays so many times its own samples */
#define MAX_EVICTED_IMAGES 16 /* beyond a quarter of the kept ones */
#define DEFAULT_WIDTH 320
#define DEFAULT_HEIGHT 240

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE ("RGB")));

/* What the task is to do next. */
typedef enum { WORK_NONE, WORK_START, WORK_SAMPLE, WORK_END } Work;

/* Serves what the store holds; locked. */
static gboolean
is_replay (GstVInfoReservoir *self)
{
  return self->reservoir == NULL;
}

gboolean
gst_vinfo_reservoir_src_is_live (GstVInfoReservoir *self)
{
  return self->active && self->flow == GST_FLOW_OK
         && gst_pad_is_linked (self->srcpad);
}

static gboolean
limit_is_reached (GstVInfoReservoir *self)
{
  return self->eos_requested || self->flow == GST_FLOW_EOS
         || (self->num_buffers >= 0
             && self->counts.samples >= (guint64)self->num_buffers);
}

static gboolean
views_are_left (GstVInfoReservoir *self, guint kept)
{
  return self->views < (guint64)self->max_views * kept;
}

static guint
get_min_samples (GstVInfoReservoir *self)
{
  return MIN (self->min_samples, self->config.capacity);
}

static gboolean
serves (GstVInfoReservoir *self, guint kept)
{
  return kept > 0 && kept >= get_min_samples (self);
}

static gboolean
credit_is_due (GstVInfoReservoir *self)
{
  guint kept = gst_vinfo_keeper_get_kept (self->keeper);

  if (!views_are_left (self, kept))
    return FALSE;
  if (gst_vinfo_limiter_is_on (&self->limiter))
    return gst_vinfo_limiter_may_sample (
        &self->limiter, kept, get_min_samples (self));
  return self->credit >= 1 && serves (self, kept);
}

/* Whether samples that came with frames so far are still to be pushed. */
gboolean
gst_vinfo_reservoir_src_owes (GstVInfoReservoir *self)
{
  if (self->serving)
    return TRUE;

  return gst_vinfo_reservoir_src_is_live (self) && !self->ended
         && !limit_is_reached (self) && credit_is_due (self);
}

static gboolean
all_feeds_ended (GstVInfoReservoir *self)
{
  gboolean ended;

  GST_OBJECT_LOCK (self);
  ended = GST_ELEMENT (self)->sinkpads != NULL;
  for (GList *l = GST_ELEMENT (self)->sinkpads; l && ended; l = l->next) {
    GstVInfoReservoirPad *pad = l->data;
    ended = pad->eos && pad->pending == 0;
  }
  GST_OBJECT_UNLOCK (self);

  return ended;
}

/* What lock-step frames still owe is paid before the passes; what live ones
 * left unused is forgotten. */
static void
begin_drain (GstVInfoReservoir *self)
{
  self->draining = TRUE;
  self->drained = FALSE;
  self->passing = FALSE;
  self->drain_start = g_get_monotonic_time ();
  self->credit = self->debt;
  self->debt = 0;
}

/* A replay is all drain: it takes as long as it takes. */
static gboolean
drain_timed_out (GstVInfoReservoir *self)
{
  guint64 elapsed = (guint64)(g_get_monotonic_time () - self->drain_start);

  return !is_replay (self) && elapsed >= self->drain_timeout / 1000;
}

static Work
find_drain_work (GstVInfoReservoir *self)
{
  if (!self->draining)
    begin_drain (self);

  if (gst_vinfo_reservoir_src_is_live (self) && !self->drained
      && !drain_timed_out (self))
    return WORK_SAMPLE;

  return WORK_END;
}

static Work
find_work (GstVInfoReservoir *self)
{
  gboolean live = gst_vinfo_reservoir_src_is_live (self);

  if (self->ended)
    return WORK_NONE;
  if (live && !self->started) /* what follows prerolls when data is here */
    return self->arrived || is_replay (self) ? WORK_START : WORK_NONE;
  if (limit_is_reached (self))
    return WORK_END;
  if (is_replay (self) || all_feeds_ended (self))
    return find_drain_work (self);

  return gst_vinfo_reservoir_src_owes (self) ? WORK_SAMPLE : WORK_NONE;
}

/* Something new may come on a pad that had ended. */
void
gst_vinfo_reservoir_src_resume (GstVInfoReservoir *self)
{
  self->draining = FALSE;
  if (!limit_is_reached (self)) {
    self->ended = FALSE;
    self->eos_due = FALSE;
  }
  g_cond_broadcast (&self->cond);
}

/* Lock-step frames come one by one, so none may hold up the stream for long:
 * what those before the first samples owe is paid by the next ones. */
static void
add_lock_step_credit (GstVInfoReservoir *self, guint kept)
{
  gdouble due;

  self->debt += self->samples_per_frame;
  if (!serves (self, kept))
    return;
  due = MIN (self->debt, CATCH_UP * self->samples_per_frame);
  self->credit += due;
  self->debt -= due;
}

/* The ratio is that of what a peer could take. */
void
gst_vinfo_reservoir_src_note_admission (
    GstVInfoReservoir *self, gboolean bounded)
{
  if (gst_vinfo_reservoir_src_is_live (self))
    gst_vinfo_limiter_note_insert (&self->limiter,
        gst_vinfo_keeper_get_kept (self->keeper), get_min_samples (self),
        bounded);
}

/* While views are used up nothing is due, later neither. */
void
gst_vinfo_reservoir_src_add_credit (GstVInfoReservoir *self, gboolean bounded)
{
  guint kept = gst_vinfo_keeper_get_kept (self->keeper);

  if (!gst_vinfo_reservoir_src_is_live (self)
      || gst_vinfo_limiter_is_on (&self->limiter)
      || (kept > 0 && !views_are_left (self, kept)))
    return;

  if (bounded)
    self->credit = MIN (self->credit + self->samples_per_frame, MAX_CREDIT);
  else
    add_lock_step_credit (self, kept);
}

/* Events ------------------------------------------------------------------ */

/* The samples' own size where something is kept; else what a peer prefers, as
 * decoders do for a gap before the first frame. */
static GstCaps *
initial_caps (GstVInfoReservoir *self)
{
  g_autoptr (GPtrArray) kept = gst_vinfo_reservoir_list_kept (self);
  GstCaps *caps;
  GstStructure *structure;
  gint width = DEFAULT_WIDTH, height = DEFAULT_HEIGHT;

  if (kept->len > 0) {
    const VInfoSample *sample = g_ptr_array_index (kept, 0);
    width = (gint)sample->width;
    height = (gint)sample->height;
  }

  caps = gst_pad_get_allowed_caps (self->srcpad);
  if (!caps || gst_caps_is_empty (caps)) {
    gst_clear_caps (&caps);
    return NULL;
  }
  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_nearest_int (structure, "width", width);
  gst_structure_fixate_field_nearest_int (structure, "height", height);
  gst_structure_fixate_field_nearest_fraction (
      structure, "framerate", GST_VINFO_SAMPLE_RATE, 1);

  return gst_caps_fixate (caps);
}

static gboolean
push_size (GstVInfoReservoir *self, guint width, guint height)
{
  GstCaps *caps;
  gboolean pushed;

  if (self->width == width && self->height == height)
    return TRUE;

  self->width = width;
  self->height = height;
  caps = gst_vinfo_sample_caps (width, height);
  pushed = gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
  gst_caps_unref (caps);

  return pushed;
}

static GstEvent *
new_stream_start (GstVInfoReservoir *self)
{
  const char *location = vinfo_store_get_location (self->store);
  g_autofree char *id = g_strdup_printf (
      "%s/%s", GST_OBJECT_NAME (self), location ? location : "memory");
  GstEvent *event = gst_event_new_stream_start (id);

  gst_event_set_stream_flags (event, GST_STREAM_FLAG_SPARSE);
  gst_event_set_group_id (event, gst_util_group_id_next ());

  return event;
}

static void
start (GstVInfoReservoir *self, guint64 number)
{
  g_autoptr (GstCaps) caps = NULL;
  GstSegment segment;
  GstVideoInfo info;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->srcpad, new_stream_start (self));

  caps = initial_caps (self);
  if (caps && gst_video_info_from_caps (&info, caps))
    push_size (self, info.width, info.height);
  gst_pad_push_event (self->srcpad, gst_event_new_segment (&segment));
  gst_pad_push_event (
      self->srcpad, gst_event_new_gap (gst_vinfo_sample_time (number), 0));
}

/* Samples ----------------------------------------------------------------- */

static GstFlowReturn
push_sample (GstVInfoReservoir *self, const VInfoSample *sample,
    VInfoImage *image, guint64 number)
{
  GstBuffer *buffer = gst_vinfo_sample_to_buffer (sample, image, number);

  if (!buffer)
    return GST_FLOW_ERROR;
  if (!push_size (self, vinfo_image_get_width (image),
          vinfo_image_get_height (image))) {
    gst_buffer_unref (buffer);
    return GST_PAD_IS_FLUSHING (self->srcpad) ? GST_FLOW_FLUSHING
                                              : GST_FLOW_NOT_NEGOTIATED;
  }

  return gst_pad_push (self->srcpad, buffer);
}

/* Drops the pictures of evicted samples, before they are many: each costs its
 * bytes, a look for them a pass over all that is kept. */
static void
forget_evicted (GstVInfoReservoir *self)
{
  guint kept = gst_vinfo_keeper_get_kept (self->keeper);
  g_autoptr (VInfoReservoir) reservoir = NULL;
  g_autoptr (GPtrArray) samples = NULL;

  if (gst_vinfo_image_cache_get_size (self->images)
      <= kept + kept / 4 + MAX_EVICTED_IMAGES)
    return;
  g_mutex_lock (&self->lock);
  g_set_object (&reservoir, self->reservoir);
  g_mutex_unlock (&self->lock);
  if (!reservoir) /* a replay evicts nothing */
    return;
  samples = vinfo_reservoir_list (reservoir);
  gst_vinfo_image_cache_retain (self->images, samples);
}

static VInfoSample *
next_sample (GstVInfoReservoir *self, VInfoImage **image, GError **error)
{
  const char *location = vinfo_store_get_location (self->store);
  g_autoptr (VInfoSample) sample = gst_vinfo_server_next (self->server, error);

  if (!sample)
    return NULL;
  *image = gst_vinfo_image_cache_get (self->images, sample,
      location ? location : GST_OBJECT_NAME (self), error);

  forget_evicted (self);

  return *image ? g_steal_pointer (&sample) : NULL;
}

static void
end_serving (GstVInfoReservoir *self, GstFlowReturn flow, gboolean exhausted)
{
  g_mutex_lock (&self->lock);
  self->serving = FALSE;
  self->flow = gst_pad_is_linked (self->srcpad) ? flow : GST_FLOW_OK;
  if (flow == GST_FLOW_OK && !exhausted) {
    self->credit = MAX (self->credit - 1, 0);
    if (!self->draining)
      gst_vinfo_limiter_note_sample (&self->limiter);
  } else {
    self->credit = self->debt = 0;
    self->drained = self->drained || exhausted;
  }
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  if (flow < GST_FLOW_EOS || flow == GST_FLOW_NOT_NEGOTIATED)
    GST_ELEMENT_FLOW_ERROR (self, flow);
}

static void
count_sample (GstVInfoReservoir *self, guint64 id)
{
  g_autoptr (VInfoReservoir) reservoir = NULL;

  g_mutex_lock (&self->lock);
  self->counts.samples++;
  self->views++;
  g_set_object (&reservoir, self->reservoir);
  g_mutex_unlock (&self->lock);

  /* A replay leaves the store as it is. */
  if (reservoir)
    vinfo_reservoir_count_view (reservoir, id);
}

static void
serve (GstVInfoReservoir *self, guint64 number)
{
  g_autoptr (VInfoImage) image = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoSample) sample = next_sample (self, &image, &error);
  GstFlowReturn flow = GST_FLOW_OK;

  if (error)
    GST_ELEMENT_WARNING (
        self, STREAM, DECODE, ("%s", error->message), ("sample left out"));
  if (sample)
    flow = push_sample (self, sample, image, number);
  if (sample && flow == GST_FLOW_OK) {
    count_sample (self, sample->id);
  }
  end_serving (self, flow, !sample && !error);
}

/* The task ---------------------------------------------------------------- */

static void
end (GstVInfoReservoir *self, gboolean live)
{
  gst_vinfo_keeper_commit (self->keeper);
  if (live)
    gst_pad_push_event (self->srcpad, gst_event_new_eos ());
  else
    gst_vinfo_reservoir_post_eos (self);
}

/* Notes that @work is in hand; locked. */
static void
take (GstVInfoReservoir *self, Work work)
{
  if (work == WORK_START)
    self->started = TRUE;
  if (work == WORK_SAMPLE)
    self->serving = TRUE;
  if (work == WORK_END) {
    self->ended = TRUE;
    self->started = FALSE; /* what comes after EOS is a new stream */
  }
}

/* The server's passes follow the phase; on the task, as the server is. */
static void
follow_phase (GstVInfoReservoir *self, gboolean passes, gboolean replay)
{
  if (passes == self->passing)
    return;

  self->passing = passes;
  if (!passes)
    gst_vinfo_server_begin_stream (self->server);
  else if (replay && self->num_buffers >= 0)
    gst_vinfo_server_begin_passes (self->server, G_MAXUINT);
  else
    gst_vinfo_server_begin_passes (self->server, self->num_epochs);
}

static void
loop (GstPad *pad)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (GST_PAD_PARENT (pad));
  gboolean passes, replay, live;
  guint64 number;
  Work work;

  g_mutex_lock (&self->lock);
  while (self->active && (work = find_work (self)) == WORK_NONE)
    g_cond_wait (&self->cond, &self->lock);
  if (!self->active) {
    g_mutex_unlock (&self->lock);
    gst_pad_pause_task (pad);
    return;
  }
  take (self, work);
  passes = self->draining && !credit_is_due (self);
  replay = is_replay (self);
  live = gst_pad_is_linked (pad) && self->flow != GST_FLOW_FLUSHING;
  number = self->counts.samples;
  g_mutex_unlock (&self->lock);

  if (work == WORK_START)
    start (self, number);
  else if (work == WORK_END)
    end (self, live);
  else {
    follow_phase (self, passes, replay);
    serve (self, number);
  }
}

/* The pad ----------------------------------------------------------------- */

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

  return active ? gst_pad_start_task (pad, (GstTaskFunction)loop, pad, NULL)
                : gst_pad_stop_task (pad);
}

static gboolean
query (GstPad *pad, GstObject *parent, GstQuery *q)
{
  GstFormat format;

  switch (GST_QUERY_TYPE (q)) {
  case GST_QUERY_LATENCY:
    gst_query_set_latency (q, FALSE, 0, GST_CLOCK_TIME_NONE);
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

/* Nothing from below reaches a feed. */
static gboolean
event (GstPad *pad, GstObject *parent, GstEvent *e)
{
  GstEventType type = GST_EVENT_TYPE (e);

  gst_event_unref (e);

  return type == GST_EVENT_RECONFIGURE || type == GST_EVENT_LATENCY
         || type == GST_EVENT_QOS;
}

static GstIterator *
no_internal_links (GstPad *pad, GstObject *parent)
{
  return NULL;
}

/* Without a peer the element is where the stream ends. */
void
gst_vinfo_reservoir_src_update_role (GstVInfoReservoir *self)
{
  if (gst_pad_is_linked (self->srcpad))
    GST_OBJECT_FLAG_UNSET (self, GST_ELEMENT_FLAG_SINK);
  else
    GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}

static void
peer_changed (GstPad *pad, GstPad *peer, GstVInfoReservoir *self)
{
  gst_vinfo_reservoir_src_update_role (self);

  g_mutex_lock (&self->lock);
  self->started = FALSE;
  self->flow = GST_FLOW_OK;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
gst_vinfo_reservoir_src_reset (GstVInfoReservoir *self)
{
  /* outside a bin nobody waits for what follows to preroll */
  self->arrived = GST_OBJECT_PARENT (self) == NULL;
  self->started = self->serving = self->passing = FALSE;
  self->draining = self->drained = FALSE;
  self->ended = self->eos_due = self->eos_requested = FALSE;
  self->flow = GST_FLOW_OK;
  self->credit = self->debt = 0;
  self->limiter.error = 0;
  self->views = 0;
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
  g_signal_connect (pad, "linked", G_CALLBACK (peer_changed), self);
  g_signal_connect (pad, "unlinked", G_CALLBACK (peer_changed), self);

  return pad;
}
