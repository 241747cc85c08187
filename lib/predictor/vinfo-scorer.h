/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"
#include "predictor/vinfo-snapshot.h"

G_BEGIN_DECLS

/**
 * VInfoScorer:
 *
 * Scores images under a snapshot; holds the scratch memory that scoring needs.
 * Belongs to one thread at a time.
 */
typedef struct _VInfoScorer VInfoScorer;

VINFO_API
VInfoScorer *vinfo_scorer_new (void);
VINFO_API
void vinfo_scorer_free (VInfoScorer *scorer);

/**
 * vinfo_scorer_score:
 * @kind: what `value` and `quantile` are of
 * @n: number of images, at least 1
 * @images: (array length=n): of any size, stretched to the model's square
 * @ids: (array length=n): sample ids, for %VINFO_SCORE_RANDOM
 * @scores: (out caller-allocates) (array length=n)
 * @embeddings: (out caller-allocates) (nullable): `[n, hidden_size]` row-major,
 *   centred by the panel's mean and normalised to length 1
 *
 * h_X, h_∅, PVI and gain of each image, see #VInfoScore. All @scores are of
 * @snapshot's version.
 */
VINFO_API
void vinfo_scorer_score (VInfoScorer *scorer, const VInfoSnapshot *snapshot,
    VInfoScoreKind kind, guint n, VInfoImage *const *images, const guint64 *ids,
    VInfoScore *scores, gfloat *embeddings);

/**
 * vinfo_scorer_map_errors:
 * @image: of any size, stretched to the model's square
 * @errors: (out caller-allocates): `[N]`, patches row by row, N =
 *   (image_size / patch_size)²
 *
 * Where in a picture the predictor errs: for each patch, the mean squared error
 * of the calibrated prediction over those of the snapshot's M masks that hide
 * it, in standardised pixel units squared (before a panel, of the prediction as
 * it is); NaN for a patch that none hides. With each patch weighted by how many
 * masks hide it, the mean is the frame's e_X.
 */
VINFO_API
void vinfo_scorer_map_errors (VInfoScorer *scorer,
    const VInfoSnapshot *snapshot, VInfoImage *image, gfloat *errors);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VInfoScorer, vinfo_scorer_free)

G_END_DECLS
