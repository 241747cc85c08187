/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reservoir/embedding-codes-private.h"
#include "reservoir/thumbnail-sketches-private.h"
#include "store/vinfo-sample.h"

G_BEGIN_DECLS

/* Kept samples by what they look like. Searches are exact: a sweep over
 * d/2 + 32 bytes a row bounds each row's likeness from above, and only rows that
 * this doesn't rule out are compared by their embeddings and thumbnails.
 *
 * The likeness of two samples is the cosine of their embeddings (0 where one
 * has none, or of another size), or more than 1 where their thumbnails show the
 * same: frames at the centre of the stream (an empty scene) have embeddings
 * that are hardly more than noise once centred, and point anywhere. */
typedef struct {
  GPtrArray *samples; /* (borrowed) VInfoSample, one a row */
  guint allocated;
  EmbeddingCodes codes;
  EmbeddingQuery query; /* of the last sweep */
  gboolean asked;       /* that had one */
  ThumbnailSketches sketches;
  gfloat *bounds; /* [allocated]: of likeness, by the last sweep */
  gfloat *peaks;  /* the largest of each block of them */
} Neighbours;

/* The answer of one search; spares are nobody's neighbours. */
typedef struct {
  GArray *duplicates; /* guint: rows that look the same */
  guint nearest;      /* the most similar of them */
  gfloat cosine;      /* of the nearest that isn't one; 0 where none is near */
} Neighbourhood;

void neighbours_init (Neighbours *neighbours);
void neighbours_finish (Neighbours *neighbours);

/* Appends a row. */
void neighbours_add (Neighbours *neighbours, const VInfoSample *sample);

/* Removes a row; the last one takes its place. */
void neighbours_remove (Neighbours *neighbours, guint row);

/* Follows a row's embedding after it changed. */
void neighbours_refresh (Neighbours *neighbours, guint row);

/* Bounds every row's likeness to @sample, until the next sweep or change. */
void neighbours_sweep (Neighbours *neighbours, const VInfoSample *sample);

/* Returns: the first row from @row on whose likeness to the sample of the last
 * sweep may be above @likeness; the number of rows where there is none */
guint neighbours_next (Neighbours *neighbours, guint row, gdouble likeness);

/* The likeness itself, symmetric to the last bit. */
gfloat neighbours_compare (const VInfoSample *a, const VInfoSample *b);

/* Finds what looks like @sample: cosine above @duplicate_cosine, or the same
 * thumbnail. What isn't above @near_cosine either is not near. */
void neighbours_find (Neighbours *neighbours, const VInfoSample *sample,
    gdouble duplicate_cosine, gfloat near_cosine, Neighbourhood *found);
void neighbourhood_finish (Neighbourhood *found);

G_END_DECLS
