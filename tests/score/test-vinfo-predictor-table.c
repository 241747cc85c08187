/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/vinfo-predictor-table.h"

static void
test_one_name_is_one_predictor (void)
{
  g_autoptr (VInfoPredictorTable) table = vinfo_predictor_table_new ();
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoWorker) first = NULL;
  g_autoptr (VInfoWorker) second = NULL;
  g_autoptr (VInfoWorker) other = NULL;
  gboolean created;

  g_assert_null (vinfo_predictor_table_lookup (table, "a"));
  first = vinfo_predictor_table_get (table, "a", &config, 1, &created, NULL);
  g_assert_true (created);
  second = vinfo_predictor_table_get (table, "a", &config, 1, &created, NULL);
  g_assert_false (created);
  other = vinfo_predictor_table_get (table, "b", &config, 1, &created, NULL);
  g_assert_true (created);
  g_assert_true (first == second);
  g_assert_true (
      vinfo_worker_get_predictor (first) != vinfo_worker_get_predictor (other));
}

static VInfoWorker *
get_with_seed (VInfoPredictorTable *table, guint64 seed)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoWorker *worker;

  config.seed = seed;
  worker = vinfo_predictor_table_get (table, "a", &config, 1, NULL, NULL);
  g_assert_nonnull (worker);
  return worker;
}

static guint64
seed_of (VInfoWorker *worker)
{
  return vinfo_predictor_get_config (vinfo_worker_get_predictor (worker))->seed;
}

/* Gets a predictor, lets it go, and asks for one of another seed. */
static guint64
seed_after_a_pause (VInfoPredictorTable *table)
{
  g_autoptr (VInfoWorker) first = get_with_seed (table, 1);
  g_autoptr (VInfoWorker) second = NULL;

  g_clear_object (&first);
  second = get_with_seed (table, 2);
  return seed_of (second);
}

static void
test_a_table_keeps_its_predictors (void)
{
  g_autoptr (VInfoPredictorTable) table = vinfo_predictor_table_new ();

  g_assert_cmpuint (seed_after_a_pause (table), ==, 1);
}

static void
test_a_weak_table_makes_anew_what_nobody_held (void)
{
  g_autoptr (VInfoPredictorTable) table = vinfo_predictor_table_new_weak ();

  g_assert_cmpuint (seed_after_a_pause (table), ==, 2);
  g_assert_null (vinfo_predictor_table_lookup (table, "a"));
}

static void
test_a_weak_table_finds_what_somebody_holds (void)
{
  g_autoptr (VInfoPredictorTable) table = vinfo_predictor_table_new_weak ();
  g_autoptr (VInfoWorker) first = get_with_seed (table, 1);
  g_autoptr (VInfoWorker) second = get_with_seed (table, 2);
  g_autoptr (VInfoWorker) found = vinfo_predictor_table_lookup (table, "a");

  g_assert_true (first == second && first == found);
}

static void
test_a_model_that_is_not_there_leaves_no_entry (void)
{
  g_autoptr (VInfoPredictorTable) table = vinfo_predictor_table_new ();
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (GError) error = NULL;

  config.location = "/nonexistent";
  g_assert_null (
      vinfo_predictor_table_get (table, "a", &config, 1, NULL, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND);
  g_assert_null (vinfo_predictor_table_lookup (table, "a"));
}

static void
test_a_context_carries_the_table (void)
{
  g_autoptr (VInfoPredictorTable) table = vinfo_predictor_table_new ();
  g_autoptr (GstContext) context = vinfo_predictor_table_to_context (table);
  g_autoptr (GstContext) foreign = gst_context_new ("other", TRUE);
  g_autoptr (VInfoPredictorTable) found
      = vinfo_predictor_table_from_context (context);

  g_assert_true (found == table);
  g_assert_true (gst_context_is_persistent (context));
  g_assert_null (vinfo_predictor_table_from_context (foreign));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/table/one-name-is-one-predictor", test_one_name_is_one_predictor);
  g_test_add_func (
      "/table/a-table-keeps-its-predictors", test_a_table_keeps_its_predictors);
  g_test_add_func ("/table/a-weak-table-makes-anew-what-nobody-held",
      test_a_weak_table_makes_anew_what_nobody_held);
  g_test_add_func ("/table/a-weak-table-finds-what-somebody-holds",
      test_a_weak_table_finds_what_somebody_holds);
  g_test_add_func ("/table/a-model-that-is-not-there-leaves-no-entry",
      test_a_model_that_is_not_there_leaves_no_entry);
  g_test_add_func (
      "/table/a-context-carries-the-table", test_a_context_carries_the_table);
  return g_test_run ();
}
