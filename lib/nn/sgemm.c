/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Matrix products for the shapes of a transformer: some ten to some thousand
 * rows. b is packed into panels as wide as a micro-kernel; a is read where it
 * is, which at such shapes costs less than to pack it too.
 *
 * OpenBLAS would do for the arithmetic, but chooses its kernel by a list of
 * processors that it knows: on a newer one it falls back to one of 2004.
 */

#include "nn/scratch-private.h"
#include "nn/sgemm-private.h"

#include <cblas.h>
#include <string.h>

#define MAX_ROWS 8
#define MAX_COLUMNS 32
#define AHEAD 12    /* steps, of what is fetched from a transposed a */
#define BLOCK_K 256 /* a panel of b stays in the first cache */
#define BLOCK_M 240 /* and this many rows of a in the second */
#define BLOCK_N 1024

/* What a micro-kernel computes: some rows of c, as wide as a panel. */
typedef struct {
  gsize k;
  const float *a; /* of row i and step p at i a_row + p a_step */
  gsize a_row, a_step;
  const float *b; /* panel: [k, width of the panel] */
  float *c;
  gsize ldc;
  float scale;
  const float *addend, *bias; /* as of NnSgemm */
} Stripe;

/* narrow: a panel of half the columns */
typedef struct {
  const char *name;
  gsize rows, columns; /* 0: OpenBLAS */
  void (*run) (gsize rows, gboolean narrow, const Stripe *stripe);
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

/* Columns j… of b go into a panel that wide. */
static gsize
panel_width (const NnSgemm *g, const Kernel *kernel, gsize j)
{
  return g->n - j > kernel->columns / 2 ? kernel->columns : kernel->columns / 2;
}

typedef float Four __attribute__ ((vector_size (16), aligned (4), may_alias));

/* Four rows of four floats, ld apart, become four that are width apart. */
static inline void
transpose_four (const float *in, gsize ld, float *out, gsize width)
{
  Four a = *(const Four *)in, b = *(const Four *)(in + ld);
  Four c = *(const Four *)(in + 2 * ld), d = *(const Four *)(in + 3 * ld);
  Four ab = __builtin_shufflevector (a, b, 0, 4, 1, 5);
  Four cd = __builtin_shufflevector (c, d, 0, 4, 1, 5);
  *(Four *)out = __builtin_shufflevector (ab, cd, 0, 1, 4, 5);
  *(Four *)(out + width) = __builtin_shufflevector (ab, cd, 2, 3, 6, 7);
  ab = __builtin_shufflevector (a, b, 2, 6, 3, 7);
  cd = __builtin_shufflevector (c, d, 2, 6, 3, 7);
  *(Four *)(out + 2 * width) = __builtin_shufflevector (ab, cd, 0, 1, 4, 5);
  *(Four *)(out + 3 * width) = __builtin_shufflevector (ab, cd, 2, 3, 6, 7);
}

/* out: [k, …] = the transpose of in: [n, k], rows width and ld floats apart.
 * The next four rows are fetched meanwhile: weights come from far. */
static void
transpose (const float *in, gsize ld, gsize n, gsize k, float *out, gsize width)
{
  gsize n_fours = n / 4 * 4, k_fours = k / 4 * 4;
  for (gsize j = 0; j < n_fours; j += 4)
    for (gsize p = 0; p < k_fours; p += 4) {
      for (gsize i = 4; i < 8; i++)
        __builtin_prefetch (in + (j + i) * ld + p);
      transpose_four (in + j * ld + p, ld, out + p * width + j, width);
    }
  for (gsize j = 0; j < n; j++)
    for (gsize p = j < n_fours ? k_fours : 0; p < k; p++)
      out[p * width + j] = in[j * ld + p];
}

/* panel: [k, width] = steps p… of columns j… of b, with zeros beyond n. */
static void
pack_panel (
    const NnSgemm *g, gsize p, gsize k, gsize j, gsize width, float *panel)
{
  gsize n = MIN (width, g->n - j);
  if (n < width)
    memset (panel, 0, k * width * sizeof *panel);
  if (g->transpose_b)
    transpose (g->b + j * g->ldb + p, g->ldb, n, k, panel, width);
  else
    for (gsize q = 0; q < k; q++)
      memcpy (
          panel + q * width, g->b + (p + q) * g->ldb + j, n * sizeof *panel);
}

/* A stripe that is wider than what is left of c goes through a copy. */
static void
run_narrow (const Kernel *kernel, gsize rows, gsize columns, gboolean narrow,
    Stripe stripe)
{
  float wide[MAX_ROWS * MAX_COLUMNS];
  const Stripe s = stripe;
  stripe.c = wide;
  stripe.ldc = kernel->columns;
  stripe.addend = stripe.bias = NULL;
  kernel->run (rows, narrow, &stripe);
  for (gsize i = 0; i < rows; i++)
    for (gsize j = 0; j < columns; j++)
      s.c[i * s.ldc + j] = (s.bias ? s.bias[j] : 0)
                           + (s.addend ? s.addend[i * s.ldc + j] : 0)
                           + wide[i * kernel->columns + j];
}

/* Rows i… to end of c by one panel: columns j… and steps p… . Stripes are of
 * about as many rows each: a kernel is as slow with one row as with some. */
static void
run_panel (const NnSgemm *g, const Kernel *kernel, gsize i, gsize end, gsize j,
    gsize p, gsize k, const float *panel)
{
  gsize columns = MIN (kernel->columns, g->n - j);
  gsize width = panel_width (g, kernel, j);
  gsize a_row = g->transpose_a ? 1 : g->lda;
  gsize a_step = g->transpose_a ? g->lda : 1;
  for (gsize left = (end - i + kernel->rows - 1) / kernel->rows, rows; left > 0;
       left--, i += rows) {
    gsize corner = i * g->ldc + j;
    Stripe stripe = { k, g->a + i * a_row + p * a_step, a_row, a_step, panel,
      g->c + corner, g->ldc, g->scale, g->addend ? g->addend + corner : NULL,
      g->bias ? g->bias + j : NULL };
    rows = (end - i + left - 1) / left;
    if (p > 0) {
      stripe.addend = stripe.c;
      stripe.bias = NULL;
    }
    if (columns == width)
      kernel->run (rows, width < kernel->columns, &stripe);
    else
      run_narrow (kernel, rows, columns, width < kernel->columns, stripe);
  }
}

/* Columns from … to `to` by steps p … p + k. */
static void
run_block (const NnSgemm *g, const Kernel *kernel, gsize from, gsize to,
    gsize p, gsize k)
{
  float *panels = nn_scratch (
      NN_SCRATCH_OWN, (BLOCK_N + MAX_COLUMNS) * BLOCK_K * sizeof (float));
  for (gsize j = from; j < to; j += kernel->columns)
    pack_panel (
        g, p, k, j, panel_width (g, kernel, j), panels + (j - from) * k);
  for (gsize i = 0; i < g->m; i += BLOCK_M)
    for (gsize j = from; j < to; j += kernel->columns)
      run_panel (g, kernel, i, MIN (i + BLOCK_M, g->m), j, p, k,
          panels + (j - from) * k);
}

/* c = addend + bias */
static void
fill (const NnSgemm *g)
{
  for (gsize i = 0; i < g->m; i++) {
    float *c = g->c + i * g->ldc;
    for (gsize j = 0; j < g->n; j++)
      c[j] = (g->addend ? g->addend[i * g->ldc + j] : 0)
             + (g->bias ? g->bias[j] : 0);
  }
}

static void
run_openblas (const NnSgemm *g)
{
  gboolean add = g->addend || g->bias;
  if (g->bias || g->addend != g->c)
    fill (g);
  cblas_sgemm (CblasRowMajor, g->transpose_a ? CblasTrans : CblasNoTrans,
      g->transpose_b ? CblasTrans : CblasNoTrans, g->m, g->n, g->k, g->scale,
      g->a, g->lda, g->b, g->ldb, add ? 1 : 0, g->c, g->ldc);
}

void
nn_sgemm (const NnSgemm *g)
{
  const Kernel *kernel = kernel_in_use ();
  if (!kernel->run) {
    run_openblas (g);
    return;
  }
  if (g->k == 0)
    fill (g);
  for (gsize j = 0; j < g->n; j += BLOCK_N)
    for (gsize p = 0; p < g->k; p += BLOCK_K)
      run_block (
          g, kernel, j, MIN (j + BLOCK_N, g->n), p, MIN (BLOCK_K, g->k - p));
}
