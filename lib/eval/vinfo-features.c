/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/vinfo-features.h"

#include "mae/mae-private.h"
#include "predictor/evaluator-private.h"

#define BATCH 16

void
vinfo_features_encode (const VInfoMae *mae, guint n, VInfoImage *const *images,
    gfloat *features, gfloat *tokens)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (mae);
  guint n_patches = mae_n_patches (config), width = config->hidden_size;
  MaeWorkspace *workspace = mae_workspace_new (config, BATCH, n_patches, FALSE);
  g_autofree float *patches
      = g_new (float, (gsize)BATCH *n_patches *mae_patch_dim (config));
  g_autofree guint16 *order = g_new (guint16, (gsize)BATCH * n_patches);

  for (gsize i = 0; i < (gsize)BATCH * n_patches; i++)
    order[i] = i % n_patches;
  for (guint first = 0; first < n; first += BATCH) {
    MaePass pass = { .batch = MIN (BATCH, n - first),
      .n_visible = n_patches,
      .patches = patches,
      .order = order };

    if (features)
      pass.embedding = features + (gsize)first * width;
    if (tokens)
      pass.tokens = tokens + (gsize)first * n_patches * width;
    evaluator_patchify (config, images + first, pass.batch, patches);
    mae_forward (mae, workspace, &pass);
  }
  mae_workspace_free (workspace);
}
