/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/vinfo-worker.h"

#include <math.h>

#include "nn/random-private.h"
#include "nn/vinfo-priority.h"
#include "predictor/vinfo-scorer.h"
#include "score/feed-private.h"

#define SAMPLE_STREAM 0x73616d70 /* "samp" */

struct _VInfoWorker {
  GObject parent_instance;
  VInfoPredictor *predictor;
  guint batch_size;
  WorkerCore *core;
  GThread *thread;
};

/* What the thread works with; not the object, which may go while it runs. */
typedef struct {
  WorkerCore *core;
  VInfoPredictor *predictor;
  VInfoScorer *scorer;
  guint batch_size;
} Service;

/* A frame of a batch. */
typedef struct {
  FeedJob *job;
  VInfoImage *image;
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE];
  guint64 run; /* id of its still scene's first frame */
  gboolean panel;
} Candidate;

G_DEFINE_FINAL_TYPE (VInfoWorker, vinfo_worker, G_TYPE_OBJECT)

static void
core_clear (gpointer data)
{
  WorkerCore *core = data;

  vinfo_needs_unref (core->needs);
  g_ptr_array_unref (core->queues);
  g_mutex_clear (&core->lock);
  g_cond_clear (&core->wake);
  g_cond_clear (&core->settled);
}

WorkerCore *
worker_core_new (VInfoNeeds *needs)
{
  WorkerCore *core = g_atomic_rc_box_new0 (WorkerCore);

  core->needs = vinfo_needs_ref (needs);
  g_mutex_init (&core->lock);
  g_cond_init (&core->wake);
  g_cond_init (&core->settled);
  core->queues = g_ptr_array_new ();
  return core;
}

WorkerCore *
worker_core_ref (WorkerCore *core)
{
  return g_atomic_rc_box_acquire (core);
}

void
worker_core_unref (WorkerCore *core)
{
  g_atomic_rc_box_release_full (core, core_clear);
}

WorkerCore *
worker_get_core (VInfoWorker *worker)
{
  return worker->core;
}

/* The next frame in turn of a feed ranked by `kind`; core->lock held. */
static FeedJob *
take_next (WorkerCore *core, gint kind)
{
  for (guint i = 0; i < core->queues->len; i++) {
    guint turn = (core->next + i) % core->queues->len;
    FeedQueue *queue = core->queues->pdata[turn];
    FeedJob *job;

    if (queue->waiting.length == 0
        || (kind >= 0 && (gint)queue->config.kind != kind))
      continue;
    job = g_queue_pop_head (&queue->waiting);
    g_ptr_array_add (queue->in_work, job);
    if (queue->forget_gate) {
      queue->gate = (VInfoGate){ 0 };
      queue->forget_gate = FALSE;
    }
    core->next = turn + 1;
    return job;
  }
  return NULL;
}

/* Waits for frames; an empty batch means stop. */
static void
take_batch (Service *self, GPtrArray *batch)
{
  WorkerCore *core = self->core;
  FeedJob *job;

  g_mutex_lock (&core->lock);
  while (!core->stop) {
    job = core->paused ? NULL : take_next (core, -1);
    while (job) {
      g_ptr_array_add (batch, job);
      job = batch->len < self->batch_size
                ? take_next (core, (gint)job->queue->config.kind)
                : NULL;
    }
    if (batch->len > 0)
      break;
    g_cond_wait (&core->wake, &core->lock);
  }
  g_mutex_unlock (&core->lock);
}

static void
finish_skipped (FeedJob *job, VInfoReason reason)
{
  if (!vinfo_result_set_skipped (job->result, reason))
    reason = vinfo_result_get_reason (job->result);
  feed_job_settle (job, FALSE, reason);
}

/* Why a scored frame may not be kept. */
static VInfoReason
judge_scored (const Candidate *c, const VInfoScore *score)
{
  if (c->panel)
    return VINFO_REASON_PANEL;
  if (score->ood > c->job->queue->config.max_ood)
    return VINFO_REASON_OOD;
  return VINFO_REASON_NONE;
}

static void
finish_scored (Candidate *c, const VInfoScore *score, const gfloat *embedding,
    guint embedding_size, gdouble duplicate_cosine)
{
  FeedJob *job = c->job;
  VInfoReason reason = judge_scored (c, score);

  if (!isfinite (score->loss)) {
    finish_skipped (job, VINFO_REASON_NON_FINITE);
    return;
  }
  if (vinfo_result_set_scored (job->result, score, c->image, c->thumbnail,
          embedding, embedding_size, duplicate_cosine, reason))
    feed_job_settle (job, TRUE, reason);
  else
    feed_job_settle (job, FALSE, vinfo_result_get_reason (job->result));
}

/* The image of a frame, which takes the place of its buffer; else why there is
 * none. */
static VInfoReason
fit (FeedJob *job, VInfoImage **image)
{
  g_autoptr (GstBuffer) buffer = feed_job_take_buffer (job);
  g_autoptr (GError) error = NULL;

  if (!buffer)
    return VINFO_REASON_FLUSHED;
  *image = vinfo_fitter_fit (job->format->fitter, buffer, &error);
  if (*image)
    return VINFO_REASON_NONE;
  g_debug ("%s: frame not scored: %s", vinfo_result_get_feed (job->result),
      error->message);
  return VINFO_REASON_FAILED;
}

/* Fits all frames before anything else is done with one of them: whoever waits
 * for a buffer does so no longer than that takes. Returns: how many there are */
static guint
fit_batch (GPtrArray *batch, Candidate *candidates)
{
  guint n = 0;

  for (guint i = 0; i < batch->len; i++) {
    FeedJob *job = batch->pdata[i];
    VInfoReason reason = fit (job, &candidates[n].image);

    if (reason == VINFO_REASON_NONE)
      candidates[n++].job = job;
    else
      finish_skipped (job, reason);
  }
  return n;
}

/* Passes a frame through its feed's gates. */
static gboolean
admit (Service *self, Candidate *candidate)
{
  FeedJob *job = candidate->job;
  VInfoReason reason = VINFO_REASON_NONE;

  if (job->queue->config.gates)
    reason = vinfo_gate_judge (&job->queue->gate, candidate->image);
  if (reason != VINFO_REASON_NONE) {
    g_clear_pointer (&candidate->image, vinfo_image_unref);
    finish_skipped (job, reason);
    return FALSE;
  }
  vinfo_image_thumbnail (candidate->image, candidate->thumbnail);
  candidate->run = still_run_follow (&job->queue->still,
      vinfo_result_get_id (job->result), candidate->thumbnail);
  vinfo_result_set_run (job->result, candidate->run);
  candidate->panel = vinfo_predictor_observe (
      self->predictor, vinfo_result_get_id (job->result), candidate->image);
  return TRUE;
}

/* Skips what a gate turns away. Returns: how many are left, moved to the front */
static guint
drop_gated (Service *self, Candidate *candidates, guint n)
{
  guint n_admitted = 0;

  for (guint i = 0; i < n; i++)
    if (admit (self, &candidates[i]))
      candidates[n_admitted++] = candidates[i];
  return n_admitted;
}

/* For statistics of frames that nobody needs. */
static gboolean
is_sampled (guint64 id)
{
  return nn_mix (id, SAMPLE_STREAM) % VINFO_SCORING_SAMPLE == 0;
}

static gboolean
is_needed (Service *self, const Candidate *candidate, guint64 version)
{
  const FeedJob *job = candidate->job;
  guint64 id = vinfo_result_get_id (job->result);

  return job->queue->config.scoring == VINFO_SCORING_ALL || candidate->panel
         || is_sampled (id)
         || vinfo_needs_ask (self->core->needs, id, candidate->run, version);
}

/* Skips what needs no score. Returns: how many are left, moved to the front */
static guint
drop_unneeded (Service *self, guint64 version, Candidate *candidates, guint n)
{
  guint n_needed = 0;

  for (guint i = 0; i < n; i++) {
    Candidate candidate = candidates[i];

    if (is_needed (self, &candidate, version)) {
      candidates[n_needed++] = candidate;
      continue;
    }
    vinfo_image_unref (candidate.image);
    finish_skipped (candidate.job, VINFO_REASON_UNNEEDED);
  }
  return n_needed;
}

static void
score_candidates (Service *self, const VInfoSnapshot *snapshot,
    Candidate *candidates, guint n)
{
  guint width
      = vinfo_mae_get_config (vinfo_snapshot_get_live (snapshot))->hidden_size;
  gboolean centred = vinfo_snapshot_has_centre (snapshot);
  g_autofree VInfoImage **images = g_new (VInfoImage *, n);
  g_autofree guint64 *ids = g_new (guint64, n);
  g_autofree VInfoScore *scores = g_new (VInfoScore, n);
  g_autofree gfloat *embeddings = g_new (gfloat, (gsize)n * width);

  for (guint i = 0; i < n; i++) {
    images[i] = candidates[i].image;
    ids[i] = vinfo_result_get_id (candidates[i].job->result);
  }
  vinfo_scorer_score (self->scorer, snapshot,
      candidates[0].job->queue->config.kind, n, images, ids, scores,
      embeddings);
  for (guint i = 0; i < n; i++)
    finish_scored (&candidates[i], &scores[i],
        centred ? embeddings + (gsize)i * width : NULL, centred ? width : 0,
        vinfo_snapshot_get_duplicate_cosine (snapshot));
}

static void
score_batch (Service *self, GPtrArray *batch)
{
  g_autofree Candidate *candidates = g_new0 (Candidate, batch->len);
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  guint n = fit_batch (batch, candidates);

  n = drop_gated (self, candidates, n);
  /* the panel's frames may just have changed it */
  snapshot = vinfo_predictor_get_settled_snapshot (self->predictor);
  n = drop_unneeded (
      self, vinfo_snapshot_get_version (snapshot), candidates, n);
  if (n > 0)
    score_candidates (self, snapshot, candidates, n);
  for (guint i = 0; i < n; i++)
    vinfo_image_unref (candidates[i].image);
}

static gpointer
worker_run (gpointer data)
{
  Service *self = data;
  g_autoptr (GPtrArray) batch
      = g_ptr_array_new_with_free_func ((GDestroyNotify)feed_job_free);

  vinfo_priority_lower (VINFO_PRIORITY_SCORING);
  for (;;) {
    take_batch (self, batch);
    if (batch->len == 0)
      break;
    score_batch (self, batch);
    g_ptr_array_set_size (batch, 0);
  }
  worker_core_unref (self->core);
  g_object_unref (self->predictor);
  vinfo_scorer_free (self->scorer);
  g_free (self);
  return NULL;
}

static void
vinfo_worker_finalize (GObject *object)
{
  VInfoWorker *self = VINFO_WORKER (object);

  g_mutex_lock (&self->core->lock);
  self->core->stop = TRUE;
  g_cond_signal (&self->core->wake);
  g_mutex_unlock (&self->core->lock);

  /* The last reference may be dropped by a result's function, on the worker's
   * own thread. */
  if (self->thread == g_thread_self ())
    g_thread_unref (self->thread);
  else
    g_thread_join (self->thread);
  worker_core_unref (self->core);
  g_object_unref (self->predictor);
  G_OBJECT_CLASS (vinfo_worker_parent_class)->finalize (object);
}

static void
vinfo_worker_class_init (VInfoWorkerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vinfo_worker_finalize;
}

static void
vinfo_worker_init (VInfoWorker *self)
{
}

VInfoWorker *
vinfo_worker_new (VInfoPredictor *predictor, guint batch_size)
{
  g_autoptr (VInfoNeeds) needs = vinfo_needs_new ();

  return vinfo_worker_new_with_needs (predictor, batch_size, needs);
}

VInfoWorker *
vinfo_worker_new_with_needs (
    VInfoPredictor *predictor, guint batch_size, VInfoNeeds *needs)
{
  VInfoWorker *self = g_object_new (VINFO_TYPE_WORKER, NULL);
  Service *service = g_new0 (Service, 1);

  self->core = worker_core_new (needs);
  self->predictor = g_object_ref (predictor);
  self->batch_size = MAX (batch_size, 1);
  service->core = worker_core_ref (self->core);
  service->predictor = g_object_ref (predictor);
  service->scorer = vinfo_scorer_new ();
  service->batch_size = self->batch_size;
  self->thread = g_thread_new ("vinfo-score", worker_run, service);
  return self;
}

VInfoPredictor *
vinfo_worker_get_predictor (VInfoWorker *self)
{
  return self->predictor;
}

guint
vinfo_worker_get_batch_size (VInfoWorker *self)
{
  return self->batch_size;
}

void
vinfo_worker_set_paused (VInfoWorker *self, gboolean paused)
{
  g_mutex_lock (&self->core->lock);
  self->core->paused = paused;
  g_cond_signal (&self->core->wake);
  g_mutex_unlock (&self->core->lock);
}
