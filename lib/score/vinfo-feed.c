/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/feed-private.h"

struct _VInfoFeed {
  GObject parent_instance;
  VInfoWorker *worker;
  FeedQueue *queue;
};

G_DEFINE_FINAL_TYPE (VInfoFeed, vinfo_feed, G_TYPE_OBJECT)

static void
format_clear (gpointer data)
{
  FeedFormat *format = data;

  g_clear_pointer (&format->fitter, vinfo_fitter_free);
}

static void
format_unref (FeedFormat *format)
{
  g_atomic_rc_box_release_full (format, format_clear);
}

void
feed_job_free (FeedJob *job)
{
  gst_clear_buffer (&job->buffer);
  vinfo_result_unref (job->result);
  format_unref (job->format);
  feed_queue_unref (job->queue);
  g_free (job);
}

static void
queue_clear (gpointer data)
{
  FeedQueue *queue = data;

  g_clear_pointer (&queue->format, format_unref);
  g_ptr_array_unref (queue->in_work);
  g_ptr_array_unref (queue->overtaken);
  worker_core_unref (queue->core);
}

FeedQueue *
feed_queue_ref (FeedQueue *queue)
{
  return g_atomic_rc_box_acquire (queue);
}

void
feed_queue_unref (FeedQueue *queue)
{
  g_atomic_rc_box_release_full (queue, queue_clear);
}

static void
count_skipped (FeedQueue *queue, VInfoReason reason)
{
  g_mutex_lock (&queue->core->lock);
  queue->stats.skipped[reason]++;
  g_mutex_unlock (&queue->core->lock);
}

GstBuffer *
feed_job_take_buffer (FeedJob *job)
{
  GstBuffer *buffer;

  g_mutex_lock (&job->queue->core->lock);
  buffer = g_steal_pointer (&job->buffer);
  g_mutex_unlock (&job->queue->core->lock);
  return buffer;
}

void
feed_job_settle (FeedJob *job, gboolean scored, VInfoReason reason)
{
  FeedQueue *queue = job->queue;

  g_mutex_lock (&queue->core->lock);
  if (scored) {
    queue->stats.scored++;
    queue->stats.barred[reason]++;
  } else {
    queue->stats.skipped[reason]++;
  }
  queue->stats.latency
      = (guint64)(g_get_monotonic_time () - job->submitted) * 1000;
  if (!g_ptr_array_remove (queue->in_work, job))
    g_ptr_array_remove (queue->overtaken, job);
  g_cond_broadcast (&queue->core->settled);
  g_mutex_unlock (&queue->core->lock);
}

/* Takes the frames that wait, and marks what is in work as overtaken: nobody is
 * to wait for that any more, nor shall it hold a buffer. */
static void
queue_flush (FeedQueue *queue)
{
  g_autoptr (GPtrArray) overtaken
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_result_unref);
  g_autoptr (GPtrArray) buffers
      = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  GQueue waiting = G_QUEUE_INIT;
  FeedJob *job;

  g_mutex_lock (&queue->core->lock);
  waiting = queue->waiting;
  g_queue_init (&queue->waiting);
  for (guint i = 0; i < queue->in_work->len; i++) {
    job = queue->in_work->pdata[i];
    g_ptr_array_add (overtaken, vinfo_result_ref (job->result));
    if (job->buffer)
      g_ptr_array_add (buffers, g_steal_pointer (&job->buffer));
  }
  g_ptr_array_extend_and_steal (
      queue->overtaken, g_steal_pointer (&queue->in_work));
  queue->in_work = g_ptr_array_new ();
  queue->forget_gate = TRUE;
  queue->stats.skipped[VINFO_REASON_FLUSHED] += waiting.length;
  g_cond_broadcast (&queue->core->settled);
  g_mutex_unlock (&queue->core->lock);

  for (guint i = 0; i < overtaken->len; i++)
    vinfo_result_set_skipped (overtaken->pdata[i], VINFO_REASON_FLUSHED);
  while ((job = g_queue_pop_head (&waiting))) {
    vinfo_result_set_skipped (job->result, VINFO_REASON_FLUSHED);
    feed_job_free (job);
  }
}

static void
vinfo_feed_finalize (GObject *object)
{
  VInfoFeed *self = VINFO_FEED (object);
  WorkerCore *core = self->queue->core;

  queue_flush (self->queue);
  g_mutex_lock (&core->lock);
  g_ptr_array_remove (core->queues, self->queue);
  g_mutex_unlock (&core->lock);
  feed_queue_unref (self->queue);
  g_object_unref (self->worker);
  G_OBJECT_CLASS (vinfo_feed_parent_class)->finalize (object);
}

static void
vinfo_feed_class_init (VInfoFeedClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vinfo_feed_finalize;
}

static void
vinfo_feed_init (VInfoFeed *self)
{
}

VInfoFeed *
vinfo_feed_new (VInfoWorker *worker, const VInfoFeedConfig *config)
{
  VInfoFeed *self = g_object_new (VINFO_TYPE_FEED, NULL);
  FeedQueue *queue = g_atomic_rc_box_new0 (FeedQueue);

  queue->core = worker_core_ref (worker_get_core (worker));
  queue->config = *config;
  queue->in_work = g_ptr_array_new ();
  queue->overtaken = g_ptr_array_new ();
  g_queue_init (&queue->waiting);
  self->worker = g_object_ref (worker);
  self->queue = queue;

  g_mutex_lock (&queue->core->lock);
  g_ptr_array_add (queue->core->queues, queue);
  g_mutex_unlock (&queue->core->lock);
  return self;
}

gboolean
vinfo_feed_set_format (
    VInfoFeed *self, const GstVideoInfo *info, GError **error)
{
  FeedQueue *queue = self->queue;
  VInfoFitter *fitter
      = vinfo_fitter_new (info, queue->config.frame_size, error);
  FeedFormat *format = NULL, *old;

  /* frames of a format that can't be read must not be read as the one before */
  if (fitter) {
    format = g_atomic_rc_box_new0 (FeedFormat);
    format->fitter = fitter;
  }

  g_mutex_lock (&queue->core->lock);
  old = queue->format;
  queue->format = format;
  g_mutex_unlock (&queue->core->lock);
  if (old)
    format_unref (old);
  return format != NULL;
}

static FeedJob *
job_new (FeedQueue *queue, GstBuffer *buffer, VInfoResult *result)
{
  FeedJob *job = g_new (FeedJob, 1);

  job->queue = feed_queue_ref (queue);
  job->format = g_atomic_rc_box_acquire (queue->format);
  job->buffer = gst_buffer_ref (buffer);
  job->result = vinfo_result_ref (result);
  job->submitted = g_get_monotonic_time ();
  return job;
}

/* What is wrong with a buffer whatever its pixels are. */
static VInfoReason
judge_flags (GstBuffer *buffer)
{
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED))
    return VINFO_REASON_CORRUPTED;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return VINFO_REASON_GAP;
  return VINFO_REASON_NONE;
}

/* Frames that wait or are in work; core->lock held. A frame whose result is
 * out already counts no more, though its batch may not be settled yet: who
 * waited for that result may submit the next. */
static guint
count_pending (const FeedQueue *queue)
{
  guint pending = queue->waiting.length;

  for (guint i = 0; i < queue->in_work->len; i++) {
    const FeedJob *job = queue->in_work->pdata[i];

    if (vinfo_result_get_stage (job->result) == VINFO_STAGE_PENDING)
      pending++;
  }
  return pending;
}

gboolean
vinfo_feed_submit (VInfoFeed *self, GstBuffer *buffer, VInfoResult *result)
{
  FeedQueue *queue = self->queue;
  VInfoReason reason = judge_flags (buffer);

  g_mutex_lock (&queue->core->lock);
  queue->stats.offered++;
  if (reason == VINFO_REASON_NONE) {
    if (!queue->format)
      reason = VINFO_REASON_FAILED;
    else if (count_pending (queue) >= queue->config.max_pending)
      reason = VINFO_REASON_SKIPPED;
  }
  if (reason == VINFO_REASON_NONE) {
    g_queue_push_tail (&queue->waiting, job_new (queue, buffer, result));
    g_cond_signal (&queue->core->wake);
  }
  g_mutex_unlock (&queue->core->lock);

  if (reason == VINFO_REASON_NONE)
    return TRUE;
  count_skipped (queue, reason);
  vinfo_result_set_skipped (result, reason);
  return FALSE;
}

void
vinfo_feed_flush (VInfoFeed *self)
{
  queue_flush (self->queue);
}

void
vinfo_feed_drain (VInfoFeed *self)
{
  FeedQueue *queue = self->queue;

  g_mutex_lock (&queue->core->lock);
  while (queue->waiting.length + queue->in_work->len > 0)
    g_cond_wait (&queue->core->settled, &queue->core->lock);
  g_mutex_unlock (&queue->core->lock);
}

void
vinfo_feed_get_stats (VInfoFeed *self, VInfoFeedStats *stats)
{
  FeedQueue *queue = self->queue;

  g_mutex_lock (&queue->core->lock);
  *stats = queue->stats;
  stats->pending
      = queue->waiting.length + queue->in_work->len + queue->overtaken->len;
  g_mutex_unlock (&queue->core->lock);
}
