/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-vinforeservoir
 * @title: vinforeservoir
 *
 * Keeps the frames worth keeping of any number of feeds, in bounded room, and
 * serves them as a stream of its own. Each request pad is a feed; its frames
 * must have passed #vinfoscore. A frame is judged once its score is there and
 * copied only if it is kept; its buffer goes back at once, and no streaming
 * thread waits for the store. What is kept is the picture as #vinfoscore saw
 * it, whatever was drawn over it since: a filter for privacy belongs before
 * #vinfoscore. A frame that was cropped since then has no score. Its pad's `quota` bounds how many samples of the
 * feed are kept at once, `max-rate` how many are admitted a minute.
 *
 * The src pad is not linked to the sink pads: flushes, seeks, latency and QoS
 * don't cross. It serves kept samples as RGB frames that carry their own
 * #VInfoResult with the original feed, time and score. With live feeds
 * (`mode=async`) it does so at its own pace, and a sample has the running time
 * at which it is pushed; otherwise (`mode=sync`) the n-th has the time n/25 s
 * and they come in lock-step, `samples-per-frame` after each frame, so that a
 * run repeats; what frames bring before `min-samples` are kept is made up for,
 * at twice that rate. Where what follows has had enough, or nothing is linked
 * there that takes samples, frames are still kept. After all feeds ended come
 * `num-epochs` passes over all kept (even where fewer than `min-samples` are),
 * then EOS.
 *
 * Without a peer on the src pad it is an archive: a sink, that posts EOS when
 * all is committed. Seeks of the pipeline go to all its feeds, and all must take
 * them; its position is that of the feed that is furthest on, its duration that
 * of the longest. Data of any feed is enough to preroll. Without sink pads, but with a `location`, it is a replay
 * from NULL to READY on: it serves the store, which must be there, which it
 * doesn't change and which another may be recording to: `num-epochs` passes, or
 * `num-buffers` samples where that is set. The first sink pad makes a replay
 * record, within its bounds; the pad is refused where another records to the
 * store.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! decodebin ! videoconvert !
 *     vinfoscore ! vinforeservoir location=best.vinfo
 * ]| Archive the best frames of a file.
 * |[
 * gst-launch-1.0 vinforeservoir name=r sink_0::feed=door sink_0::quota=100 !
 *     vinfotrainer v4l2src ! videoconvert ! vinfoscore ! r.sink_0
 * ]| Learn from a camera, while it runs, what it hasn't seen yet.
 * |[
 * gst-launch-1.0 vinforeservoir location=best.vinfo order=priority !
 *     videoconvert ! autovideosink
 * ]| Show what was kept, best first.
 */
#include "gstvinforeservoir.h"

#include "gstvinfocontext.h"

#include <math.h>

GST_DEBUG_CATEGORY (gst_vinfo_reservoir_debug);
#define GST_CAT_DEFAULT gst_vinfo_reservoir_debug

enum { SIGNAL_COMMIT, N_SIGNALS };

static guint signals[N_SIGNALS];

#define STATS_INTERVAL G_USEC_PER_SEC
#define PAD_PREFIX "sink_"
#define RECOVERY 8 /* admissions until a store that failed is sound again */
#define MAX_PAD_NUMBER G_MAXINT
#define MAX_IMAGE_BYTES (G_GUINT64_CONSTANT (256) << 20) /* decoded, to serve */

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE (PAD_PREFIX "%u", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS ("video/x-raw"));

static void child_proxy_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstVInfoReservoir, gst_vinfo_reservoir,
    GST_TYPE_ELEMENT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY, child_proxy_init)
        GST_DEBUG_CATEGORY_INIT (gst_vinfo_reservoir_debug, "vinforeservoir", 0,
            "keeps and serves frames"))
GST_ELEMENT_REGISTER_DEFINE (
    vinforeservoir, "vinforeservoir", GST_RANK_NONE, GST_TYPE_VINFO_RESERVOIR)

/* Counts ------------------------------------------------------------------ */

static void
add_counts (GstStructure *stats, const GstVInfoReservoirCounts *counts)
{
  guint64 rejected = 0;

  for (guint i = 0; i < VINFO_N_REASONS; i++) {
    g_autofree char *name
        = g_strconcat ("rejected-", vinfo_reason_to_string (i), NULL);

    rejected += counts->rejected[i];
    if (counts->rejected[i] > 0)
      gst_structure_set (stats, name, G_TYPE_UINT64, counts->rejected[i], NULL);
  }
  gst_structure_set (stats, "offered", G_TYPE_UINT64, counts->offered,
      "admitted", G_TYPE_UINT64, counts->admitted, "rejected", G_TYPE_UINT64,
      rejected, "unscored", G_TYPE_UINT64, counts->unscored, "samples",
      G_TYPE_UINT64, counts->samples, NULL);
}

/* What a failed commit takes back only the reservoir knows: frames that it had
 * kept are lost, and others it had evicted are kept again. */
static const VInfoReason reservoir_reasons[]
    = { VINFO_REASON_EVICTED, VINFO_REASON_EXPIRED, VINFO_REASON_STORE };

static gboolean
is_counted_by_reservoir (VInfoReason reason)
{
  for (guint i = 0; i < G_N_ELEMENTS (reservoir_reasons); i++)
    if (reservoir_reasons[i] == reason)
      return TRUE;

  return FALSE;
}

/* Adds the reservoir's part to @counts; @before: of it, when they began */
static void
complete_counts (GstVInfoReservoirCounts *counts, VInfoReservoir *reservoir,
    const guint64 before[VINFO_N_REASONS])
{
  guint64 offered, rejected[VINFO_N_REASONS];

  vinfo_reservoir_get_counts (reservoir, &offered, rejected);
  for (guint i = 0; i < G_N_ELEMENTS (reservoir_reasons); i++) {
    VInfoReason reason = reservoir_reasons[i];

    counts->rejected[reason]
        += rejected[reason] - MIN (before[reason], rejected[reason]);
  }
}

/* Arrivals without a verdict; locked. */
static guint64
count_pending (GstVInfoReservoir *self)
{
  guint64 pending = 0;

  GST_OBJECT_LOCK (self);
  for (GList *l = GST_ELEMENT (self)->sinkpads; l; l = l->next)
    pending += GST_VINFO_RESERVOIR_PAD (l->data)->pending;
  GST_OBJECT_UNLOCK (self);

  return pending;
}

GPtrArray *
gst_vinfo_reservoir_list_kept (GstVInfoReservoir *self)
{
  g_autoptr (VInfoReservoir) reservoir = NULL;
  g_autoptr (VInfoStore) store = NULL;
  GPtrArray *kept = NULL;

  g_mutex_lock (&self->lock);
  g_set_object (&reservoir, self->reservoir);
  g_set_object (&store, self->store);
  g_mutex_unlock (&self->lock);

  if (reservoir)
    kept = vinfo_reservoir_list (reservoir);
  else if (store)
    kept = vinfo_store_list (store, NULL);

  return kept ? kept : g_ptr_array_new ();
}

/* Of a replay: as the store is now. */
static void
add_replayed (
    GstVInfoReservoir *self, guint64 *kept, guint64 *bytes, gdouble *mean_pvi)
{
  g_autoptr (GPtrArray) samples = gst_vinfo_reservoir_list_kept (self);
  gdouble sum = 0;
  guint n = 0;

  *kept = samples->len;
  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    *bytes += sample->blob_size;
    if (isfinite (sample->score.pvi)) {
      sum += sample->score.pvi;
      n++;
    }
  }
  *mean_pvi = n > 0 ? sum / n : NAN;
}

GstStructure *
gst_vinfo_reservoir_get_stats (GstVInfoReservoir *self)
{
  GstStructure *stats = gst_structure_new_empty ("vinfo-reservoir-stats");
  g_autoptr (VInfoReservoir) reservoir = NULL;
  GstVInfoReservoirCounts counts;
  guint64 before[VINFO_N_REASONS];
  guint64 pending, owed, kept = 0, bytes = 0, n_unreadable = 0;
  gdouble mean_pvi = 0;

  g_mutex_lock (&self->lock);
  counts = self->counts;
  memcpy (before, self->before, sizeof before);
  pending = count_pending (self);
  owed = gst_vinfo_limiter_is_on (&self->limiter)
             ? gst_vinfo_limiter_count_due (&self->limiter)
             : (guint64)(self->credit + self->debt);
  if (self->reservoir)
    reservoir = g_object_ref (self->reservoir);
  g_mutex_unlock (&self->lock);

  if (reservoir) {
    kept = vinfo_reservoir_get_size (reservoir);
    bytes = vinfo_reservoir_get_bytes (reservoir);
    mean_pvi = vinfo_reservoir_get_mean_pvi (reservoir);
    n_unreadable = vinfo_reservoir_get_n_unreadable (reservoir);
    complete_counts (&counts, reservoir, before);
  } else {
    add_replayed (self, &kept, &bytes, &mean_pvi);
  }
  add_counts (stats, &counts);
  gst_structure_set (stats, "pending", G_TYPE_UINT64, pending, "owed",
      G_TYPE_UINT64, owed, "kept", G_TYPE_UINT64, kept, "kept-bytes",
      G_TYPE_UINT64, bytes, "mean-pvi", G_TYPE_DOUBLE, mean_pvi, "unreadable",
      G_TYPE_UINT64, n_unreadable, NULL);

  return stats;
}

void
gst_vinfo_reservoir_count_unscored (GstVInfoReservoir *self, gboolean bounded)
{
  gboolean warned;

  g_mutex_lock (&self->lock);
  self->counts.unscored++;
  gst_vinfo_reservoir_src_add_credit (self, bounded);
  warned = self->warned_unscored;
  self->warned_unscored = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  if (!warned)
    GST_ELEMENT_WARNING (self, STREAM, WRONG_TYPE,
        ("Frames come without a score and can't be kept."),
        ("put a vinfoscore between this element and what makes or crops "
         "them"));
}

/* The keeper's words ------------------------------------------------------ */

static void
settled (GstVInfoArrival *arrival, VInfoReason reason)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (arrival->element);
  GstVInfoReservoirPad *pad = arrival->pad;
  gboolean current;

  if (reason == VINFO_REASON_NONE)
    gst_vinfo_server_note_admission (
        self->server, vinfo_result_get_id (arrival->result));

  g_mutex_lock (&self->lock);
  current = arrival->epoch == g_atomic_int_get (&pad->epoch);
  if (current)
    pad->pending--;
  self->counts.offered++;
  if (reason == VINFO_REASON_NONE) {
    self->counts.admitted++;
    self->recovered++;
    self->views = 0;
    gst_vinfo_reservoir_src_note_admission (self, !arrival->sync);
  } else if (!is_counted_by_reservoir (reason)) {
    self->counts.rejected[reason]++;
  }
  if (current)
    gst_vinfo_reservoir_src_add_credit (self, !arrival->sync);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
failed (GstElement *element, const GError *error)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);
  gboolean warned;

  g_mutex_lock (&self->lock);
  warned = self->warned_store;
  self->warned_store = TRUE;
  self->recovered = 0;
  g_mutex_unlock (&self->lock);

  if (warned)
    GST_DEBUG_OBJECT (self, "%s", error->message);
  else if (g_error_matches (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_FULL))
    GST_ELEMENT_WARNING (self, RESOURCE, NO_SPACE_LEFT, ("%s", error->message),
        ("what is kept stays kept"));
  else
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE, ("%s", error->message),
        ("what is kept stays kept"));
}

/* On a disk that is nearly full one frame may find room and the next none: it is
 * sound again when several in a row did. */
static void
committed (GstElement *element)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);
  gboolean resumed;

  g_mutex_lock (&self->lock);
  resumed = self->warned_store && self->recovered >= RECOVERY;
  if (resumed)
    self->warned_store = FALSE;
  g_mutex_unlock (&self->lock);

  if (resumed)
    GST_ELEMENT_INFO (self, RESOURCE, WRITE,
        ("Frames are stored again, after the store had failed."), (NULL));
}

static void
unreadable (GstElement *element, const GError *error)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);
  gboolean warned;

  g_mutex_lock (&self->lock);
  warned = self->warned_unreadable;
  self->warned_unreadable = TRUE;
  g_mutex_unlock (&self->lock);

  if (warned)
    GST_DEBUG_OBJECT (self, "%s", error->message);
  else
    GST_ELEMENT_WARNING (self, STREAM, DECODE, ("%s", error->message),
        ("it keeps the score that it has; further ones are counted in stats"));
}

static void
expired (GstElement *element)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
mixed (GstElement *element)
{
  GST_ELEMENT_WARNING (element, STREAM, FAILED,
      ("Frames come from scorers of several models; kept ones keep the scores "
       "that they have."),
      ("give the scorers one model-id, or each model a reservoir; model-id of "
       "a reservoir is that of its scorers"));
}

static void
progressed (GstElement *element)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);
  gint64 now = g_get_monotonic_time ();

  if (now < self->stats_due)
    return;
  self->stats_due = now + STATS_INTERVAL;

  GstStructure *stats = gst_vinfo_reservoir_get_stats (self);
  gst_structure_set_name (stats, "vinfo-stats");
  gst_element_post_message (
      element, gst_message_new_element (GST_OBJECT (self), stats));
}

static const GstVInfoKeeperFuncs keeper_funcs
    = { settled, failed, committed, unreadable, expired, mixed, progressed };

/* Store ------------------------------------------------------------------- */

/* (transfer full) the policy's name, which @config borrows */
static char *
copy_config (GstVInfoReservoir *self, VInfoReservoirConfig *config)
{
  char *policy;

  g_mutex_lock (&self->lock);
  policy = g_strdup (self->policy);
  *config = self->config;
  config->policy = policy;
  g_mutex_unlock (&self->lock);

  return policy;
}

static gboolean
check_config (GstVInfoReservoir *self, GError **error)
{
  VInfoReservoirConfig config;
  g_autofree char *policy = copy_config (self, &config);

  return vinfo_reservoir_check (&config, error);
}

/* What the store holds is taken over: by its one writer, within the bounds. */
static VInfoReservoir *
new_reservoir (GstVInfoReservoir *self, GError **error)
{
  VInfoReservoirConfig config;
  g_autofree char *policy = copy_config (self, &config);

  return vinfo_reservoir_new (&config, self->store, error);
}

static gboolean
has_feeds (GstVInfoReservoir *self)
{
  gboolean has;

  GST_OBJECT_LOCK (self);
  has = GST_ELEMENT (self)->numsinkpads > 0;
  GST_OBJECT_UNLOCK (self);

  return has;
}

static void
take_over (GstVInfoReservoir *self, VInfoReservoir *reservoir)
{
  guint64 offered, before[VINFO_N_REASONS] = { 0 };

  if (reservoir)
    vinfo_reservoir_get_counts (reservoir, &offered, before);
  g_mutex_lock (&self->lock);
  self->reservoir = reservoir;
  memcpy (self->before, before, sizeof before);
  g_mutex_unlock (&self->lock);
}

/* A replay only reads: another may be writing. Where there is nothing to read
 * and somebody wants to, the name is wrong; without a peer below, feeds may yet
 * come and fill a new file. */
static gboolean
open_store (GstVInfoReservoir *self, GError **error)
{
  g_autofree char *location = NULL;
  g_autoptr (VInfoStore) store = NULL;
  VInfoReservoir *reservoir = NULL;
  gboolean replays;

  g_mutex_lock (&self->lock);
  location = g_strdup (self->location);
  g_mutex_unlock (&self->lock);
  replays = location && !has_feeds (self);

  if (replays && gst_pad_is_linked (self->srcpad))
    store = vinfo_store_open_existing (location, error);
  else if (check_config (self, error))
    store = vinfo_store_open (location, error);
  if (!store)
    return FALSE;
  g_mutex_lock (&self->lock);
  g_set_object (&self->store, store);
  g_mutex_unlock (&self->lock);
  if (replays)
    return TRUE;

  reservoir = new_reservoir (self, error);
  take_over (self, reservoir);

  return reservoir != NULL;
}

static void
close_store (GstVInfoReservoir *self)
{
  g_mutex_lock (&self->role);
  g_mutex_lock (&self->lock);
  if (self->reservoir)
    complete_counts (&self->counts, self->reservoir, self->before);
  g_clear_object (&self->reservoir);
  g_clear_object (&self->store);
  g_mutex_unlock (&self->lock);
  g_mutex_unlock (&self->role);
}

static void
report (GstVInfoReservoir *self, const GError *error)
{
  if (error->domain == VINFO_RESERVOIR_ERROR)
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
  else if (g_error_matches (
               error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND))
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND, ("%s", error->message),
        ("a reservoir without sink pads replays a store that is there; give it "
         "a sink pad before READY to record a new one"));
  else
    GST_ELEMENT_ERROR (
        self, RESOURCE, OPEN_READ_WRITE, ("%s", error->message), (NULL));
}

static gboolean
open_or_report (GstVInfoReservoir *self)
{
  g_autoptr (GError) error = NULL;
  gboolean opened;

  g_mutex_lock (&self->role);
  opened = open_store (self, &error);
  g_mutex_unlock (&self->role);
  if (opened)
    return TRUE;

  close_store (self);
  report (self, error);

  return FALSE;
}

/* Scorers ----------------------------------------------------------------- */

static gboolean
may_keep (guint64 id, guint64 run, guint64 version, gpointer reservoir)
{
  return vinfo_reservoir_may_keep (reservoir, id, run, version);
}

static void
ask_for_scores (GstVInfoReservoir *self, VInfoReservoir *reservoir)
{
  self->needs = vinfo_predictor_table_get_needs (self->table);
  self->need = vinfo_needs_add (
      self->needs, may_keep, g_object_ref (reservoir), g_object_unref);
}

static void
ask_no_more (GstVInfoReservoir *self)
{
  if (!self->needs)
    return;
  vinfo_needs_remove (self->needs, self->need);
  g_clear_pointer (&self->needs, vinfo_needs_unref);
}

/* Roles ------------------------------------------------------------------- */

/* The role is locked. */
static void
start_keeper (GstVInfoReservoir *self, VInfoReservoir *reservoir)
{
  g_autofree char *model_id = NULL;
  guint queue_size;
  gboolean expires;

  g_mutex_lock (&self->lock);
  model_id = g_strdup (self->model_id);
  queue_size = self->queue_size;
  expires = self->config.max_age > 0;
  g_mutex_unlock (&self->lock);

  gst_vinfo_keeper_start (self->keeper, reservoir,
      gst_vinfo_rescoring_new (reservoir, self->table, model_id), queue_size,
      expires);
  ask_for_scores (self, reservoir);
}

/* A replay that gets a feed records from then on, in bounds; role locked. */
static gboolean
begin_recording (GstVInfoReservoir *self, GError **error)
{
  VInfoReservoir *reservoir = new_reservoir (self, error);

  if (!reservoir)
    return FALSE;
  take_over (self, reservoir);
  if (self->server) {
    gst_vinfo_server_set_reservoir (self->server, reservoir);
    start_keeper (self, reservoir);
  }
  GST_OBJECT_FLAG_UNSET (self, GST_ELEMENT_FLAG_SOURCE);

  return TRUE;
}

/* FALSE: it can't, which was reported. */
static gboolean
ensure_recording (GstVInfoReservoir *self)
{
  g_autoptr (GError) error = NULL;
  gboolean records;

  g_mutex_lock (&self->role);
  records = !self->store || self->reservoir || begin_recording (self, &error);
  g_mutex_unlock (&self->role);
  if (!records)
    report (self, error);

  return records;
}

/* States ------------------------------------------------------------------ */

static void
start (GstVInfoReservoir *self)
{
  GstVInfoOrder order;
  guint64 seed;

  g_mutex_lock (&self->role);
  if (self->reservoir)
    take_over (self, self->reservoir);
  g_mutex_lock (&self->lock);
  memset (&self->counts, 0, sizeof self->counts);
  self->warned_unscored = self->warned_store = FALSE;
  self->warned_unreadable = FALSE;
  self->stats_due = g_get_monotonic_time () + STATS_INTERVAL;
  gst_vinfo_reservoir_src_reset (self);
  gst_vinfo_reservoir_sink_expect_streams (self);
  order = self->order;
  seed = self->config.seed;
  g_mutex_unlock (&self->lock);

  self->images = gst_vinfo_image_cache_new (MAX_IMAGE_BYTES);
  self->server
      = gst_vinfo_server_new (self->reservoir, self->store, order, seed);
  if (self->reservoir)
    start_keeper (self, self->reservoir);
  else
    GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
  g_mutex_unlock (&self->role);
}

static void
stop (GstVInfoReservoir *self)
{
  g_mutex_lock (&self->role);
  ask_no_more (self);
  gst_vinfo_keeper_stop (self->keeper);
  g_clear_pointer (&self->server, gst_vinfo_server_free);
  g_clear_pointer (&self->images, gst_vinfo_image_cache_free);
  GST_OBJECT_FLAG_UNSET (self, GST_ELEMENT_FLAG_SOURCE);
  g_mutex_unlock (&self->role);
}

static GstStateChangeReturn
gst_vinfo_reservoir_change_state (
    GstElement *element, GstStateChange transition)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);
  gboolean prerolls = transition == GST_STATE_CHANGE_READY_TO_PAUSED
                      && gst_vinfo_reservoir_sink_prerolls (self);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !open_or_report (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_NULL_TO_READY)
    self->table = gst_vinfo_context_acquire (element);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    start (self);
  if (prerolls)
    gst_vinfo_preroll_begin (&self->preroll, element);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_vinfo_preroll_abandon (&self->preroll, element);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    gst_vinfo_preroll_pass (&self->preroll);

  ret = GST_ELEMENT_CLASS (gst_vinfo_reservoir_parent_class)
            ->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) {
    close_store (self);
    g_clear_object (&self->table);
  }

  return prerolls && ret == GST_STATE_CHANGE_SUCCESS ? GST_STATE_CHANGE_ASYNC
                                                     : ret;
}

static void
gst_vinfo_reservoir_state_changed (
    GstElement *element, GstState old, GstState new, GstState pending)
{
  gst_vinfo_reservoir_sink_follow_state (GST_VINFO_RESERVOIR (element));
}

/* What applications send to sources to end in order. */
static void
request_eos (GstVInfoReservoir *self, guint32 seqnum)
{
  g_mutex_lock (&self->lock);
  self->eos_seqnum = seqnum;
  self->eos_requested = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static gboolean
gst_vinfo_reservoir_send_event (GstElement *element, GstEvent *event)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    request_eos (self, gst_event_get_seqnum (event));
    gst_event_unref (event);
    return TRUE;
  }
  if (!GST_EVENT_IS_DOWNSTREAM (event) && gst_vinfo_reservoir_is_sink (self))
    return gst_vinfo_reservoir_sink_send_upstream (self, event);

  return GST_ELEMENT_CLASS (gst_vinfo_reservoir_parent_class)
      ->send_event (element, event);
}

static gboolean
gst_vinfo_reservoir_query (GstElement *element, GstQuery *q)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);

  if (gst_vinfo_reservoir_is_sink (self))
    return gst_vinfo_reservoir_sink_query (self, q);

  return GST_ELEMENT_CLASS (gst_vinfo_reservoir_parent_class)
      ->query (element, q);
}

/* Pads -------------------------------------------------------------------- */

/* FALSE where the name is not that of a number as the template prints it. */
static gboolean
parse_pad_name (const char *name, guint *number)
{
  g_autofree char *printed = NULL;
  guint64 value;

  if (!g_str_has_prefix (name, PAD_PREFIX)
      || !g_ascii_string_to_unsigned (
          name + strlen (PAD_PREFIX), 10, 0, MAX_PAD_NUMBER, &value, NULL))
    return FALSE;
  *number = (guint)value;
  printed = g_strdup_printf (PAD_PREFIX "%u", *number);

  return g_str_equal (name, printed);
}

/* NULL where @name is none that a sink pad can have. */
static char *
choose_pad_name (GstVInfoReservoir *self, const char *name)
{
  guint number;
  char *chosen = NULL;

  GST_OBJECT_LOCK (self);
  if (!name)
    chosen = g_strdup_printf (PAD_PREFIX "%u", self->next_pad++);
  else if (parse_pad_name (name, &number)) {
    self->next_pad = MAX (self->next_pad, number + 1);
    chosen = g_strdup (name);
  }
  GST_OBJECT_UNLOCK (self);

  return chosen;
}

static GstPad *
gst_vinfo_reservoir_request_new_pad (GstElement *element, GstPadTemplate *templ,
    const char *name, const GstCaps *caps)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);
  g_autofree char *chosen = NULL;
  GstPad *pad;

  chosen = choose_pad_name (self, name);
  if (!chosen) {
    GST_WARNING_OBJECT (self,
        "no pad \"%s\": sink pads are named " PAD_PREFIX "0, " PAD_PREFIX
        "1 and so on",
        name);
    return NULL;
  }
  if (!ensure_recording (self))
    return NULL;
  pad = gst_vinfo_reservoir_pad_new (templ, chosen);
  gst_pad_set_active (pad, TRUE);
  if (!gst_element_add_pad (element, pad))
    return NULL;

  g_mutex_lock (&self->lock);
  gst_vinfo_reservoir_src_resume (self);
  g_mutex_unlock (&self->lock);
  gst_child_proxy_child_added (
      GST_CHILD_PROXY (self), G_OBJECT (pad), GST_OBJECT_NAME (pad));

  return pad;
}

static void
gst_vinfo_reservoir_release_pad (GstElement *element, GstPad *pad)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (element);

  gst_object_ref (pad);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  gst_child_proxy_child_removed (
      GST_CHILD_PROXY (self), G_OBJECT (pad), GST_OBJECT_NAME (pad));
  gst_object_unref (pad);

  /* Perhaps all others have ended. */
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static GObject *
get_child_by_index (GstChildProxy *proxy, guint index)
{
  GObject *child;

  GST_OBJECT_LOCK (proxy);
  child = g_list_nth_data (GST_ELEMENT (proxy)->sinkpads, index);
  if (child)
    g_object_ref (child);
  GST_OBJECT_UNLOCK (proxy);

  return child;
}

static guint
get_children_count (GstChildProxy *proxy)
{
  guint count;

  GST_OBJECT_LOCK (proxy);
  count = GST_ELEMENT (proxy)->numsinkpads;
  GST_OBJECT_UNLOCK (proxy);

  return count;
}

static void
child_proxy_init (gpointer iface, gpointer data)
{
  GstChildProxyInterface *proxy = iface;

  proxy->get_child_by_index = get_child_by_index;
  proxy->get_children_count = get_children_count;
}

/* Object ------------------------------------------------------------------ */

static void
gst_vinfo_reservoir_commit (GstVInfoReservoir *self)
{
  gst_vinfo_keeper_commit (self->keeper);
}

static void
gst_vinfo_reservoir_finalize (GObject *object)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (object);

  gst_vinfo_keeper_free (self->keeper);
  g_mutex_clear (&self->role);
  g_mutex_clear (&self->lock);
  gst_vinfo_preroll_finish (&self->preroll);
  g_cond_clear (&self->cond);
  g_free (self->location);
  g_free (self->policy);
  g_free (self->model_id);
  G_OBJECT_CLASS (gst_vinfo_reservoir_parent_class)->finalize (object);
}

static void
gst_vinfo_reservoir_class_init (GstVInfoReservoirClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->finalize = gst_vinfo_reservoir_finalize;
  gst_vinfo_reservoir_install_properties (object_class);

  /**
   * GstVInfoReservoir::commit:
   *
   * Makes all that was decided so far durable.
   */
  signals[SIGNAL_COMMIT] = g_signal_new_class_handler ("commit",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_vinfo_reservoir_commit), NULL, NULL, NULL, G_TYPE_NONE,
      0);

  element_class->change_state = gst_vinfo_reservoir_change_state;
  element_class->state_changed = gst_vinfo_reservoir_state_changed;
  element_class->send_event = gst_vinfo_reservoir_send_event;
  element_class->query = gst_vinfo_reservoir_query;
  element_class->request_new_pad = gst_vinfo_reservoir_request_new_pad;
  element_class->release_pad = gst_vinfo_reservoir_release_pad;
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &sink_template, GST_TYPE_VINFO_RESERVOIR_PAD);
  gst_vinfo_reservoir_src_add_template (element_class);
  gst_element_class_set_static_metadata (element_class,
      "V-information reservoir", "Filter/Analyzer/Video/Sink",
      "Keeps the frames worth keeping, as vinfoscore saw them (what is to be "
      "hidden must be hidden before it), and serves them in an order of its "
      "own: "
      "gst-launch-1.0 uridecodebin uri=URI ! vinfoscore ! vinforeservoir "
      "location=kept.vinfo ! vinfotrainer; and later gst-launch-1.0 "
      "vinforeservoir location=kept.vinfo order=priority ! videoconvert ! "
      "autovideosink",
      "The gst-vinfo authors");
  gst_type_mark_as_plugin_api (GST_TYPE_VINFO_RESERVOIR_PAD, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_VINFO_ORDER, 0);
}

static void
gst_vinfo_reservoir_init (GstVInfoReservoir *self)
{
  g_mutex_init (&self->role);
  g_mutex_init (&self->lock);
  gst_vinfo_preroll_init (&self->preroll);
  g_cond_init (&self->cond);
  gst_vinfo_reservoir_init_properties (self);
  self->keeper = gst_vinfo_keeper_new (GST_ELEMENT (self), &keeper_funcs);
  self->srcpad = gst_vinfo_reservoir_src_new (self);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
  gst_vinfo_reservoir_src_update_role (self);
}
