/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/adamw-private.h"
#include "predictor/heads-private.h"

G_BEGIN_DECLS

/* Trains what estimator=learned puts beside a model, on what the model's own
 * training leaves anyway: no gradient of it reaches the model, and no random
 * number is drawn. */
typedef struct {
  Heads *heads;
  Heads *average;             /* what is published, or NULL: heads themselves */
  MaeAdamW conditional, null; /* of the two parts of the parameters */
  MaeWorkspace *workspace;    /* one picture, nothing visible */
  gsize n_masked, n_patches;  /* of a picture */
  float *features;            /* [batch, n_masked, F] of the model's pass */
  float *errors;              /* [batch * n_masked] */
  float *null_features;       /* [N, F] */
  float *gradient;            /* [heads_size()] */
} HeadsTraining;

/* Every so many steps the null learns too. */
#define HEADS_NULL_INTERVAL 10

/* heads: where to start; batch: pictures of a pass */
HeadsTraining *heads_training_new (const VInfoMaeConfig *config,
    const Heads *heads, guint batch, gboolean averaged);
void heads_training_free (HeadsTraining *training);

void heads_training_begin (HeadsTraining *training);

/* Adds the gradient of Σ w_b·nll_b / total over a pass that left its features
 * here; weights: [pass->batch] or NULL for 1. */
void heads_training_add (HeadsTraining *training, const VInfoMaeConfig *config,
    const MaePass *pass, const float *weights, double total);

/* Computes what the null sees under mae; then adds its gradient for pictures
 * of which patches: [n, N, D] are all there is. */
void heads_training_look (HeadsTraining *training, const VInfoMae *mae);
void heads_training_add_null (HeadsTraining *training,
    const VInfoMaeConfig *config, const float *patches, guint n,
    const float *weights, double total);

/* AdamW by what was added; with_null: whether anything was for the null;
 * decay: of the average. A gradient that is no number changes nothing. */
void heads_training_step (HeadsTraining *training, gboolean with_null,
    double learning_rate, double decay);

static inline Heads *
heads_training_published (const HeadsTraining *training)
{
  return training->average ? training->average : training->heads;
}

/* `estimator.safetensors` beside the model's own training state: parameters in
 * training, moments and counts. Where it is missing, reading changes nothing. */
gboolean heads_training_write (
    const HeadsTraining *training, const char *directory, GError **error);
gboolean heads_training_read (
    HeadsTraining *training, const char *directory, GError **error);

G_END_DECLS
