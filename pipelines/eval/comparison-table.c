/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "comparison-table.h"

#include <math.h>

#define NOT_THERE "–"

/* "12.30 ± 0.40", without the error where there is none */
static char *
format_mean (const Metric *metric, double mean, double error, gboolean sign)
{
  g_autofree char *value = metric_format (metric, mean, sign);
  g_autofree char *half
      = isnan (error) ? NULL : metric_format (metric, error, FALSE);

  return half ? g_strdup_printf ("%s ± %s", value, half)
              : g_steal_pointer (&value);
}

static char *
format_p (double p)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (p < 0.001)
    return g_strdup ("p < 0.001");
  g_ascii_formatd (number, sizeof number, "%.3f", p);
  return g_strconcat ("p = ", number, NULL);
}

static guint
count_seeds (const ComparedArm *arm, GPtrArray *metrics)
{
  guint n = 0;

  for (guint i = 0; i < metrics->len; i++)
    n = MAX (n, compared_arm_summarise (arm, metrics->pdata[i]).n);
  return n;
}

static void
add_mean (GPtrArray *cells, const ComparedArm *arm, const char *name)
{
  Metric metric = metric_find (name);
  Summary summary = compared_arm_summarise (arm, name);

  g_ptr_array_add (cells,
      summary.n > 0 ? format_mean (&metric, summary.mean, summary.error, FALSE)
                    : g_strdup (NOT_THERE));
}

void
comparison_add_means (GString *page, const Writer *writer,
    const Comparison *comparison, const ComparisonView *view)
{
  g_autoptr (Table) table = table_new (g_strdup_printf (
      "`%s`: mean ± standard error over seeds%s%s%s. Junk in the stream: "
      "%g%%. %s",
      comparison->experiment, comparison->stream[0] ? "; stream: `" : "",
      comparison->stream, comparison->stream[0] ? "`" : "",
      100 * comparison->junk, view->source));

  table_add_column (table, g_strdup ("arm"));
  table_add_column (table, g_strdup ("kept, %"));
  table_add_column (table, g_strdup ("seeds"));
  for (guint i = 0; i < view->metrics->len; i++)
    table_add_column (
        table, g_strdup (metric_find (view->metrics->pdata[i]).title));
  for (guint i = 0; i < view->arms->len; i++) {
    const ComparedArm *arm = view->arms->pdata[i];
    GPtrArray *cells = table_begin_row (arm->name);

    g_ptr_array_add (cells, g_strdup_printf ("%g", 100 * arm->ratio));
    g_ptr_array_add (
        cells, g_strdup_printf ("%u", count_seeds (arm, view->metrics)));
    for (guint j = 0; j < view->metrics->len; j++)
      add_mean (cells, arm, view->metrics->pdata[j]);
    table_end_row (table, cells);
  }
  writer->table (page, table);
}

static gboolean
is_in_family (const ComparisonView *view, const ComparedArm *arm)
{
  return arm != view->baseline
         && (!view->family
             || g_strv_contains ((const char *const *)view->family, arm->name));
}

/* The difference of every arm by one metric; p corrected within the family,
 * NaN outside of it. */
static void
run_tests (
    const ComparisonView *view, const char *metric, VInfoPairedTest *tests)
{
  g_autofree double *p = g_new (double, view->arms->len);

  for (guint i = 0; i < view->arms->len; i++) {
    const ComparedArm *arm = view->arms->pdata[i];

    compared_arm_test (arm, view->baseline, metric, &tests[i]);
    p[i] = is_in_family (view, arm) ? tests[i].p : NAN;
  }
  vinfo_paired_test_holm (p, view->arms->len);
  for (guint i = 0; i < view->arms->len; i++)
    tests[i].p = p[i];
}

static char *
format_test (const Metric *metric, const VInfoPairedTest *test)
{
  g_autofree char *difference = NULL, *p = NULL;

  if (test->n == 0)
    return g_strdup (NOT_THERE);
  difference = format_mean (metric, test->mean, test->error, TRUE);
  if (isnan (test->p))
    return g_steal_pointer (&difference);
  p = format_p (test->p);
  return g_strdup_printf ("%s, %s", difference, p);
}

static char *
describe_family (const ComparisonView *view)
{
  g_autofree char *names
      = view->family ? g_strjoinv ("`, `", (char **)view->family) : NULL;

  return names ? g_strdup_printf ("`%s`", names)
               : g_strdup ("all arms of the table");
}

static Table *
begin_differences (const ComparisonView *view)
{
  g_autofree char *family = describe_family (view);
  Table *table = table_new (g_strdup_printf (
      "Difference to `%s`, paired over the seeds that both have: mean ± "
      "standard error, and p of a two-sided paired t-test after Holm's "
      "correction, for each metric, over %s. %s",
      view->baseline->name, family, view->source));

  table_add_column (table, g_strdup ("arm"));
  table_add_column (table, g_strdup ("pairs"));
  return table;
}

/* Rows of the arms but the baseline; cells of one metric a pass. */
void
comparison_add_differences (
    GString *page, const Writer *writer, const ComparisonView *view)
{
  g_autoptr (Table) table = view->baseline ? begin_differences (view) : NULL;
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();
  g_autofree VInfoPairedTest *tests = g_new (VInfoPairedTest, view->arms->len);

  for (guint i = 0; table && i < view->arms->len; i++) {
    const ComparedArm *arm = view->arms->pdata[i];

    g_ptr_array_add (rows, table_begin_row (arm->name));
  }
  for (guint m = 0; table && m < view->metrics->len; m++) {
    Metric metric = metric_find (view->metrics->pdata[m]);

    if (metric.better == 0)
      continue;
    run_tests (view, metric.name, tests);
    for (guint i = 0; i < rows->len; i++) {
      if (table->columns->len == 2)
        g_ptr_array_add (rows->pdata[i], g_strdup_printf ("%u", tests[i].n));
      g_ptr_array_add (rows->pdata[i], format_test (&metric, &tests[i]));
    }
    table_add_column (table, g_strconcat ("Δ ", metric.title, NULL));
  }
  for (guint i = 0; i < rows->len; i++) {
    GPtrArray *row = rows->pdata[i];

    if (view->arms->pdata[i] != view->baseline && table->columns->len > 2) {
      table_end_row (table, row);
    } else {
      g_ptr_array_set_free_func (row, g_free);
      g_ptr_array_unref (row);
    }
  }
  if (table && table->rows->len > 0)
    writer->table (page, table);
}

void
comparison_add_norm_del (
    GString *page, const Writer *writer, const ComparisonView *view)
{
  g_autoptr (Table) table = table_new (g_strdup_printf (
      "NormDEL, %%, with α = 1: 1/(1 + exp(−m·exp(−R))) of the metric m and "
      "the share R that is kept, mean over seeds. %s",
      view->source));

  table_add_column (table, g_strdup ("arm"));
  for (guint i = 0; i < view->arms->len; i++) {
    const ComparedArm *arm = view->arms->pdata[i];
    GPtrArray *cells = table_begin_row (arm->name);

    for (guint m = 0; m < view->metrics->len; m++) {
      Metric metric = metric_find (view->metrics->pdata[m]);
      double value;

      if (!metric.share)
        continue;
      if (i == 0)
        table_add_column (table, g_strdup (metric.title));
      value = compared_arm_norm_del (arm, metric.name);
      g_ptr_array_add (cells, isnan (value)
                                  ? g_strdup (NOT_THERE)
                                  : g_strdup_printf ("%.2f", 100 * value));
    }
    table_end_row (table, cells);
  }
  if (table->columns->len > 1)
    writer->table (page, table);
}

void
comparison_add_plots (
    GString *page, const Writer *writer, const ComparisonView *view)
{
  for (guint m = 0; writer->plot && m < view->metrics->len; m++) {
    Metric metric = metric_find (view->metrics->pdata[m]);
    Plot plot
        = { metric.title, g_array_new (FALSE, FALSE, sizeof (PlotRow)), NAN };

    for (guint i = 0; metric.better != 0 && i < view->arms->len; i++) {
      const ComparedArm *arm = view->arms->pdata[i];
      Summary summary = compared_arm_summarise (arm, metric.name);
      PlotRow row = { arm->name, metric.scale * summary.mean,
        metric.scale * summary.error };

      if (summary.n > 0)
        g_array_append_val (plot.rows, row);
      if (summary.n > 0 && arm == view->baseline)
        plot.mark = row.value;
    }
    if (plot.rows->len > 0)
      writer->plot (page, &plot);
    g_array_unref (plot.rows);
  }
}
