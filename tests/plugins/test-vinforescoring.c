/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir.h"

/* A table with a predictor "default" of version @version. */
static GstContext *
context_of (const char *architecture, guint64 version)
{
  g_autoptr (VInfoPredictorTable) table = vinfo_predictor_table_new ();
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoWorker) worker = NULL;
  VInfoPredictor *predictor;

  config.architecture = architecture;
  worker = vinfo_predictor_table_get (table, "default", &config, 1, NULL, NULL);
  predictor = vinfo_worker_get_predictor (worker);

  for (guint64 i = 0; i < version; i++) {
    g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);

    fail_unless (vinfo_predictor_publish (predictor, newest, NULL));
  }
  return vinfo_predictor_table_to_context (table);
}

static guint
count_of_version (const char *location, guint64 version)
{
  g_autoptr (GPtrArray) kept = list_store (location);
  guint n = 0;

  for (guint i = 0; i < kept->len; i++)
    n += ((VInfoSample *)kept->pdata[i])->score.version == version;
  return n;
}

GST_START_TEST (test_kept_samples_are_scored_by_the_newest_predictor)
{
  char *location = new_location ();
  g_autoptr (GstContext) context = context_of ("nano", 5);
  GstElement *element
      = make_reservoir ("location", location, "mode", SYNC, NULL);
  GstHarness *h;

  gst_element_set_context (element, context);
  h = run (element, "sink_0", NULL);
  push_scored (h, "feed", 0, 6); /* by version 3 */
  tear_down (h);

  /* all that the last one competed with when it was offered */
  fail_unless (count_of_version (location, 5) >= 5);
  remove_location (location);
}
GST_END_TEST;

/* All scores of a version are of the same masks. */
GST_START_TEST (test_nothing_is_scored_anew_before_masks_are_settled)
{
  char *location = new_location ();
  g_autoptr (GstContext) context = context_of ("nano", 5);
  GstElement *element
      = make_reservoir ("location", location, "mode", SYNC, NULL);
  g_autoptr (VInfoPredictorTable) table
      = vinfo_predictor_table_from_context (context);
  g_autoptr (VInfoWorker) worker
      = vinfo_predictor_table_lookup (table, "default");
  GstHarness *h;

  gst_element_set_context (element, context);
  vinfo_predictor_choose_masks (vinfo_worker_get_predictor (worker), 1);
  h = run (element, "sink_0", NULL);
  push_scored (h, "feed", 0, 6); /* by version 3 */
  tear_down (h);

  fail_unless_equals_int (count_of_version (location, 5), 0);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_unreadable_sample_is_a_warning_and_others_are_scored)
{
  char *location = new_location ();
  g_autoptr (GstContext) context = context_of ("nano", 5);
  GstElement *element
      = make_reservoir ("location", location, "mode", SYNC, NULL);
  GstHarness *h;

  fill_store (location, 6, 6);
  spoil_first (location);
  gst_element_set_context (element, context);
  h = run (element, "sink_0", NULL);
  push_scored (h, "feed", 6, 7);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "unreadable"), 1);
  tear_down (h);

  fail_unless (count_of_version (location, 5) >= 5);
  fail_unless (count_of_version (location, 3) >= 1);
  remove_location (location);
}
GST_END_TEST;

static void
push_of_model (GstHarness *h, const char *model_id, guint begin, guint end)
{
  for (guint n = begin; n < end; n++) {
    g_autoptr (VInfoResult) result = pending_result ("feed", n);

    vinfo_result_set_model_id (result, model_id);
    complete (result, n, 32, 24);
    gst_harness_push (h, frame_with (result, n));
  }
}

/* How many of the samples that model "a" scored, at version 3, by the settings
 * of a reservoir, are scored by model "default", which is at version 5. */
static guint
count_judged_by_another (const char *model_id, gboolean both, guint *warnings)
{
  char *location = new_location ();
  g_autoptr (GstContext) context = context_of ("nano", 5);
  GstElement *element = make_reservoir (
      "location", location, "mode", SYNC, "model-id", model_id, NULL);
  GstHarness *h;
  guint judged;

  gst_element_set_context (element, context);
  h = run (element, "sink_0", NULL);
  push_of_model (h, "a", 0, 4);
  if (both)
    push_of_model (h, "default", 4, 8);
  *warnings = count_messages (h->element, GST_MESSAGE_WARNING);
  tear_down (h);
  judged = count_of_version (location, 5);
  remove_location (location);
  return judged;
}

GST_START_TEST (test_no_predictor_scores_what_another_model_scored)
{
  guint warnings;

  fail_unless_equals_int (count_judged_by_another (NULL, FALSE, &warnings), 0);
  fail_unless_equals_int (warnings, 0);
  fail_unless_equals_int (count_judged_by_another (NULL, TRUE, &warnings), 0);
  fail_unless_equals_int (warnings, 1);
  fail_unless_equals_int (
      count_judged_by_another ("default", TRUE, &warnings), 0);
  fail_unless_equals_int (warnings, 1);
}
GST_END_TEST;

GST_START_TEST (test_stop_during_rescoring_is_bounded)
{
  char *location = new_location ();
  g_autoptr (GstContext) context = context_of ("tiny", 5);
  g_autoptr (VInfoResult) result = pending_result ("feed", 40);
  GstElement *element
      = make_reservoir ("location", location, "mode", SYNC, NULL);
  GstHarness *h;
  GThread *thread;
  Push waiting;

  fill_store (location, 40, 40);
  gst_element_set_context (element, context);
  h = run (element, "sink_0", NULL);
  complete (result, 40, 32, 24);
  thread = push_pending (&waiting, h, result);
  wait_for_stat (h->element, "pending", 1);
  tear_down (h);
  g_thread_join (thread);

  /* What was in work, but not all that the frame would compete with. */
  fail_unless (count_of_version (location, 5) < 30);
  remove_location (location);
}
GST_END_TEST;

static Suite *
vinforescoring_suite (void)
{
  Suite *suite = suite_create ("vinforescoring");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_kept_samples_are_scored_by_the_newest_predictor);
  tcase_add_test (tc, test_nothing_is_scored_anew_before_masks_are_settled);
  tcase_add_test (
      tc, test_unreadable_sample_is_a_warning_and_others_are_scored);
  tcase_add_test (tc, test_no_predictor_scores_what_another_model_scored);
  tcase_add_test (tc, test_stop_during_rescoring_is_bounded);
  return suite;
}

GST_CHECK_MAIN (vinforescoring);
