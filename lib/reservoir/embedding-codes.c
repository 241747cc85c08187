/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/embedding-codes-private.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "nn/simd-private.h"
#include "reservoir/nibble-products-private.h"

#define LARGEST_CODE 127
#define OFFSET 128 /* makes codes unsigned */
#define HUGE_PAGE (2 << 20)
/* Above all that rounding to single precision does to numbers of size 1. */
#define SLACK 1e-5f
/* What is above a number and its norm, of size 1, in single precision. */
#define ROUND_UP(number) ((number) + SLACK / 10)

void
embedding_codes_finish (EmbeddingCodes *codes)
{
  g_aligned_free (codes->upper);
  g_aligned_free (codes->lower);
  g_free (codes->scales);
  g_free (codes->lengths);
  g_free (codes->losses);
  g_free (codes->errors);
  *codes = (EmbeddingCodes){ 0 };
}

/* A sweep takes as long as memory does, and a quarter less in huge pages.
 * Returns: memory that begins with @used bytes of @rows, which it frees */
static guint8 *
renew_rows (guint8 *rows, gsize used, gsize size)
{
  guint8 *renewed
      = g_aligned_alloc (size, 1, size < HUGE_PAGE ? 64 : HUGE_PAGE);

#ifdef MADV_HUGEPAGE
  if (size >= HUGE_PAGE)
    madvise (renewed, size, MADV_HUGEPAGE);
#endif
  if (rows != NULL && renewed != NULL)
    memcpy (renewed, rows, MIN (used, size));
  g_aligned_free (rows);
  return renewed;
}

void
embedding_codes_allocate (EmbeddingCodes *codes, guint size, guint allocated)
{
  gsize used = (gsize)codes->allocated * codes->half, bytes;

  codes->size = size;
  codes->half = NIBBLE_ROW_SIZE (size);
  codes->allocated = allocated;
  bytes = (gsize)allocated * codes->half;
  codes->upper = renew_rows (codes->upper, used, bytes);
  codes->lower = renew_rows (codes->lower, used, bytes);
  codes->scales = g_renew (gfloat, codes->scales, allocated);
  codes->lengths = g_renew (gfloat, codes->lengths, allocated);
  codes->losses = g_renew (gfloat, codes->losses, allocated);
  codes->errors = g_renew (gfloat, codes->errors, allocated);
}

static gfloat
largest_of (const gfloat *embedding, guint size)
{
  gfloat largest = 0;

  for (guint i = 0; i < size; i++)
    largest = MAX (largest, fabsf (embedding[i]));
  return largest;
}

static gfloat
get_scale (const gfloat *embedding, guint size)
{
  return largest_of (embedding, size) / LARGEST_CODE;
}

/* Where the scale is 0, or one whose inverse overflows: nothing but error. */
static gint
quantise (gfloat value, gfloat scale)
{
  return scale > FLT_MIN ? (gint)lrintf (value / scale) : 0;
}

/* The middle of the sixteen codes that share their upper bits. */
static gdouble
middle_of (gint code)
{
  return ((code + OFFSET) & ~15) + 7.5 - OFFSET;
}

static void
set_row (EmbeddingCodes *codes, guint row, const gfloat *embedding)
{
  guint8 *upper = codes->upper + (gsize)row * codes->half;
  guint8 *lower = codes->lower + (gsize)row * codes->half;
  gfloat scale = get_scale (embedding, codes->size);
  gdouble length = 0, loss = 0, error = 0;

  for (guint i = 0; i < codes->size; i++) {
    gint code = quantise (embedding[i], scale);
    gdouble value = embedding[i];
    gdouble rest = value - scale * (gdouble)code;
    gdouble coarse = value - scale * middle_of (code);

    nibble_set (upper, codes->half, i, (code + OFFSET) >> 4);
    nibble_set (lower, codes->half, i, (code + OFFSET) & 15);
    length += value * value;
    loss += coarse * coarse;
    error += rest * rest;
  }
  codes->scales[row] = scale;
  codes->lengths[row] = ROUND_UP (sqrt (length));
  codes->losses[row] = ROUND_UP (sqrt (loss));
  codes->errors[row] = ROUND_UP (sqrt (error));
}

void
embedding_codes_set (EmbeddingCodes *codes, guint row, const gfloat *embedding)
{
  if (codes->size > 0) {
    memset (codes->upper + (gsize)row * codes->half, 0, codes->half);
    memset (codes->lower + (gsize)row * codes->half, 0, codes->half);
  }
  codes->scales[row] = codes->lengths[row] = 0;
  codes->losses[row] = codes->errors[row] = 0;
  if (embedding != NULL)
    set_row (codes, row, embedding);
}

void
embedding_codes_copy (EmbeddingCodes *codes, guint to, guint from)
{
  if (codes->size > 0 && to != from) {
    memcpy (codes->upper + (gsize)to * codes->half,
        codes->upper + (gsize)from * codes->half, codes->half);
    memcpy (codes->lower + (gsize)to * codes->half,
        codes->lower + (gsize)from * codes->half, codes->half);
  }
  codes->scales[to] = codes->scales[from];
  codes->lengths[to] = codes->lengths[from];
  codes->losses[to] = codes->losses[from];
  codes->errors[to] = codes->errors[from];
}

void
embedding_query_set (
    EmbeddingQuery *query, const EmbeddingCodes *codes, const gfloat *embedding)
{
  gdouble norm = 0, error = 0;

  query->code = g_renew (gint8, query->code, 2 * codes->half);
  memset (query->code, 0, 2 * codes->half);
  query->scale = get_scale (embedding, codes->size);
  query->sum = 0;
  for (guint i = 0; i < codes->size; i++) {
    gint code = quantise (embedding[i], query->scale);
    gdouble kept = query->scale * (gdouble)code;

    query->code[i] = code;
    query->sum += code;
    norm += kept * kept;
    error += (embedding[i] - kept) * (embedding[i] - kept);
  }
  query->norm = ROUND_UP (sqrt (norm));
  query->error = ROUND_UP (sqrt (error));
}

void
embedding_query_finish (EmbeddingQuery *query)
{
  g_clear_pointer (&query->code, g_free);
}

/* @products: of the upper bits. A code's middle is (32·upper − 241) / 2. */
NN_SIMD static void
bound (const gint32 *restrict products, guint n, const gfloat *restrict scales,
    const gfloat *restrict lengths, const gfloat *restrict losses, gint32 sum,
    gfloat scale, gfloat norm, gfloat error, gfloat *restrict bounds)
{
  for (guint i = 0; i < n; i++)
    bounds[i] = scales[i] * (scale / 2) * (32 * products[i] - 241 * sum)
                + error * lengths[i] + norm * losses[i] + SLACK;
}

void
embedding_codes_bound (const EmbeddingCodes *codes, guint first, guint n_rows,
    const EmbeddingQuery *query, gfloat *bounds)
{
  gint32 products[EMBEDDING_CODES_MOST_ROWS];

  nibble_products_get (0) (codes->upper + (gsize)first * codes->half, n_rows,
      codes->half, query->code, products);
  bound (products, n_rows, codes->scales + first, codes->lengths + first,
      codes->losses + first, query->sum, query->scale, query->norm,
      query->error, bounds);
}

gfloat
embedding_codes_bound_row (
    const EmbeddingCodes *codes, guint row, const EmbeddingQuery *query)
{
  gsize start = (gsize)row * codes->half;
  NibbleProducts multiply = nibble_products_get (0);
  gint32 upper, lower;

  multiply (codes->upper + start, 1, codes->half, query->code, &upper);
  multiply (codes->lower + start, 1, codes->half, query->code, &lower);
  return codes->scales[row] * query->scale
             * (16 * upper + lower - OFFSET * query->sum)
         + query->error * codes->lengths[row] + query->norm * codes->errors[row]
         + SLACK;
}
