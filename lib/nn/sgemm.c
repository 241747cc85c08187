/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Matrix products for the shapes of a transformer: some ten to some thousand
 * rows. b is packed into panels as wide as a micro-kernel; a is read where it
 * is, which at such shapes costs less than to pack it too.
 *
 * OpenBLAS would do for the arithmetic, but chooses its kernel by a list of
 * processors that it knows: on a newer one it falls back to one of 2004.
 */

#include "nn/sgemm-private.h"

#include <cblas.h>
#include <string.h>

#define MAX_ROWS 8
#define MAX_COLUMNS 32
#define BLOCK_K 256 /* a panel of b stays in the first cache */
#define BLOCK_M 240 /* and this many rows of a in the second */
#define BLOCK_N 1024

/* What a micro-kernel computes: some rows of c, as wide as a panel. */
typedef struct {
  gsize k;
  const float *a; /* of row i and step p at i a_row + p a_step */
  gsize a_row, a_step;
  const float *b; /* panel: [k, width of the kernel] */
  float *c;
  gsize ldc;
  float scale;
  gboolean add;
} Stripe;

typedef struct {
  const char *name;
  gsize rows, columns; /* 0: OpenBLAS */
  void (*run) (gsize rows, const Stripe *stripe);
} Kernel;

/* After sum += a * b: a and b are still wanted, or so it seems, so that it is
 * the sum that the instruction overwrites. Without it a third of the loop is
 * moves between registers. */
#if defined(__x86_64__)
#define STAY(sum, a, b) __asm__("" : "+v"(sum) : "v"(a), "v"(b))
#else
#define STAY(sum, a, b)
#endif

#if defined(__x86_64__)
#define KERNEL avx512
#define TARGET __attribute__ ((target ("avx512f,fma")))
#define LANES 16
#define ROWS 8
#include "nn/sgemm-kernel.h"

#define KERNEL avx2
#define TARGET __attribute__ ((target ("avx2,fma")))
#define LANES 8
#define ROWS 6
#include "nn/sgemm-kernel.h"
#endif

#define KERNEL plain
#define TARGET
#define LANES 4
#define ROWS 4
#include "nn/sgemm-kernel.h"

static const Kernel kernels[] = {
#if defined(__x86_64__)
  { "avx512", 8, 32, avx512 },
  { "avx2", 6, 16, avx2 },
#endif
  { "openblas", 0, 0, NULL },
  { "plain", 4, 8, plain },
};

static const char *runnable[G_N_ELEMENTS (kernels) + 1];
static const Kernel *used;

static gboolean
can_run (const char *name)
{
#if defined(__x86_64__)
  if (g_str_equal (name, "avx512"))
    return __builtin_cpu_supports ("avx512f");
  if (g_str_equal (name, "avx2"))
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
#endif
  return TRUE;
}

const char *const *
nn_sgemm_list (void)
{
  static gsize listed;
  if (g_once_init_enter (&listed)) {
    guint n = 0;
    for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
      if (can_run (kernels[i].name))
        runnable[n++] = kernels[i].name;
    g_once_init_leave (&listed, 1);
  }
  return runnable;
}

gboolean
nn_sgemm_use (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    if (g_str_equal (kernels[i].name, name) && can_run (name)) {
      g_atomic_pointer_set (&used, &kernels[i]);
      return TRUE;
    }
  return FALSE;
}

static const Kernel *
kernel_in_use (void)
{
  const Kernel *kernel = g_atomic_pointer_get (&used);
  const char *wanted;
  if (kernel)
    return kernel;
  wanted = g_getenv ("VINFO_KERNEL");
  if (!wanted || !nn_sgemm_use (wanted)) {
    if (wanted)
      g_warning ("VINFO_KERNEL: %s: no kernel that runs here; ignored", wanted);
    nn_sgemm_use (nn_sgemm_list ()[0]);
  }
  return g_atomic_pointer_get (&used);
}

typedef struct {
  float *data;
  gsize size;
} Buffer;

static void
buffer_free (gpointer data)
{
  Buffer *buffer = data;
  g_aligned_free (buffer->data);
  g_free (buffer);
}

/* The thread's own memory for size floats. */
static float *
take_buffer (gsize size)
{
  static GPrivate of_thread = G_PRIVATE_INIT (buffer_free);
  Buffer *buffer = g_private_get (&of_thread);
  if (!buffer) {
    buffer = g_new0 (Buffer, 1);
    g_private_set (&of_thread, buffer);
  }
  if (buffer->size < size) {
    g_aligned_free (buffer->data);
    buffer->data = g_aligned_alloc (size, sizeof (float), 64);
    buffer->size = size;
  }
  return buffer->data;
}

/* panel: [k, width] = rows p… and columns j… of op(b), with zeros beyond n. */
static void
pack_panel (
    const NnSgemm *g, gsize p, gsize k, gsize j, gsize width, float *panel)
{
  gsize n = MIN (width, g->n - j);
  if (n < width)
    memset (panel, 0, k * width * sizeof *panel);
  if (g->transpose_b) {
    const float *b = g->b + j * g->ldb + p;
    for (gsize q = 0; q < k; q++)
      for (gsize i = 0; i < n; i++)
        panel[q * width + i] = b[i * g->ldb + q];
  } else {
    const float *b = g->b + p * g->ldb + j;
    for (gsize q = 0; q < k; q++)
      memcpy (panel + q * width, b + q * g->ldb, n * sizeof *b);
  }
}

/* A stripe that is wider than what is left of c goes through a copy. */
static void
run_narrow (const Kernel *kernel, gsize rows, gsize columns, Stripe stripe)
{
  float wide[MAX_ROWS * MAX_COLUMNS], *c = stripe.c;
  gsize ldc = stripe.ldc;
  gboolean add = stripe.add;
  stripe.c = wide;
  stripe.ldc = kernel->columns;
  stripe.add = FALSE;
  kernel->run (rows, &stripe);
  for (gsize i = 0; i < rows; i++)
    for (gsize j = 0; j < columns; j++)
      c[i * ldc + j]
          = (add ? c[i * ldc + j] : 0) + wide[i * kernel->columns + j];
}

/* Rows i… to end of c by one panel: columns j… and steps p… . */
static void
run_panel (const NnSgemm *g, const Kernel *kernel, gsize i, gsize end, gsize j,
    gsize p, gsize k, const float *panel)
{
  gsize columns = MIN (kernel->columns, g->n - j);
  gsize a_row = g->transpose_a ? 1 : g->lda;
  gsize a_step = g->transpose_a ? g->lda : 1;
  for (; i < end; i += kernel->rows) {
    gsize rows = MIN (kernel->rows, end - i);
    Stripe stripe = { k, g->a + i * a_row + p * a_step, a_row, a_step, panel,
      g->c + i * g->ldc + j, g->ldc, g->scale, g->add || p > 0 };
    if (columns == kernel->columns)
      kernel->run (rows, &stripe);
    else
      run_narrow (kernel, rows, columns, stripe);
  }
}

/* Columns from … to `to` by steps p … p + k. */
static void
run_block (const NnSgemm *g, const Kernel *kernel, gsize from, gsize to,
    gsize p, gsize k)
{
  gsize width = kernel->columns;
  float *panels = take_buffer ((BLOCK_N + MAX_COLUMNS) * BLOCK_K);
  for (gsize j = from; j < to; j += width)
    pack_panel (g, p, k, j, width, panels + (j - from) * k);
  for (gsize i = 0; i < g->m; i += BLOCK_M)
    for (gsize j = from; j < to; j += width)
      run_panel (g, kernel, i, MIN (i + BLOCK_M, g->m), j, p, k,
          panels + (j - from) * k);
}

static void
run_openblas (const NnSgemm *g)
{
  cblas_sgemm (CblasRowMajor, g->transpose_a ? CblasTrans : CblasNoTrans,
      g->transpose_b ? CblasTrans : CblasNoTrans, g->m, g->n, g->k, g->scale,
      g->a, g->lda, g->b, g->ldb, g->add ? 1 : 0, g->c, g->ldc);
}

static void
clear (const NnSgemm *g)
{
  for (gsize i = 0; i < g->m; i++)
    memset (g->c + i * g->ldc, 0, g->n * sizeof *g->c);
}

void
nn_sgemm (const NnSgemm *g)
{
  const Kernel *kernel = kernel_in_use ();
  if (!kernel->run) {
    run_openblas (g);
    return;
  }
  if (g->k == 0 && !g->add)
    clear (g);
  for (gsize j = 0; j < g->n; j += BLOCK_N)
    for (gsize p = 0; p < g->k; p += BLOCK_K)
      run_block (
          g, kernel, j, MIN (j + BLOCK_N, g->n), p, MIN (BLOCK_K, g->k - p));
}
