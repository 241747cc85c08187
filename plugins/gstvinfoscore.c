/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-vinfoscore
 * @title: vinfoscore
 *
 * Gives each frame a #VInfoResult (as #GstVInfoMeta) that will hold its score:
 * how much a ViT masked autoencoder has yet to learn from it. The frame itself
 * passes unchanged. All vinfoscore elements of one `model-id` share a predictor
 * and its one scoring thread.
 *
 * On live streams (`mode=async`) a frame is never held: it goes on at once and
 * its result is completed later; a frame that comes while the scorer is busy
 * is skipped, and counted. On others (`mode=sync`) each frame is scored before
 * it goes on, so that a run repeats exactly. Where that is asked for on a live
 * stream, the element adds the longest that it held a frame to the latency.
 *
 * A reservoir draws a number for each frame, and for most that decides whatever
 * the score is. With `scoring=needed` only frames that a reservoir of the same
 * pipeline could keep are scored (and one in 64 of the others, for
 * statistics). In sync mode what is kept is the same.
 *
 * With `post-messages` it posts each result, once it is there, as the element
 * message `vinfo-result`.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=100 ! vinfoscore
 *     post-messages=true ! fakesink
 * ]| Score a test picture a hundred times with a new, random model, and say how.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! vinfoscore model=vit-mae-base !
 *     vinforeservoir location=best.vinfo
 * ]| Keep the best frames of a camera by a pre-trained model.
 */
#include "gstvinfoscore.h"

#include <gst/video/video.h>

#include "gstvinfocontext.h"
#include "gstvinfofield.h"
#include "gstvinfomode.h"
#include "gstvinfomodel.h"
#include "score/gstvinfometa.h"

GST_DEBUG_CATEGORY_STATIC (gst_vinfo_score_debug);
#define GST_CAT_DEFAULT gst_vinfo_score_debug

enum {
  PROP_SCORE = GST_VINFO_MODEL_PROP_LAST,
  PROP_SCORING,
  PROP_MODE,
  PROP_MAX_PENDING,
  PROP_BATCH_SIZE,
  PROP_FRAME_SIZE,
  PROP_MAX_OOD,
  PROP_GATES,
  PROP_FEED,
  PROP_POST_MESSAGES,
  PROP_STATS
};

#define DEFAULT_SCORE VINFO_SCORE_GAIN
#define DEFAULT_SCORING VINFO_SCORING_ALL
#define DEFAULT_MODE GST_VINFO_MODE_AUTO
#define DEFAULT_MAX_PENDING 1
#define DEFAULT_BATCH_SIZE GST_VINFO_MODEL_BATCH_SIZE
#define DEFAULT_FRAME_SIZE 512
#define DEFAULT_GATES TRUE
#define DEFAULT_MAX_OOD G_MAXDOUBLE

#define MASKS_SYNC 4
#define MASKS_ASYNC 1

/* Properties that count when the element starts. */
typedef struct {
  VInfoFeedConfig feed;
  GstVInfoMode mode;
  guint batch_size;
  gboolean post_messages;
} Options;

struct _GstVInfoScore {
  GstBaseTransform parent;

  GstVInfoModel model;
  Options options; /* object lock */
  char *feed_name; /* the same */

  Options running;           /* the options from start to stop */
  VInfoWorker *worker;       /* between start and stop */
  VInfoFeed *feed;           /* the same; object lock */
  VInfoFeedStats last_stats; /* of the last run; object lock */
  guint64 last_version;      /* the same */
  GstClockTime latency;      /* as told to a live pipeline; object lock */
  GstVInfoMode active_mode;  /* auto = not known yet; atomic */
  gint flushing;             /* nobody may wait for the worker; atomic */

  /* streaming thread */
  char *feed_id; /* the name that results carry */
  char *source;
  char *caps;
  gint64 start_time; /* of a live stream, else 0 */
  guint64 n_frames;  /* since the stream's start */
};

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

static GstStaticPadTemplate src_template
    = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

G_DEFINE_TYPE (GstVInfoScore, gst_vinfo_score, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (
    vinfoscore, "vinfoscore", GST_RANK_NONE, GST_TYPE_VINFO_SCORE)

static VInfoFeed *
ref_feed (GstVInfoScore *self)
{
  VInfoFeed *feed;

  GST_OBJECT_LOCK (self);
  feed = self->feed ? g_object_ref (self->feed) : NULL;
  GST_OBJECT_UNLOCK (self);

  return feed;
}

/* Properties */

static const GstVInfoField fields[PROP_STATS] = {
  [PROP_SCORE] = GST_VINFO_FIELD (GstVInfoScore, options.feed.kind),
  [PROP_SCORING] = GST_VINFO_FIELD (GstVInfoScore, options.feed.scoring),
  [PROP_MODE] = GST_VINFO_FIELD (GstVInfoScore, options.mode),
  [PROP_MAX_PENDING]
  = GST_VINFO_FIELD (GstVInfoScore, options.feed.max_pending),
  [PROP_BATCH_SIZE] = GST_VINFO_FIELD (GstVInfoScore, options.batch_size),
  [PROP_FRAME_SIZE] = GST_VINFO_FIELD (GstVInfoScore, options.feed.frame_size),
  [PROP_MAX_OOD] = GST_VINFO_FIELD (GstVInfoScore, options.feed.max_ood),
  [PROP_GATES] = GST_VINFO_FIELD (GstVInfoScore, options.feed.gates),
  [PROP_FEED] = GST_VINFO_FIELD (GstVInfoScore, feed_name),
  [PROP_POST_MESSAGES] = GST_VINFO_FIELD (GstVInfoScore, options.post_messages),
};

static void
gst_vinfo_score_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstVInfoScore *self = GST_VINFO_SCORE (object);

  if (gst_vinfo_model_set_property (
          &self->model, GST_ELEMENT (self), id, value))
    return;

  GST_OBJECT_LOCK (self);
  if (!gst_vinfo_fields_set (fields, PROP_STATS, self, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static Options
get_options (GstVInfoScore *self)
{
  Options options;

  GST_OBJECT_LOCK (self);
  options = self->options;
  GST_OBJECT_UNLOCK (self);

  return options;
}

static guint64
current_version (VInfoWorker *worker)
{
  g_autoptr (VInfoSnapshot) snapshot
      = vinfo_predictor_get_snapshot (vinfo_worker_get_predictor (worker));

  return vinfo_snapshot_get_version (snapshot);
}

static void
read_stats (GstVInfoScore *self, VInfoFeedStats *stats, guint64 *version)
{
  g_autoptr (VInfoFeed) feed = NULL;
  g_autoptr (VInfoWorker) worker = NULL;

  GST_OBJECT_LOCK (self);
  *stats = self->last_stats;
  *version = self->last_version;
  if (self->feed) {
    feed = g_object_ref (self->feed);
    worker = g_object_ref (self->worker);
  }
  GST_OBJECT_UNLOCK (self);

  if (feed) {
    vinfo_feed_get_stats (feed, stats);
    *version = current_version (worker);
  }
}

/* Fields NAME-REASON of the reasons that occurred. */
static void
add_counts (GstStructure *structure, const char *name,
    const guint64 counts[VINFO_N_REASONS])
{
  for (guint i = VINFO_REASON_NONE + 1; i < VINFO_N_REASONS; i++) {
    g_autofree char *field
        = g_strdup_printf ("%s-%s", name, vinfo_reason_to_string (i));

    if (counts[i])
      gst_structure_set (structure, field, G_TYPE_UINT64, counts[i], NULL);
  }
}

static GstStructure *
gst_vinfo_score_create_stats (GstVInfoScore *self)
{
  GstStructure *structure;
  VInfoFeedStats stats;
  guint64 version, n_skipped = 0;
  guint i;

  read_stats (self, &stats, &version);
  for (i = 0; i < VINFO_N_REASONS; i++)
    n_skipped += stats.skipped[i];

  structure = gst_structure_new ("vinfo-score-stats", "frames", G_TYPE_UINT64,
      stats.offered, "scored", G_TYPE_UINT64, stats.scored, "skipped",
      G_TYPE_UINT64, n_skipped, "pending", G_TYPE_UINT64,
      (guint64)stats.pending, "version", G_TYPE_UINT64, version, "latency",
      G_TYPE_UINT64, stats.latency, "mode", G_TYPE_STRING,
      gst_vinfo_mode_to_string (g_atomic_int_get (&self->active_mode)), NULL);
  add_counts (structure, "skipped", stats.skipped);
  add_counts (structure, "barred", stats.barred);

  return structure;
}

static void
gst_vinfo_score_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstVInfoScore *self = GST_VINFO_SCORE (object);

  if (gst_vinfo_model_get_property (
          &self->model, GST_ELEMENT (self), id, value))
    return;
  if (id == PROP_STATS) {
    g_value_take_boxed (value, gst_vinfo_score_create_stats (self));
    return;
  }

  GST_OBJECT_LOCK (self);
  if (!gst_vinfo_fields_get (fields, PROP_STATS, self, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

/* States */

static gboolean
gst_vinfo_score_start (GstBaseTransform *trans)
{
  GstVInfoScore *self = GST_VINFO_SCORE (trans);
  VInfoWorker *worker;

  self->running = get_options (self);
  worker = gst_vinfo_model_open (
      &self->model, GST_ELEMENT (self), self->running.batch_size, TRUE);
  if (!worker)
    return FALSE;
  vinfo_predictor_watch (vinfo_worker_get_predictor (worker));

  GST_OBJECT_LOCK (self);
  self->worker = worker;
  self->feed = vinfo_feed_new (worker, &self->running.feed);
  self->feed_id
      = g_strdup (self->feed_name ? self->feed_name : GST_OBJECT_NAME (self));
  self->latency = 0;
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->active_mode, GST_VINFO_MODE_AUTO);
  g_atomic_int_set (&self->flushing, FALSE);

  return TRUE;
}

static gboolean
gst_vinfo_score_stop (GstBaseTransform *trans)
{
  GstVInfoScore *self = GST_VINFO_SCORE (trans);
  g_autoptr (VInfoFeed) feed = NULL;
  g_autoptr (VInfoWorker) worker = NULL;
  VInfoFeedStats stats;
  guint64 version;

  vinfo_feed_flush (self->feed);
  read_stats (self, &stats, &version);
  vinfo_predictor_unwatch (vinfo_worker_get_predictor (self->worker));
  gst_vinfo_model_close (GST_ELEMENT (self), self->worker);

  GST_OBJECT_LOCK (self);
  self->last_stats = stats;
  self->last_version = version;
  feed = g_steal_pointer (&self->feed);
  worker = g_steal_pointer (&self->worker);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&self->feed_id, g_free);
  g_clear_pointer (&self->source, g_free);
  g_clear_pointer (&self->caps, g_free);

  return TRUE;
}

/* Sinks start before us. A trainer among them shall find the predictor that
 * our properties describe, so it's there before anything starts. */
static gboolean
make_predictor (GstVInfoScore *self)
{
  g_autoptr (VInfoWorker) worker = gst_vinfo_model_open (
      &self->model, GST_ELEMENT (self), get_options (self).batch_size, FALSE);

  return worker != NULL;
}

static void
start_flushing (GstVInfoScore *self)
{
  g_autoptr (VInfoFeed) feed = ref_feed (self);

  g_atomic_int_set (&self->flushing, TRUE);
  if (feed)
    vinfo_feed_flush (feed);
}

static GstStateChangeReturn
gst_vinfo_score_change_state (GstElement *element, GstStateChange transition)
{
  GstVInfoScore *self = GST_VINFO_SCORE (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !make_predictor (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    start_flushing (self);

  ret = GST_ELEMENT_CLASS (gst_vinfo_score_parent_class)
            ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_vinfo_model_release (&self->model);

  return ret;
}

/* Frames */

static gboolean
gst_vinfo_score_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  GstVInfoScore *self = GST_VINFO_SCORE (trans);
  g_autoptr (GError) error = NULL;
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, incaps))
    return FALSE;

  g_free (self->caps);
  self->caps = gst_caps_to_string (incaps);
  if (!vinfo_feed_set_format (self->feed, &info, &error))
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("Frames of this format can't be scored: %s", error->message), (NULL));

  return TRUE;
}

/* A flush before this frame was submitted didn't reach it. */
static void
catch_up_with_flush (GstVInfoScore *self)
{
  if (g_atomic_int_get (&self->flushing))
    vinfo_feed_flush (self->feed);
}

/* A live frame is not held, not even while the panel is measured with other masks
 * than it was calibrated with: the worker does that before its first batch. */
static void
settle_masks (VInfoPredictor *predictor, GstVInfoMode mode)
{
  if (mode == GST_VINFO_MODE_SYNC)
    vinfo_predictor_settle_masks (predictor, MASKS_SYNC);
  else
    vinfo_predictor_choose_masks (predictor, MASKS_ASYNC);
}

/* On the streaming thread, where upstream runs and knows whether it's live. */
static void
settle_mode (GstVInfoScore *self)
{
  gboolean live
      = gst_vinfo_upstream_is_live (GST_BASE_TRANSFORM_SINK_PAD (self));
  GstVInfoMode mode = gst_vinfo_mode_resolve (self->running.mode, live);

  GST_INFO_OBJECT (
      self, "live: %d, mode: %s", live, gst_vinfo_mode_to_string (mode));
  self->start_time = live ? g_get_real_time () : 0;
  settle_masks (vinfo_worker_get_predictor (self->worker), mode);
  g_atomic_int_set (&self->active_mode, mode);
}

static VInfoResult *
create_result (GstVInfoScore *self, GstBuffer *buffer)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  guint64 position = self->n_frames++;
  guint64 pts = GST_CLOCK_TIME_NONE;
  VInfoResult *result;

  if (segment->format == GST_FORMAT_TIME)
    pts = gst_segment_to_stream_time (
        segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  /* frames without a time are told apart by their number */
  if (GST_CLOCK_TIME_IS_VALID (pts))
    position = pts;

  result = vinfo_result_new (
      vinfo_sample_id (self->feed_id, self->source ? self->source : "",
          position, self->start_time),
      self->feed_id, self->source ? self->source : "", self->caps, pts,
      g_get_real_time ());
  vinfo_result_set_model_id (result, self->model.model_id);

  return result;
}

static void
post_result (VInfoResult *result, gpointer element)
{
  gst_element_post_message (
      element, gst_message_new_element (
                   GST_OBJECT (element), vinfo_result_to_structure (result)));
}

/* The longest that a frame was held yet, and a quarter more: so it grows in few
 * steps, each of which has the pipeline share out its latency anew. It never
 * falls, as the next batch may be a large one again. */
static void
note_held (GstVInfoScore *self, GstClockTime held)
{
  gboolean longer;

  GST_OBJECT_LOCK (self);
  longer = held > self->latency;
  if (longer)
    self->latency = held + held / 4;
  GST_OBJECT_UNLOCK (self);

  if (longer)
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static void
hold_until_scored (GstVInfoScore *self, VInfoResult *result)
{
  gint64 start = g_get_monotonic_time ();

  vinfo_result_wait (result);
  if (self->start_time) /* live */
    note_held (self, (g_get_monotonic_time () - start) * GST_USECOND);
}

static GstFlowReturn
gst_vinfo_score_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstVInfoScore *self = GST_VINFO_SCORE (trans);
  g_autoptr (VInfoResult) result = NULL;

  if (g_atomic_int_get (&self->active_mode) == GST_VINFO_MODE_AUTO)
    settle_mode (self);

  result = create_result (self, buffer);
  gst_buffer_add_vinfo_result (buffer, result);
  if (self->running.post_messages)
    vinfo_result_notify (
        result, post_result, gst_object_ref (self), gst_object_unref);
  vinfo_feed_submit (self->feed, buffer, result);
  catch_up_with_flush (self);
  if (g_atomic_int_get (&self->active_mode) == GST_VINFO_MODE_SYNC)
    hold_until_scored (self, result);

  return GST_FLOW_OK;
}

static void
start_stream (GstVInfoScore *self, GstEvent *event)
{
  const char *stream_id;

  gst_event_parse_stream_start (event, &stream_id);
  g_free (self->source);
  self->source = g_strdup (stream_id);
  self->n_frames = 0;
  g_atomic_int_set (&self->active_mode, GST_VINFO_MODE_AUTO);
}

static gboolean
gst_vinfo_score_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstVInfoScore *self = GST_VINFO_SCORE (trans);

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_STREAM_START:
    start_stream (self, event);
    break;
  case GST_EVENT_FLUSH_START:
    start_flushing (self);
    break;
  case GST_EVENT_FLUSH_STOP:
    g_atomic_int_set (&self->flushing, FALSE);
    vinfo_feed_flush (self->feed);
    break;
  case GST_EVENT_EOS:
    catch_up_with_flush (self);
    vinfo_feed_drain (self->feed);
    break;
  default:
    break;
  }

  return GST_BASE_TRANSFORM_CLASS (gst_vinfo_score_parent_class)
      ->sink_event (trans, event);
}

/* Frames that nobody holds have none: then this is 0. */
static void
add_latency (GstVInfoScore *self, GstQuery *query)
{
  GstClockTime latency, min, max;
  gboolean live;

  GST_OBJECT_LOCK (self);
  latency = self->latency;
  GST_OBJECT_UNLOCK (self);

  gst_query_parse_latency (query, &live, &min, &max);
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += latency;
  if (live)
    gst_query_set_latency (query, live, min + latency, max);
}

static gboolean
gst_vinfo_score_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  if (gst_vinfo_context_answer (GST_ELEMENT (trans), query))
    return TRUE;
  if (!GST_BASE_TRANSFORM_CLASS (gst_vinfo_score_parent_class)
           ->query (trans, direction, query))
    return FALSE;
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    add_latency (GST_VINFO_SCORE (trans), query);

  return TRUE;
}

/* Frames pass on unchanged, so upstream may use what downstream takes and
 * nothing else; but we keep some of them for a while. */
static gboolean
gst_vinfo_score_propose_allocation (
    GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query)
{
  GstVInfoScore *self = GST_VINFO_SCORE (trans);
  guint n_kept = self->running.feed.max_pending;
  guint i, n_pools;

  GST_BASE_TRANSFORM_CLASS (gst_vinfo_score_parent_class)
      ->propose_allocation (trans, decide_query, query);

  n_pools = gst_query_get_n_allocation_pools (query);
  for (i = 0; i < n_pools; i++) {
    g_autoptr (GstBufferPool) pool = NULL;
    guint size, min, max;

    gst_query_parse_nth_allocation_pool (query, i, &pool, &size, &min, &max);
    gst_query_set_nth_allocation_pool (
        query, i, pool, size, min + n_kept, max ? max + n_kept : 0);
  }
  if (n_pools == 0) {
    GstVideoInfo info;
    GstCaps *caps;

    gst_query_parse_allocation (query, &caps, NULL);
    if (!caps || !gst_video_info_from_caps (&info, caps))
      return FALSE;
    gst_query_add_allocation_pool (query, NULL, info.size, n_kept, 0);
  }

  return TRUE;
}

static void
gst_vinfo_score_finalize (GObject *object)
{
  GstVInfoScore *self = GST_VINFO_SCORE (object);

  gst_vinfo_model_finish (&self->model);
  g_free (self->feed_name);

  G_OBJECT_CLASS (gst_vinfo_score_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  gst_vinfo_model_install_properties (klass);
  gst_vinfo_model_install_dtype (klass);
  g_object_class_install_property (klass, PROP_SCORE,
      g_param_spec_enum ("score", "Score", "What ranks frames",
          VINFO_TYPE_SCORE_KIND, DEFAULT_SCORE, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_SCORING,
      g_param_spec_enum ("scoring", "Scoring",
          "Which frames are scored; those that no reservoir of the "
          "pipeline could keep are skipped as unneeded",
          VINFO_TYPE_SCORING, DEFAULT_SCORING, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_MODE,
      g_param_spec_enum ("mode", "Mode",
          "Whether frames wait for their score (auto: where not live)",
          GST_TYPE_VINFO_MODE, DEFAULT_MODE, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_MAX_PENDING,
      g_param_spec_uint ("max-pending", "Max. pending",
          "Frames that may wait for the scorer or be in work at once; in async "
          "mode more are skipped",
          1, 1024, DEFAULT_MAX_PENDING, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_BATCH_SIZE,
      g_param_spec_uint ("batch-size", "Batch size",
          "Most frames, of all streams, that are scored together; counts where "
          "this element makes the predictor",
          1, 1024, DEFAULT_BATCH_SIZE, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_FRAME_SIZE,
      g_param_spec_uint ("frame-size", "Frame size",
          "Largest short side of the picture that is scored and kept, pixels "
          "(0 = as it comes)",
          0, VINFO_IMAGE_MAX_SIDE, DEFAULT_FRAME_SIZE, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_MAX_OOD,
      g_param_spec_double ("max-ood", "Max. out of distribution",
          "Frames whose ood, in the unit of that property, is larger are "
          "scored "
          "and not kept (default: no limit)",
          -G_MAXDOUBLE, G_MAXDOUBLE, DEFAULT_MAX_OOD, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_GATES,
      g_param_spec_boolean ("gates", "Gates",
          "Turn flat, frozen and noise frames away unscored", DEFAULT_GATES,
          GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_FEED,
      g_param_spec_string ("feed", "Feed",
          "Name of this stream in results (NULL = the element's name)", NULL,
          GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post a vinfo-result message of each frame: id, feed, pts, stage, "
          "reason and the scores",
          FALSE, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Frames seen, scored (those among them that may not be kept by "
          "reason), skipped by reason and pending; predictor version, latency "
          "of the last score, mode",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_vinfo_score_class_init (GstVInfoScoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_vinfo_score_debug, "vinfoscore", 0, "V-information scores");

  object_class->set_property = gst_vinfo_score_set_property;
  object_class->get_property = gst_vinfo_score_get_property;
  object_class->finalize = gst_vinfo_score_finalize;
  install_properties (object_class);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "V-information score",
      "Filter/Analyzer/Video",
      "Scores frames by what a masked autoencoder can learn from them: "
      "gst-launch-1.0 v4l2src ! videoconvert ! tee name=t ! queue ! "
      "autovideosink t. ! queue ! vinfoscore ! vinforeservoir "
      "location=camera.vinfo",
      "The gst-vinfo authors");
  gst_type_mark_as_plugin_api (GST_TYPE_VINFO_MODE, 0);
  gst_type_mark_as_plugin_api (VINFO_TYPE_SCORE_KIND, 0);
  gst_type_mark_as_plugin_api (VINFO_TYPE_SCORING, 0);

  element_class->change_state
      = GST_DEBUG_FUNCPTR (gst_vinfo_score_change_state);
  trans_class->start = GST_DEBUG_FUNCPTR (gst_vinfo_score_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_vinfo_score_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_vinfo_score_set_caps);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_vinfo_score_transform_ip);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_vinfo_score_sink_event);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_vinfo_score_query);
  trans_class->propose_allocation
      = GST_DEBUG_FUNCPTR (gst_vinfo_score_propose_allocation);
}

static void
gst_vinfo_score_init (GstVInfoScore *self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  gst_vinfo_model_init (&self->model);
  self->options = (Options){
    .feed = {
      .kind = DEFAULT_SCORE,
      .scoring = DEFAULT_SCORING,
      .frame_size = DEFAULT_FRAME_SIZE,
      .max_pending = DEFAULT_MAX_PENDING,
      .max_ood = DEFAULT_MAX_OOD,
      .gates = DEFAULT_GATES,
    },
    .mode = DEFAULT_MODE,
    .batch_size = DEFAULT_BATCH_SIZE,
  };

  gst_base_transform_set_in_place (trans, TRUE);
  gst_base_transform_set_gap_aware (trans, TRUE);
  gst_base_transform_set_qos_enabled (trans, FALSE);
}
