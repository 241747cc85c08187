/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/adamw-private.h"

G_BEGIN_DECLS

/* `trainer.safetensors` (by parameter name: AdamW's moments, and the weights in
 * training where what is published is their average) and `trainer_state.json`
 * (counts) beside the published weights. */

typedef struct {
  guint64 step;
  guint64 samples;
  guint64 seed;
} TrainerState;

/* raw: mae is not what the directory's model.safetensors holds, so its weights
 * are written too */
gboolean trainer_file_write (const char *directory, const VInfoMae *mae,
    gboolean raw, const MaeAdamW *adamw, const TrainerState *state,
    GError **error);

/* mae: the directory's weights; where raw ones were written they replace them.
 * *found is FALSE where the directory has neither file. Without *found nothing
 * changes. Errors are VINFO_MAE_ERROR or VINFO_TRAINER_ERROR. */
gboolean trainer_file_read (const char *directory, VInfoMae *mae,
    MaeAdamW *adamw, TrainerState *state, gboolean *found, GError **error);

G_END_DECLS
