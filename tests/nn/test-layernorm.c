/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "finite-difference.h"

#include "nn/layers-private.h"

enum { ROWS = 70, N = 36 };

typedef struct {
  float in[ROWS * N], weight[N], bias[N], out[ROWS * N], d_out[ROWS * N];
  float mean[ROWS], rstd[ROWS];
} Norm;

static Norm *
norm_new (void)
{
  Norm *l = g_new0 (Norm, 1);
  fill_normal (l->in, ROWS * N, 1);
  fill_normal (l->weight, N, 2);
  fill_normal (l->bias, N, 3);
  fill_normal (l->d_out, ROWS * N, 4);
  return l;
}

static double
scalar (gpointer data)
{
  Norm *l = data;
  nn_layernorm_forward (
      l->out, l->mean, l->rstd, l->in, l->weight, l->bias, ROWS, N, 1e-6);
  return dot (l->out, l->d_out, ROWS * N);
}

static void
test_rows_have_mean_zero_and_variance_one (void)
{
  g_autofree Norm *l = norm_new ();
  for (guint j = 0; j < N; j++) {
    l->weight[j] = 1;
    l->bias[j] = 0;
  }
  scalar (l);
  for (guint i = 0; i < ROWS; i++) {
    double sum = 0;
    for (guint j = 0; j < N; j++)
      sum += l->out[i * N + j];
    g_assert_cmpfloat_with_epsilon (sum / N, 0, 1e-5);
    g_assert_cmpfloat_with_epsilon (
        dot (l->out + i * N, l->out + i * N, N) / N, 1, 1e-4);
  }
}

static void
test_constant_row_becomes_the_bias (void)
{
  g_autofree Norm *l = norm_new ();
  for (guint j = 0; j < N; j++)
    l->in[j] = 3;
  scalar (l);
  for (guint j = 0; j < N; j++)
    g_assert_cmpfloat (l->out[j], ==, l->bias[j]);
}

static void
test_gradients_are_the_differences (void)
{
  g_autofree Norm *l = norm_new ();
  g_autofree float *d_in = g_new0 (float, ROWS *N);
  float d_weight[N] = { 0 }, d_bias[N] = { 0 };
  scalar (l);
  nn_layernorm_backward (d_in, d_weight, d_bias, l->d_out, l->in, l->weight,
      l->mean, l->rstd, ROWS, N);
  g_assert_cmpfloat (
      gradient_error (l->in, ROWS * N, 5, d_in, scalar, l, 0.01), <, 1e-3);
  g_assert_cmpfloat (
      gradient_error (l->weight, N, 1, d_weight, scalar, l, 0.1), <, 1e-4);
  g_assert_cmpfloat (
      gradient_error (l->bias, N, 1, d_bias, scalar, l, 0.1), <, 1e-4);
}

static void
test_input_gradient_is_added (void)
{
  g_autofree Norm *l = norm_new ();
  g_autofree float *zero = g_new0 (float, ROWS *N);
  g_autofree float *one = g_new0 (float, ROWS *N);
  float unused[2 * N] = { 0 };
  scalar (l);
  for (guint i = 0; i < ROWS * N; i++)
    one[i] = 1;
  nn_layernorm_backward (zero, unused, unused + N, l->d_out, l->in, l->weight,
      l->mean, l->rstd, ROWS, N);
  nn_layernorm_backward (one, unused, unused + N, l->d_out, l->in, l->weight,
      l->mean, l->rstd, ROWS, N);
  for (guint i = 0; i < ROWS * N; i++)
    g_assert_cmpfloat_with_epsilon (one[i], zero[i] + 1, 1e-5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/layernorm/moments", test_rows_have_mean_zero_and_variance_one);
  g_test_add_func ("/layernorm/constant", test_constant_row_becomes_the_bias);
  g_test_add_func ("/layernorm/gradients", test_gradients_are_the_differences);
  g_test_add_func ("/layernorm/residual", test_input_gradient_is_added);
  return g_test_run ();
}
