/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

#define VINFO_TYPE_MAE (vinfo_mae_get_type ())
#define VINFO_MAE_ERROR (vinfo_mae_error_quark ())

/**
 * VInfoMaeError:
 * @VINFO_MAE_ERROR_NOT_FOUND: no such directory, file or architecture
 * @VINFO_MAE_ERROR_CORRUPT: a file is truncated or malformed
 * @VINFO_MAE_ERROR_MISMATCH: config and weights contradict each other
 * @VINFO_MAE_ERROR_UNSUPPORTED: another model type or dtype
 * @VINFO_MAE_ERROR_NON_FINITE: NaN or infinite weights
 * @VINFO_MAE_ERROR_IO: reading or writing failed (disk full, permissions)
 */
typedef enum {
  VINFO_MAE_ERROR_NOT_FOUND,
  VINFO_MAE_ERROR_CORRUPT,
  VINFO_MAE_ERROR_MISMATCH,
  VINFO_MAE_ERROR_UNSUPPORTED,
  VINFO_MAE_ERROR_NON_FINITE,
  VINFO_MAE_ERROR_IO
} VInfoMaeError;

/**
 * VInfoMaeConfig:
 *
 * The shape of a ViT masked autoencoder, field by field as in Hugging Face's
 * `ViTMAEConfig`, with the pixel statistics of `preprocessor_config.json`.
 */
typedef struct {
  guint image_size;   /* side of the square, pixels; a multiple of patch_size */
  guint patch_size;   /* side of a patch, pixels */
  guint num_channels; /* 1 or 3 */
  guint hidden_size;
  guint num_hidden_layers;
  guint num_attention_heads;
  guint intermediate_size;
  guint decoder_hidden_size;
  guint decoder_num_hidden_layers;
  guint decoder_num_attention_heads;
  guint decoder_intermediate_size;
  gdouble mask_ratio;
  gdouble layer_norm_eps;
  gdouble initializer_range;
  gboolean norm_pix_loss;
  gdouble image_mean[3]; /* of pixels scaled to 0..1 */
  gdouble image_std[3];
} VInfoMaeConfig;

/**
 * VInfoMae:
 *
 * The weights of a `ViTMAEForPreTraining`. Immutable once shared; a trainer
 * changes only a copy of its own.
 */
typedef struct _VInfoMae VInfoMae;

VINFO_API
GType vinfo_mae_get_type (void);
VINFO_API
GQuark vinfo_mae_error_quark (void);

/**
 * vinfo_mae_config_named:
 * @architecture: "nano", "tiny", "small", "base" or "large"
 *
 * Returns: %FALSE with @error (%VINFO_MAE_ERROR_NOT_FOUND, naming those there
 *   are) where there is no such architecture
 */
VINFO_API
gboolean vinfo_mae_config_named (
    const char *architecture, VInfoMaeConfig *config, GError **error);

/**
 * vinfo_mae_config_get_name:
 *
 * Returns: (nullable): the name of the architecture that @config is, as of
 *   vinfo_mae_config_named()
 */
VINFO_API
const char *vinfo_mae_config_get_name (const VInfoMaeConfig *config);

/**
 * vinfo_mae_config_validate:
 *
 * Returns: %FALSE with @error where no model can have this shape
 */
VINFO_API
gboolean vinfo_mae_config_validate (
    const VInfoMaeConfig *config, GError **error);

/**
 * vinfo_mae_config_equal:
 *
 * Returns: whether weights of one fit the other (pixel statistics included)
 */
VINFO_API
gboolean vinfo_mae_config_equal (
    const VInfoMaeConfig *a, const VInfoMaeConfig *b);

/**
 * vinfo_mae_new:
 * @config: a valid shape
 *
 * A freshly initialised model: Xavier-uniform linear layers, zero biases,
 * normal(0, initializer_range) class and mask tokens, sin-cos positions.
 *
 * Returns: (transfer full): the model; the same for the same @seed
 */
VINFO_API
VInfoMae *vinfo_mae_new (const VInfoMaeConfig *config, guint64 seed);

/**
 * vinfo_mae_copy:
 *
 * Returns: (transfer full): a model with weights of its own
 */
VINFO_API
VInfoMae *vinfo_mae_copy (const VInfoMae *mae);
VINFO_API
VInfoMae *vinfo_mae_ref (VInfoMae *mae);
VINFO_API
void vinfo_mae_unref (VInfoMae *mae);
VINFO_API
const VInfoMaeConfig *vinfo_mae_get_config (const VInfoMae *mae);

/** vinfo_mae_get_n_parameters: trainable values (fixed positions excluded). */
VINFO_API
gsize vinfo_mae_get_n_parameters (const VInfoMae *mae);

/** vinfo_mae_is_finite: whether every weight is a number. */
VINFO_API
gboolean vinfo_mae_is_finite (const VInfoMae *mae);

/**
 * vinfo_mae_load:
 * @directory: a Hugging Face directory (`config.json`, `model.safetensors`,
 *   optional `preprocessor_config.json`) of a `ViTMAEForPreTraining`
 *
 * Returns: (transfer full): the model, or %NULL with @error in the domain
 *   #VINFO_MAE_ERROR
 */
VINFO_API
VInfoMae *vinfo_mae_load (const char *directory, GError **error);

/**
 * vinfo_mae_save:
 * @directory: created where missing
 *
 * Writes the three files of vinfo_mae_load(), each fsynced.
 *
 * Returns: %FALSE with @error in the domain #VINFO_MAE_ERROR
 */
VINFO_API
gboolean vinfo_mae_save (
    const VInfoMae *mae, const char *directory, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VInfoMae, vinfo_mae_unref)

G_END_DECLS
