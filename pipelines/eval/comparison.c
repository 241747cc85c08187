/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "comparison.h"

#include <math.h>

#include "eval/vinfo-norm-del.h"
#include "result.h"

static void
compared_arm_free (gpointer data)
{
  ComparedArm *self = data;

  g_free (self->name);
  g_hash_table_unref (self->values);
  g_free (self);
}

static void
comparison_free (gpointer data)
{
  Comparison *self = data;

  g_free (self->experiment);
  g_free (self->stream);
  g_ptr_array_unref (self->arms);
  g_ptr_array_unref (self->metrics);
  g_ptr_array_unref (self->commits);
  g_free (self);
}

static Comparison *
find_comparison (GPtrArray *comparisons, const Result *result)
{
  Comparison *self;

  for (guint i = 0; i < comparisons->len; i++) {
    self = comparisons->pdata[i];
    if (g_str_equal (self->experiment, result->experiment))
      return self;
  }
  self = g_new (Comparison, 1);
  *self = (Comparison){ .experiment = g_strdup (result->experiment),
    .stream = g_strdup (result->stream),
    .junk = result->junk,
    .arms = g_ptr_array_new_with_free_func (compared_arm_free),
    .metrics = g_ptr_array_new_with_free_func (g_free),
    .commits = g_ptr_array_new_with_free_func (g_free) };
  g_ptr_array_add (comparisons, self);
  return self;
}

const ComparedArm *
comparison_find_arm (const Comparison *self, const char *name)
{
  for (guint i = 0; i < self->arms->len; i++) {
    const ComparedArm *arm = self->arms->pdata[i];

    if (g_str_equal (arm->name, name))
      return arm;
  }
  return NULL;
}

static const ComparedArm *
ensure_arm (Comparison *self, const Result *result)
{
  const ComparedArm *found = comparison_find_arm (self, result->arm);
  ComparedArm *arm;

  if (found)
    return found;
  arm = g_new (ComparedArm, 1);
  *arm = (ComparedArm){ g_strdup (result->arm), result->ratio,
    g_hash_table_new_full (
        g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref) };
  g_ptr_array_add (self->arms, arm);
  return arm;
}

static void
add_name (GPtrArray *names, const char *name)
{
  if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    g_ptr_array_add (names, g_strdup (name));
}

static void
put (GArray *values, guint seed, double value)
{
  Observation new = { seed, value };
  guint i = 0;

  while (i < values->len && g_array_index (values, Observation, i).seed < seed)
    i++;
  if (i < values->len && g_array_index (values, Observation, i).seed == seed)
    g_array_index (values, Observation, i) = new;
  else
    g_array_insert_val (values, i, new);
}

static void
add_result (const Result *result, gpointer comparisons)
{
  Comparison *self = find_comparison (comparisons, result);
  const ComparedArm *arm = ensure_arm (self, result);
  GArray *values = g_hash_table_lookup (arm->values, result->metric);

  if (!values) {
    values = g_array_new (FALSE, FALSE, sizeof (Observation));
    g_hash_table_insert (arm->values, g_strdup (result->metric), values);
  }
  put (values, result->seed, result->value);
  add_name (self->metrics, result->metric);
  add_name (self->commits, result->commit);
}

GPtrArray *
comparisons_read (char *const *files, GError **error)
{
  g_autoptr (GPtrArray) comparisons
      = g_ptr_array_new_with_free_func (comparison_free);

  for (; *files; files++) {
    if (!result_read_file (*files, add_result, comparisons, error))
      return NULL;
  }
  return g_steal_pointer (&comparisons);
}

Summary
compared_arm_summarise (const ComparedArm *self, const char *metric)
{
  GArray *values = g_hash_table_lookup (self->values, metric);
  Summary summary = { values ? values->len : 0, NAN, NAN };
  double squares = 0;

  if (summary.n == 0)
    return summary;
  summary.mean = 0;
  for (guint i = 0; i < summary.n; i++)
    summary.mean += g_array_index (values, Observation, i).value / summary.n;
  for (guint i = 0; i < summary.n; i++) {
    double d = g_array_index (values, Observation, i).value - summary.mean;

    squares += d * d;
  }
  if (summary.n > 1)
    summary.error = sqrt (squares / (summary.n - 1) / summary.n);
  return summary;
}

void
compared_arm_test (const ComparedArm *self, const ComparedArm *baseline,
    const char *metric, VInfoPairedTest *test)
{
  GArray *a = g_hash_table_lookup (self->values, metric);
  GArray *b = g_hash_table_lookup (baseline->values, metric);
  g_autoptr (GArray) ours = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) theirs = g_array_new (FALSE, FALSE, sizeof (double));
  guint j = 0;

  for (guint i = 0; a && b && i < a->len; i++) {
    const Observation *one = &g_array_index (a, Observation, i);

    while (j < b->len && g_array_index (b, Observation, j).seed < one->seed)
      j++;
    if (j == b->len || g_array_index (b, Observation, j).seed > one->seed)
      continue;
    g_array_append_val (ours, one->value);
    g_array_append_val (theirs, g_array_index (b, Observation, j).value);
  }
  vinfo_paired_test_run (test, (double *)(gpointer)ours->data,
      (double *)(gpointer)theirs->data, ours->len);
}

double
compared_arm_norm_del (const ComparedArm *self, const char *metric)
{
  GArray *values = g_hash_table_lookup (self->values, metric);
  double mean = 0;

  for (guint i = 0; values && i < values->len; i++)
    mean += vinfo_norm_del (
                g_array_index (values, Observation, i).value, self->ratio, 1)
            / values->len;
  return values ? mean : NAN;
}
