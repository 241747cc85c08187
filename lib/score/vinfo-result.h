/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "image/vinfo-image.h"
#include "image/vinfo-reason.h"
#include "predictor/vinfo-score.h"

G_BEGIN_DECLS

#define VINFO_TYPE_RESULT (vinfo_result_get_type ())
#define VINFO_TYPE_STAGE (vinfo_stage_get_type ())

/**
 * VInfoStage:
 * @VINFO_STAGE_PENDING: waits for the scorer
 * @VINFO_STAGE_SCORED: has a score
 * @VINFO_STAGE_SKIPPED: never got one; see the reason
 * @VINFO_STAGE_KEPT: a reservoir admitted it, at least one of them
 * @VINFO_STAGE_REJECTED: all reservoirs so far refused it, or the scorer; see
 *   the reason
 *
 * pending → scored | skipped, then kept | rejected; a frame of the panel goes
 * from pending to rejected, with its score. Once a frame is scored this is to
 * be shown; each reservoir decides for itself.
 */
typedef enum {
  VINFO_STAGE_PENDING,
  VINFO_STAGE_SCORED,
  VINFO_STAGE_SKIPPED,
  VINFO_STAGE_KEPT,
  VINFO_STAGE_REJECTED
} VInfoStage;

/**
 * VInfoResult:
 *
 * What becomes of one frame: a reference-counted future that every copy of the
 * buffer shares. Each stage is published at once with all that belongs to it.
 */
typedef struct _VInfoResult VInfoResult;

/** VInfoResultFunc: told that @result is no longer pending; on the worker's
 * thread, or at once where that is so already. */
typedef void (*VInfoResultFunc) (VInfoResult *result, gpointer user_data);

VINFO_API
GType vinfo_result_get_type (void);
VINFO_API
GType vinfo_stage_get_type (void);

/**
 * vinfo_result_new:
 * @id: sample id, see vinfo_sample_id()
 * @feed: name of the feed
 * @source: its stream id or URI, "" where unknown
 * @caps: the frame's caps as a string
 * @pts: stream time, ns, or #GST_CLOCK_TIME_NONE
 * @wall_time: of arrival, µs since 1970
 *
 * Returns: (transfer full): a pending result
 */
VINFO_API
VInfoResult *vinfo_result_new (guint64 id, const char *feed, const char *source,
    const char *caps, guint64 pts, gint64 wall_time);
VINFO_API
VInfoResult *vinfo_result_ref (VInfoResult *result);
VINFO_API
void vinfo_result_unref (VInfoResult *result);

/**
 * vinfo_sample_id:
 * @start_time: of a live feed, µs since 1970; 0 for recordings, so that the
 *   same recording offered again finds its own samples
 *
 * Returns: the hash of feed, source and stream time; never 0
 */
VINFO_API
guint64 vinfo_sample_id (
    const char *feed, const char *source, guint64 pts, gint64 start_time);

VINFO_API
guint64 vinfo_result_get_id (const VInfoResult *result);
VINFO_API
const char *vinfo_result_get_feed (const VInfoResult *result);
VINFO_API
const char *vinfo_result_get_source (const VInfoResult *result);
VINFO_API
const char *vinfo_result_get_caps (const VInfoResult *result);
VINFO_API
guint64 vinfo_result_get_pts (const VInfoResult *result);
VINFO_API
gint64 vinfo_result_get_wall_time (const VInfoResult *result);

/** vinfo_result_set_model_id: by the scorer, before others see @result. */
VINFO_API
void vinfo_result_set_model_id (VInfoResult *result, const char *model_id);

/**
 * vinfo_result_get_model_id:
 *
 * Returns: (nullable): name of the shared predictor that scores the frame,
 *   %NULL where that is not known (of a replayed sample)
 */
VINFO_API
const char *vinfo_result_get_model_id (const VInfoResult *result);

/**
 * vinfo_result_set_run:
 * @run: id of the first frame of the still scene that the frame belongs to:
 *   frames of one scene share one draw
 */
VINFO_API
void vinfo_result_set_run (VInfoResult *result, guint64 run);

/** vinfo_result_get_run: 0 where no scorer has looked for one. */
VINFO_API
guint64 vinfo_result_get_run (VInfoResult *result);

VINFO_API
VInfoStage vinfo_result_get_stage (VInfoResult *result);

/** vinfo_result_get_reason: of a skipped or rejected one. */
VINFO_API
VInfoReason vinfo_result_get_reason (VInfoResult *result);

/**
 * vinfo_result_get_refusal:
 *
 * Returns: why the scorer says that the frame may not be kept (skipped, of the
 *   panel), %VINFO_REASON_NONE where it may; fixed once it is no longer pending,
 *   whatever reservoirs decide
 */
VINFO_API
VInfoReason vinfo_result_get_refusal (VInfoResult *result);

/** vinfo_result_is_replayed: whether it is of a kept sample that a reservoir
 * or its store serves, not of a frame that a scorer saw. */
VINFO_API
gboolean vinfo_result_is_replayed (VInfoResult *result);

/**
 * vinfo_result_set_parts:
 * @ids: (array length=n): copied
 *
 * By who composes a frame of others, before others see @result: the sample ids
 * of those.
 */
VINFO_API
void vinfo_result_set_parts (VInfoResult *result, const guint64 *ids, guint n);

/**
 * vinfo_result_get_parts:
 * @n: (out)
 *
 * Returns: (transfer none) (array length=n) (nullable): the sample ids of what
 *   the frame is composed of, %NULL where it is one frame
 */
VINFO_API
const guint64 *vinfo_result_get_parts (const VInfoResult *result, guint *n);

/** vinfo_result_get_inclusion: of a replayed one, the probability with which its
 * sample is kept, so that 1/p weighs it; NaN where that is not known. */
VINFO_API
gdouble vinfo_result_get_inclusion (VInfoResult *result);

/**
 * vinfo_result_get_score:
 * @score: (out)
 *
 * Returns: %FALSE where there is no score (pending or skipped)
 */
VINFO_API
gboolean vinfo_result_get_score (VInfoResult *result, VInfoScore *score);

/**
 * vinfo_result_dup_image:
 *
 * Returns: (transfer full) (nullable): the fitted frame, once it is scored and
 *   as long as @result: another reservoir may come to it late. %NULL where it
 *   may not be kept, and of a replayed sample
 */
VINFO_API
VInfoImage *vinfo_result_dup_image (VInfoResult *result);

/**
 * vinfo_result_get_embedding:
 * @size: (out): number of values
 * @duplicate_cosine: (out) (optional): η of the version that embedded
 *
 * Returns: (transfer none) (nullable): `[size]`, valid as long as @result, once
 *   it is scored
 */
VINFO_API
const gfloat *vinfo_result_get_embedding (
    VInfoResult *result, guint *size, gdouble *duplicate_cosine);

/** vinfo_result_get_thumbnail: (nullable): once it is scored */
VINFO_API
const guint8 *vinfo_result_get_thumbnail (VInfoResult *result);

/** vinfo_result_wait: blocks until @result is no longer pending. */
VINFO_API
void vinfo_result_wait (VInfoResult *result);

/**
 * vinfo_result_notify:
 * @func: (scope notified)
 *
 * Calls @func once as soon as @result is no longer pending.
 */
VINFO_API
void vinfo_result_notify (VInfoResult *result, VInfoResultFunc func,
    gpointer user_data, GDestroyNotify destroy);

/**
 * vinfo_result_set_scored:
 * @image: (transfer none): the fitted frame
 * @embedding: (array length=embedding_size) (nullable): copied
 * @reason: %VINFO_REASON_NONE, or why the frame may not be kept all the same
 *   (%VINFO_REASON_PANEL, %VINFO_REASON_OOD)
 *
 * pending → scored, or at once → rejected where there is a @reason.
 *
 * Returns: %FALSE where @result was no longer pending; nothing changes then
 */
VINFO_API
gboolean vinfo_result_set_scored (VInfoResult *result, const VInfoScore *score,
    VInfoImage *image, const guint8 thumbnail[VINFO_THUMBNAIL_SIZE],
    const gfloat *embedding, guint embedding_size, gdouble duplicate_cosine,
    VInfoReason reason);

/**
 * vinfo_result_set_replayed:
 * @embedding: (array length=embedding_size) (nullable): copied
 * @inclusion: probability with which the sample is kept, NaN where unknown
 *
 * pending → kept, of a sample that is served again.
 *
 * Returns: %FALSE where @result was no longer pending; nothing changes then
 */
VINFO_API
gboolean vinfo_result_set_replayed (VInfoResult *result,
    const VInfoScore *score, const guint8 thumbnail[VINFO_THUMBNAIL_SIZE],
    const gfloat *embedding, guint embedding_size, gdouble inclusion);

/**
 * vinfo_result_set_skipped:
 *
 * pending → skipped.
 *
 * Returns: %FALSE where @result was no longer pending; nothing changes then
 */
VINFO_API
gboolean vinfo_result_set_skipped (VInfoResult *result, VInfoReason reason);

/**
 * vinfo_result_set_verdict:
 *
 * scored → kept (@reason NONE) or rejected, of one reservoir; rejected → kept
 * where another one keeps it. What the scorer refused stays as it is.
 */
VINFO_API
void vinfo_result_set_verdict (VInfoResult *result, VInfoReason reason);

/**
 * vinfo_result_to_structure:
 *
 * Returns: (transfer full): `vinfo-result` with id (a string, of
 *   %VINFO_ID_FORMAT), feed, pts, stage, reason, loss, pvi, gain, region, value,
 *   quantile, ood, version, for logs and bus messages
 */
VINFO_API
GstStructure *vinfo_result_to_structure (VInfoResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VInfoResult, vinfo_result_unref)

G_END_DECLS
