/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-vinfosrc
 * @title: vinfosrc
 *
 * Replays the samples of a store as a stream of its own, in any process, also
 * while another writes to it. The n-th sample has the time n/25 s, whatever its
 * own was; that, its feed and its score are in the #VInfoResult on the buffer.
 * What is there at the start is played `num-epochs` times, with a duration, and
 * any part of it can be sought, in time or (format DEFAULT) by number; it plays
 * forward only. A sample that the writer has evicted since leaves a gap.
 *
 * With `follow` those that the writer commits come after that, as they come,
 * until the pipeline is stopped; a sink that shows them should not drop what is
 * late (`sync=false`). While there is none yet, a gap lets sinks preroll. A store
 * that may only be read is opened anew when someone begins to write it.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 vinfosrc location=kept.vinfo order=time ! videoconvert !
 *     autovideosink
 * ]| Show what was kept, in order of time.
 */
#include "gstvinfosrc.h"

#include <gst/video/video.h>

#include "gstvinfofield.h"
#include "gstvinfosample.h"
#include "gstvinfoschedule.h"
#include "store/vinfo-store.h"

GST_DEBUG_CATEGORY_STATIC (gst_vinfo_src_debug);
#define GST_CAT_DEFAULT gst_vinfo_src_debug

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_ORDER,
  PROP_NUM_EPOCHS,
  PROP_FOLLOW,
  PROP_SEED,
  N_PROPERTIES
};

#define DEFAULT_ORDER GST_VINFO_ORDER_TIME
#define DEFAULT_NUM_EPOCHS 1
#define DEFAULT_FOLLOW FALSE
#define DEFAULT_SEED 0

/* Caps of a stream that ends, or waits, before its first sample. */
#define EMPTY_WIDTH 320
#define EMPTY_HEIGHT 240

#define POLL_INTERVAL (G_USEC_PER_SEC / 10)

struct _GstVInfoSrc {
  GstPushSrc parent;

  /* properties: object lock */
  char *location;
  GstVInfoOrder order;
  guint num_epochs;
  gboolean follow;
  guint64 seed;

  /* while PAUSED; the streaming thread's, but for the length */
  VInfoStore *store;
  GstVInfoSchedule *schedule;
  guint64 next; /* number of the next sample */
  guint missed; /* samples in a row that weren't there */
  gboolean following;
  gboolean flowing; /* a buffer or a gap came since the start or a seek */
  gint64 data_version;
  guint width, height; /* of the current caps */

  GMutex lock; /* protects the following */
  GCond cond;
  gboolean flushing;
  guint64 length; /* of the schedule, G_MAXUINT64 where it has no end */
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstVInfoSrc, gst_vinfo_src, GST_TYPE_PUSH_SRC,
    GST_DEBUG_CATEGORY_INIT (
        gst_vinfo_src_debug, "vinfosrc", 0, "replays a store"))
GST_ELEMENT_REGISTER_DEFINE (
    vinfosrc, "vinfosrc", GST_RANK_NONE, GST_TYPE_VINFO_SRC)

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE ("RGB")));

/* Properties -------------------------------------------------------------- */

static const GstVInfoField fields[N_PROPERTIES] = {
  [PROP_LOCATION] = GST_VINFO_FIELD (GstVInfoSrc, location),
  [PROP_ORDER] = GST_VINFO_FIELD (GstVInfoSrc, order),
  [PROP_NUM_EPOCHS] = GST_VINFO_FIELD (GstVInfoSrc, num_epochs),
  [PROP_FOLLOW] = GST_VINFO_FIELD (GstVInfoSrc, follow),
  [PROP_SEED] = GST_VINFO_FIELD (GstVInfoSrc, seed),
};

static void
gst_vinfo_src_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GST_OBJECT_LOCK (object);
  if (!gst_vinfo_fields_set (fields, N_PROPERTIES, object, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_vinfo_src_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GST_OBJECT_LOCK (object);
  if (!gst_vinfo_fields_get (fields, N_PROPERTIES, object, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (object);
}

/* Start and stop ---------------------------------------------------------- */

static void
note_length (GstVInfoSrc *self)
{
  g_mutex_lock (&self->lock);
  self->length = self->following
                     ? G_MAXUINT64
                     : gst_vinfo_schedule_get_length (self->schedule);
  g_mutex_unlock (&self->lock);
}

/* The samples that are there now. */
static GPtrArray *
list (GstVInfoSrc *self, GError **error)
{
  /* before the list: what is committed in between is found again, not lost */
  if (!vinfo_store_get_data_version (self->store, &self->data_version, error))
    return NULL;
  return vinfo_store_list (self->store, error);
}

static gboolean
open_store (GstVInfoSrc *self, GError **error)
{
  g_autofree char *location = NULL;
  g_autoptr (GPtrArray) samples = NULL;
  GstVInfoOrder order;
  guint num_epochs;
  guint64 seed;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->location);
  order = self->order;
  num_epochs = self->num_epochs;
  self->following = self->follow;
  seed = self->seed;
  GST_OBJECT_UNLOCK (self);

  if (!location) {
    g_set_error (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND,
        "location: open: no file name is set");
    return FALSE;
  }
  self->store = vinfo_store_open_existing (location, error);
  samples = self->store ? list (self, error) : NULL;
  if (!samples) {
    g_clear_object (&self->store);
    return FALSE;
  }
  self->schedule = gst_vinfo_schedule_new (samples, order, num_epochs, seed);
  return TRUE;
}

static void
close_store (GstVInfoSrc *self)
{
  g_clear_pointer (&self->schedule, gst_vinfo_schedule_free);
  g_clear_object (&self->store);
}

static gboolean
start (GstVInfoSrc *self)
{
  g_autoptr (GError) error = NULL;

  if (!open_store (self, &error)) {
    if (g_error_matches (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND))
      GST_ELEMENT_ERROR (
          self, RESOURCE, NOT_FOUND, ("%s", error->message), (NULL));
    else
      GST_ELEMENT_ERROR (
          self, RESOURCE, OPEN_READ, ("%s", error->message), (NULL));
    return FALSE;
  }
  self->next = 0;
  self->missed = 0;
  self->flowing = FALSE;
  self->width = self->height = 0;
  note_length (self);
  return TRUE;
}

/* Not by the base class's start and stop: where the former fails, that posts an
 * error of its own after the one that says why. */
static GstStateChangeReturn
gst_vinfo_src_change_state (GstElement *element, GstStateChange transition)
{
  GstVInfoSrc *self = GST_VINFO_SRC (element);
  GstStateChangeReturn change;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  change = GST_ELEMENT_CLASS (gst_vinfo_src_parent_class)
               ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && change == GST_STATE_CHANGE_FAILURE))
    close_store (self);
  return change;
}

static void
set_flushing (GstVInfoSrc *self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static gboolean
gst_vinfo_src_unlock (GstBaseSrc *src)
{
  set_flushing (GST_VINFO_SRC (src), TRUE);
  return TRUE;
}

static gboolean
gst_vinfo_src_unlock_stop (GstBaseSrc *src)
{
  set_flushing (GST_VINFO_SRC (src), FALSE);
  return TRUE;
}

/* Samples ----------------------------------------------------------------- */

static gboolean
set_size (GstVInfoSrc *self, guint width, guint height)
{
  g_autoptr (GstCaps) caps = NULL;

  if (self->width == width && self->height == height)
    return TRUE;
  caps = gst_vinfo_sample_caps (width, height);
  if (!caps || !gst_base_src_set_caps (GST_BASE_SRC (self), caps))
    return FALSE;
  self->width = width;
  self->height = height;
  return TRUE;
}

/* Caps are the samples' own: nothing is up for negotiation. */
static gboolean
gst_vinfo_src_negotiate (GstBaseSrc *src)
{
  GstVInfoSrc *self = GST_VINFO_SRC (src);
  GstVInfoScheduled first = { 0, EMPTY_WIDTH, EMPTY_HEIGHT };

  if (self->next < gst_vinfo_schedule_get_length (self->schedule))
    first = gst_vinfo_schedule_get (self->schedule, self->next);
  return set_size (self, first.width, first.height);
}

static gboolean
is_flushing (GstVInfoSrc *self)
{
  gboolean flushing;

  g_mutex_lock (&self->lock);
  flushing = self->flushing;
  g_mutex_unlock (&self->lock);
  return flushing;
}

static void
wait_a_while (GstVInfoSrc *self)
{
  gint64 end = g_get_monotonic_time () + POLL_INTERVAL;

  g_mutex_lock (&self->lock);
  while (!self->flushing && g_cond_wait_until (&self->cond, &self->lock, end))
    ;
  g_mutex_unlock (&self->lock);
}

/* Sinks preroll on a gap, or the pipeline would not be PAUSED before the first
 * sample is there. Caps were negotiated before; the base class pushes its segment
 * with the first buffer only. */
static void
push_gap (GstVInfoSrc *self)
{
  GstPad *pad = GST_BASE_SRC_PAD (self);
  const GstSegment *segment = &GST_BASE_SRC (self)->segment;

  if (self->flowing)
    return;
  self->flowing = TRUE;
  gst_pad_push_event (pad, gst_event_new_segment (segment));
  gst_pad_push_event (
      pad, gst_event_new_gap (segment->position, GST_CLOCK_TIME_NONE));
}

static gboolean
reopen (GstVInfoSrc *self, GError **error)
{
  VInfoStore *store = vinfo_store_open_existing (
      vinfo_store_get_location (self->store), error);

  if (!store)
    return FALSE;
  g_object_unref (self->store);
  self->store = store;
  return TRUE;
}

/* Adds what was committed since. */
static gboolean
look_for_more (GstVInfoSrc *self, GError **error)
{
  g_autoptr (GPtrArray) samples = NULL;
  gint64 version;

  if (vinfo_store_is_outdated (self->store)) {
    if (!reopen (self, error))
      return FALSE;
  } else {
    if (!vinfo_store_get_data_version (self->store, &version, error))
      return FALSE;
    if (version == self->data_version)
      return TRUE;
  }
  samples = list (self, error);
  if (!samples)
    return FALSE;
  gst_vinfo_schedule_extend (self->schedule, samples);
  return TRUE;
}

/* Until there is a next sample: OK. */
static GstFlowReturn
wait_for_sample (GstVInfoSrc *self)
{
  g_autoptr (GError) error = NULL;

  for (;;) {
    if (is_flushing (self))
      return GST_FLOW_FLUSHING;
    if (self->next < gst_vinfo_schedule_get_length (self->schedule))
      return GST_FLOW_OK;
    if (!self->following)
      return GST_FLOW_EOS;
    if (!look_for_more (self, &error)) {
      GST_ELEMENT_ERROR (self, RESOURCE, READ, ("%s", error->message), (NULL));
      return GST_FLOW_ERROR;
    }
    if (self->next >= gst_vinfo_schedule_get_length (self->schedule)) {
      push_gap (self);
      wait_a_while (self);
    }
  }
}

/* NULL where it was evicted or, with a warning, can't be read. */
static VInfoSample *
read_sample (GstVInfoSrc *self, guint64 id, VInfoImage **image)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoSample) sample = vinfo_store_get (self->store, id, &error);

  if (sample)
    *image = vinfo_image_decode (
        sample->blob, vinfo_store_get_location (self->store), &error);
  if (sample && *image)
    return g_steal_pointer (&sample);
  if (!g_error_matches (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND))
    GST_ELEMENT_WARNING (
        self, STREAM, DECODE, ("%s", error->message), ("sample left out"));
  return NULL;
}

/* A pass without one sample is the end, or passes could go on for ever. */
static gboolean
all_are_gone (GstVInfoSrc *self)
{
  return self->missed > 0 && !self->following
         && self->missed >= gst_vinfo_schedule_count_samples (self->schedule);
}

static GstFlowReturn
gst_vinfo_src_create (GstPushSrc *src, GstBuffer **buffer)
{
  GstVInfoSrc *self = GST_VINFO_SRC (src);
  g_autoptr (VInfoSample) sample = NULL;
  g_autoptr (VInfoImage) image = NULL;

  while (!sample) {
    GstFlowReturn flow = wait_for_sample (self);

    if (flow != GST_FLOW_OK)
      return flow;
    if (all_are_gone (self))
      return GST_FLOW_EOS;
    sample = read_sample (
        self, gst_vinfo_schedule_get (self->schedule, self->next).id, &image);
    self->next++;
    self->missed = sample ? 0 : self->missed + 1;
  }
  if (!set_size (
          self, vinfo_image_get_width (image), vinfo_image_get_height (image)))
    return is_flushing (self) ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
  self->flowing = TRUE;
  *buffer = gst_vinfo_sample_to_buffer (sample, image, self->next - 1);
  return *buffer ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* Times ------------------------------------------------------------------- */

static guint64
number_at (GstClockTime time)
{
  return gst_util_uint64_scale (time, GST_VINFO_SAMPLE_RATE, GST_SECOND);
}

static gboolean
gst_vinfo_src_is_seekable (GstBaseSrc *src)
{
  return TRUE;
}

/* Samples play forward only. To be asked before the base class has the event: it
 * flushes, and only then asks do_seek(). */
static gboolean
plays_backwards (GstEvent *event)
{
  gdouble rate;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEEK)
    return FALSE;
  gst_event_parse_seek (event, &rate, NULL, NULL, NULL, NULL, NULL, NULL);
  return rate < 0;
}

/* From the pad */
static gboolean
gst_vinfo_src_event (GstBaseSrc *src, GstEvent *event)
{
  return !plays_backwards (event)
         && GST_BASE_SRC_CLASS (gst_vinfo_src_parent_class)->event (src, event);
}

/* From the application, by a way of its own in the base class */
static gboolean
gst_vinfo_src_send_event (GstElement *element, GstEvent *event)
{
  if (plays_backwards (event)) {
    gst_event_unref (event);
    return FALSE;
  }
  return GST_ELEMENT_CLASS (gst_vinfo_src_parent_class)
      ->send_event (element, event);
}

/* The base class has stopped the streaming thread. */
static gboolean
gst_vinfo_src_do_seek (GstBaseSrc *src, GstSegment *segment)
{
  GstVInfoSrc *self = GST_VINFO_SRC (src);

  self->next = number_at (segment->position);
  self->missed = 0;
  self->flowing = FALSE;
  return TRUE;
}

static gboolean
convert (GstFormat from, gint64 value, GstFormat to, gint64 *result)
{
  if (from == to || value < 0)
    *result = value;
  else if (from == GST_FORMAT_DEFAULT && to == GST_FORMAT_TIME)
    *result = (gint64)gst_vinfo_sample_time (value);
  else if (from == GST_FORMAT_TIME && to == GST_FORMAT_DEFAULT)
    *result = (gint64)number_at (value);
  else
    return FALSE;
  return TRUE;
}

static gboolean
answer_duration (GstVInfoSrc *self, GstQuery *query)
{
  GstFormat format;
  gint64 value;
  guint64 length;

  gst_query_parse_duration (query, &format, NULL);
  g_mutex_lock (&self->lock);
  length = self->length;
  g_mutex_unlock (&self->lock);
  if (length == G_MAXUINT64
      || !convert (GST_FORMAT_DEFAULT, (gint64)length, format, &value))
    return FALSE;
  gst_query_set_duration (query, format, value);
  return TRUE;
}

static gboolean
answer_conversion (GstQuery *query)
{
  GstFormat from, to;
  gint64 value, result;

  gst_query_parse_convert (query, &from, &value, &to, NULL);
  if (!convert (from, value, to, &result))
    return FALSE;
  gst_query_set_convert (query, from, value, to, result);
  return TRUE;
}

static gboolean
gst_vinfo_src_query (GstBaseSrc *src, GstQuery *query)
{
  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_DURATION:
    return answer_duration (GST_VINFO_SRC (src), query);
  case GST_QUERY_CONVERT:
    return answer_conversion (query);
  default:
    return GST_BASE_SRC_CLASS (gst_vinfo_src_parent_class)->query (src, query);
  }
}

/* Object ------------------------------------------------------------------ */

static void
gst_vinfo_src_finalize (GObject *object)
{
  GstVInfoSrc *self = GST_VINFO_SRC (object);

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->location);
  G_OBJECT_CLASS (gst_vinfo_src_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags flags
      = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, PROP_LOCATION,
      g_param_spec_string (
          "location", "Location", "File of the store", NULL, flags));
  g_object_class_install_property (klass, PROP_ORDER,
      g_param_spec_enum ("order", "Order",
          "Of the samples in a pass (mix is uniform here)",
          GST_TYPE_VINFO_ORDER, DEFAULT_ORDER, flags));
  g_object_class_install_property (klass, PROP_NUM_EPOCHS,
      g_param_spec_uint ("num-epochs", "Number of epochs",
          "Passes over the samples that are there at the start; 0: without end",
          0, G_MAXUINT, DEFAULT_NUM_EPOCHS, flags));
  g_object_class_install_property (klass, PROP_FOLLOW,
      g_param_spec_boolean ("follow", "Follow",
          "After the passes, go on with samples as another process writes them",
          DEFAULT_FOLLOW, flags));
  g_object_class_install_property (klass, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed", "Of the shuffled orders", 0,
          G_MAXUINT64, DEFAULT_SEED, flags));
}

static void
gst_vinfo_src_class_init (GstVInfoSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  object_class->finalize = gst_vinfo_src_finalize;
  object_class->set_property = gst_vinfo_src_set_property;
  object_class->get_property = gst_vinfo_src_get_property;
  install_properties (object_class);

  element_class->change_state = gst_vinfo_src_change_state;
  element_class->send_event = gst_vinfo_src_send_event;
  base_class->unlock = gst_vinfo_src_unlock;
  base_class->unlock_stop = gst_vinfo_src_unlock_stop;
  base_class->negotiate = gst_vinfo_src_negotiate;
  base_class->event = gst_vinfo_src_event;
  base_class->is_seekable = gst_vinfo_src_is_seekable;
  base_class->do_seek = gst_vinfo_src_do_seek;
  base_class->query = gst_vinfo_src_query;
  GST_PUSH_SRC_CLASS (klass)->create = gst_vinfo_src_create;

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "V-information store source", "Source/Video",
      "Replays the samples of a store", "gst-vinfo maintainers");
  gst_type_mark_as_plugin_api (GST_TYPE_VINFO_ORDER, 0);
}

static void
gst_vinfo_src_init (GstVInfoSrc *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->order = DEFAULT_ORDER;
  self->num_epochs = DEFAULT_NUM_EPOCHS;
  self->follow = DEFAULT_FOLLOW;
  self->seed = DEFAULT_SEED;
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
}
