/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "image/vinfo-image.h"

/**
 * DatasetItem:
 * @name: of its file
 * @split: what its index calls it, for example "test"; "" where it says nothing
 * @label: number of its class, in alphabetical order
 */
typedef struct {
  char *name;
  char *split;
  guint label;
  VInfoImage *image;
} DatasetItem;

/**
 * Dataset:
 *
 * Labelled pictures: a folder or an archive that has an `index.csv` with the
 * columns `file` (or `image`), `label` (or `sequence`) and, if wanted, `split`.
 */
typedef struct {
  GPtrArray *items;  /* of DatasetItem, in the index's order */
  GPtrArray *labels; /* of char *, sorted */
} Dataset;

/**
 * dataset_open:
 * @location: folder, or archive of a kind that libarchive reads
 * @side: pictures are stretched to squares of this side, pixels
 *
 * Returns: (transfer full): all pictures, decoded, or %NULL with @error
 */
Dataset *dataset_open (const char *location, guint side, GError **error);
void dataset_free (Dataset *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Dataset, dataset_free)
