/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nn/sgemm-private.h"

#include <math.h>
#include <string.h>

#define MARGIN 3 /* floats between rows, which must stay as they are */

static float *
random_floats (GRand *random, gsize n)
{
  float *x = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    x[i] = g_rand_double_range (random, -1, 1);
  return x;
}

static double
exact (const NnSgemm *g, const float *before, gsize i, gsize j)
{
  double sum = 0;
  for (gsize p = 0; p < g->k; p++)
    sum += (double)g->a[g->transpose_a ? p * g->lda + i : i * g->lda + p]
           * g->b[g->transpose_b ? j * g->ldb + p : p * g->ldb + j];
  return g->scale * sum + (g->addend ? before[i * g->ldc + j] : 0)
         + (g->bias ? g->bias[j] : 0);
}

static void
check_product (GRand *random, gsize m, gsize n, gsize k, guint kind)
{
  NnSgemm g = { .m = m, .n = n, .k = k, .scale = 0.75f };
  g.transpose_a = kind & 1;
  g.transpose_b = kind >> 1 & 1;
  g.lda = (g.transpose_a ? m : k) + MARGIN;
  g.ldb = (g.transpose_b ? k : n) + MARGIN;
  g.ldc = n + MARGIN;
  g_autofree float *a = random_floats (random, (m + k) * g.lda);
  g_autofree float *b = random_floats (random, (n + k) * g.ldb);
  g_autofree float *c = random_floats (random, m * g.ldc);
  g_autofree float *bias = random_floats (random, n);
  g_autofree float *before = g_memdup2 (c, m * g.ldc * sizeof *c);
  g.a = a;
  g.b = b;
  g.c = c;
  if (kind >> 2)
    g.addend = (m + n + k) % 2 ? c : before;
  g.bias = (m + n) % 2 ? bias : NULL;
  nn_sgemm (&g);
  for (gsize i = 0; i < m; i++) {
    for (gsize j = 0; j < n; j++)
      g_assert_cmpfloat_with_epsilon (
          c[i * g.ldc + j], exact (&g, before, i, j), 1e-6 * sqrt (k + 1) * 4);
    g_assert_cmpmem (c + i * g.ldc + n, MARGIN * sizeof *c,
        before + i * g.ldc + n, MARGIN * sizeof *c);
  }
}

/* Sizes around those of kernels, panels and blocks. */
static void
test_products_of_all_shapes_are_right (gconstpointer name)
{
  static const gsize sizes[] = { 1, 2, 5, 7, 8, 9, 15, 17, 31, 33, 50, 65 };
  static const gsize large[][3] = { { 243, 40, 70 }, { 9, 1030, 20 },
    { 5, 40, 600 }, { 17, 33, 256 }, { 1, 1, 257 }, { 50, 3, 513 } };
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  nn_sgemm_use (name);
  for (guint kind = 0; kind < 8; kind++) {
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      for (guint j = 0; j < G_N_ELEMENTS (sizes); j++)
        check_product (random, sizes[i], sizes[j], sizes[(i + j) % 12], kind);
    for (guint i = 0; i < G_N_ELEMENTS (large); i++)
      check_product (random, large[i][0], large[i][1], large[i][2], kind);
  }
}

static void
test_empty_sum_is_zero (gconstpointer name)
{
  float c[] = { 1, 2, 3, 4 };
  nn_sgemm_use (name);
  nn_sgemm (&(NnSgemm){ .m = 2,
      .n = 2,
      .c = c,
      .lda = 1,
      .ldb = 2,
      .ldc = 2,
      .scale = 1,
      .addend = c });
  g_assert_cmpfloat (c[3], ==, 4);
  nn_sgemm (&(NnSgemm){
      .m = 2, .n = 2, .c = c, .lda = 1, .ldb = 2, .ldc = 2, .scale = 1 });
  for (guint i = 0; i < 4; i++)
    g_assert_cmpfloat (c[i], ==, 0);
}

/* What does not hold for OpenBLAS, and what results that don't depend on the
 * number of threads or on the batch rest on. */
static void
test_part_of_product_is_same_bit_for_bit (gconstpointer name)
{
  enum { M = 61, N = 71, K = 300 };
  g_autoptr (GRand) random = g_rand_new_with_seed (2);
  g_autofree float *a = random_floats (random, M * K);
  g_autofree float *b = random_floats (random, N * K);
  g_autofree float *whole = g_new (float, M *N);
  g_autofree float *part = g_new (float, M *N);
  NnSgemm g
      = { M, N, K, a, b, whole, K, K, N, .transpose_b = TRUE, .scale = 1 };
  nn_sgemm_use (name);
  nn_sgemm (&g);
  g.m = 13;
  g.n = 19;
  g.a = a + 37 * K;
  g.b = b + 41 * K;
  g.c = part;
  nn_sgemm (&g);
  for (gsize i = 0; i < g.m; i++)
    g_assert_cmpmem (part + i * N, g.n * sizeof (float),
        whole + (37 + i) * N + 41, g.n * sizeof (float));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const char *const *name = nn_sgemm_list (); *name; name++) {
    g_autofree char *shapes = g_strdup_printf ("/sgemm/%s/shapes", *name);
    g_autofree char *empty = g_strdup_printf ("/sgemm/%s/empty", *name);
    g_autofree char *parts = g_strdup_printf ("/sgemm/%s/parts", *name);
    g_test_add_data_func (shapes, *name, test_products_of_all_shapes_are_right);
    g_test_add_data_func (empty, *name, test_empty_sum_is_zero);
    if (!g_str_equal (*name, "openblas"))
      g_test_add_data_func (
          parts, *name, test_part_of_product_is_same_bit_for_bit);
  }
  return g_test_run ();
}
