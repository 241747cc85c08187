/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"
#include "predictor/evaluator-private.h"

G_BEGIN_DECLS

/* What the panel's pictures go through. */
typedef struct {
  VInfoMae *mae;
  Masks *masks;
  guint n_masks;
  GBytes *mu; /* float [N, D] */
  gboolean want_self;
} PanelView;

/* What one model leaves of each picture of the panel. Immutable. */
typedef struct {
  PanelView view;
  GPtrArray *images;   /* of VInfoImage, the panel's order */
  FrameErrors *errors; /* [images] */
  float *embeddings;   /* [images, hidden_size], raw */
} PanelPass;

/* known: (nullable) an earlier pass of the same view: pictures that are in the
 * same places there do not go through the model again. The result is the same
 * bit for bit. */
PanelPass *panel_pass_new (
    const PanelView *view, GPtrArray *images, const PanelPass *known);
void panel_pass_free (PanelPass *pass);

gboolean panel_view_equal (const PanelView *a, const PanelView *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PanelPass, panel_pass_free)

G_END_DECLS
