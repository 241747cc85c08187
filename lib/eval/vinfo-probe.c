/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/vinfo-probe.h"

#include "eval/logistic-regression-private.h"
#include "eval/nearest-neighbours-private.h"
#include "eval/whitening-private.h"

/* Returns: (transfer full): [n, n_classes] 1 at the label */
static float *
make_targets (const VInfoProbeSet *set, guint n_classes)
{
  float *targets = g_new0 (float, (gsize)set->n *n_classes);

  for (guint i = 0; i < set->n; i++)
    targets[(gsize)i * n_classes + set->labels[i]] = 1;
  return targets;
}

static guint
find_largest (const float *values, guint n)
{
  guint largest = 0;

  for (guint i = 1; i < n; i++) {
    if (values[i] > values[largest])
      largest = i;
  }
  return largest;
}

gboolean
vinfo_probe_linear (const VInfoProbeSet *training, const VInfoProbeSet *test,
    guint n_classes, gdouble penalty, gdouble *accuracy, GError **error)
{
  g_autofree float *targets = make_targets (training, n_classes);
  g_autofree float *rows = NULL, *queries = NULL, *probabilities = NULL;
  LogisticRegression regression;
  Whitening standard;
  guint right = 0;

  g_return_val_if_fail (training->width == test->width, FALSE);
  whitening_fit (
      &standard, training->rows, training->n, training->width, FALSE);
  rows = whitening_apply (&standard, training->rows, training->n);
  queries = whitening_apply (&standard, test->rows, test->n);
  whitening_finish (&standard);
  if (!logistic_regression_fit (&regression, rows, training->n, training->width,
          targets, n_classes, penalty, error))
    return FALSE;
  probabilities = g_new (float, (gsize)test->n *n_classes);
  logistic_regression_predict (&regression, queries, test->n, probabilities);
  logistic_regression_finish (&regression);
  for (guint i = 0; i < test->n; i++)
    right += find_largest (probabilities + (gsize)i * n_classes, n_classes)
             == test->labels[i];
  *accuracy = (double)right / test->n;
  return TRUE;
}

gdouble
vinfo_probe_neighbours (const VInfoProbeSet *training,
    const VInfoProbeSet *test, guint n_classes, guint k, gboolean whiten)
{
  g_autofree guint *predicted = g_new (guint, test->n);
  g_autofree float *rows = NULL, *queries = NULL;
  Whitening whitening;
  guint right = 0;

  g_return_val_if_fail (training->width == test->width, 0);
  if (whiten) {
    whitening_fit (
        &whitening, training->rows, training->n, training->width, TRUE);
    rows = whitening_apply (&whitening, training->rows, training->n);
    queries = whitening_apply (&whitening, test->rows, test->n);
    whitening_finish (&whitening);
  }
  nearest_neighbours_classify (rows ? rows : training->rows, training->labels,
      training->n, training->width, n_classes, k,
      queries ? queries : test->rows, test->n, predicted);
  for (guint i = 0; i < test->n; i++)
    right += predicted[i] == test->labels[i];
  return (double)right / test->n;
}
