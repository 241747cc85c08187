/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoRegion:
 * @x: left edge, in patches
 * @y: top edge, in patches
 * @width: in patches, at least 1
 * @height: in patches, at least 1
 * @error: mean of the map's errors inside
 *
 * A box on a map of per-patch errors.
 */
typedef struct {
  guint x, y;
  guint width, height;
  gfloat error;
} VInfoRegion;

/**
 * VInfoRegionsFunc:
 * @errors: (array): `[rows, columns]` row-major, as of
 *   vinfo_scorer_map_errors(); NaN where the error of a patch isn't known
 * @max_regions: room in @regions, at least 1
 * @regions: (out caller-allocates) (array length=max_regions)
 *
 * Proposes the key regions of a picture from where a predictor errs. The same
 * map gives the same regions. What can stand in for
 * vinfo_regions_propose_hot().
 *
 * Returns: how many there are, 1 to @max_regions, the largest error first
 */
typedef guint (*VInfoRegionsFunc) (const gfloat *errors, guint rows,
    guint columns, guint max_regions, VInfoRegion *regions);

/**
 * vinfo_regions_propose_hot:
 *
 * A #VInfoRegionsFunc. Patches are hot where the root of their error lies above
 * the threshold that separates the map best into two classes (Otsu: the largest
 * variance between them). Hot patches that touch, corners included, are one
 * region: their bounding box, grown to a quarter of the map's sides where it
 * is less. Of two boxes that share over half of their union the cooler goes.
 *
 * Where hot patches don't stand out, their mean root less than 1.25 times the
 * others', the one region is the whole map. A patch without an error takes the
 * mean of its neighbours'.
 */
VINFO_API
guint vinfo_regions_propose_hot (const gfloat *errors, guint rows,
    guint columns, guint max_regions, VInfoRegion *regions);

/**
 * vinfo_region_to_pixels:
 * @rows: of the map
 * @columns: of the map
 * @width: of the picture that the map is of
 * @height: of it
 * @left: (out): the box's pixels, at least one either way: all that its patches
 *   touch
 * @top: (out):
 * @pixel_width: (out):
 * @pixel_height: (out):
 */
VINFO_API
void vinfo_region_to_pixels (const VInfoRegion *region, guint rows,
    guint columns, guint width, guint height, guint *left, guint *top,
    guint *pixel_width, guint *pixel_height);

G_END_DECLS
