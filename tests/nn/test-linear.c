/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "finite-difference.h"

#include "nn/layers-private.h"

#include <string.h>

enum { ROWS = 7, IN = 12, OUT = 10 };

typedef struct {
  float in[ROWS * IN], weight[OUT * IN], bias[OUT], residual[ROWS * OUT];
  float out[ROWS * OUT], d_out[ROWS * OUT];
} Linear;

static Linear *
linear_new (void)
{
  Linear *l = g_new0 (Linear, 1);
  fill_normal (l->in, ROWS * IN, 1);
  fill_normal (l->weight, OUT * IN, 2);
  fill_normal (l->bias, OUT, 3);
  fill_normal (l->residual, ROWS * OUT, 4);
  fill_normal (l->d_out, ROWS * OUT, 5);
  return l;
}

static double
scalar (gpointer data)
{
  Linear *l = data;
  nn_linear_forward (&(NnLinear){ ROWS, IN, OUT }, l->out, l->in, l->weight,
      l->bias, l->residual);
  return dot (l->out, l->d_out, ROWS * OUT);
}

static void
test_forward_is_the_formula (void)
{
  g_autofree Linear *l = linear_new ();
  scalar (l);
  for (guint i = 0; i < ROWS; i++)
    for (guint j = 0; j < OUT; j++) {
      double expected = l->residual[i * OUT + j] + l->bias[j];
      expected += dot (l->in + i * IN, l->weight + j * IN, IN);
      g_assert_cmpfloat_with_epsilon (l->out[i * OUT + j], expected, 1e-5);
    }
}

static void
test_residual_may_be_the_output (void)
{
  g_autofree Linear *l = linear_new ();
  float in_place[ROWS * OUT];
  scalar (l);
  memcpy (in_place, l->residual, sizeof in_place);
  nn_linear_forward (&(NnLinear){ ROWS, IN, OUT }, in_place, l->in, l->weight,
      l->bias, in_place);
  g_assert_cmpmem (in_place, sizeof in_place, l->out, sizeof l->out);
}

static void
test_gradients_are_the_differences (void)
{
  g_autofree Linear *l = linear_new ();
  float d_in[ROWS * IN], d_weight[OUT * IN] = { 0 }, d_bias[OUT] = { 0 };
  nn_linear_backward (&(NnLinear){ ROWS, IN, OUT }, d_in, d_weight, d_bias,
      l->d_out, l->in, l->weight);
  g_assert_cmpfloat (
      gradient_error (l->in, ROWS * IN, 1, d_in, scalar, l, 0.1), <, 1e-4);
  g_assert_cmpfloat (
      gradient_error (l->weight, OUT * IN, 1, d_weight, scalar, l, 0.1), <,
      1e-4);
  g_assert_cmpfloat (
      gradient_error (l->bias, OUT, 1, d_bias, scalar, l, 0.1), <, 1e-4);
}

static void
test_weight_gradients_accumulate (void)
{
  g_autofree Linear *l = linear_new ();
  float once[OUT * IN] = { 0 }, twice[OUT * IN] = { 0 };
  float bias_once[OUT] = { 0 }, bias_twice[OUT] = { 0 };
  nn_linear_backward (&(NnLinear){ ROWS, IN, OUT }, NULL, once, bias_once,
      l->d_out, l->in, l->weight);
  for (guint i = 0; i < 2; i++)
    nn_linear_backward (&(NnLinear){ ROWS, IN, OUT }, NULL, twice, bias_twice,
        l->d_out, l->in, l->weight);
  for (guint i = 0; i < OUT * IN; i++)
    g_assert_cmpfloat_with_epsilon (twice[i], 2 * once[i], 1e-4);
  for (guint i = 0; i < OUT; i++)
    g_assert_cmpfloat_with_epsilon (bias_twice[i], 2 * bias_once[i], 1e-4);
}

/* More columns than are summed together, and some. */
static void
test_rows_are_added_to_the_sum (void)
{
  enum { N = 150 };
  float in[ROWS * N], sum[N], before[N];
  fill_normal (in, ROWS * N, 1);
  fill_normal (sum, N, 2);
  memcpy (before, sum, sizeof sum);
  nn_sum_rows (sum, in, ROWS, N);
  for (guint j = 0; j < N; j++) {
    double expected = before[j];
    for (guint i = 0; i < ROWS; i++)
      expected += in[i * N + j];
    g_assert_cmpfloat_with_epsilon (sum[j], expected, 1e-5);
  }
}

/* Sizes that take several tiles along the rows and along the columns. */
static void
test_tiles_join_without_seams (void)
{
  static const struct {
    gsize m, n, k;
  } sizes[] = { { 1500, 70, 130 }, { 70, 1500, 130 }, { 1, 5, 1 } };
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    gsize m = sizes[s].m, n = sizes[s].n, k = sizes[s].k;
    g_autofree float *a = g_new (float, m *k), *b = g_new (float, n *k);
    g_autofree float *c = g_new (float, m *n);
    fill_normal (a, m * k, 1);
    fill_normal (b, n * k, 2);
    nn_gemm (&(NnGemm){ a, b, NULL, NULL, c, m, n, k, .transpose_b = TRUE });
    for (gsize i = 0; i < m; i++)
      for (gsize j = i % 7; j < n; j += 7)
        g_assert_cmpfloat_with_epsilon (
            c[i * n + j], dot (a + i * k, b + j * k, k), 1e-3);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linear/forward", test_forward_is_the_formula);
  g_test_add_func ("/linear/in-place", test_residual_may_be_the_output);
  g_test_add_func ("/linear/gradients", test_gradients_are_the_differences);
  g_test_add_func ("/linear/accumulate", test_weight_gradients_accumulate);
  g_test_add_func ("/linear/sum", test_rows_are_added_to_the_sum);
  g_test_add_func ("/linear/tiles", test_tiles_join_without_seams);
  return g_test_run ();
}
