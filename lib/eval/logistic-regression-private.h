/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Multinomial logistic regression with an ℓ2 penalty on the weights, none on
 * the intercepts: minimises over n rows
 *   1/n Σ_i −Σ_c t_ic·log p_ic + penalty/2·‖W‖²,   p_i = softmax(W x_i + b).
 * scikit-learn's LogisticRegression(C) is the same with penalty = 1/(C·n). */
typedef struct {
  guint width;
  guint n_classes;
  double *weights;    /* [n_classes, width] */
  double *intercepts; /* [n_classes] */
} LogisticRegression;

/* rows: [n, width]; targets: [n, n_classes], each row sums to 1: 0 and 1 for
 * labels, shares for what is a mixture. FALSE with G_IO_ERROR_FAILED where the
 * minimum was not reached, for example for values that are no numbers. */
gboolean logistic_regression_fit (LogisticRegression *self, const float *rows,
    guint n, guint width, const float *targets, guint n_classes, double penalty,
    GError **error);
void logistic_regression_finish (LogisticRegression *self);

/* rows: [n, width]; probabilities: [n, n_classes] */
void logistic_regression_predict (const LogisticRegression *self,
    const float *rows, guint n, float *probabilities);

/* The mean negative log-likelihood of targets, in nats, without penalty. */
double logistic_regression_loss (const LogisticRegression *self,
    const float *rows, guint n, const float *targets);

G_END_DECLS
