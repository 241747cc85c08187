/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/heads-private.h"

#include <math.h>

#include "../mae/small-model.h"
#include "nn/random-private.h"

#define N 7
#define STEP 1e-3

typedef struct {
  VInfoMaeConfig config;
  Heads *heads;
  float *features; /* [N, F] */
  float *target;   /* [D] */
  float *gradient;
  float errors[N];
} Fixture;

static void
fill (float *values, gsize n, double scale, NnRandom *random)
{
  for (gsize i = 0; i < n; i++)
    values[i] = (float)(scale * nn_random_normal (random));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  NnRandom random = { .seed = 5 };

  f->config = small_config ();
  f->heads = heads_new (&f->config);
  f->features = g_new (float, N * f->heads->width);
  f->target = g_new (float, f->heads->dim);
  f->gradient = g_new0 (float, heads_size (f->heads));
  fill (f->heads->parameters, heads_size (f->heads), 0.2, &random);
  fill (f->features, N * f->heads->width, 1, &random);
  fill (f->target, f->heads->dim, 1, &random);
  for (guint i = 0; i < N; i++)
    f->errors[i] = (float)(0.1 + nn_random_uniform (&random));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  heads_unref (f->heads);
  g_free (f->features);
  g_free (f->target);
  g_free (f->gradient);
}

typedef double (*Loss) (Fixture *f, float *gradient);

static double
conditional_loss (Fixture *f, float *gradient)
{
  return heads_conditional_nll (
      f->heads, f->features, f->errors, N, 0.3, gradient);
}

static double
null_loss (Fixture *f, float *gradient)
{
  return heads_null_nll (f->heads, f->features, f->target, 1.7, 0.3, gradient);
}

/* ½(h + weight·e/exp h) with e the mean squared error of the null's mean. */
static void
test_null_loss_is_the_negative_log_likelihood (Fixture *f, gconstpointer unused)
{
  guint dim = f->heads->dim;
  g_autofree float *mean = g_new (float, dim);
  double error = 0, expected;
  float h;

  heads_null (f->heads, f->features, 1, mean, &h);
  for (guint d = 0; d < dim; d++)
    error += (mean[d] - f->target[d]) * (mean[d] - f->target[d]) / dim;
  expected = 0.3 * 0.5 * (h + 1.7 * error / exp (h));
  g_assert_cmpfloat_with_epsilon (
      null_loss (f, f->gradient), expected, 1e-5 * fabs (expected));
}

/* Central differences of every parameter, those that a loss leaves alone too. */
static void
check_gradient (Fixture *f, Loss loss)
{
  gsize n = heads_size (f->heads);
  g_autofree float *unused = g_new0 (float, n);
  double largest = 0;

  loss (f, f->gradient);
  for (gsize i = 0; i < n; i++)
    largest = MAX (largest, fabs (f->gradient[i]));
  for (gsize i = 0; i < n; i++) {
    float before = f->heads->parameters[i];
    double up, down;

    f->heads->parameters[i] = before + (float)STEP;
    up = loss (f, unused);
    f->heads->parameters[i] = before - (float)STEP;
    down = loss (f, unused);
    f->heads->parameters[i] = before;
    g_assert_cmpfloat_with_epsilon (
        f->gradient[i], (up - down) / (2 * STEP), 1e-3 * largest);
  }
  g_assert_cmpfloat (largest, >, 0);
}

static void
test_conditional_gradient_is_the_losses_slope (Fixture *f, gconstpointer data)
{
  check_gradient (f, conditional_loss);
}

static void
test_null_gradient_is_the_losses_slope (Fixture *f, gconstpointer data)
{
  check_gradient (f, null_loss);
}

/* Of a patch with error e the best log-variance is log e. */
static void
test_log_variance_of_the_error_costs_least (Fixture *f, gconstpointer data)
{
  float *bias = f->heads->parameters + f->heads->width;
  float h;
  double best, other;

  heads_log_variance (f->heads, f->features, 1, &h);
  *bias += logf (f->errors[0]) - h;
  best = heads_conditional_nll (
      f->heads, f->features, f->errors, 1, 1, f->gradient);
  g_assert_cmpfloat_with_epsilon (best, 0.5 * (log (f->errors[0]) + 1), 1e-5);
  *bias += 0.1f;
  other = heads_conditional_nll (
      f->heads, f->features, f->errors, 1, 1, f->gradient);
  g_assert_cmpfloat (other, >, best);
}

/* No picture goes in, so none makes a difference; positions do. */
static void
test_null_features_are_of_positions (Fixture *f, gconstpointer data)
{
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&f->config, 1);
  guint n = mae_n_patches (&f->config), width = f->heads->width;
  g_autofree float *features = g_new (float, n *width);
  MaeWorkspace *workspace = mae_workspace_new (&f->config, 1, 0, FALSE);
  double difference = 0;

  heads_null_features (mae, workspace, features);
  mae_workspace_free (workspace);
  for (guint i = 0; i < n * width; i++)
    g_assert_true (isfinite (features[i]));
  for (guint i = 0; i < width; i++)
    difference += fabs (features[i] - features[width + i]);
  g_assert_cmpfloat (difference, >, 0.1);
}

#define ADD(name, test)                                                        \
  g_test_add ("/heads/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("null-loss-is-the-negative-log-likelihood",
      test_null_loss_is_the_negative_log_likelihood);
  ADD ("conditional-gradient-is-the-losses-slope",
      test_conditional_gradient_is_the_losses_slope);
  ADD ("null-gradient-is-the-losses-slope",
      test_null_gradient_is_the_losses_slope);
  ADD ("log-variance-of-the-error-costs-least",
      test_log_variance_of_the_error_costs_least);
  ADD ("null-features-are-of-positions", test_null_features_are_of_positions);
  return g_test_run ();
}
