/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

G_BEGIN_DECLS

#define THUMBNAIL_SKETCH_SIZE 5

/* Thumbnails in five numbers each, whose distance is never more than that of
 * the thumbnails: half the mean of each quadrant, and the length of what the
 * means leave (distances of lengths are at most those of vectors). A search
 * compares exactly only what these five don't rule out. */
typedef struct {
  guint allocated;                             /* rows */
  gfloat *coefficients[THUMBNAIL_SKETCH_SIZE]; /* [allocated] each */
} ThumbnailSketches;

void thumbnail_sketches_finish (ThumbnailSketches *sketches);
void thumbnail_sketches_allocate (ThumbnailSketches *sketches, guint allocated);
void thumbnail_sketches_set (ThumbnailSketches *sketches, guint row,
    const guint8 thumbnail[VINFO_THUMBNAIL_SIZE]);
void thumbnail_sketches_copy (
    ThumbnailSketches *sketches, guint to, guint from);

void thumbnail_sketch (const guint8 thumbnail[VINFO_THUMBNAIL_SIZE],
    gfloat coefficients[THUMBNAIL_SKETCH_SIZE]);

/* Raises to @raised those of @bounds `[n_rows]` whose rows, from @first on, may
 * be within @distance of the thumbnail that @wanted is the sketch of. */
void thumbnail_sketches_raise (const ThumbnailSketches *sketches, guint first,
    guint n_rows, const gfloat wanted[THUMBNAIL_SKETCH_SIZE], gfloat distance,
    gfloat raised, gfloat *bounds);

G_END_DECLS
