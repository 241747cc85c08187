/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "predictor/evaluator-private.h"
#include "predictor/ood-private.h"
#include "predictor/panel-pass-private.h"
#include "predictor/panel-private.h"
#include "predictor/vinfo-snapshot.h"

G_BEGIN_DECLS

/* Calibration of one model on the panel: f̃ = μ + α(f − μ), variance σ². */
typedef struct {
  double alpha;
  double sigma2; /* NaN before a panel */
} Calibration;

struct _VInfoSnapshot {
  gint ref_count;
  guint64 version;
  guint64 seed;
  VInfoReference mode;
  VInfoMae *live;
  VInfoMae *reference; /* or NULL */
  Masks *masks;
  guint n_masks;    /* M */
  VInfoDtype dtype; /* of its passes */
  GBytes *mu;       /* float [N, D]; NULL before a panel */
  guint panel_size; /* frames behind what follows */
  Calibration live_side;
  Calibration reference_side;
  Learned
      *learned; /* of the newest weights; NULL: estimator=closed, or no panel */
  double learned_h_x, learned_h_null; /* over the panel */
  double s2;                          /* NaN before a panel */
  float *centre; /* [hidden_size], panel's mean embedding, or NULL */
  double duplicate_cosine;
  float *quantiles[VINFO_N_SCORE_KINDS]; /* [panel_size] sorted, or NULL */
  VInfoOodKind ood_kind;
  Ood *ood; /* of the live weights; NULL: not measured, or no panel */
  /* what it was measured on; NULL before a panel */
  PanelPass *live_pass;
  PanelPass *reference_pass; /* or NULL */
};

/* What a snapshot is made of; the rest is measured on the panel. */
typedef struct {
  guint64 version;
  guint64 seed;
  VInfoReference mode;
  VInfoMae *live;
  VInfoMae *reference; /* or NULL */
  Masks *masks;
  guint n_masks;
  VInfoDtype dtype;
  Heads *heads;     /* of the newest of both, or NULL: estimator=closed */
  GBytes *mu;       /* or NULL: no calibration */
  GPtrArray *panel; /* of VInfoImage, squares */
  VInfoOodKind ood_kind;
  GPtrArray *exemplars; /* of VInfoImage that were trained on, or NULL */
  Ood *ood; /* measured before on these weights and masks, or NULL */
  VInfoSnapshot
      *before; /* whose passes over the panel may be of use, or NULL */
} SnapshotParts;

/* (transfer full) a snapshot calibrated on the panel. Takes as long as scoring
 * the panel does. */
VInfoSnapshot *snapshot_calibrate (const SnapshotParts *parts);

/* Whether its predictions are numbers, on the panel or, before there is one, of
 * a picture of one colour. Finite weights may be too large to compute with. */
gboolean snapshot_is_finite (const VInfoSnapshot *snapshot);

/* h_X = ½·log(2πσ²) + ½ over a panel, in nats per pixel value */
typedef struct {
  double calibrated; /* σ² of f̃ */
  double plain;      /* the mean squared error of f itself, as if α were 1 */
} Uncertainty;

/* How far both lie, of a snapshot's newest weights, above those of the running
 * ones on the panel of parts, of which the snapshot was made; NaN before a
 * panel. */
Uncertainty snapshot_h_x_change (const VInfoSnapshot *snapshot,
    const SnapshotParts *parts, VInfoMae *running);

/* Calibrates a snapshot of live weights, masks and mode on what models left of
 * n frames: s², α and σ² of each side (reference may be NULL), and the scores'
 * quantiles. */
void snapshot_measure (VInfoSnapshot *snapshot, guint n,
    const FrameErrors *live, const FrameErrors *reference);

/* Per-position, per-channel mean of the panel's targets: float [N, D]. */
GBytes *snapshot_compute_mu (const VInfoMaeConfig *config, GPtrArray *panel);

/* The newest weights there are: with `progress` those are the reference, and
 * the live ones are a publication older. */
static inline gboolean
snapshot_reference_is_newest (const VInfoSnapshot *snapshot)
{
  return snapshot->mode == VINFO_REFERENCE_PROGRESS && snapshot->reference;
}

static inline const Calibration *
snapshot_newest_side (const VInfoSnapshot *snapshot)
{
  return snapshot_reference_is_newest (snapshot) ? &snapshot->reference_side
                                                 : &snapshot->live_side;
}

static inline VInfoMae *
snapshot_newest (const VInfoSnapshot *snapshot)
{
  return snapshot_reference_is_newest (snapshot) ? snapshot->reference
                                                 : snapshot->live;
}

/* How the snapshot evaluates one of its two models. */
Evaluation snapshot_evaluation (
    const VInfoSnapshot *snapshot, const VInfoMae *mae);

/* ½·log(s²/σ²) of one side, NaN before a panel. */
double snapshot_iv (const VInfoSnapshot *snapshot, const Calibration *side);

/* The formulas: a frame's score from what live and reference leave behind; the
 * one that is not the newest may be NULL, gain is NaN then. */
VInfoScore snapshot_score (const VInfoSnapshot *snapshot, VInfoScoreKind kind,
    guint64 id, const FrameErrors *live, const FrameErrors *reference);

/* How far each of raw embeddings [n, hidden_size] is out of distribution, into
 * the scores [n]. */
void snapshot_tag_ood (const VInfoSnapshot *snapshot, const float *embeddings,
    guint n, VInfoScore *scores);

static inline gboolean
snapshot_wants_ood (const VInfoSnapshot *snapshot)
{
  return snapshot->ood && snapshot->ood_kind != VINFO_OOD_NONE;
}

/* Centres by the panel's mean and normalises rows of [n, hidden_size]. */
void snapshot_finish_embeddings (
    const VInfoSnapshot *snapshot, float *embeddings, guint n);

static inline gboolean
snapshot_wants_self (const VInfoSnapshot *snapshot)
{
  return snapshot->mode == VINFO_REFERENCE_SELF;
}

G_END_DECLS
