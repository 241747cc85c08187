/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Matrix products, cut into tiles of the result for the pool. */

#include "nn/layers-private.h"
#include "nn/pool-private.h"
#include "nn/sbgemm-private.h"
#include "nn/scratch-private.h"

/* Below this a tile costs more to hand out than it saves. */
#define MIN_TILE_PRODUCTS (4 << 20)
#define MIN_TILE_VALUES (64 << 10) /* to pack */
#define MAX_TILES 16
#define MIN_COLUMNS 64 /* of a tile: two panels of the widest kernel */

typedef struct {
  gsize row, n_rows, column, n_columns;
} Tile;

static NnSgemm
tile_product (const NnGemm *g, const Tile *tile)
{
  gsize lda = g->transpose_a ? g->m : g->k;
  gsize ldb = g->transpose_b ? g->k : g->n;
  gsize corner = tile->row * g->n + tile->column;
  return (NnSgemm){ tile->n_rows, tile->n_columns, g->k,
    g->a + tile->row * (g->transpose_a ? 1 : lda),
    g->b + tile->column * (g->transpose_b ? ldb : 1), g->c + corner, lda, ldb,
    g->n, g->transpose_a, g->transpose_b, 1,
    g->addend ? g->addend + corner : NULL,
    g->bias ? g->bias + tile->column : NULL };
}

static void
run_tile (const NnGemm *g, const Tile *tile)
{
  NnSgemm product = tile_product (g, tile);
  nn_sgemm (&product);
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
static void
run_f32 (const NnGemm *gemm)
{
  gsize n_tiles = gemm->m * gemm->n * gemm->k / MIN_TILE_PRODUCTS;
  gboolean by_rows = gemm->n < 2 * MIN_COLUMNS && gemm->m > gemm->n;
  gsize length = by_rows ? gemm->m : gemm->n, block;
  n_tiles = CLAMP (n_tiles, 1, MAX_TILES);
  block = (length + n_tiles - 1) / n_tiles;
  block = (block + MIN_COLUMNS - 1) / MIN_COLUMNS * MIN_COLUMNS;
  nn_parallel (length, block, by_rows ? run_rows : run_columns, (gpointer)gemm);
}

typedef struct {
  NnSgemm product;
  gpointer packed;
} Packed;

static void
pack_columns (gsize begin, gsize end, gpointer data)
{
  const Packed *p = data;
  nn_sbgemm_pack (&p->product, begin, end, p->packed);
}

static void
run_packed (gsize begin, gsize end, gpointer data)
{
  const Packed *p = data;
  nn_sbgemm_rows (&p->product, begin, end, p->packed);
}

/* Lines of a parallel loop's block where each takes `work` and `least` is
 * worth a block. */
static gsize
panels_for (gsize least, gsize work)
{
  gsize lines = least / MAX (work, 1) + 1;
  return (lines + NN_SBGEMM_PANEL - 1) / NN_SBGEMM_PANEL * NN_SBGEMM_PANEL;
}

/* b is packed once for all tiles, which are of rows. */
static void
run_bf16 (const NnGemm *g)
{
  Packed p = { .product = tile_product (g, &(Tile){ 0, g->m, 0, g->n }) };
  p.packed = nn_scratch (NN_SCRATCH_LENT, nn_sbgemm_packed_size (&p.product));
  nn_parallel (g->n, panels_for (MIN_TILE_VALUES, g->k), pack_columns, &p);
  nn_parallel (
      g->m, panels_for (MIN_TILE_PRODUCTS, g->n * g->k), run_packed, &p);
}

void
nn_gemm (const NnGemm *gemm)
{
  if (gemm->m == 0 || gemm->n == 0)
    return;
  if (vinfo_dtype_resolve (gemm->dtype) == VINFO_DTYPE_BF16)
    run_bf16 (gemm);
  else
    run_f32 (gemm);
}
