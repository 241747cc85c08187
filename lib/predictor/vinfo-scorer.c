/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/vinfo-scorer.h"

#include <math.h>

#include "predictor/snapshot-private.h"

struct _VInfoScorer {
  Evaluator *evaluator;
  float *patches; /* [EVALUATOR_MAX_FRAMES, N, D] of the last model */
  gsize patches_size;
  float *embeddings; /* [EVALUATOR_MAX_FRAMES, hidden_size] of the last */
  gsize embeddings_size;
};

VInfoScorer *
vinfo_scorer_new (void)
{
  VInfoScorer *self = g_new0 (VInfoScorer, 1);

  self->evaluator = evaluator_new ();
  return self;
}

void
vinfo_scorer_free (VInfoScorer *self)
{
  if (!self)
    return;
  evaluator_free (self->evaluator);
  g_free (self->patches);
  g_free (self->embeddings);
  g_free (self);
}

/* What the live weights leave of frames; embeddings alone where the score needs
 * no more of them. Returns errors, or NULL. */
static const FrameErrors *
run_live (VInfoScorer *self, const VInfoSnapshot *snapshot,
    gboolean want_errors, guint n, FrameErrors *errors, gfloat *embeddings)
{
  Evaluation what = snapshot_evaluation (snapshot, snapshot->live);

  what.want_self = snapshot_wants_self (snapshot);
  what.embeddings = embeddings;
  if (want_errors)
    evaluator_run (self->evaluator, &what, n, self->patches, errors);
  else if (embeddings)
    evaluator_embed (self->evaluator, &what, n, self->patches);
  return want_errors ? errors : NULL;
}

static const FrameErrors *
run_reference (VInfoScorer *self, const VInfoSnapshot *snapshot, guint n,
    FrameErrors *errors)
{
  Evaluation what = snapshot_evaluation (snapshot, snapshot->reference);

  evaluator_run (self->evaluator, &what, n, self->patches, errors);
  return errors;
}

/* Gain alone takes two models; all else is of the newest. */
static void
score_batch (VInfoScorer *self, const VInfoSnapshot *snapshot,
    VInfoScoreKind kind, guint n, VInfoImage *const *images, const guint64 *ids,
    VInfoScore *scores, gfloat *embeddings)
{
  gboolean wants_ood = snapshot_wants_ood (snapshot);
  gboolean wants_gain = kind == VINFO_SCORE_GAIN;
  gboolean newest_is_reference = snapshot_reference_is_newest (snapshot);
  FrameErrors live[EVALUATOR_MAX_FRAMES], reference[EVALUATOR_MAX_FRAMES];
  const FrameErrors *of_live, *of_reference = NULL;

  if (!embeddings && wants_ood)
    embeddings = self->embeddings;
  evaluator_patchify (
      vinfo_mae_get_config (snapshot->live), images, n, self->patches);
  of_live = run_live (
      self, snapshot, wants_gain || !newest_is_reference, n, live, embeddings);
  if (snapshot->reference && (wants_gain || newest_is_reference))
    of_reference = run_reference (self, snapshot, n, reference);
  for (guint i = 0; i < n; i++)
    scores[i] = snapshot_score (snapshot, kind, ids[i],
        of_live ? &of_live[i] : NULL, of_reference ? &of_reference[i] : NULL);
  if (wants_ood)
    snapshot_tag_ood (snapshot, embeddings, n, scores);
  if (embeddings)
    snapshot_finish_embeddings (snapshot, embeddings, n);
}

static void
reserve (float **values, gsize *size, gsize needed)
{
  if (needed <= *size)
    return;
  g_free (*values);
  *values = g_new (float, needed);
  *size = needed;
}

static void
reserve_for (VInfoScorer *self, const VInfoMaeConfig *config)
{
  reserve (&self->patches, &self->patches_size,
      (gsize)EVALUATOR_MAX_FRAMES * mae_n_patches (config)
          * mae_patch_dim (config));
  reserve (&self->embeddings, &self->embeddings_size,
      (gsize)EVALUATOR_MAX_FRAMES * config->hidden_size);
}

void
vinfo_scorer_score (VInfoScorer *self, const VInfoSnapshot *snapshot,
    VInfoScoreKind kind, guint n, VInfoImage *const *images, const guint64 *ids,
    VInfoScore *scores, gfloat *embeddings)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (snapshot->live);

  reserve_for (self, config);
  for (guint i = 0; i < n; i += EVALUATOR_MAX_FRAMES)
    score_batch (self, snapshot, kind, MIN (EVALUATOR_MAX_FRAMES, n - i),
        images + i, ids + i, scores + i,
        embeddings ? embeddings + (gsize)i * config->hidden_size : NULL);
}

void
vinfo_scorer_map_errors (VInfoScorer *self, const VInfoSnapshot *snapshot,
    VInfoImage *image, gfloat *errors)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (snapshot->live);
  guint n_patches = mae_n_patches (config);
  g_autofree FrameErrors *patches = g_new (FrameErrors, n_patches);
  FrameErrors frame;
  Evaluation what;

  reserve_for (self, config);
  evaluator_patchify (config, &image, 1, self->patches);
  what = snapshot_evaluation (snapshot, snapshot->live);
  what.patch_errors = patches;
  evaluator_run (self->evaluator, &what, 1, self->patches, &frame);
  for (guint p = 0; p < n_patches; p++)
    errors[p] = patches[p].n > 0 ? (float)frame_error_model (
                    &patches[p], snapshot->live_side.alpha)
                                 : NAN;
}
