/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Matrix products, cut into tiles of the result for the pool. */

#include "nn/layers-private.h"
#include "nn/pool-private.h"
#include "nn/sgemm-private.h"

/* Below this a tile costs more to hand out than it saves. */
#define MIN_TILE_PRODUCTS (4 << 20)
#define MAX_TILES 16
#define MIN_COLUMNS 64 /* of a tile: two panels of the widest kernel */

typedef struct {
  gsize row, n_rows, column, n_columns;
} Tile;

static void
run_tile (const NnGemm *g, const Tile *tile)
{
  gsize lda = g->transpose_a ? g->m : g->k;
  gsize ldb = g->transpose_b ? g->k : g->n;
  gsize corner = tile->row * g->n + tile->column;
  nn_sgemm (&(NnSgemm){ tile->n_rows, tile->n_columns, g->k,
      g->a + tile->row * (g->transpose_a ? 1 : lda),
      g->b + tile->column * (g->transpose_b ? ldb : 1), g->c + corner, lda, ldb,
      g->n, g->transpose_a, g->transpose_b, 1,
      g->addend ? g->addend + corner : NULL,
      g->bias ? g->bias + tile->column : NULL });
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

/* Tiles of columns share no packing; where c is too narrow for that, they are
 * of rows, each of which packs b anew. */
void
nn_gemm (const NnGemm *gemm)
{
  gsize n_tiles = gemm->m * gemm->n * gemm->k / MIN_TILE_PRODUCTS;
  gboolean by_rows;
  gsize length, block;
  if (gemm->m == 0 || gemm->n == 0)
    return;
  n_tiles = CLAMP (n_tiles, 1, MAX_TILES);
  by_rows = gemm->n < 2 * MIN_COLUMNS && gemm->m > gemm->n;
  length = by_rows ? gemm->m : gemm->n;
  block = (length + n_tiles - 1) / n_tiles;
  block = (block + MIN_COLUMNS - 1) / MIN_COLUMNS * MIN_COLUMNS;
  nn_parallel (length, block, by_rows ? run_rows : run_columns, (gpointer)gemm);
}
