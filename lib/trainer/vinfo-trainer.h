/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nn/vinfo-dtype.h"
#include "predictor/vinfo-predictor.h"
#include "trainer/vinfo-schedule.h"

G_BEGIN_DECLS

#define VINFO_TYPE_TRAINER (vinfo_trainer_get_type ())
#define VINFO_TRAINER_ERROR (vinfo_trainer_error_quark ())

/**
 * VInfoTrainerError:
 * @VINFO_TRAINER_ERROR_DIVERGED: the loss or the gradient is no number; the
 *   step was not taken
 * @VINFO_TRAINER_ERROR_STATE: a saved state does not fit the model
 */
typedef enum {
  VINFO_TRAINER_ERROR_DIVERGED,
  VINFO_TRAINER_ERROR_STATE
} VInfoTrainerError;

VINFO_API
GQuark vinfo_trainer_error_quark (void);

/**
 * VInfoTrainerConfig:
 * @batch_size: images of a step
 * @learning_rate: the highest, after the warm-up
 * @weight_decay: AdamW's, on matrices only
 * @max_norm: gradients are clipped to this norm; 0 = never
 * @warmup_steps: the learning rate rises linearly over these
 * @min_crop: smallest share of a picture's area that RandomResizedCrop takes;
 *   1 = no crop. A horizontal flip comes with it. MAE pre-trains with 0.2,
 *   for much longer: see docs/first-run.md
 * @seed: of masks, crops and flips
 * @micro_batch: images of a forward and backward pass; a step accumulates the
 *   gradients of as many as it takes; 0 = all at once
 * @ema_decay: what is published and saved is the exponential moving average of
 *   the weights with this decay; 0 = the weights themselves
 * @schedule: how the learning rate goes on after the warm-up
 * @total_steps: where a schedule with an end has it
 * @dtype: what the forward and backward passes of a step multiply
 */
typedef struct {
  guint batch_size;
  gdouble learning_rate;
  gdouble weight_decay;
  gdouble max_norm;
  guint warmup_steps;
  gdouble min_crop;
  guint64 seed;
  guint micro_batch;
  gdouble ema_decay;
  VInfoScheduleKind schedule;
  guint64 total_steps;
  VInfoDtype dtype;
} VInfoTrainerConfig;

#define VINFO_TRAINER_CONFIG_INIT                                              \
  {                                                                            \
    32, 1e-3, 0.05, 1.0, 20, 0.5, 0, 0, 0, VINFO_SCHEDULE_CONSTANT, 0,         \
        VINFO_DTYPE_F32                                                        \
  }

/**
 * VInfoTrainer:
 *
 * Continues the pre-training of a predictor's newest weights with AdamW on the
 * MAE loss. Owned by one thread; only vinfo_trainer_get_step() may be called
 * from others.
 */
VINFO_API
G_DECLARE_FINAL_TYPE (VInfoTrainer, vinfo_trainer, VINFO, TRAINER, GObject)

/** vinfo_trainer_new: Returns: (transfer full): starts at @predictor's newest */
VINFO_API
VInfoTrainer *vinfo_trainer_new (
    VInfoPredictor *predictor, const VInfoTrainerConfig *config);

/**
 * vinfo_trainer_step:
 * @n: 1 to the configured batch size
 * @images: (array length=n): of any size
 * @weights: (array length=n) (nullable): positive weights of the images in the
 *   loss, Σ w·loss / Σ w; %NULL for equal ones
 * @loss: (out): of the batch, before the update
 *
 * One AdamW step. Random masks, crops and flips depend on seed and step only;
 * gradients are summed in a fixed order, whatever the number of threads.
 *
 * Returns: %FALSE with @error in the domain #VINFO_TRAINER_ERROR where the loss
 *   is not finite: the step is skipped and counted, the weights are unchanged
 */
VINFO_API
gboolean vinfo_trainer_step (VInfoTrainer *self, guint n,
    VInfoImage *const *images, const gfloat *weights, gdouble *loss,
    GError **error);

/**
 * vinfo_trainer_evaluate:
 * @n: number of images
 * @images: (array length=n): of any size, not cropped or flipped
 *
 * Returns: the MAE's loss of what would be published, mean over @images with
 *   masks that depend on the seed alone
 */
VINFO_API
gdouble vinfo_trainer_evaluate (
    VInfoTrainer *self, guint n, VInfoImage *const *images);

/** vinfo_trainer_get_n_skipped: steps that were skipped, since the start. */
VINFO_API
guint64 vinfo_trainer_get_n_skipped (VInfoTrainer *self);

/** vinfo_trainer_get_step: steps taken, those before a restore included. */
VINFO_API
guint64 vinfo_trainer_get_step (VInfoTrainer *self);

/** vinfo_trainer_get_samples: images of those steps. */
VINFO_API
guint64 vinfo_trainer_get_samples (VInfoTrainer *self);

/** vinfo_trainer_get_seed: the configured one or, after a restore, the saved. */
VINFO_API
guint64 vinfo_trainer_get_seed (VInfoTrainer *self);

/**
 * vinfo_trainer_publish:
 *
 * Gives a copy of the weights (their average, with `ema_decay`) to the
 * predictor.
 *
 * Returns: %FALSE with @error where it was rejected
 */
VINFO_API
gboolean vinfo_trainer_publish (VInfoTrainer *self, GError **error);

/**
 * vinfo_trainer_save:
 * @location: directory of versions; a new `step-*` appears in it and `latest`
 *   points to it, atomically
 * @keep: newest versions to keep, 0 = all
 *
 * Writes predictor (Hugging Face files, `vinfo.safetensors`) and trainer state
 * (`trainer.safetensors`, `trainer_state.json`).
 */
VINFO_API
gboolean vinfo_trainer_save (
    VInfoTrainer *self, const char *location, guint keep, GError **error);

/**
 * vinfo_trainer_restore:
 * @location: what vinfo_trainer_save() was given
 * @restored: (out): whether there was a state; without one nothing changes
 *
 * Continues where the newest saved version stopped, with the seed that it began
 * with, whatever the configuration says: the steps to come are those that an
 * uninterrupted run would have taken.
 */
VINFO_API
gboolean vinfo_trainer_restore (VInfoTrainer *self, const char *location,
    gboolean *restored, GError **error);

/** vinfo_trainer_reset: forgets AdamW's moments, the average of the weights and
 * the step count. */
VINFO_API
void vinfo_trainer_reset (VInfoTrainer *self);

G_END_DECLS
