/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/embedding-codes-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "nn/simd-private.h"

#define LARGEST_CODE 127
/* Above all that rounding to single precision does to numbers of size 1. */
#define SLACK 1e-5f

/* One row's code. */
typedef struct {
  gfloat scale, norm, error;
} Grid;

void
embedding_codes_finish (EmbeddingCodes *codes)
{
  g_free (codes->codes);
  g_free (codes->scales);
  g_free (codes->norms);
  g_free (codes->errors);
  *codes = (EmbeddingCodes){ 0 };
}

void
embedding_codes_allocate (EmbeddingCodes *codes, guint size, guint allocated)
{
  codes->size = size;
  codes->allocated = allocated;
  codes->codes = g_renew (gint8, codes->codes, (gsize)allocated * size);
  codes->scales = g_renew (gfloat, codes->scales, allocated);
  codes->norms = g_renew (gfloat, codes->norms, allocated);
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

/* embedding: [size], code: [size] */
static Grid
encode (const gfloat *embedding, guint size, gint8 *code)
{
  Grid grid = { largest_of (embedding, size) / LARGEST_CODE, 0, 0 };
  gdouble norm = 0, error = 0;

  for (guint i = 0; i < size; i++) {
    gdouble kept, lost;

    /* a scale of 0, or one whose inverse overflows: nothing but error */
    code[i] = grid.scale > FLT_MIN ? lrintf (embedding[i] / grid.scale) : 0;
    kept = (gdouble)grid.scale * code[i];
    lost = embedding[i] - kept;
    norm += kept * kept;
    error += lost * lost;
  }
  grid.norm = sqrt (norm) + SLACK / 10;
  grid.error = sqrt (error) + SLACK / 10;
  return grid;
}

void
embedding_codes_set (EmbeddingCodes *codes, guint row, const gfloat *embedding)
{
  gint8 *code = codes->codes + (gsize)row * codes->size;
  Grid grid = { 0 };

  if (embedding != NULL)
    grid = encode (embedding, codes->size, code);
  else if (codes->size > 0)
    memset (code, 0, codes->size);
  codes->scales[row] = grid.scale;
  codes->norms[row] = grid.norm;
  codes->errors[row] = grid.error;
}

void
embedding_codes_copy (EmbeddingCodes *codes, guint to, guint from)
{
  if (codes->size > 0 && to != from)
    memcpy (codes->codes + (gsize)to * codes->size,
        codes->codes + (gsize)from * codes->size, codes->size);
  codes->scales[to] = codes->scales[from];
  codes->norms[to] = codes->norms[from];
  codes->errors[to] = codes->errors[from];
}

/* The hot loop; 16-bit factors are what vector units multiply in pairs. */
NN_SIMD static void
multiply (const gint8 *restrict rows, guint n_rows, guint size,
    const gint16 *restrict code, gint32 *restrict products)
{
  for (guint row = 0; row < n_rows; row++) {
    const gint8 *restrict values = rows + (gsize)row * size;
    gint32 sum = 0;

    for (guint i = 0; i < size; i++)
      sum += (gint16)values[i] * code[i];
    products[row] = sum;
  }
}

#define BLOCK 256

void
embedding_codes_bound (const EmbeddingCodes *codes, guint n_rows,
    const gfloat *embedding, gfloat *bounds)
{
  g_autofree gint8 *code = g_new (gint8, codes->size);
  g_autofree gint16 *wide = g_new (gint16, codes->size);
  Grid grid = encode (embedding, codes->size, code);
  gint32 products[BLOCK];

  for (guint i = 0; i < codes->size; i++)
    wide[i] = code[i];
  for (guint first = 0; first < n_rows; first += BLOCK) {
    guint n = MIN (BLOCK, n_rows - first);

    multiply (codes->codes + (gsize)first * codes->size, n, codes->size, wide,
        products);
    for (guint i = 0; i < n; i++) {
      guint row = first + i;
      gfloat error = codes->errors[row];

      bounds[row] = codes->scales[row] * grid.scale * products[i]
                    + grid.error * (codes->norms[row] + error)
                    + grid.norm * error + SLACK;
    }
  }
}
