/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "finite-difference.h"

#include "nn/layers-private.h"
#include "nn/simd-private.h"

static void
test_exp_agrees_with_libm (void)
{
  for (double x = -87; x <= 88; x += 0.0137)
    g_assert_cmpfloat (fabs (nn_exp (x) / exp ((double)(float)x) - 1), <, 3e-7);
  g_assert_cmpfloat (nn_exp (-1e30f), <, 1e-37);
  g_assert_cmpfloat (nn_exp (-INFINITY), <, 1e-37);
  g_assert_true (isnan (nn_exp (NAN)));
}

static void
test_forward_agrees_with_erf (void)
{
  for (double x = -12; x <= 12; x += 0.00173) {
    float in = x, out;
    nn_gelu_forward (&out, &in, 1);
    double expected = 0.5 * in * (1 + erf (in * M_SQRT1_2));
    g_assert_cmpfloat_with_epsilon (out, expected, 4e-7 * MAX (1, fabs (x)));
  }
}

static void
test_backward_is_the_derivative (void)
{
  for (double x = -12; x <= 12; x += 0.00173) {
    float in = x, d = 2, out;
    nn_gelu_backward (&d, &out, &d, &in, 1);
    double density = exp (-0.5 * in * in) / sqrt (2 * G_PI);
    double expected = 2 * (0.5 * (1 + erf (in * M_SQRT1_2)) + in * density);
    g_assert_cmpfloat_with_epsilon (d, expected, 1e-6);
  }
}

static void
test_backward_repeats_the_forward (void)
{
  enum { N = 1003 };
  float in[N], out[N], again[N], d[N];
  fill_normal (in, N, 1);
  fill_normal (d, N, 2);
  nn_gelu_forward (out, in, N);
  nn_gelu_backward (d, again, d, in, N);
  g_assert_cmpmem (again, sizeof again, out, sizeof out);
}

static void
test_nan_stays_visible (void)
{
  float in[3] = { 1, NAN, 2 }, out[3];
  nn_gelu_forward (out, in, 3);
  g_assert_false (isnan (out[0]));
  g_assert_true (isnan (out[1]));
  g_assert_false (isnan (out[2]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gelu/exp", test_exp_agrees_with_libm);
  g_test_add_func ("/gelu/forward", test_forward_agrees_with_erf);
  g_test_add_func ("/gelu/backward", test_backward_is_the_derivative);
  g_test_add_func ("/gelu/repeat", test_backward_repeats_the_forward);
  g_test_add_func ("/gelu/nan", test_nan_stays_visible);
  return g_test_run ();
}
