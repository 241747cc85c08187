/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The src pad's task: what it pushes. */
#include <gst/video/video.h>

#include "gstvinforeservoir.h"
#include "gstvinfosample.h"

#define GST_CAT_DEFAULT gst_vinfo_reservoir_debug

#define MAX_EVICTED_IMAGES 16 /* beyond a quarter of the kept ones */
#define DEFAULT_WIDTH 320
#define DEFAULT_HEIGHT 240

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
  if (!caps)
    return FALSE;
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

/* Times ------------------------------------------------------------------- */

/* Before PLAYING it stands still where it will go on. */
static GstClockTime
running_time (GstVInfoReservoir *self, gboolean playing)
{
  return playing ? gst_element_get_current_running_time (GST_ELEMENT (self))
                 : gst_element_get_start_time (GST_ELEMENT (self));
}

/* Of the next sample: while feeds are live now, or else the sink below would
 * find it late; otherwise the same in every run. */
static GstClockTime
next_time (GstVInfoReservoir *self, guint64 number, gboolean *clocked)
{
  GstClockTime now = GST_CLOCK_TIME_NONE;
  gboolean playing;

  g_mutex_lock (&self->lock);
  *clocked = self->clocked;
  playing = self->playing;
  g_mutex_unlock (&self->lock);

  if (*clocked)
    now = running_time (self, playing);
  *clocked = GST_CLOCK_TIME_IS_VALID (now);
  self->time
      = *clocked ? MAX (self->time, now) : gst_vinfo_sample_time (number);

  return self->time;
}

/* Streams ----------------------------------------------------------------- */

/* What has had EOS takes nothing but a flush, not even a new stream. */
static void
flush_end (GstVInfoReservoir *self)
{
  g_autoptr (GstEvent) eos
      = gst_pad_get_sticky_event (self->srcpad, GST_EVENT_EOS, 0);

  if (!eos)
    return;
  gst_pad_push_event (self->srcpad, gst_event_new_flush_start ());
  gst_pad_push_event (self->srcpad, gst_event_new_flush_stop (FALSE));
}

static void
start (GstVInfoReservoir *self, guint64 number)
{
  g_autoptr (GstCaps) caps = NULL;
  GstSegment segment;
  GstVideoInfo info;
  gboolean clocked;

  flush_end (self);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->srcpad, new_stream_start (self));

  caps = initial_caps (self);
  if (caps && gst_video_info_from_caps (&info, caps))
    push_size (self, info.width, info.height);
  gst_pad_push_event (self->srcpad, gst_event_new_segment (&segment));
  gst_pad_push_event (
      self->srcpad, gst_event_new_gap (next_time (self, number, &clocked), 0));
}

/* Samples ----------------------------------------------------------------- */

static GstFlowReturn
push_sample (GstVInfoReservoir *self, const VInfoSample *sample,
    VInfoImage *image, guint64 number)
{
  GstBuffer *buffer = gst_vinfo_sample_to_buffer (sample, image, number);
  gboolean clocked;

  if (!buffer)
    return GST_FLOW_ERROR;
  GST_BUFFER_PTS (buffer) = next_time (self, number, &clocked);
  if (clocked) /* who knows when the next one comes */
    GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
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
  if (*image)
    gst_vinfo_server_note_use (self->server);

  forget_evicted (self);

  return *image ? g_steal_pointer (&sample) : NULL;
}

/* Says so once; feeds go on being kept, whatever becomes of the samples. */
static void
report_flow (GstVInfoReservoir *self, GstFlowReturn flow, gboolean replay)
{
  gboolean told;

  g_mutex_lock (&self->lock);
  told = self->told_flow;
  self->told_flow = TRUE;
  g_mutex_unlock (&self->lock);

  if (flow == GST_FLOW_EOS && !replay && !told)
    GST_ELEMENT_INFO (self, CORE, PAD,
        ("What follows takes no more samples; frames are still kept."), (NULL));
  else if (flow == GST_FLOW_NOT_LINKED && !replay && !told)
    GST_ELEMENT_WARNING (self, CORE, PAD,
        ("Nothing is linked that takes samples; frames are still kept."),
        ("samples are served once something is"));
  else if (flow < GST_FLOW_EOS || (flow == GST_FLOW_NOT_LINKED && replay))
    GST_ELEMENT_FLOW_ERROR (self, flow);
}

/* What the push of a sample came to. A flush that has ended since is over, and
 * without a peer there is nobody to whom it matters. */
static void
end_serving (GstVInfoReservoir *self, GstFlowReturn flow, gboolean exhausted)
{
  gboolean replay;

  g_mutex_lock (&self->lock);
  if (self->flushed || !gst_pad_is_linked (self->srcpad))
    flow = GST_FLOW_OK;
  self->serving = FALSE;
  self->flow = flow;
  if (flow == GST_FLOW_OK && !exhausted) {
    self->credit = MAX (self->credit - 1, 0);
    if (!self->draining)
      gst_vinfo_limiter_note_sample (&self->limiter);
  } else {
    self->credit = self->debt = 0;
    self->drained = self->drained || exhausted;
  }
  replay = gst_vinfo_reservoir_src_is_replay (self);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  gst_vinfo_reservoir_src_update_role (self);
  if (flow != GST_FLOW_OK)
    report_flow (self, flow, replay);
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

  if (error && gst_vinfo_server_has_failed (self->server)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("%s", error->message), (NULL));
    g_clear_error (&error);
  }
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

/* Else a trainer below would have learnt nothing, and nobody knew why. */
static void
warn_if_nothing_was_served (GstVInfoReservoir *self)
{
  guint kept = gst_vinfo_keeper_get_kept (self->keeper);
  guint least;
  gboolean waited;

  g_mutex_lock (&self->lock);
  least = MIN (self->min_samples, self->config.capacity);
  waited = !gst_vinfo_reservoir_src_is_replay (self)
           && self->counts.samples == 0 && self->samples_per_frame > 0
           && kept < least;
  g_mutex_unlock (&self->lock);

  if (waited)
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("No sample was served: %u frames are kept, min-samples=%u asks for "
         "more.",
            kept, least),
        ("lower min-samples, or let num-epochs be at least 1"));
}

static void
end (GstVInfoReservoir *self, gboolean live)
{
  gst_vinfo_keeper_commit (self->keeper);
  if (gst_pad_is_linked (self->srcpad))
    warn_if_nothing_was_served (self);
  if (live)
    gst_pad_push_event (self->srcpad, gst_event_new_eos ());
  else
    gst_vinfo_reservoir_sink_post_eos (self);
}

/* Notes that @work is in hand; locked. */
static void
take (GstVInfoReservoir *self, GstVInfoReservoirWork work)
{
  if (work == GST_VINFO_RESERVOIR_WORK_START)
    self->started = TRUE;
  if (work == GST_VINFO_RESERVOIR_WORK_SAMPLE) {
    self->serving = TRUE;
    self->flushed = FALSE;
  }
  if (work == GST_VINFO_RESERVOIR_WORK_END) {
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

void
gst_vinfo_reservoir_src_loop (GstPad *pad)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (GST_PAD_PARENT (pad));
  gboolean passes, replay, live;
  guint64 number;
  GstVInfoReservoirWork work;

  g_mutex_lock (&self->lock);
  while (self->active
         && (work = gst_vinfo_reservoir_src_find_work (self))
                == GST_VINFO_RESERVOIR_WORK_NONE)
    g_cond_wait (&self->cond, &self->lock);
  if (!self->active) {
    g_mutex_unlock (&self->lock);
    gst_pad_pause_task (pad);
    return;
  }
  take (self, work);
  passes = self->draining && !gst_vinfo_reservoir_src_has_credit (self);
  replay = gst_vinfo_reservoir_src_is_replay (self);
  live = gst_pad_is_linked (pad) && self->flow != GST_FLOW_FLUSHING
         && self->flow != GST_FLOW_NOT_LINKED;
  number = self->counts.samples;
  g_mutex_unlock (&self->lock);

  if (work == GST_VINFO_RESERVOIR_WORK_START)
    start (self, number);
  else if (work == GST_VINFO_RESERVOIR_WORK_END)
    end (self, live);
  else {
    follow_phase (self, passes, replay);
    serve (self, number);
  }
}
