/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "predictor/vinfo-predictor.h"
#include "predictor/vinfo-regions.h"

G_BEGIN_DECLS

/** Crops of a mosaic, at most: two rows of two. */
#define VINFO_COMPOSER_CROPS 4

/**
 * VInfoComposerConfig:
 * @window: frames whose crops compete for a mosaic
 * @max_regions: crops of a frame, at most
 * @propose: what proposes them; %NULL for vinfo_regions_propose_hot()
 */
typedef struct {
  guint window;
  guint max_regions;
  VInfoRegionsFunc propose;
} VInfoComposerConfig;

#define VINFO_COMPOSER_CONFIG_INIT                                             \
  {                                                                            \
    4, 4, NULL                                                                 \
  }

/**
 * VInfoCrop:
 * @frame: which frame of the window, from 0 in the order they were added
 * @id: that frame's sample id, 0 where it has none
 * @x: left edge in it, pixels
 * @y: top edge, pixels
 * @width: in pixels
 * @height: in pixels
 * @error: the masked autoencoder's loss on the crop, of the newest weights
 */
typedef struct {
  guint frame;
  guint64 id;
  guint x, y;
  guint width, height;
  gfloat error;
} VInfoCrop;

/**
 * VInfoComposer:
 *
 * What OptiDEL (arXiv:2408.07107) makes of frames: crops of key regions, each
 * scored by the reconstruction error of the current predictor, the hardest of
 * a window tiled into one training image. Regions come from where the
 * predictor errs (#VInfoRegionsFunc), crops have the frame's own resolution,
 * and all of a window are scored by one version. A crop is used once; one of a
 * sample that the window holds already counts no second time.
 *
 * What a sample's crops are is remembered until the predictor changes, so that
 * one that is served again costs nothing. Belongs to one thread at a time,
 * whose work gives way to that of scorers.
 */
typedef struct _VInfoComposer VInfoComposer;

VINFO_API
VInfoComposer *vinfo_composer_new (
    VInfoPredictor *predictor, const VInfoComposerConfig *config);
VINFO_API
void vinfo_composer_free (VInfoComposer *composer);

/**
 * vinfo_composer_add:
 * @id: of the sample that @image is, always the same picture; 0 where it has
 *   none, and is scored whenever it comes
 *
 * Lets the crops of a frame compete in the window.
 */
VINFO_API
void vinfo_composer_add (
    VInfoComposer *composer, VInfoImage *image, guint64 id);

/** vinfo_composer_get_n_frames: that the window holds so far. */
VINFO_API
guint vinfo_composer_get_n_frames (const VInfoComposer *composer);

/** vinfo_composer_get_n_crops: that competed in the window so far. */
VINFO_API
guint vinfo_composer_get_n_crops (const VInfoComposer *composer);

/** vinfo_composer_is_full: whether the window has all its frames. */
VINFO_API
gboolean vinfo_composer_is_full (const VInfoComposer *composer);

/**
 * vinfo_composer_take:
 * @width: of the mosaic, at least 2
 * @height: of it, at least 2
 * @crops: (out caller-allocates) (array length=n_crops): room for
 *   #VINFO_COMPOSER_CROPS: what it shows, the hardest first, row by row
 * @n_crops: (out):
 * @version: (out): of the predictor that scored them
 *
 * Tiles the hardest crops of the window, full or not, and begins the next one.
 * Of fewer than four crops the last row is one.
 *
 * Returns: (transfer full) (nullable): the mosaic, %NULL where there are no
 *   crops
 */
VINFO_API
VInfoImage *vinfo_composer_take (VInfoComposer *composer, guint width,
    guint height, VInfoCrop *crops, guint *n_crops, guint64 *version);

/** vinfo_composer_clear: begins the next window without a mosaic. */
VINFO_API
void vinfo_composer_clear (VInfoComposer *composer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VInfoComposer, vinfo_composer_free)

G_END_DECLS
