/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

#include "predictor/vinfo-predictor.h"
#include "score/vinfo-needs.h"
#include "score/vinfo-result.h"

G_BEGIN_DECLS

#define VINFO_TYPE_WORKER (vinfo_worker_get_type ())
#define VINFO_TYPE_FEED (vinfo_feed_get_type ())

/**
 * VInfoWorker:
 *
 * The one thread that scores for all feeds of a predictor. Batching is greedy:
 * free, it takes what waits, feed by feed in turn, at most `batch_size`, and
 * never waits to fill. A batch is scored under one snapshot.
 */
VINFO_API
G_DECLARE_FINAL_TYPE (VInfoWorker, vinfo_worker, VINFO, WORKER, GObject)

/**
 * vinfo_worker_new:
 * @predictor: (transfer none): whose snapshots score
 * @batch_size: most frames of one batch
 *
 * Returns: (transfer full): a worker; its thread ends with it
 */
VINFO_API
VInfoWorker *vinfo_worker_new (VInfoPredictor *predictor, guint batch_size);

/**
 * vinfo_worker_new_with_needs:
 * @needs: (transfer none): who asks for scores, where feeds say
 *   %VINFO_SCORING_NEEDED
 *
 * Returns: (transfer full): as vinfo_worker_new(), which nobody can ask
 */
VINFO_API
VInfoWorker *vinfo_worker_new_with_needs (
    VInfoPredictor *predictor, guint batch_size, VInfoNeeds *needs);

/** vinfo_worker_get_predictor: (transfer none) */
VINFO_API
VInfoPredictor *vinfo_worker_get_predictor (VInfoWorker *self);

/** vinfo_worker_get_batch_size: most frames of one batch */
VINFO_API
guint vinfo_worker_get_batch_size (VInfoWorker *self);

/**
 * vinfo_worker_set_paused:
 *
 * Holds the worker before its next batch, or lets it go on. What is submitted
 * meanwhile waits or is skipped as when the worker is busy.
 */
VINFO_API
void vinfo_worker_set_paused (VInfoWorker *self, gboolean paused);

/**
 * VInfoFeedConfig:
 * @kind: what ranks the feed's frames
 * @frame_size: largest short side of the fitted frame, pixels, 0 = source's
 * @max_pending: frames that may wait or be in work at once
 * @max_ood: a frame whose `ood` is larger is not kept, with its score and the
 *   reason %VINFO_REASON_OOD; %G_MAXDOUBLE = no limit
 * @scoring: which frames are scored; others are skipped as
 *   %VINFO_REASON_UNNEEDED
 * @gates: whether flat, frozen and noise frames are turned away unscored
 */
typedef struct {
  VInfoScoreKind kind;
  guint frame_size;
  guint max_pending;
  gdouble max_ood;
  VInfoScoring scoring;
  gboolean gates;
} VInfoFeedConfig;

#define VINFO_FEED_CONFIG_INIT                                                 \
  {                                                                            \
    VINFO_SCORE_GAIN, 512, 1, G_MAXDOUBLE, VINFO_SCORING_ALL, TRUE             \
  }

/**
 * VInfoFeedStats: counts since the feed was made, each frame in exactly one of
 * pending, scored and skipped (by reason); of those scored, `barred` may not be
 * kept (by reason); `latency` of the last, ns.
 */
typedef struct {
  guint64 offered;
  guint64 scored;
  guint64 barred[VINFO_N_REASONS];
  guint64 skipped[VINFO_N_REASONS];
  guint pending;
  guint64 latency;
} VInfoFeedStats;

/**
 * VInfoFeed:
 *
 * One stream of frames into a worker, with its gates' state and its bounded
 * queue. Submitted to from one thread; flushed and queried from any.
 */
VINFO_API
G_DECLARE_FINAL_TYPE (VInfoFeed, vinfo_feed, VINFO, FEED, GObject)

VINFO_API
VInfoFeed *vinfo_feed_new (VInfoWorker *worker, const VInfoFeedConfig *config);

/**
 * vinfo_feed_set_format:
 *
 * The format of the frames submitted from now on; frames that wait keep theirs.
 *
 * Returns: %FALSE with @error in the domain #VINFO_IMAGE_ERROR
 */
VINFO_API
gboolean vinfo_feed_set_format (
    VInfoFeed *self, const GstVideoInfo *info, GError **error);

/**
 * vinfo_feed_submit:
 * @buffer: (transfer none): referenced until its batch begins, never copied:
 *   no more than @max_pending are at once
 * @result: (transfer none): pending
 *
 * Queues a frame. Buffers flagged CORRUPTED or GAP are skipped as such at once.
 * Where @max_pending frames wait already @result is skipped as
 * %VINFO_REASON_SKIPPED.
 *
 * Returns: whether the frame was queued
 */
VINFO_API
gboolean vinfo_feed_submit (
    VInfoFeed *self, GstBuffer *buffer, VInfoResult *result);

/**
 * vinfo_feed_flush:
 *
 * Skips all that wait as %VINFO_REASON_FLUSHED, marks what is in work so too,
 * and forgets the gates' state. Does not wait for the worker.
 */
VINFO_API
void vinfo_feed_flush (VInfoFeed *self);

/**
 * vinfo_feed_drain:
 *
 * Waits until nothing of this feed is pending, but for what was flushed: that a
 * batch in work still holds, and a flush ends the wait at once.
 */
VINFO_API
void vinfo_feed_drain (VInfoFeed *self);

VINFO_API
void vinfo_feed_get_stats (VInfoFeed *self, VInfoFeedStats *stats);

G_END_DECLS
