/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs one measure on numbers from standard input and prints its result, so
 * that a test can compare it with a reference:
 *   regression N WIDTH CLASSES PENALTY   rows, targets
 *   neighbours N WIDTH CLASSES K QUERIES rows, labels, queries
 *   upsample ROWS COLUMNS HEIGHT WIDTH   grid
 *   shares ROWS COLUMNS HEIGHT WIDTH     mask
 *   masks PICTURES PIXELS                predicted, truth
 *   paired N                             a, b
 *   holm N                               p
 *   norm-del N                           metric, kept; α = 1
 *   spearman N                           a, b
 *   detection IN OUT                     scores in, out
 *   redundancy N WIDTH LIMIT             rows, centre */

#include <stdio.h>
#include <stdlib.h>

#include "eval/logistic-regression-private.h"
#include "eval/nearest-neighbours-private.h"
#include "eval/segmentation-private.h"
#include "eval/vinfo-norm-del.h"
#include "eval/vinfo-paired-test.h"
#include "eval/vinfo-rank-statistics.h"
#include "eval/vinfo-redundancy.h"

static double
next (void)
{
  double value;

  if (scanf ("%lf", &value) != 1)
    exit (EXIT_FAILURE);
  return value;
}

static float *
read_floats (gsize n)
{
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float)next ();
  return values;
}

static double *
read_doubles (gsize n)
{
  double *values = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    values[i] = next ();
  return values;
}

static guint8 *
read_bytes (gsize n)
{
  guint8 *values = g_new (guint8, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (guint8)next ();
  return values;
}

static void
print (double value)
{
  printf ("%.17g\n", value);
}

static void
run_regression (void)
{
  guint n = next (), width = next (), n_classes = next ();
  double penalty = next ();
  g_autofree float *rows = read_floats ((gsize)n * width);
  g_autofree float *targets = read_floats ((gsize)n * n_classes);
  g_autofree float *probabilities = g_new (float, (gsize)n *n_classes);
  LogisticRegression regression;
  g_autoptr (GError) error = NULL;

  if (!logistic_regression_fit (
          &regression, rows, n, width, targets, n_classes, penalty, &error)) {
    fprintf (stderr, "%s\n", error->message);
    exit (EXIT_FAILURE);
  }
  logistic_regression_predict (&regression, rows, n, probabilities);
  print (logistic_regression_loss (&regression, rows, n, targets));
  for (gsize i = 0; i < (gsize)n_classes * width; i++)
    print (regression.weights[i]);
  for (gsize i = 0; i < (gsize)n * n_classes; i++)
    print (probabilities[i]);
  logistic_regression_finish (&regression);
}

static void
run_neighbours (void)
{
  guint n = next (), width = next (), n_classes = next (), k = next ();
  guint n_queries = next ();
  g_autofree float *rows = read_floats ((gsize)n * width);
  g_autofree guint *labels = g_new (guint, n);
  g_autofree guint *predicted = g_new (guint, n_queries);
  g_autofree float *queries = NULL;

  for (guint i = 0; i < n; i++)
    labels[i] = next ();
  queries = read_floats ((gsize)n_queries * width);
  nearest_neighbours_classify (
      rows, labels, n, width, n_classes, k, queries, n_queries, predicted);
  for (guint i = 0; i < n_queries; i++)
    print (predicted[i]);
}

static void
run_upsample (void)
{
  guint rows = next (), columns = next (), height = next (), width = next ();
  g_autofree float *grid = read_floats ((gsize)rows * columns);
  g_autofree float *map = g_new (float, (gsize)height *width);

  segmentation_upsample (grid, rows, columns, map, height, width);
  for (gsize i = 0; i < (gsize)height * width; i++)
    print (map[i]);
}

static void
run_shares (void)
{
  guint rows = next (), columns = next (), height = next (), width = next ();
  g_autofree guint8 *mask = read_bytes ((gsize)height * width);
  g_autofree float *shares = g_new (float, (gsize)rows *columns);

  segmentation_shares (mask, height, width, shares, rows, columns);
  for (gsize i = 0; i < (gsize)rows * columns; i++)
    print (shares[i]);
}

static void
run_masks (void)
{
  guint n_pictures = next (), n_pixels = next ();
  gsize n = (gsize)n_pictures * n_pixels;
  g_autofree guint8 *predicted = read_bytes (n);
  g_autofree guint8 *truth = read_bytes (n);
  SegmentationCounts counts = { 0 };

  for (gsize at = 0; at < n; at += n_pixels)
    segmentation_counts_add (&counts, predicted + at, truth + at, n_pixels);
  print (segmentation_counts_mean_iou (&counts));
  print (segmentation_counts_mean_dice (&counts));
}

static void
run_paired (void)
{
  guint n = next ();
  g_autofree double *a = read_doubles (n);
  g_autofree double *b = read_doubles (n);
  VInfoPairedTest test;

  vinfo_paired_test_run (&test, a, b, n);
  print (test.mean);
  print (test.error);
  print (test.t);
  print (test.p);
  print (test.low);
  print (test.high);
}

static void
run_holm (void)
{
  guint n = next ();
  g_autofree double *p = read_doubles (n);

  vinfo_paired_test_holm (p, n);
  for (guint i = 0; i < n; i++)
    print (p[i]);
}

static void
run_norm_del (void)
{
  guint n = next ();
  g_autofree double *metric = read_doubles (n);
  g_autofree double *kept = read_doubles (n);

  for (guint i = 0; i < n; i++)
    print (vinfo_norm_del (metric[i], kept[i], 1));
}

static void
run_spearman (void)
{
  guint n = next ();
  g_autofree double *a = read_doubles (n);
  g_autofree double *b = read_doubles (n);

  print (vinfo_rank_correlation (a, b, n));
}

static void
run_detection (void)
{
  guint n_in = next (), n_out = next ();
  g_autofree double *in = read_doubles (n_in);
  g_autofree double *out = read_doubles (n_out);

  print (vinfo_detection_auroc (in, n_in, out, n_out));
  print (vinfo_detection_fpr95 (in, n_in, out, n_out));
}

static void
run_redundancy (void)
{
  guint n = next (), width = next ();
  double limit = next ();
  g_autofree float *rows = read_floats ((gsize)n * width);
  g_autofree float *centre = read_floats (width);
  VInfoRedundancy redundancy;

  vinfo_redundancy_measure (rows, n, width, centre, limit, &redundancy);
  print (redundancy.nearest);
  print ((double)redundancy.duplicates);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*run) (void);
  } measures[] = { { "regression", run_regression },
    { "neighbours", run_neighbours }, { "upsample", run_upsample },
    { "shares", run_shares }, { "masks", run_masks }, { "paired", run_paired },
    { "holm", run_holm }, { "norm-del", run_norm_del },
    { "spearman", run_spearman }, { "detection", run_detection },
    { "redundancy", run_redundancy } };

  for (guint i = 0; argc == 2 && i < G_N_ELEMENTS (measures); i++) {
    if (g_strcmp0 (argv[1], measures[i].name) == 0) {
      measures[i].run ();
      return EXIT_SUCCESS;
    }
  }
  return EXIT_FAILURE;
}
