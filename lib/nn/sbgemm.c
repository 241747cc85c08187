/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Matrix products of operands rounded to bf16. All of b is rounded and packed
 * before, once for all rows; a is packed for some rows and steps of k at a time,
 * which stay in the second cache, while panels of b pass through the first.
 */

#include "nn/sbgemm-private.h"

#include "nn/sbgemm-kernel-private.h"
#include "nn/scratch-private.h"
#include "nn/simd-private.h"

#define PANEL NN_SBGEMM_PANEL
#define BLOCK_CHUNKS 16 /* of 32 steps: a panel stays in the first cache */
#define BLOCK_ROWS 128

G_STATIC_ASSERT (PANEL == 2 * SBGEMM_TILE);

static const SbgemmKernel *const kernels[] = {
#if defined(__x86_64__) && defined(__linux__)
  &sbgemm_amx,
#endif
#if defined(__x86_64__)
  &sbgemm_avx512,
#endif
  &sbgemm_plain,
};

static const char *runnable[G_N_ELEMENTS (kernels) + 1];
static const SbgemmKernel *used;

const char *const *
nn_sbgemm_list (void)
{
  static gsize listed;
  if (g_once_init_enter (&listed)) {
    guint n = 0;
    for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
      if (kernels[i]->can_run ())
        runnable[n++] = kernels[i]->name;
    g_once_init_leave (&listed, 1);
  }
  return runnable;
}

gboolean
nn_sbgemm_use (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    if (g_str_equal (kernels[i]->name, name)
        && g_strv_contains (nn_sbgemm_list (), name)) {
      g_atomic_pointer_set (&used, kernels[i]);
      return TRUE;
    }
  return FALSE;
}

static const SbgemmKernel *
kernel_in_use (void)
{
  if (!g_atomic_pointer_get (&used))
    nn_sbgemm_use (nn_sbgemm_list ()[0]);
  return g_atomic_pointer_get (&used);
}

gboolean
nn_sbgemm_is_fast (void)
{
  return kernel_in_use ()->fast;
}

/* Lines of op(a) or op(b): of line i and step p at data[i line + p step], where
 * one of line and step is 1. */
typedef struct {
  const float *data;
  gsize n_lines, n_steps, line, step;
  gboolean of_a;
} Operand;

static Operand
operand_a (const NnSgemm *g)
{
  return (Operand){ g->a, g->m, g->k, g->transpose_a ? 1 : g->lda,
    g->transpose_a ? g->lda : 1, TRUE };
}

static Operand
operand_b (const NnSgemm *g)
{
  return (Operand){ g->b, g->n, g->k, g->transpose_b ? g->ldb : 1,
    g->transpose_b ? 1 : g->ldb, FALSE };
}

/* A tile that has fewer lines or steps goes through a copy with zeros. */
static void
pack_edge (const SbgemmKernel *kernel, const Operand *o, gsize line, gsize step,
    guint32 *tile)
{
  float whole[SBGEMM_TILE * SBGEMM_STEPS] = { 0 };
  gsize lines = line < o->n_lines ? MIN (SBGEMM_TILE, o->n_lines - line) : 0;
  gsize steps = MIN (SBGEMM_STEPS, o->n_steps - step);
  for (gsize i = 0; i < lines; i++)
    for (gsize p = 0; p < steps; p++)
      whole[i * SBGEMM_STEPS + p]
          = o->data[(line + i) * o->line + (step + p) * o->step];
  kernel->pack (whole, SBGEMM_STEPS, TRUE, o->of_a, tile);
}

static void
pack_tile (const SbgemmKernel *kernel, const Operand *o, gsize line, gsize step,
    guint32 *tile)
{
  if (line + SBGEMM_TILE > o->n_lines || step + SBGEMM_STEPS > o->n_steps)
    pack_edge (kernel, o, line, step, tile);
  else
    kernel->pack (o->data + line * o->line + step * o->step,
        o->step == 1 ? o->line : o->step, o->step == 1, o->of_a, tile);
}

static gsize
n_chunks (gsize n_steps)
{
  return (n_steps + SBGEMM_STEPS - 1) / SBGEMM_STEPS;
}

/* Words of a panel with that many chunks. */
static gsize
panel_words (gsize chunks)
{
  return chunks * 2 * SBGEMM_WORDS;
}

/* Panels of lines … to end, each of `chunks` from that step on, in the order in
 * which they are stored. */
static void
pack_panels (const SbgemmKernel *kernel, const Operand *o, gsize line,
    gsize end, gsize step, gsize chunks, guint32 *panels)
{
  gsize n_panels = (end - line + PANEL - 1) / PANEL;
  for (gsize i = 0; i < n_panels * chunks; i++) {
    gsize panel = o->step == 1 ? i / chunks : i % n_panels;
    gsize chunk = o->step == 1 ? i % chunks : i / n_panels;
    guint32 *tile = panels + (panel * chunks + chunk) * panel_words (1);
    for (gsize half = 0; half < 2; half++)
      pack_tile (kernel, o, line + panel * PANEL + half * SBGEMM_TILE,
          step + chunk * SBGEMM_STEPS, tile + half * SBGEMM_WORDS);
  }
}

gsize
nn_sbgemm_packed_size (const NnSgemm *g)
{
  return (g->n + PANEL - 1) / PANEL * panel_words (n_chunks (g->k))
         * sizeof (guint32);
}

void
nn_sbgemm_pack (const NnSgemm *g, gsize column, gsize end, gpointer packed)
{
  Operand b = operand_b (g);
  gsize chunks = n_chunks (g->k);
  pack_panels (kernel_in_use (), &b, column, end, 0, chunks,
      (guint32 *)packed + column / PANEL * panel_words (chunks));
}

typedef float Half
    __attribute__ ((vector_size (PANEL * 2), aligned (4), may_alias));

/* c = addend + bias + scale sums, for PANEL columns; addend and bias may be
 * NULL. */
static inline G_ALWAYS_INLINE void
add_row (float *c, const float *addend, const float *bias, float scale,
    const float *sums)
{
#pragma GCC unroll 2
  for (gsize q = 0; q < PANEL; q += PANEL / 2) {
    Half base = { 0 };
    if (bias)
      base = *(const Half *)(bias + q);
    if (addend)
      base += *(const Half *)(addend + q);
    *(Half *)(c + q) = base + scale * *(const Half *)(sums + q);
  }
}

/* The same from row i and column j on; in the place of addend and bias it is c
 * itself once there are sums of earlier steps in it. The columns that come next
 * are fetched meanwhile. */
NN_SIMD static void
add_sums (const NnSgemm *g, gsize i, gsize j, gboolean first, const float *sums)
{
  const gsize rows = MIN (PANEL, g->m - i), columns = MIN (PANEL, g->n - j);
  const gsize size = columns * sizeof (float), ldc = g->ldc;
  const float *bias = first && g->bias ? g->bias + j : NULL;
  const float *addend = first ? g->addend : g->c;
  float *c = g->c + i * ldc + j, row[PANEL], bias_row[PANEL];
  const float scale = g->scale;
  addend = addend ? addend + i * ldc + j : NULL;
  if (columns == PANEL) {
    for (gsize r = 0; r < rows; r++, c += ldc, sums += PANEL) {
      __builtin_prefetch (c + PANEL, 1);
      __builtin_prefetch (c + PANEL + PANEL / 2, 1);
      add_row (c, addend ? addend + r * ldc : NULL, bias, scale, sums);
    }
    return;
  }
  if (bias)
    bias = memcpy (bias_row, bias, size);
  for (gsize r = 0; r < rows; r++, c += ldc, sums += PANEL) {
    if (addend)
      memcpy (row, addend + r * ldc, size);
    add_row (row, addend ? row : NULL, bias, scale, sums);
    memcpy (c, row, size);
  }
}

/* Rows … to end by chunks of steps, with all columns. */
static void
run_block (const NnSgemm *g, const SbgemmKernel *kernel, gsize row, gsize end,
    gsize chunk, gsize chunks, const guint32 *packed)
{
  guint32 *panels = nn_scratch (NN_SCRATCH_OWN,
      BLOCK_ROWS / PANEL * panel_words (BLOCK_CHUNKS) * sizeof *panels);
  float sums[PANEL * PANEL] __attribute__ ((aligned (64)));
  gsize stride = panel_words (n_chunks (g->k));
  Operand a = operand_a (g);
  pack_panels (kernel, &a, row, end, chunk * SBGEMM_STEPS, chunks, panels);
  packed += panel_words (chunk);
  for (gsize i = row; i < end; i += PANEL)
    for (gsize j = 0; j < g->n; j += PANEL) {
      kernel->run (chunks, panels + (i - row) / PANEL * panel_words (chunks),
          packed + j / PANEL * stride, sums);
      add_sums (g, i, j, chunk == 0, sums);
    }
}

void
nn_sbgemm_rows (const NnSgemm *g, gsize row, gsize end, gconstpointer packed)
{
  const SbgemmKernel *kernel = kernel_in_use ();
  gsize chunks = n_chunks (g->k);
  if (kernel->begin)
    kernel->begin ();
  for (gsize i = row; i < end; i += BLOCK_ROWS)
    for (gsize q = 0; q == 0 || q < chunks; q += BLOCK_CHUNKS)
      run_block (g, kernel, i, MIN (i + BLOCK_ROWS, end), q,
          MIN (BLOCK_CHUNKS, chunks - q), packed);
  if (kernel->end)
    kernel->end ();
}

void
nn_sbgemm (const NnSgemm *g)
{
  gpointer packed = nn_scratch (NN_SCRATCH_LENT, nn_sbgemm_packed_size (g));
  nn_sbgemm_pack (g, 0, g->n, packed);
  nn_sbgemm_rows (g, 0, g->m, packed);
}
