/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/still-private.h"
#include "image/vinfo-fitter.h"
#include "image/vinfo-gate.h"
#include "score/vinfo-worker.h"

G_BEGIN_DECLS

/* What worker and feeds share; outlives both while a batch is in work. */
typedef struct {
  VInfoNeeds *needs; /* constant */
  GMutex lock;   /* protects what follows, and each FeedQueue's marked fields */
  GCond wake;    /* a frame waits, or the worker is to stop or go on */
  GCond settled; /* frames are no longer pending */
  GPtrArray *queues; /* of FeedQueue */
  guint next;        /* whose turn it is */
  gboolean paused;
  gboolean stop;
} WorkerCore;

/* The frames of one format; the fitter is the worker thread's. */
typedef struct {
  VInfoFitter *fitter;
} FeedFormat;

typedef struct _FeedQueue FeedQueue;

/* A frame that waits or is in work. */
typedef struct {
  FeedQueue *queue;
  FeedFormat *format;
  GstBuffer *buffer; /* until it is fitted or flushed, then NULL; core->lock */
  VInfoResult *result;
  gint64 submitted; /* monotonic, µs */
} FeedJob;

struct _FeedQueue {
  WorkerCore *core;
  VInfoFeedConfig config;
  VInfoGate gate;       /* the worker thread's */
  StillRun still;       /* the same */
  FeedFormat *format;   /* core->lock, like all that follows */
  GQueue waiting;       /* of FeedJob */
  GPtrArray *in_work;   /* of FeedJob */
  GPtrArray *overtaken; /* of FeedJob: in work too, but flushed */
  gboolean forget_gate;
  VInfoFeedStats stats;
};

WorkerCore *worker_core_new (VInfoNeeds *needs);
WorkerCore *worker_core_ref (WorkerCore *core);
void worker_core_unref (WorkerCore *core);
WorkerCore *worker_get_core (VInfoWorker *worker);

FeedQueue *feed_queue_ref (FeedQueue *queue);
void feed_queue_unref (FeedQueue *queue);
void feed_job_free (FeedJob *job);

/* (transfer full) (nullable): the buffer of a frame in work, NULL where a flush
 * came first; takes core->lock. Upstream's pool may have as many as may be
 * pending, so it is let go before the frame is settled. */
GstBuffer *feed_job_take_buffer (FeedJob *job);

/* Counts the end of a frame in work; takes core->lock. reason: of one that was
 * not scored, or is scored and may not be kept. */
void feed_job_settle (FeedJob *job, gboolean scored, VInfoReason reason);

G_END_DECLS
