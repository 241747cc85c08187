/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/adamw-private.h"

G_BEGIN_DECLS

/* `trainer.safetensors` (AdamW's moments by parameter name) and
 * `trainer_state.json` (counts) beside the weights that they belong to. */

typedef struct {
  guint64 step;
  guint64 samples;
  guint64 seed;
} TrainerState;

gboolean trainer_file_write (const char *directory, const VInfoMae *mae,
    const MaeAdamW *adamw, const TrainerState *state, GError **error);

/* *found is FALSE, and nothing changes, where the directory has no state.
 * Errors are VINFO_MAE_ERROR or VINFO_TRAINER_ERROR. */
gboolean trainer_file_read (const char *directory, const VInfoMae *mae,
    MaeAdamW *adamw, TrainerState *state, gboolean *found, GError **error);

G_END_DECLS
