/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Embeddings in 8 bits a value, to rule out most of a search in a quarter of
 * the bytes. Row y is kept as s·q with whole q in −127 … 127, and what that
 * loses, |y − s·q|, is known: the inner product of two rows lies within
 *
 *     s·s'·⟨q, q'⟩ ± (e·(n' + e') + n·e'),   n = |s·q|, e = |y − s·q|
 *
 * (Cauchy and Schwarz). A search compares exactly only what the upper end does
 * not rule out, so its answer is exact. */
typedef struct {
  guint size;      /* d */
  guint allocated; /* rows */
  gint8 *codes;    /* [allocated, size] */
  gfloat *scales;  /* [allocated]: s */
  gfloat *norms;   /* [allocated]: n, rounded up */
  gfloat *errors;  /* [allocated]: e, rounded up */
} EmbeddingCodes;

void embedding_codes_finish (EmbeddingCodes *codes);

/* Makes room; rows keep their codes where @size stays the same. */
void embedding_codes_allocate (
    EmbeddingCodes *codes, guint size, guint allocated);

/* @embedding: `[size]`, NULL: one of zeros */
void embedding_codes_set (
    EmbeddingCodes *codes, guint row, const gfloat *embedding);
void embedding_codes_copy (EmbeddingCodes *codes, guint to, guint from);

/* @bounds: `[n_rows]`: never less than the row's inner product with @embedding,
 * in single precision */
void embedding_codes_bound (const EmbeddingCodes *codes, guint n_rows,
    const gfloat *embedding, gfloat *bounds);

G_END_DECLS
