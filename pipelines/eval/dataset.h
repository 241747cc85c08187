/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "eval/vinfo-segmentation.h"

/**
 * DatasetItem:
 * @name: of its file
 * @split: what its index calls it, for example "test"; "" where it says nothing
 * @label: number of its class, in alphabetical order
 * @mask: (nullable): where it shows the object
 */
typedef struct {
  char *name;
  char *split;
  guint label;
  VInfoImage *image;
  VInfoMask *mask;
} DatasetItem;

/**
 * Dataset:
 *
 * Labelled pictures: a folder or an archive that has an `index.csv` with the
 * columns `file` (or `image`), `label` (or `sequence`) and, if wanted, `split`
 * and `mask`, the file of a picture that is light where the object is.
 */
typedef struct {
  GPtrArray *items;  /* of DatasetItem, in the index's order */
  GPtrArray *labels; /* of char *, sorted */
} Dataset;

/**
 * dataset_open:
 * @location: folder, or archive of a kind that libarchive reads
 * @side: pictures are stretched to squares of this side, pixels
 * @masks: whether masks are wanted: every picture must have one
 *
 * Returns: (transfer full): all pictures, decoded, or %NULL with @error
 */
Dataset *dataset_open (
    const char *location, guint side, gboolean masks, GError **error);
void dataset_free (Dataset *self);

/**
 * dataset_list_images:
 * @items: (element-type DatasetItem)
 *
 * Returns: (transfer container) (element-type VInfoImage): theirs
 */
GPtrArray *dataset_list_images (GPtrArray *items);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Dataset, dataset_free)
