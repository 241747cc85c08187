/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "comparison.h"
#include "comparison-table.h"
#include "experiment.h"
#include "rank.h"

#define BASELINE "full-shuffled"

static void
free_experiment (gpointer data)
{
  experiment_free (data);
}

/* Returns: (element-type Experiment): of the key files; the others become
 * *results. */
static GPtrArray *
load_experiments (char *const *files, GPtrArray *results, GError **error)
{
  g_autoptr (GPtrArray) experiments
      = g_ptr_array_new_with_free_func (free_experiment);

  for (; *files; files++) {
    Experiment *experiment;

    if (!g_str_has_suffix (*files, ".ini")) {
      g_ptr_array_add (results, *files);
      continue;
    }
    experiment = experiment_load (*files, error);
    if (!experiment)
      return NULL;
    g_ptr_array_add (experiments, experiment);
  }
  g_ptr_array_add (results, NULL);
  return g_steal_pointer (&experiments);
}

static const Experiment *
find_experiment (GPtrArray *experiments, const char *name)
{
  for (guint i = 0; i < experiments->len; i++) {
    const Experiment *experiment = experiments->pdata[i];

    for (guint j = 0; j < experiment->budgets->len; j++) {
      const Budget *budget = experiment->budgets->pdata[j];

      if (g_str_equal (budget->name, name))
        return experiment;
    }
  }
  return NULL;
}

/* Returns: (transfer container): arms as the key file orders them, then those
 * that it does not know */
static GPtrArray *
order_arms (const Comparison *comparison, const Experiment *experiment)
{
  GPtrArray *arms = g_ptr_array_new ();

  for (guint i = 0; experiment && i < experiment->arms->len; i++) {
    const Arm *arm = experiment->arms->pdata[i];
    const ComparedArm *found = comparison_find_arm (comparison, arm->name);

    if (found)
      g_ptr_array_add (arms, (gpointer)found);
  }
  for (guint i = 0; i < comparison->arms->len; i++) {
    if (!g_ptr_array_find (arms, comparison->arms->pdata[i], NULL))
      g_ptr_array_add (arms, comparison->arms->pdata[i]);
  }
  return arms;
}

static char *
join_commits (const Comparison *comparison)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  g_ptr_array_extend (names, comparison->commits, NULL, NULL);
  g_ptr_array_add (names, NULL);
  return g_strjoinv ("`, `", (char **)names->pdata);
}

static void
add_comparison (GString *page, const Writer *writer,
    const Comparison *comparison, const Experiment *experiment,
    const char *command)
{
  g_autoptr (GPtrArray) arms = order_arms (comparison, experiment);
  const char *name = experiment && experiment->report.baseline
                         ? experiment->report.baseline
                         : BASELINE;
  g_autofree char *commits = join_commits (comparison);
  g_autofree char *source = g_strdup_printf (
      "Table by `%s`; measured by commit `%s`.", command, commits);
  ComparisonView view = { .arms = arms,
    .metrics = comparison->metrics,
    .baseline = comparison_find_arm (comparison, name),
    .source = source };
  g_autoptr (GPtrArray) metrics = g_ptr_array_new ();

  if (experiment) {
    view.family = experiment->report.family;
    for (char **m = experiment->report.metrics; m && *m; m++)
      g_ptr_array_add (metrics, *m);
    if (metrics->len > 0)
      view.metrics = metrics;
  }
  writer->heading (page, comparison->experiment);
  comparison_add_means (page, writer, comparison, &view);
  comparison_add_differences (page, writer, &view);
  comparison_add_norm_del (page, writer, &view);
  comparison_add_plots (page, writer, &view);
}

/* Whether an arm is ranked: by the key file, or because it keeps a part. */
static gboolean
is_ranked (const ComparedArm *arm, const Experiment *experiment)
{
  return experiment && experiment->report.ranked ? g_strv_contains (
             (const char *const *)experiment->report.ranked, arm->name)
                                                 : arm->ratio < 1;
}

/* Returns: (transfer container) (element-type utf8): arms that are ranked in
 * all comparisons */
static GPtrArray *
find_ranked (GPtrArray *comparisons, GPtrArray *experiments)
{
  GPtrArray *names = g_ptr_array_new ();
  const Comparison *first = comparisons->pdata[0];

  for (guint i = 0; i < first->arms->len; i++) {
    const char *name = ((ComparedArm *)first->arms->pdata[i])->name;
    gboolean everywhere = TRUE;

    for (guint j = 0; j < comparisons->len; j++) {
      const Comparison *comparison = comparisons->pdata[j];
      const ComparedArm *arm = comparison_find_arm (comparison, name);

      everywhere &= arm
                    && is_ranked (arm,
                        find_experiment (experiments, comparison->experiment));
    }
    if (everywhere)
      g_ptr_array_add (names, (gpointer)name);
  }
  return names;
}

/* Adds to @sums the ranks of the arms; FALSE where one lacks the metric. */
static gboolean
add_ranks (const Comparison *comparison, GPtrArray *names, const Metric *metric,
    double *sums)
{
  g_autoptr (GPtrArray) arms = g_ptr_array_new ();
  g_autofree double *ranks = g_new (double, names->len);

  for (guint i = 0; i < names->len; i++) {
    const ComparedArm *arm = comparison_find_arm (comparison, names->pdata[i]);

    if (compared_arm_summarise (arm, metric->name).n == 0)
      return FALSE;
    g_ptr_array_add (arms, (gpointer)arm);
  }
  rank_arms (arms, metric->name, metric->better, ranks);
  for (guint i = 0; i < names->len; i++)
    sums[i] += ranks[i];
  return TRUE;
}

static GPtrArray *
begin_rank_rows (GPtrArray *names)
{
  GPtrArray *rows = g_ptr_array_new ();

  for (guint i = 0; i < names->len; i++)
    g_ptr_array_add (rows, table_begin_row (names->pdata[i]));
  return rows;
}

/* A column of the average ranks by one metric, where all comparisons have it. */
static void
add_rank_column (Table *table, GPtrArray *rows, GPtrArray *comparisons,
    GPtrArray *names, const Metric *metric)
{
  g_autofree double *sums = g_new0 (double, names->len);

  for (guint i = 0; i < comparisons->len; i++) {
    if (!add_ranks (comparisons->pdata[i], names, metric, sums))
      return;
  }
  table_add_column (table, g_strdup (metric->title));
  for (guint i = 0; i < names->len; i++)
    g_ptr_array_add (
        rows->pdata[i], g_strdup_printf ("%.2f", sums[i] / comparisons->len));
}

static void
add_ranking (GString *page, const Writer *writer, GPtrArray *comparisons,
    GPtrArray *experiments, const char *command)
{
  g_autoptr (GPtrArray) names = find_ranked (comparisons, experiments);
  g_autoptr (GPtrArray) rows = begin_rank_rows (names);
  const Comparison *first = comparisons->pdata[0];
  g_autoptr (Table) table = table_new (g_strdup_printf (
      "Average rank over %u experiments by the mean of each metric; 1 is best. "
      "Table by `%s`.",
      comparisons->len, command));

  table_add_column (table, g_strdup ("arm"));
  for (guint i = 0; i < first->metrics->len; i++) {
    Metric metric = metric_find (first->metrics->pdata[i]);

    if (metric.better != 0)
      add_rank_column (table, rows, comparisons, names, &metric);
  }
  for (guint i = 0; i < rows->len; i++)
    table_end_row (table, rows->pdata[i]);
  if (names->len < 2 || table->columns->len < 2)
    return;
  writer->heading (page, "Ranks");
  writer->table (page, table);
}

gboolean
report_write (
    char *const *files, const char *out, const char *command, GError **error)
{
  const Writer *writer
      = g_str_has_suffix (out, ".html") ? &page_html : &page_markdown;
  g_autoptr (GPtrArray) results = g_ptr_array_new ();
  g_autoptr (GPtrArray) experiments = load_experiments (files, results, error);
  g_autoptr (GPtrArray) comparisons
      = experiments ? comparisons_read ((char **)results->pdata, error) : NULL;
  g_autoptr (GString) page = g_string_new (NULL);

  if (!comparisons)
    return FALSE;
  if (comparisons->len == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: nothing to tell: no result in what was given", out);
    return FALSE;
  }
  writer->begin (page, "Results");
  for (guint i = 0; i < comparisons->len; i++) {
    const Comparison *comparison = comparisons->pdata[i];

    add_comparison (page, writer, comparison,
        find_experiment (experiments, comparison->experiment), command);
  }
  if (comparisons->len > 1)
    add_ranking (page, writer, comparisons, experiments, command);
  writer->end (page);
  return g_file_set_contents (out, page->str, (gssize)page->len, error);
}
