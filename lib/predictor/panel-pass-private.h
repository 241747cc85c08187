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
  Heads *heads; /* NULL: no terms */
  VInfoDtype dtype;
} PanelView;

/* What one model leaves of each picture of the panel. Immutable. */
typedef struct {
  PanelView view;
  GPtrArray *images;   /* of VInfoImage, the panel's order */
  FrameErrors *errors; /* [images] */
  float *embeddings;   /* [images, hidden_size], raw */
  Learned *learned;    /* of the heads, not calibrated; or NULL */
  PatchTerms *terms;   /* [images, n_terms], or NULL */
  gsize n_terms;
} PanelPass;

/* known: (nullable) an earlier pass of the same view: pictures that are in the
 * same places there do not go through the model again. The result is the same
 * bit for bit. */
PanelPass *panel_pass_new (
    const PanelView *view, GPtrArray *images, const PanelPass *known);
void panel_pass_free (PanelPass *pass);

/* Whether a pass of one view knows all that a pass of another is to know. */
gboolean panel_view_covers (const PanelView *known, const PanelView *wanted);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PanelPass, panel_pass_free)

G_END_DECLS
