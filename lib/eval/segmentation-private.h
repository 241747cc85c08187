/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How well predicted masks cover the true ones, over a set of pictures.
 * Counts are of pixels over the whole set. */
typedef struct {
  guint64 both, predicted_only, true_only, neither;
  guint n_pictures;
  double dice_sum; /* over pictures */
} SegmentationCounts;

/* predicted, truth: [n] pixels of one picture, nonzero is the object. A picture
 * in which neither has any counts as a Dice of 1. */
void segmentation_counts_add (SegmentationCounts *self, const guint8 *predicted,
    const guint8 *truth, gsize n);

/* The mean of the IoU of object and background; a class that is nowhere counts
 * as 1. */
double segmentation_counts_mean_iou (const SegmentationCounts *self);

/* Mean over the pictures of 2·|P∩T| / (|P| + |T|). */
double segmentation_counts_mean_dice (const SegmentationCounts *self);

/* shares: [rows, columns]: of each cell that a mask [height, width] is cut into,
 * the share of its pixels that are nonzero. A pixel belongs to the cell that its
 * centre lies in; a cell without one has that of the nearest pixel. */
void segmentation_shares (const guint8 *mask, guint height, guint width,
    float *shares, guint rows, guint columns);

/* Bilinear, pixel centres aligned (align_corners=False of PyTorch's
 * interpolate). grid: [rows, columns]; map: [height, width]. */
void segmentation_upsample (const float *grid, guint rows, guint columns,
    float *map, guint height, guint width);

G_END_DECLS
