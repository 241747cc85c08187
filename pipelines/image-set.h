/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

/**
 * ImageSet:
 *
 * Pictures to train on: samples of stores, files of folders, members of shards.
 * Decoded ones stay in memory as long as there is room.
 */
typedef struct _ImageSet ImageSet;

/**
 * image_set_open:
 * @locations: (array zero-terminated=1): stores, results of `vinfo run`, folders
 *   of images, WebDataset shards (`*.tar`, also compressed) and folders of these
 *
 * Returns: the set, with a picture of each location, or %NULL with @error
 */
ImageSet *image_set_open (char *const *locations, GError **error);
void image_set_free (ImageSet *self);
guint image_set_get_size (const ImageSet *self);

/** image_set_get_id: the same for the same picture in every run */
guint64 image_set_get_id (const ImageSet *self, guint i);

/** image_set_get_inclusion: probability with which picture @i was kept, NaN where
 * that is not known */
gdouble image_set_get_inclusion (const ImageSet *self, guint i);

/** image_set_get: Returns: (transfer full): picture @i, or %NULL with @error */
VInfoImage *image_set_get (ImageSet *self, guint i, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImageSet, image_set_free)
