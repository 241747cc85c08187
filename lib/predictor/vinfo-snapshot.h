/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/vinfo-mae.h"
#include "predictor/vinfo-score.h"

G_BEGIN_DECLS

#define VINFO_TYPE_SNAPSHOT (vinfo_snapshot_get_type ())

/**
 * VInfoSnapshot:
 *
 * One version of a predictor, whole: live and reference weights, masks, null,
 * calibration and the panel's score quantiles. Immutable and
 * reference-counted, so whoever holds one scores under exactly one version.
 */
typedef struct _VInfoSnapshot VInfoSnapshot;

VINFO_API
GType vinfo_snapshot_get_type (void);
VINFO_API
VInfoSnapshot *vinfo_snapshot_ref (VInfoSnapshot *snapshot);
VINFO_API
void vinfo_snapshot_unref (VInfoSnapshot *snapshot);

/**
 * vinfo_snapshot_get_version: number of the publication, 0 for the first;
 * rises by one with each change of what a score means.
 */
VINFO_API
guint64 vinfo_snapshot_get_version (const VInfoSnapshot *snapshot);

/**
 * vinfo_snapshot_get_live:
 *
 * Returns: (transfer none): the weights whose gain is scored, and that embed;
 *   with %VINFO_REFERENCE_PROGRESS a publication older than the reference
 */
VINFO_API
VInfoMae *vinfo_snapshot_get_live (const VInfoSnapshot *snapshot);

/**
 * vinfo_snapshot_get_reference:
 *
 * Returns: (transfer none) (nullable): the weights that gain is measured
 *   against, %NULL where there are none yet
 */
VINFO_API
VInfoMae *vinfo_snapshot_get_reference (const VInfoSnapshot *snapshot);

/** vinfo_snapshot_get_masks: M, how many complementary masks a score takes. */
VINFO_API
guint vinfo_snapshot_get_masks (const VInfoSnapshot *snapshot);

/**
 * vinfo_snapshot_get_visible_mask:
 *
 * Returns: the mask, of the M that a score takes, in which @patch is visible,
 *   or -1 where it is masked in all of them
 */
VINFO_API
gint vinfo_snapshot_get_visible_mask (
    const VInfoSnapshot *snapshot, guint patch);

/** vinfo_snapshot_get_panel_size: frames behind the calibration. */
VINFO_API
guint vinfo_snapshot_get_panel_size (const VInfoSnapshot *snapshot);

/** vinfo_snapshot_get_alpha: α of f̃ = μ + α(f − μ), 0 to 1; 1 before a panel */
VINFO_API
gdouble vinfo_snapshot_get_alpha (const VInfoSnapshot *snapshot);

/** vinfo_snapshot_get_sigma2: σ², variance of y around f̃; NaN before a panel */
VINFO_API
gdouble vinfo_snapshot_get_sigma2 (const VInfoSnapshot *snapshot);

/** vinfo_snapshot_get_s2: s², variance of y around the null; NaN before a panel */
VINFO_API
gdouble vinfo_snapshot_get_s2 (const VInfoSnapshot *snapshot);

/**
 * vinfo_snapshot_get_iv:
 *
 * Returns: I_V of the newest weights over the panel, h_∅ − h_X ≥ 0 (closed:
 *   ½·log(s²/σ²)), nats per pixel value; NaN before a panel
 */
VINFO_API
gdouble vinfo_snapshot_get_iv (const VInfoSnapshot *snapshot);

/**
 * vinfo_snapshot_get_estimator:
 *
 * Returns: what pvi and I_V are made of; %VINFO_ESTIMATOR_CLOSED before a panel
 */
VINFO_API
VInfoEstimator vinfo_snapshot_get_estimator (const VInfoSnapshot *snapshot);

/**
 * vinfo_snapshot_get_h_x:
 *
 * Returns: h_X of the newest weights over the panel by @estimator, nats per
 *   pixel value; NaN before a panel and where that estimator is not there
 */
VINFO_API
gdouble vinfo_snapshot_get_h_x (
    const VInfoSnapshot *snapshot, VInfoEstimator estimator);

/** vinfo_snapshot_get_h_null: h_∅ in the same way */
VINFO_API
gdouble vinfo_snapshot_get_h_null (
    const VInfoSnapshot *snapshot, VInfoEstimator estimator);

/**
 * vinfo_snapshot_get_variance_factor:
 * @group: of the panel's patches, by the size of the variance that the learnt
 *   estimator gives them, from 0 on
 * @variance: (out): the one that the group is at, pixel values squared
 * @factor: (out): what it is multiplied by there; in between, the logarithms of
 *   factors are linear in those of variances
 *
 * Returns: %FALSE where there is no such group: none at all where nothing is
 *   learnt, the panel is small or is not made likelier
 */
VINFO_API
gboolean vinfo_snapshot_get_variance_factor (const VInfoSnapshot *snapshot,
    guint group, gdouble *variance, gdouble *factor);

/**
 * vinfo_snapshot_get_duplicate_cosine:
 *
 * Returns: η: two embeddings with a larger cosine are near-duplicates
 */
VINFO_API
gdouble vinfo_snapshot_get_duplicate_cosine (const VInfoSnapshot *snapshot);

/**
 * vinfo_snapshot_has_centre:
 *
 * Returns: whether embeddings are centred, as they are from the first panel
 *   on; before that those of an untrained encoder are nearly parallel and
 *   compare nothing
 */
VINFO_API
gboolean vinfo_snapshot_has_centre (const VInfoSnapshot *snapshot);

/** vinfo_snapshot_get_ood_kind: what `ood` of a score is */
VINFO_API
VInfoOodKind vinfo_snapshot_get_ood_kind (const VInfoSnapshot *snapshot);

/**
 * vinfo_snapshot_get_ood_size:
 *
 * Returns: how many embeddings, of the panel and of pictures trained on, are
 *   behind the out-of-distribution statistics; 0 where there are none
 */
VINFO_API
guint vinfo_snapshot_get_ood_size (const VInfoSnapshot *snapshot);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VInfoSnapshot, vinfo_snapshot_unref)

G_END_DECLS
