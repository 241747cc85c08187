/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Embeddings in 8 bits a value, to rule out most of a search in an eighth of
 * the bytes. Row y is kept as s·q with whole q in −127 … 127, and what that
 * loses, |y − s·q|, is known: the inner product of two rows lies within
 *
 *     s·s'·⟨q, q'⟩ ± (e·(n' + e') + n·e'),   n = |s·q|, e = |y − s·q|
 *
 * (Cauchy and Schwarz). A search compares exactly only what the upper end does
 * not rule out, so its answer is exact.
 *
 * The upper and the lower four bits lie apart: a sweep reads the upper halves
 * of all rows, which are a row of their own with a larger e, and only rows that
 * this leaves are bounded by both. */
typedef struct {
  guint size;      /* d */
  guint half;      /* bytes of a row's upper or lower bits */
  guint allocated; /* rows */
  guint8 *upper;   /* [allocated, half]: of q + 128, two values a byte */
  guint8 *lower;   /* [allocated, half] */
  gfloat *scales;  /* [allocated]: s */
  gfloat *lengths; /* [allocated]: above |y| */
  gfloat *losses;  /* [allocated]: e of the upper bits alone, rounded up */
  gfloat *errors;  /* [allocated]: e, rounded up */
} EmbeddingCodes;

/* An embedding that is looked for, in all 8 bits. */
typedef struct {
  gint8 *code;               /* [2 · half] */
  gint32 sum;                /* of it */
  gfloat scale, norm, error; /* s, n, e */
} EmbeddingQuery;

void embedding_codes_finish (EmbeddingCodes *codes);

/* Makes room; rows keep their codes where @size stays the same. */
void embedding_codes_allocate (
    EmbeddingCodes *codes, guint size, guint allocated);

/* @embedding: `[size]`, NULL: one of zeros */
void embedding_codes_set (
    EmbeddingCodes *codes, guint row, const gfloat *embedding);
void embedding_codes_copy (EmbeddingCodes *codes, guint to, guint from);

/* @query: zeros, or of an earlier call with the same codes
 * @embedding: `[size]` */
void embedding_query_set (EmbeddingQuery *query, const EmbeddingCodes *codes,
    const gfloat *embedding);
void embedding_query_finish (EmbeddingQuery *query);

#define EMBEDDING_CODES_MOST_ROWS 256 /* of one call */

/* @bounds: `[n_rows]`: never less than the inner product of row @first + i with
 * what is looked for, in single precision; from the upper bits */
void embedding_codes_bound (const EmbeddingCodes *codes, guint first,
    guint n_rows, const EmbeddingQuery *query, gfloat *bounds);

/* Returns: a row's bound from all 8 bits */
gfloat embedding_codes_bound_row (
    const EmbeddingCodes *codes, guint row, const EmbeddingQuery *query);

G_END_DECLS
