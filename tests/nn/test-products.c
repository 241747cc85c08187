/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Of nn_sgemm() and nn_sbgemm(), by each of their kernels. */

#include "nn/sbgemm-private.h"

#include <math.h>
#include <string.h>

#define MARGIN 3 /* floats between rows, which must stay as they are */

typedef struct {
  const char *name;
  void (*run) (const NnSgemm *product);
  const char *const *(*list) (void);
  gboolean (*use) (const char *name);
  double (*operand) (float value); /* what it computes with */
} Product;

typedef struct {
  const Product *product;
  const char *kernel;
} Subject;

static double
as_it_is (float value)
{
  return value;
}

/* Of 24 bits of precision 8 stay. */
static double
rounded_to_bf16 (float value)
{
  int exponent;
  double fraction = frexp (value, &exponent);
  return ldexp (rint (ldexp (fraction, 8)), exponent - 8);
}

static const Product products[] = {
  { "sgemm", nn_sgemm, nn_sgemm_list, nn_sgemm_use, as_it_is },
  { "sbgemm", nn_sbgemm, nn_sbgemm_list, nn_sbgemm_use, rounded_to_bf16 },
};

static const Product *
use (gconstpointer data)
{
  const Subject *subject = data;
  g_assert_true (subject->product->use (subject->kernel));
  return subject->product;
}

static float *
random_floats (GRand *random, gsize n)
{
  float *x = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    x[i] = g_rand_double_range (random, -1, 1);
  return x;
}

static double
exact (const Product *product, const NnSgemm *g, const float *before, gsize i,
    gsize j)
{
  double sum = 0;
  for (gsize p = 0; p < g->k; p++)
    sum += product->operand (
               g->a[g->transpose_a ? p * g->lda + i : i * g->lda + p])
           * product->operand (
               g->b[g->transpose_b ? j * g->ldb + p : p * g->ldb + j]);
  return g->scale * sum + (g->addend ? before[i * g->ldc + j] : 0)
         + (g->bias ? g->bias[j] : 0);
}

static void
check_product (const Product *product, GRand *random, gsize m, gsize n, gsize k,
    guint kind)
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
  product->run (&g);
  for (gsize i = 0; i < m; i++) {
    for (gsize j = 0; j < n; j++)
      g_assert_cmpfloat_with_epsilon (c[i * g.ldc + j],
          exact (product, &g, before, i, j), 1e-6 * sqrt (k + 1) * 4);
    g_assert_cmpmem (c + i * g.ldc + n, MARGIN * sizeof *c,
        before + i * g.ldc + n, MARGIN * sizeof *c);
  }
}

/* Sizes around those of kernels, panels and blocks. */
static void
test_products_of_all_shapes_are_right (gconstpointer subject)
{
  static const gsize sizes[] = { 1, 2, 5, 7, 8, 9, 15, 17, 31, 33, 50, 65 };
  static const gsize large[][3] = { { 243, 40, 70 }, { 9, 1030, 20 },
    { 5, 40, 600 }, { 17, 33, 256 }, { 1, 1, 257 }, { 50, 3, 513 } };
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  const Product *product = use (subject);
  for (guint kind = 0; kind < 8; kind++) {
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      for (guint j = 0; j < G_N_ELEMENTS (sizes); j++)
        check_product (
            product, random, sizes[i], sizes[j], sizes[(i + j) % 12], kind);
    for (guint i = 0; i < G_N_ELEMENTS (large); i++)
      check_product (
          product, random, large[i][0], large[i][1], large[i][2], kind);
  }
}

static void
test_empty_sum_is_zero (gconstpointer subject)
{
  float c[] = { 1, 2, 3, 4 };
  const Product *product = use (subject);
  product->run (&(NnSgemm){ .m = 2,
      .n = 2,
      .c = c,
      .lda = 1,
      .ldb = 2,
      .ldc = 2,
      .scale = 1,
      .addend = c });
  g_assert_cmpfloat (c[3], ==, 4);
  product->run (&(NnSgemm){
      .m = 2, .n = 2, .c = c, .lda = 1, .ldb = 2, .ldc = 2, .scale = 1 });
  for (guint i = 0; i < 4; i++)
    g_assert_cmpfloat (c[i], ==, 0);
}

/* What does not hold for OpenBLAS, and what results that don't depend on the
 * number of threads or on the batch rest on. */
static void
test_part_of_product_is_same_bit_for_bit (gconstpointer subject)
{
  enum { M = 61, N = 71, K = 300 };
  g_autoptr (GRand) random = g_rand_new_with_seed (2);
  g_autofree float *a = random_floats (random, M * K);
  g_autofree float *b = random_floats (random, N * K);
  g_autofree float *whole = g_new (float, M *N);
  g_autofree float *part = g_new (float, M *N);
  NnSgemm g
      = { M, N, K, a, b, whole, K, K, N, .transpose_b = TRUE, .scale = 1 };
  const Product *product = use (subject);
  product->run (&g);
  g.m = 13;
  g.n = 19;
  g.a = a + 37 * K;
  g.b = b + 41 * K;
  g.c = part;
  product->run (&g);
  for (gsize i = 0; i < g.m; i++)
    g_assert_cmpmem (part + i * N, g.n * sizeof (float),
        whole + (37 + i) * N + 41, g.n * sizeof (float));
}

static void
add_test (const Product *product, const char *kernel, const char *name,
    GTestDataFunc test)
{
  g_autofree char *path
      = g_strdup_printf ("/%s/%s/%s", product->name, kernel, name);
  Subject subject = { product, kernel };
  g_test_add_data_func_full (
      path, g_memdup2 (&subject, sizeof subject), test, g_free);
}

static void
add_tests (const Product *product, const char *kernel)
{
  add_test (product, kernel, "shapes", test_products_of_all_shapes_are_right);
  add_test (product, kernel, "empty", test_empty_sum_is_zero);
  if (!g_str_equal (kernel, "openblas"))
    add_test (
        product, kernel, "parts", test_part_of_product_is_same_bit_for_bit);
}

/* A loss that is no number must not become one. */
static void
test_nan_stays_nan (void)
{
  static const guint32 nans[] = { 0x7f800001, 0x7fffffff, 0xffc00000 };
  for (const char *const *name = nn_sbgemm_list (); *name; name++)
    for (guint i = 0; i < G_N_ELEMENTS (nans); i++) {
      float a, b = 1, c = 0;
      memcpy (&a, &nans[i], sizeof a);
      nn_sbgemm_use (*name);
      nn_sbgemm (&(NnSgemm){ .m = 1,
          .n = 1,
          .k = 1,
          .a = &a,
          .b = &b,
          .c = &c,
          .lda = 1,
          .ldb = 1,
          .ldc = 1,
          .scale = 1 });
      g_assert_true (isnan (c));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (products); i++)
    for (const char *const *name = products[i].list (); *name; name++)
      add_tests (&products[i], *name);
  g_test_add_func ("/sbgemm/nan", test_nan_stays_nan);
  return g_test_run ();
}
