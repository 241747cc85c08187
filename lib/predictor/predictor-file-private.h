/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "predictor/snapshot-private.h"

G_BEGIN_DECLS

/* `vinfo.safetensors`: what a predictor is besides its weights. Errors are
 * VINFO_MAE_ERROR. */
#define PREDICTOR_FILE_NAME "vinfo.safetensors"

typedef struct {
  guint64 version;
  guint n_masks;
  guint64 seen; /* frames the panel was drawn from */
  Masks *masks;
  GBytes *mu; /* or NULL */
  Panel *panel;
  Heads *heads; /* or NULL */
  Ood *ood;     /* of the weights beside it under n_masks masks, or NULL */
} PredictorFile;

/* Panel and M of a new predictor. */
PredictorFile *predictor_file_new (const VInfoMaeConfig *config, guint n_masks,
    guint panel_size, guint64 seed);

/* Reads the file in directory; where there is none *file stays NULL and that
 * is no error. */
gboolean predictor_file_read (const char *directory,
    const VInfoMaeConfig *config, guint panel_size, guint64 seed,
    PredictorFile **file, GError **error);

/* snapshot: calibrated with the weights in that directory as live; heads: of
 * those weights, or NULL */
gboolean predictor_file_write (const char *directory,
    const VInfoSnapshot *snapshot, const Heads *heads, const Panel *panel,
    GError **error);
void predictor_file_free (PredictorFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PredictorFile, predictor_file_free)

G_END_DECLS
