/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"
#include "nn/vinfo-dtype.h"
#include "predictor/vinfo-snapshot.h"

G_BEGIN_DECLS

#define VINFO_TYPE_PREDICTOR (vinfo_predictor_get_type ())
#define VINFO_PREDICTOR_ERROR (vinfo_predictor_error_quark ())

/**
 * VInfoPredictorError:
 * @VINFO_PREDICTOR_ERROR_SHAPE: the new weights have another shape
 * @VINFO_PREDICTOR_ERROR_NON_FINITE: the new weights, or what they predict,
 *   hold NaN or infinity
 * @VINFO_PREDICTOR_ERROR_WORSE: the new weights do worse on the panel than
 *   `max_regression` allows
 */
typedef enum {
  VINFO_PREDICTOR_ERROR_SHAPE,
  VINFO_PREDICTOR_ERROR_NON_FINITE,
  VINFO_PREDICTOR_ERROR_WORSE
} VInfoPredictorError;

VINFO_API
GQuark vinfo_predictor_error_quark (void);

/**
 * VInfoPredictorConfig:
 * @location: (nullable): a Hugging Face directory, or one with the versions
 *   `step-*` and `latest` in it; %NULL for a new model
 * @architecture: of a new model, e.g. "nano"
 * @seed: of a new model's weights, the masks and the panel
 * @masks: M, 1 to 1/(1 − mask ratio); 0 leaves it open, see
 *   vinfo_predictor_settle_masks()
 * @reference: what gain is measured against
 * @reference_location: (nullable): directory for
 *   %VINFO_REFERENCE_CHECKPOINT
 * @panel_size: most frames of the panel
 * @max_regression: a publication whose h_X over the panel lies above the newest
 *   one's, on the same panel, by more than this (nats per pixel value) is
 *   rejected; so is one of which that holds without calibration, α being 1: with
 *   it h_X rises by the newest one's I_V at most
 * @resume: with %VINFO_REFERENCE_PROGRESS and a @location of versions, the one
 *   before the newest scores and the newest is the reference, as when they were
 *   published; else the newest scores
 * @ood: how scores tell that a frame is out of distribution;
 *   %VINFO_OOD_NONE spares the statistics
 * @estimator: what pvi and I_V are made of; a learned one is trained by
 *   #VInfoTrainer
 * @dtype: what its passes multiply, of the panel and of frames to score
 */
typedef struct {
  const char *location;
  const char *architecture;
  guint64 seed;
  guint masks;
  VInfoReference reference;
  const char *reference_location;
  guint panel_size;
  gdouble max_regression;
  gboolean resume;
  VInfoOodKind ood;
  VInfoEstimator estimator;
  VInfoDtype dtype;
} VInfoPredictorConfig;

#define VINFO_PREDICTOR_CONFIG_INIT                                            \
  {                                                                            \
    NULL, "nano", 0, 0, VINFO_REFERENCE_PROGRESS, NULL, 256, 0.2, FALSE,       \
        VINFO_OOD_KNN, VINFO_ESTIMATOR_CLOSED, VINFO_DTYPE_F32                 \
  }

/**
 * VInfoPredictor:
 *
 * The running predictor: hands out its current #VInfoSnapshot, gathers the
 * panel, and takes publications. Thread-safe; load and swap are one pointer
 * under a short lock, calibration happens on the publisher's thread before.
 *
 * Signals (emitted on the publisher's or the watch's thread, no lock held):
 * `updated (guint64 version)`, `rejected (GError *why)`.
 */
VINFO_API
G_DECLARE_FINAL_TYPE (
    VInfoPredictor, vinfo_predictor, VINFO, PREDICTOR, GObject)

/**
 * vinfo_predictor_new:
 *
 * Returns: (transfer full): the predictor, or %NULL with @error in the domain
 *   #VINFO_MAE_ERROR; %VINFO_MAE_ERROR_NON_FINITE also where weights are numbers
 *   and their predictions are none
 */
VINFO_API
VInfoPredictor *vinfo_predictor_new (
    const VInfoPredictorConfig *config, GError **error);

/** vinfo_predictor_get_snapshot: Returns: (transfer full): the current one */
VINFO_API
VInfoSnapshot *vinfo_predictor_get_snapshot (VInfoPredictor *self);

/**
 * vinfo_predictor_get_newest:
 *
 * Returns: (transfer full): the newest published weights: what a trainer
 *   starts from (with %VINFO_REFERENCE_PROGRESS the snapshot's reference)
 */
VINFO_API
VInfoMae *vinfo_predictor_get_newest (VInfoPredictor *self);

/**
 * vinfo_predictor_settle_masks:
 *
 * Decides M where the configuration left it open and nobody decided before, and
 * calibrates with it, which takes as long as scoring the panel does.
 */
VINFO_API
void vinfo_predictor_settle_masks (VInfoPredictor *self, guint masks);

/**
 * vinfo_predictor_choose_masks:
 *
 * Decides M as vinfo_predictor_settle_masks() does, and leaves it to
 * vinfo_predictor_get_settled_snapshot() to calibrate: waits for nothing.
 */
VINFO_API
void vinfo_predictor_choose_masks (VInfoPredictor *self, guint masks);

/**
 * vinfo_predictor_get_masks:
 *
 * Returns: M as it was decided, else that of the current snapshot
 */
VINFO_API
guint vinfo_predictor_get_masks (VInfoPredictor *self);

/**
 * vinfo_predictor_get_settled_snapshot:
 *
 * Returns: (transfer full): the current snapshot, which is of the M that was
 *   decided: calibrated here where that was left open
 */
VINFO_API
VInfoSnapshot *vinfo_predictor_get_settled_snapshot (VInfoPredictor *self);

/**
 * vinfo_predictor_observe:
 * @id: the frame's sample id
 *
 * Counts a frame of the stream that passed the gates and sets it aside for the
 * panel where the hash of its id says so (a uniform sample, at most 5% of the
 * frames seen). The panel's 32nd frame freezes μ and calibrates.
 *
 * Returns: %TRUE where the frame is the panel's now and must not be trained on
 */
VINFO_API
gboolean vinfo_predictor_observe (
    VInfoPredictor *self, guint64 id, VInfoImage *image);

/**
 * vinfo_predictor_hold_out:
 * @id: the picture's sample id
 * @image: one in twenty of a set, never trained on
 *
 * Puts a picture that the caller chose into the panel: for sets that are known as
 * a whole, where vinfo_predictor_observe() is for streams. One whose id is there
 * changes nothing; of more than there is room for a uniform sample stays. The
 * panel's 32nd frame freezes μ and calibrates.
 */
VINFO_API
void vinfo_predictor_hold_out (
    VInfoPredictor *self, guint64 id, VInfoImage *image);

/**
 * vinfo_predictor_holds_out:
 *
 * Returns: whether the panel has a frame of this @id, or one that has @image's
 *   pixels at the model's size: it must not be trained on
 */
VINFO_API
gboolean vinfo_predictor_holds_out (
    VInfoPredictor *self, guint64 id, VInfoImage *image);

/**
 * vinfo_predictor_get_panel_size:
 * @wanted: (out): frames that calibration takes; before, pvi, gain and I_V are
 *   not known
 *
 * Returns: how many frames the panel has so far
 */
VINFO_API
guint vinfo_predictor_get_panel_size (VInfoPredictor *self, guint *wanted);

/**
 * vinfo_predictor_remember:
 * @image: one that was trained on, of any size
 *
 * Notes what the predictor has learnt from: the next publication's
 * out-of-distribution statistics are made of the panel and of the last
 * `panel_size` different pictures remembered.
 */
VINFO_API
void vinfo_predictor_remember (VInfoPredictor *self, VInfoImage *image);

/**
 * vinfo_predictor_publish:
 * @mae: (transfer none): new weights, never changed afterwards
 *
 * Calibrates @mae on the panel and makes it what frames from now on are scored
 * with. A rejected one leaves everything as it was and emits `rejected`.
 *
 * Returns: %FALSE with @error in the domain #VINFO_PREDICTOR_ERROR
 */
VINFO_API
gboolean vinfo_predictor_publish (
    VInfoPredictor *self, VInfoMae *mae, GError **error);

/**
 * vinfo_predictor_reload:
 *
 * Loads the configured location again where its file changed since and publishes
 * it. A no-op otherwise, where there is no location, and once a publication of
 * this process was accepted: what lies there is its own then, and older.
 *
 * Returns: %FALSE with @error; the old weights stay
 */
VINFO_API
gboolean vinfo_predictor_reload (VInfoPredictor *self, GError **error);

/**
 * vinfo_predictor_watch:
 *
 * From now on does as vinfo_predictor_reload() whenever something is published
 * at the configured location, by whatever process: on a thread of its own,
 * shortly after. A failure keeps the old weights and emits `rejected`; the next
 * publication is tried again. Each call wants one of vinfo_predictor_unwatch().
 */
VINFO_API
void vinfo_predictor_watch (VInfoPredictor *self);

/**
 * vinfo_predictor_unwatch:
 *
 * Waits for a reload in work, but not for itself: a handler of a signal may call
 * it, and may drop the last reference to @self.
 */
VINFO_API
void vinfo_predictor_unwatch (VInfoPredictor *self);

/**
 * vinfo_predictor_save:
 * @directory: an existing directory
 * @mae: the weights that it describes (a publication)
 *
 * Writes the Hugging Face files of @mae and `vinfo.safetensors`: null, α, σ²,
 * s², masks, the panel's scores and pixels, out-of-distribution statistics.
 */
VINFO_API
gboolean vinfo_predictor_save (
    VInfoPredictor *self, VInfoMae *mae, const char *directory, GError **error);

/**
 * vinfo_predictor_has_learned:
 *
 * Returns: whether there are trained estimators beside the newest weights;
 *   always %FALSE with %VINFO_ESTIMATOR_CLOSED
 */
VINFO_API
gboolean vinfo_predictor_has_learned (VInfoPredictor *self);

/** vinfo_predictor_get_config: (transfer none): what it was made with */
VINFO_API
const VInfoPredictorConfig *vinfo_predictor_get_config (VInfoPredictor *self);

/** vinfo_predictor_get_location: (transfer none) (nullable) */
VINFO_API
const char *vinfo_predictor_get_location (VInfoPredictor *self);

/** vinfo_predictor_get_n_updates: accepted publications. */
VINFO_API
guint64 vinfo_predictor_get_n_updates (VInfoPredictor *self);

/** vinfo_predictor_get_n_rejected: rejected publications. */
VINFO_API
guint64 vinfo_predictor_get_n_rejected (VInfoPredictor *self);

/**
 * vinfo_predictor_get_iv:
 *
 * Returns: I_V of the newest weights over the panel; NaN before a panel
 */
VINFO_API
gdouble vinfo_predictor_get_iv (VInfoPredictor *self);

G_END_DECLS
