/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Matrix products of OpenBLAS, cut into tiles of the result for the pool. */

#include "nn/layers-private.h"
#include "nn/pool-private.h"

#include <cblas.h>
#include <string.h>

/* Below this a tile costs more to hand out and to pack than it saves; with
 * more tiles than this, packing the shared factor again for each of them
 * outweighs the gain. */
#define MIN_TILE_PRODUCTS (4 << 20)
#define MAX_TILES 16

typedef struct {
  gsize row, n_rows, column, n_columns;
} Tile;

/* addend and bias come first, so that the product is added to them in place. */
static gboolean
fill (const NnGemm *g, const Tile *tile)
{
  for (gsize i = tile->row; i < tile->row + tile->n_rows; i++) {
    float *c = g->c + i * g->n + tile->column;
    const float *bias = g->bias ? g->bias + tile->column : NULL;
    if (g->addend && g->addend != g->c)
      memcpy (
          c, g->addend + i * g->n + tile->column, tile->n_columns * sizeof *c);
    else if (!g->addend && bias)
      memcpy (c, bias, tile->n_columns * sizeof *c);
    if (g->addend && bias)
      for (gsize j = 0; j < tile->n_columns; j++)
        c[j] += bias[j];
  }
  return g->addend || g->bias;
}

static void
run_tile (const NnGemm *g, const Tile *tile)
{
  gsize lda = g->transpose_a ? g->m : g->k;
  gsize ldb = g->transpose_b ? g->k : g->n;
  float beta = fill (g, tile) ? 1 : 0;
  cblas_sgemm (CblasRowMajor, g->transpose_a ? CblasTrans : CblasNoTrans,
      g->transpose_b ? CblasTrans : CblasNoTrans, tile->n_rows, tile->n_columns,
      g->k, 1, g->a + tile->row * (g->transpose_a ? 1 : lda), lda,
      g->b + tile->column * (g->transpose_b ? ldb : 1), ldb, beta,
      g->c + tile->row * g->n + tile->column, g->n);
}

static void
run_rows (gsize begin, gsize end, gpointer data)
{
  const NnGemm *g = data;
  run_tile (g, &(Tile){ begin, end - begin, 0, g->n });
}

static void
run_columns (gsize begin, gsize end, gpointer data)
{
  const NnGemm *g = data;
  run_tile (g, &(Tile){ 0, g->m, begin, end - begin });
}

void
nn_gemm (const NnGemm *gemm)
{
  gsize longer = MAX (gemm->m, gemm->n);
  gsize n_tiles = gemm->m * gemm->n * gemm->k / MIN_TILE_PRODUCTS;
  gsize block;
  if (gemm->m == 0 || gemm->n == 0)
    return;
  n_tiles = CLAMP (n_tiles, 1, MAX_TILES);
  block = (longer + n_tiles - 1) / n_tiles;
  block = (block + 15) & ~(gsize)15; /* whole registers */
  nn_parallel (longer, block, gemm->m >= gemm->n ? run_rows : run_columns,
      (gpointer)gemm);
}
