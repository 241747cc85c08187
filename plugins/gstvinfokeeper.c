/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfokeeper.h"

#include "nn/vinfo-priority.h"

#define COMMIT_ADMISSIONS 32
#define COMMIT_INTERVAL (G_USEC_PER_SEC / 2)
#define EXPIRY_INTERVAL G_USEC_PER_SEC

struct _GstVInfoKeeper {
  GstElement *element; /* not owned: it owns this */
  const GstVInfoKeeperFuncs *funcs;
  GThread *thread;
  gint kept;  /* atomic */
  gint dirty; /* atomic: something was offered since the start */

  GMutex lock; /* protects the following */
  GCond cond;
  GQueue waiting; /* of GstVInfoArrival, owned */
  guint queue_size;
  gboolean running;
  VInfoReservoir *reservoir; /* NULL: stopped; the thread reads it unlocked */

  /* the thread's own */
  guint uncommitted;            /* admissions, and samples scored anew */
  GstVInfoRescoring *rescoring; /* NULL: none */
  gboolean stale;               /* kept samples may be of older versions */
  VInfoScoreKind kind;          /* of the last score */
  gint64 commit_due;            /* monotonic, µs */
  gboolean expires;             /* samples grow too old */
  gint64 expiry_due;            /* monotonic, µs */
};

GstVInfoArrival *
gst_vinfo_arrival_new (GstElement *element, GstVInfoReservoirPad *pad,
    VInfoResult *result, VInfoReason refusal)
{
  GstVInfoArrival *arrival = g_atomic_rc_box_new0 (GstVInfoArrival);

  arrival->element = gst_object_ref (element);
  arrival->pad = gst_object_ref (pad);
  arrival->refusal = refusal;
  arrival->sync = pad->sync;
  arrival->epoch = g_atomic_int_get (&pad->epoch);

  GST_OBJECT_LOCK (pad);
  arrival->feed
      = g_strdup (pad->feed ? pad->feed : vinfo_result_get_feed (result));
  arrival->quota = pad->quota;
  arrival->max_rate = pad->max_rate;
  GST_OBJECT_UNLOCK (pad);

  return arrival;
}

GstVInfoArrival *
gst_vinfo_arrival_ref (GstVInfoArrival *arrival)
{
  return g_atomic_rc_box_acquire (arrival);
}

static void
arrival_clear (gpointer data)
{
  GstVInfoArrival *arrival = data;

  if (arrival->result)
    vinfo_result_unref (arrival->result);
  gst_object_unref (arrival->pad);
  gst_object_unref (arrival->element);
  g_free (arrival->feed);
}

void
gst_vinfo_arrival_unref (GstVInfoArrival *arrival)
{
  g_atomic_rc_box_release_full (arrival, arrival_clear);
}

static gboolean
arrival_is_stale (const GstVInfoArrival *arrival)
{
  return arrival->epoch != g_atomic_int_get (&arrival->pad->epoch);
}

static void
settle (GstVInfoKeeper *keeper, GstVInfoArrival *arrival, VInfoReason reason)
{
  vinfo_result_set_verdict (arrival->result, reason);
  keeper->funcs->settled (arrival, reason);
}

static void
note_change (GstVInfoKeeper *keeper)
{
  if (keeper->uncommitted++ == 0)
    keeper->commit_due = g_get_monotonic_time () + COMMIT_INTERVAL;
}

static void
count_kept (GstVInfoKeeper *keeper)
{
  g_atomic_int_set (
      &keeper->kept, (gint)vinfo_reservoir_get_size (keeper->reservoir));
}

static void
count_verdict (GstVInfoKeeper *keeper, GstVInfoArrival *arrival,
    const VInfoVerdict *verdict)
{
  if (verdict->kept) {
    VInfoScore score;

    note_change (keeper);
    if (keeper->rescoring && vinfo_result_get_score (arrival->result, &score))
      gst_vinfo_rescoring_note_admission (keeper->rescoring, score.version);
  }
  count_kept (keeper);
}

static VInfoReason
offer (GstVInfoKeeper *keeper, GstVInfoArrival *arrival)
{
  VInfoResult *result = arrival->result;
  g_autoptr (VInfoImage) image = vinfo_result_dup_image (result);
  g_autoptr (GError) error = NULL;
  VInfoVerdict verdict = { 0 };
  VInfoOffer frame = {
    .id = vinfo_result_get_id (result),
    .feed = arrival->feed,
    .source = vinfo_result_get_source (result),
    .caps = vinfo_result_get_caps (result),
    .pts = vinfo_result_get_pts (result),
    .wall_time = vinfo_result_get_wall_time (result),
    .image = image,
    .thumbnail = vinfo_result_get_thumbnail (result),
    .run = vinfo_result_get_run (result),
    .quota = arrival->quota,
    .max_rate = arrival->max_rate,
  };
  VInfoReason reason;

  if (!image || !vinfo_result_get_score (result, &frame.score))
    return VINFO_REASON_FAILED;

  frame.embedding = vinfo_result_get_embedding (
      result, &frame.embedding_size, &frame.duplicate_cosine);
  g_atomic_int_set (&keeper->dirty, TRUE);
  if (!vinfo_reservoir_offer (keeper->reservoir, &frame, &verdict, &error))
    keeper->funcs->failed (keeper->element, error);
  count_verdict (keeper, arrival, &verdict);
  reason = verdict.kept ? VINFO_REASON_NONE : verdict.reason;
  vinfo_verdict_clear (&verdict);

  return reason;
}

/* Scores one kept sample anew, if one is of an older version. */
static gboolean
rescore (GstVInfoKeeper *keeper)
{
  g_autoptr (GError) error = NULL;

  keeper->stale
      = keeper->rescoring
        && gst_vinfo_rescoring_step (keeper->rescoring, keeper->kind, &error);
  if (error)
    keeper->funcs->unreadable (keeper->element, error);
  else if (keeper->stale)
    note_change (keeper);

  return keeper->stale;
}

static gboolean
is_overtaken (GstVInfoKeeper *keeper, const GstVInfoArrival *arrival)
{
  gboolean running;

  g_mutex_lock (&keeper->lock);
  running = keeper->running;
  g_mutex_unlock (&keeper->lock);

  return !running || arrival_is_stale (arrival);
}

/* Before a lock-step frame is offered all that it competes with is scored by
 * its predictor; others make do with what spare time there was. FALSE: a stop
 * or a flush didn't wait for that. */
static gboolean
prepare (GstVInfoKeeper *keeper, GstVInfoArrival *arrival)
{
  gboolean overtaken;
  VInfoScore score;

  if (vinfo_result_get_score (arrival->result, &score))
    keeper->kind = score.kind;
  if (keeper->rescoring
      && !gst_vinfo_rescoring_note_model (
          keeper->rescoring, vinfo_result_get_model_id (arrival->result)))
    keeper->funcs->mixed (keeper->element);
  keeper->stale = TRUE;
  do
    overtaken = is_overtaken (keeper, arrival);
  while (!overtaken && arrival->sync && rescore (keeper));

  return !overtaken;
}

gboolean
gst_vinfo_keeper_commit (GstVInfoKeeper *keeper)
{
  g_autoptr (VInfoReservoir) reservoir = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&keeper->lock);
  if (keeper->reservoir && g_atomic_int_get (&keeper->dirty))
    reservoir = g_object_ref (keeper->reservoir);
  g_mutex_unlock (&keeper->lock);

  if (!reservoir)
    return TRUE;
  if (!vinfo_reservoir_commit (reservoir, &error)) {
    keeper->funcs->failed (keeper->element, error);
    return FALSE;
  }
  keeper->funcs->committed (keeper->element);

  return TRUE;
}

static void
commit_if_due (GstVInfoKeeper *keeper)
{
  if (keeper->uncommitted == 0)
    return;

  if (keeper->uncommitted >= COMMIT_ADMISSIONS
      || g_get_monotonic_time () >= keeper->commit_due) {
    keeper->uncommitted = 0;
    gst_vinfo_keeper_commit (keeper);
  }
}

/* By the wall clock, as samples' times are. */
static void
expire_if_due (GstVInfoKeeper *keeper)
{
  g_autoptr (GError) error = NULL;
  guint n;

  if (!keeper->expires || g_get_monotonic_time () < keeper->expiry_due)
    return;
  keeper->expiry_due = g_get_monotonic_time () + EXPIRY_INTERVAL;
  if (!vinfo_reservoir_expire (
          keeper->reservoir, g_get_real_time (), &n, &error))
    keeper->funcs->failed (keeper->element, error);
  if (n > 0)
    keeper->funcs->expired (keeper->element);
  count_kept (keeper);
}

static gint64
find_due (GstVInfoKeeper *keeper)
{
  gint64 due = keeper->expires ? keeper->expiry_due : G_MAXINT64;

  return keeper->uncommitted > 0 ? MIN (due, keeper->commit_due) : due;
}

/* Waits for the next arrival until a commit or a look at ages is due. NULL:
 * none came, stopped, or there is time to score kept samples anew; locked. */
static GstVInfoArrival *
pop (GstVInfoKeeper *keeper)
{
  while (keeper->running && g_queue_is_empty (&keeper->waiting)) {
    if (keeper->stale)
      return NULL;
    if (find_due (keeper) == G_MAXINT64)
      g_cond_wait (&keeper->cond, &keeper->lock);
    else if (!g_cond_wait_until (
                 &keeper->cond, &keeper->lock, find_due (keeper)))
      return NULL;
  }

  return keeper->running ? g_queue_pop_head (&keeper->waiting) : NULL;
}

static gpointer
keep (gpointer data)
{
  GstVInfoKeeper *keeper = data;

  vinfo_priority_lower (VINFO_PRIORITY_SCORING);
  expire_if_due (keeper);
  g_mutex_lock (&keeper->lock);
  while (keeper->running) {
    GstVInfoArrival *arrival = pop (keeper);

    g_mutex_unlock (&keeper->lock);
    if (arrival) {
      settle (keeper, arrival,
          prepare (keeper, arrival) ? offer (keeper, arrival)
                                    : VINFO_REASON_FLUSHED);
      keeper->funcs->progressed (keeper->element);
      gst_vinfo_arrival_unref (arrival);
    } else if (keeper->stale) {
      rescore (keeper);
    }
    commit_if_due (keeper);
    expire_if_due (keeper);
    g_mutex_lock (&keeper->lock);
  }
  g_mutex_unlock (&keeper->lock);

  return NULL;
}

GstVInfoKeeper *
gst_vinfo_keeper_new (GstElement *element, const GstVInfoKeeperFuncs *funcs)
{
  GstVInfoKeeper *keeper = g_new0 (GstVInfoKeeper, 1);

  keeper->element = element;
  keeper->funcs = funcs;
  g_mutex_init (&keeper->lock);
  g_cond_init (&keeper->cond);
  g_queue_init (&keeper->waiting);

  return keeper;
}

void
gst_vinfo_keeper_free (GstVInfoKeeper *keeper)
{
  gst_vinfo_keeper_stop (keeper);
  g_mutex_clear (&keeper->lock);
  g_cond_clear (&keeper->cond);
  g_free (keeper);
}

void
gst_vinfo_keeper_start (GstVInfoKeeper *keeper, VInfoReservoir *reservoir,
    GstVInfoRescoring *rescoring, guint queue_size, gboolean expires)
{
  keeper->expires = expires;
  keeper->expiry_due = 0;
  keeper->rescoring = rescoring;
  keeper->stale = FALSE;
  g_mutex_lock (&keeper->lock);
  keeper->reservoir = g_object_ref (reservoir);
  keeper->queue_size = queue_size;
  keeper->running = TRUE;
  g_mutex_unlock (&keeper->lock);

  g_atomic_int_set (&keeper->dirty, FALSE);
  count_kept (keeper);
  keeper->thread = g_thread_new ("vinfokeeper", keep, keeper);
}

static gint
compare_staleness (gconstpointer arrival, gconstpointer unused)
{
  return arrival_is_stale (arrival) ? 0 : 1;
}

static void
refuse_all (GstVInfoKeeper *keeper, GQueue *refused)
{
  GstVInfoArrival *arrival;

  while ((arrival = g_queue_pop_head (refused))) {
    settle (keeper, arrival, VINFO_REASON_FLUSHED);
    gst_vinfo_arrival_unref (arrival);
  }
}

void
gst_vinfo_keeper_flush (GstVInfoKeeper *keeper)
{
  GQueue stale = G_QUEUE_INIT;
  GList *link;

  g_mutex_lock (&keeper->lock);
  while ((
      link = g_queue_find_custom (&keeper->waiting, NULL, compare_staleness))) {
    g_queue_unlink (&keeper->waiting, link);
    g_queue_push_tail_link (&stale, link);
  }
  g_mutex_unlock (&keeper->lock);

  refuse_all (keeper, &stale);
}

void
gst_vinfo_keeper_stop (GstVInfoKeeper *keeper)
{
  if (!keeper->thread)
    return;

  g_mutex_lock (&keeper->lock);
  keeper->running = FALSE;
  g_cond_signal (&keeper->cond);
  g_mutex_unlock (&keeper->lock);
  g_clear_pointer (&keeper->thread, g_thread_join);
  g_clear_pointer (&keeper->rescoring, gst_vinfo_rescoring_free);

  refuse_all (keeper, &keeper->waiting);
  keeper->uncommitted = 0;
  gst_vinfo_keeper_commit (keeper);

  g_mutex_lock (&keeper->lock);
  g_clear_object (&keeper->reservoir);
  g_mutex_unlock (&keeper->lock);
}

/* Queues @arrival; else says why not. */
static VInfoReason
enqueue (GstVInfoKeeper *keeper, GstVInfoArrival *arrival)
{
  VInfoReason reason = VINFO_REASON_NONE;

  g_mutex_lock (&keeper->lock);
  if (!keeper->running || arrival_is_stale (arrival))
    reason = VINFO_REASON_FLUSHED;
  else if (!arrival->sync && keeper->waiting.length >= keeper->queue_size)
    reason = VINFO_REASON_BUSY;
  else {
    g_queue_push_tail (&keeper->waiting, gst_vinfo_arrival_ref (arrival));
    g_cond_signal (&keeper->cond);
  }
  g_mutex_unlock (&keeper->lock);

  return reason;
}

/* Nor is it offered: its scorer knew that it could not be kept. */
static void
count_unneeded (GstVInfoKeeper *keeper)
{
  g_mutex_lock (&keeper->lock);
  if (keeper->running) {
    vinfo_reservoir_count_unneeded (keeper->reservoir);
    g_atomic_int_set (&keeper->dirty, TRUE);
  }
  g_mutex_unlock (&keeper->lock);
}

void
gst_vinfo_keeper_push (
    GstVInfoKeeper *keeper, GstVInfoArrival *arrival, VInfoResult *result)
{
  VInfoReason reason = vinfo_result_get_refusal (result);

  arrival->result = vinfo_result_ref (result);
  if (reason == VINFO_REASON_NONE)
    reason = arrival->refusal;
  if (reason == VINFO_REASON_UNNEEDED)
    count_unneeded (keeper);
  if (reason == VINFO_REASON_NONE)
    reason = enqueue (keeper, arrival);
  if (reason != VINFO_REASON_NONE)
    settle (keeper, arrival, reason);
}

void
gst_vinfo_keeper_abandon (GstVInfoKeeper *keeper, GstVInfoArrival *arrival)
{
  keeper->funcs->settled (arrival, VINFO_REASON_FLUSHED);
}

guint
gst_vinfo_keeper_get_kept (GstVInfoKeeper *keeper)
{
  return (guint)g_atomic_int_get (&keeper->kept);
}
