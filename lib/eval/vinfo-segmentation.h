/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"
#include "mae/vinfo-mae.h"

G_BEGIN_DECLS

/**
 * VInfoMask:
 * @width: pixels a row
 * @height: rows
 * @pixels: (array): [height, width] row-major, nonzero where the object is
 *
 * Which pixels of a picture show the object.
 */
typedef struct {
  guint width;
  guint height;
  guint8 *pixels;
} VInfoMask;

/**
 * VInfoSegmentationSet:
 * @n: at least 1
 * @images: (array length=n): pictures of any sizes
 * @masks: (array length=n): theirs, of any sizes
 */
typedef struct {
  guint n;
  VInfoImage *const *images;
  const VInfoMask *const *masks;
} VInfoSegmentationSet;

/**
 * VInfoSegmentation:
 * @mean_iou: mean of the intersection over union of object and background,
 *   pixels counted over all pictures, 0 to 1
 * @dice: mean over the pictures of 2·|P∩T| / (|P| + |T|), 0 to 1
 */
typedef struct {
  gdouble mean_iou;
  gdouble dice;
} VInfoSegmentation;

/**
 * vinfo_segmentation_measure:
 * @mae: a model, frozen
 * @training: what the head learns from
 * @test: what it is measured on
 * @penalty: ℓ2 penalty on the head's weights
 * @segmentation: (out): the result
 * @error: %G_IO_ERROR_FAILED where the regression found no minimum
 *
 * A linear head for each patch: logistic regression, trained to its minimum,
 * from the encoder's tokens (no patch is masked; standardised by the mean and
 * deviation of @training) to the share of a patch's pixels that show the
 * object. On a test picture the shares are upsampled bilinearly to its mask's
 * size and cut at a half.
 *
 * Returns: whether it worked
 */
VINFO_API
gboolean vinfo_segmentation_measure (const VInfoMae *mae,
    const VInfoSegmentationSet *training, const VInfoSegmentationSet *test,
    gdouble penalty, VInfoSegmentation *segmentation, GError **error);

G_END_DECLS
