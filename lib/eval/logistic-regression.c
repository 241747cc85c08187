/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/logistic-regression-private.h"

#include <cblas.h>
#include <lbfgs.h>
#include <math.h>
#include <string.h>

#include "predictor/cholesky-private.h"

/* Of the gradient's norm, relative to the parameters'. */
#define TOLERANCE 1e-8
#define MAX_ITERATIONS 10000
/* No variance of the metric is below this share of the mean one. */
#define RIDGE 1e-6

/* The weights of a class bend the loss by at most ½·XᵀX/n + penalty, whatever
 * the other classes do (Böhning 1992). With LLᵀ that bound, L-BFGS looks for
 * V = W·L, which bends alike in all directions: the minimum is the same one, but
 * of correlated rows it is found in some tens of steps instead of hundreds. */
typedef struct {
  const double *rows; /* [n, width] */
  const float *targets;
  double *logits; /* [n, n_classes] */
  guint n, width, n_classes;
  double penalty;
  double *factor;  /* L: [width, width] */
  double *weights; /* W: [n_classes, width] */
} Problem;

static double *
factorise_bound (const double *rows, guint n, guint width, double penalty)
{
  double *factor = g_new0 (double, (gsize)width *width), trace = 0;

  cblas_dsyrk (CblasRowMajor, CblasLower, CblasTrans, (int)width, (int)n,
      0.5 / n, rows, (int)width, 0, factor, (int)width);
  for (guint d = 0; d < width; d++)
    trace += factor[(gsize)d * (width + 1)];
  for (guint d = 0; d < width; d++)
    factor[(gsize)d * (width + 1)] += penalty + RIDGE * trace / width;
  cholesky_factorise (factor, width);
  return factor;
}

/* In place, of n_classes rows: V becomes W = V·L⁻¹; with transpose, a gradient by
 * W becomes that by V, which is G·L⁻ᵀ. */
static void
divide_by_factor (const Problem *p, CBLAS_TRANSPOSE transpose, double *rows)
{
  cblas_dtrsm (CblasRowMajor, CblasRight, CblasLower, transpose, CblasNonUnit,
      (int)p->n_classes, (int)p->width, 1, p->factor, (int)p->width, rows,
      (int)p->width);
}

/* logits: [n, n_classes] = rows·Wᵀ + b */
static void
compute_logits (const double *rows, guint n, guint width, const double *weights,
    const double *intercepts, guint n_classes, double *logits)
{
  for (guint i = 0; i < n; i++)
    memcpy (
        logits + (gsize)i * n_classes, intercepts, n_classes * sizeof (double));
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)n_classes,
      (int)width, 1, rows, (int)width, weights, (int)width, 1, logits,
      (int)n_classes);
}

/* In place; returns log Σ exp of the logits as they were. */
static double
softmax (double *logits, guint n)
{
  double largest = logits[0], sum = 0;

  for (guint c = 1; c < n; c++)
    largest = MAX (largest, logits[c]);
  for (guint c = 0; c < n; c++)
    sum += logits[c] = exp (logits[c] - largest);
  for (guint c = 0; c < n; c++)
    logits[c] /= sum;
  return largest + log (sum);
}

/* logits become probabilities minus targets; returns the sum of losses. */
static double
compute_residuals (
    double *logits, const float *targets, guint n, guint n_classes)
{
  double loss = 0;

  for (guint i = 0; i < n; i++) {
    double *row = logits + (gsize)i * n_classes;
    const float *target = targets + (gsize)i * n_classes;

    for (guint c = 0; c < n_classes; c++)
      loss -= target[c] * row[c];
    loss += softmax (row, n_classes);
    for (guint c = 0; c < n_classes; c++)
      row[c] -= target[c];
  }
  return loss;
}

/* parameters and gradient: of V, then b */
static lbfgsfloatval_t
evaluate (void *data, const lbfgsfloatval_t *parameters,
    lbfgsfloatval_t *gradient, int n_parameters, lbfgsfloatval_t step)
{
  const Problem *p = data;
  gsize n_weights = (gsize)p->n_classes * p->width;
  double loss;

  memcpy (p->weights, parameters, n_weights * sizeof (double));
  divide_by_factor (p, CblasNoTrans, p->weights);
  compute_logits (p->rows, p->n, p->width, p->weights, parameters + n_weights,
      p->n_classes, p->logits);
  loss = compute_residuals (p->logits, p->targets, p->n, p->n_classes) / p->n;
  memcpy (gradient, p->weights, n_weights * sizeof (double));
  cblas_dgemm (CblasRowMajor, CblasTrans, CblasNoTrans, (int)p->n_classes,
      (int)p->width, (int)p->n, 1.0 / p->n, p->logits, (int)p->n_classes,
      p->rows, (int)p->width, p->penalty, gradient, (int)p->width);
  divide_by_factor (p, CblasTrans, gradient);
  memset (gradient + n_weights, 0, p->n_classes * sizeof (double));
  for (guint i = 0; i < p->n; i++)
    for (guint c = 0; c < p->n_classes; c++)
      gradient[n_weights + c] += p->logits[(gsize)i * p->n_classes + c] / p->n;
  return loss
         + p->penalty / 2
               * cblas_ddot ((int)n_weights, p->weights, 1, p->weights, 1);
}

static double *
to_doubles (const float *values, gsize n)
{
  double *doubles = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    doubles[i] = values[i];
  return doubles;
}

gboolean
logistic_regression_fit (LogisticRegression *self, const float *rows, guint n,
    guint width, const float *targets, guint n_classes, double penalty,
    GError **error)
{
  g_autofree double *doubles = to_doubles (rows, (gsize)n * width);
  g_autofree double *logits = g_new (double, (gsize)n *n_classes);
  gsize n_weights = (gsize)n_classes * width;
  lbfgsfloatval_t *parameters = lbfgs_malloc ((int)(n_weights + n_classes));
  lbfgs_parameter_t settings;
  g_autofree double *factor = factorise_bound (doubles, n, width, penalty);
  Problem problem = { doubles, targets, logits, n, width, n_classes, penalty,
    factor, g_new (double, n_weights) };
  int status;

  lbfgs_parameter_init (&settings);
  settings.epsilon = TOLERANCE;
  settings.max_iterations = MAX_ITERATIONS;
  memset (parameters, 0, (n_weights + n_classes) * sizeof *parameters);
  status = lbfgs ((int)(n_weights + n_classes), parameters, NULL, evaluate,
      NULL, &problem, &settings);
  memcpy (problem.weights, parameters, n_weights * sizeof (double));
  divide_by_factor (&problem, CblasNoTrans, problem.weights);
  *self = (LogisticRegression){ width, n_classes, problem.weights,
    g_memdup2 (parameters + n_weights, n_classes * sizeof (double)) };
  lbfgs_free (parameters);
  /* rounding may end the line search at the very minimum */
  if (status >= 0 || status == LBFGSERR_ROUNDING_ERROR)
    return TRUE;
  logistic_regression_finish (self);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
      "logistic regression of %u rows: no minimum found (L-BFGS status %d)", n,
      status);
  return FALSE;
}

void
logistic_regression_finish (LogisticRegression *self)
{
  g_clear_pointer (&self->weights, g_free);
  g_clear_pointer (&self->intercepts, g_free);
}

void
logistic_regression_predict (const LogisticRegression *self, const float *rows,
    guint n, float *probabilities)
{
  g_autofree double *doubles = to_doubles (rows, (gsize)n * self->width);
  g_autofree double *logits = g_new (double, (gsize)n * self->n_classes);

  compute_logits (doubles, n, self->width, self->weights, self->intercepts,
      self->n_classes, logits);
  for (guint i = 0; i < n; i++)
    softmax (logits + (gsize)i * self->n_classes, self->n_classes);
  for (gsize i = 0; i < (gsize)n * self->n_classes; i++)
    probabilities[i] = (float)logits[i];
}

double
logistic_regression_loss (const LogisticRegression *self, const float *rows,
    guint n, const float *targets)
{
  g_autofree double *doubles = to_doubles (rows, (gsize)n * self->width);
  g_autofree double *logits = g_new (double, (gsize)n * self->n_classes);

  compute_logits (doubles, n, self->width, self->weights, self->intercepts,
      self->n_classes, logits);
  return compute_residuals (logits, targets, n, self->n_classes) / n;
}
