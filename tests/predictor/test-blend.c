/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/blend-private.h"

#include <math.h>

#include "nn/random-private.h"

#define N 400

/* Patches whose informed mean takes half of the error away, and whose informed
 * log-variance is off by a factor of `stretch`. */
static BlendTerm *
terms_new (guint64 seed, double useful, double stretch)
{
  NnRandom random = { .seed = seed };
  BlendTerm *terms = g_new (BlendTerm, N);

  for (guint i = 0; i < N; i++) {
    double log_variance = nn_random_normal (&random);
    double dd = 0.2 + nn_random_uniform (&random);
    double rd = useful * dd + 0.1 * nn_random_normal (&random);

    terms[i] = (BlendTerm){ .rr = exp (log_variance) + MAX (2 * rd - dd, 0),
      .rd = rd,
      .dd = dd,
      .v = -0.3,
      .slope = (log_variance + 0.3) / stretch };
  }
  return terms;
}

static double
mean_nll (const Blend *blend, const BlendTerm *terms)
{
  double sum = 0;

  for (guint i = 0; i < N; i++)
    sum += gaussian_nll (blend_error (blend, &terms[i]),
               blend_log_variance (blend, &terms[i]))
           / N;
  return sum;
}

static void
test_nothing_around_the_fit_is_likelier (void)
{
  for (guint64 seed = 0; seed < 8; seed++) {
    g_autofree BlendTerm *terms
        = terms_new (seed, 0.3 * (double)seed - 0.5, 0.7 + 0.2 * (double)seed);
    Blend fit = blend_fit (terms, N);
    double best = mean_nll (&fit, terms);

    for (double a = 0; a <= 1; a += 0.05)
      for (double b = 0; b <= 2; b += 0.05)
        for (double c = -0.3; c <= 0.3; c += 0.1) {
          Blend other = { a, b, fit.c + c };

          g_assert_cmpfloat (mean_nll (&other, terms), >, best - 1e-6);
        }
  }
}

static void
test_stretched_log_variances_are_stretched_back (void)
{
  g_autofree BlendTerm *terms = terms_new (1, 0, 1.6);
  Blend fit = blend_fit (terms, N);

  g_assert_cmpfloat_with_epsilon (fit.b, 1.6, 0.05);
  g_assert_cmpfloat_with_epsilon (fit.a, 0, 0.05);
}

/* Useless knowledge: the simple Gaussian stays, and is the closed form. */
static void
test_what_does_not_help_is_left_out (void)
{
  g_autofree BlendTerm *terms = g_new0 (BlendTerm, N);
  Blend fit;

  for (guint i = 0; i < N; i++)
    terms[i] = (BlendTerm){ .rr = 2, .rd = -1, .dd = 1, .slope = i % 2 };
  fit = blend_fit (terms, N);
  g_assert_cmpfloat (fit.a, ==, 0);
  g_assert_cmpfloat_with_epsilon (fit.b, 0, 1e-6);
  g_assert_cmpfloat_with_epsilon (fit.c, log (2), 1e-6);
  g_assert_cmpfloat_with_epsilon (
      mean_nll (&fit, terms), 0.5 * (log (2 * G_PI * 2) + 1), 1e-6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/blend/nothing-around-the-fit-is-likelier",
      test_nothing_around_the_fit_is_likelier);
  g_test_add_func ("/blend/stretched-log-variances-are-stretched-back",
      test_stretched_log_variances_are_stretched_back);
  g_test_add_func ("/blend/what-does-not-help-is-left-out",
      test_what_does_not_help_is_left_out);
  return g_test_run ();
}
