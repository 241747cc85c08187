/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/recalibration-private.h"

#include <math.h>

#include "nn/random-private.h"

#define N 100000
#define TENTHS 10

/* Predictions that are too high at both ends, as a straight fit to something
 * bent is. */
static double
misprediction (double log_variance)
{
  return 0.3 - 0.4 * log_variance * log_variance;
}

/* log_variances: in [-1, 1] and rising; errors: of patches of 8 values */
static void
draw (guint64 seed, double *log_variances, double *errors)
{
  NnRandom random = { .seed = seed };

  for (guint i = 0; i < N; i++) {
    double square = 0;

    for (guint d = 0; d < 8; d++) {
      double value = nn_random_normal (&random);

      square += value * value / 8;
    }
    log_variances[i] = 2.0 * i / N - 1;
    errors[i]
        = square * exp (log_variances[i] + misprediction (log_variances[i]));
  }
}

static void
test_tenths_of_other_patches_have_the_variance_that_is_told (void)
{
  g_autofree double *log_variances = g_new (double, N);
  g_autofree double *errors = g_new (double, N);
  Recalibration fit;

  draw (1, log_variances, errors);
  fit = recalibration_fit (log_variances, errors, N, TENTHS);
  draw (2, log_variances, errors);
  for (guint tenth = 0; tenth < TENTHS; tenth++) {
    double told = 0, came = 0;

    for (guint i = N / TENTHS * tenth; i < N / TENTHS * (tenth + 1); i++) {
      told += exp (recalibration_apply (&fit, log_variances[i]));
      came += errors[i];
    }
    g_assert_cmpfloat (fabs (came / told - 1), <, 0.03);
  }
}

static void
test_beyond_the_outermost_knots_the_factor_stays (void)
{
  const Recalibration two = { 2, { -1, 1 }, { 0.25, -0.5 } };

  g_assert_cmpfloat (recalibration_apply (&two, -3), ==, -3 + 0.25);
  g_assert_cmpfloat (recalibration_apply (&two, -1), ==, -1 + 0.25);
  g_assert_cmpfloat_with_epsilon (
      recalibration_apply (&two, 0.5), 0.5 - 0.3125, 1e-12);
  g_assert_cmpfloat (recalibration_apply (&two, 1), ==, 1 - 0.5);
  g_assert_cmpfloat (recalibration_apply (&two, 4), ==, 4 - 0.5);
}

static void
test_variances_that_are_all_alike_stay (void)
{
  double log_variances[100], errors[100];
  Recalibration fit;

  for (guint i = 0; i < 100; i++) {
    log_variances[i] = 0.5;
    errors[i] = i;
  }
  fit = recalibration_fit (log_variances, errors, 100, TENTHS);
  g_assert_cmpfloat (recalibration_apply (&fit, 0.5), ==, 0.5);
}

static void
test_one_knot_and_no_patches_change_nothing (void)
{
  const double log_variances[] = { -1, 1 }, errors[] = { 1, 1 };
  Recalibration one = recalibration_fit (log_variances, errors, 2, 1);
  Recalibration none = recalibration_fit (NULL, NULL, 0, TENTHS);

  g_assert_cmpfloat (recalibration_apply (&one, -1), ==, -1);
  g_assert_cmpfloat (recalibration_apply (&none, 7), ==, 7);
}

/* Perfect predictions, and infinite errors. */
static void
test_no_factor_is_beyond_four (void)
{
  const double log_variances[] = { -1, -0.5, 0.5, 1 };
  const double errors[] = { 0, 0, INFINITY, INFINITY };
  Recalibration fit = recalibration_fit (log_variances, errors, 4, 2);

  g_assert_cmpfloat_with_epsilon (
      recalibration_apply (&fit, -1), -1 - log (4), 1e-12);
  g_assert_cmpfloat_with_epsilon (
      recalibration_apply (&fit, 1), 1 + log (4), 1e-12);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/recalibration/" path, test)
  ADD ("tenths-of-other-patches-have-the-variance-that-is-told",
      test_tenths_of_other_patches_have_the_variance_that_is_told);
  ADD ("beyond-the-outermost-knots-the-factor-stays",
      test_beyond_the_outermost_knots_the_factor_stays);
  ADD ("variances-that-are-all-alike-stay",
      test_variances_that_are_all_alike_stay);
  ADD ("one-knot-and-no-patches-change-nothing",
      test_one_knot_and_no_patches_change_nothing);
  ADD ("no-factor-is-beyond-four", test_no_factor_is_beyond_four);
  return g_test_run ();
}
