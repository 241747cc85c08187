/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/vinfo-sample.h"

G_BEGIN_DECLS

/* Kept samples by what they look like: their embeddings packed row by row, so
 * that a search is one matrix-vector product. Exact and brute force, one pass
 * over 4·n·d bytes. */
typedef struct {
  GPtrArray *samples; /* (borrowed) VInfoSample, one a row */
  guint size;         /* d; samples with another have a row of zeros */
  guint allocated;
  gfloat *rows;    /* [allocated, size] */
  gfloat *cosines; /* [allocated], of the last search */
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

/* Copies a row's embedding again after it changed. */
void neighbours_refresh (Neighbours *neighbours, guint row);

/* Finds what looks like @sample: cosine above @duplicate_cosine, or the same
 * thumbnail. The thumbnail counts whatever the embeddings say: frames at the
 * centre of the stream (an empty scene) have embeddings that are hardly more
 * than noise once centred, and point anywhere. */
void neighbours_find (Neighbours *neighbours, const VInfoSample *sample,
    gdouble duplicate_cosine, Neighbourhood *found);
void neighbourhood_finish (Neighbourhood *found);

G_END_DECLS
