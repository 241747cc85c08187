/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "leaks.h"

/* Each way by which a scorer comes to a predictor that exists, where no other
 * leads to it. */

static GstElement *
make_score (void)
{
  GstElement *element = gst_element_factory_make ("vinfoscore", NULL);

  fail_unless (element != NULL);
  return gst_object_ref_sink (element);
}

static void
make_ready (GstElement *element)
{
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_READY),
      GST_STATE_CHANGE_SUCCESS);
}

static gboolean
share_a_predictor (GstElement *a, GstElement *b)
{
  g_autoptr (VInfoWorker) of_a = worker_of (a);
  g_autoptr (VInfoWorker) of_b = worker_of (b);

  return of_a == of_b;
}

/* In no bin, so that there is nobody else to tell them. */
static void
check_neighbours (gboolean upstream_first)
{
  g_autoptr (GstElement) above = make_score ();
  g_autoptr (GstElement) below = make_score ();

  fail_unless (gst_element_link (above, below));
  make_ready (upstream_first ? above : below);
  make_ready (upstream_first ? below : above);
  fail_unless (share_a_predictor (above, below));
  gst_element_set_state (above, GST_STATE_NULL);
  gst_element_set_state (below, GST_STATE_NULL);
  gst_element_unlink (above, below);
}

GST_START_TEST (test_neighbour_has_the_predictor)
{
  check_neighbours (TRUE);
  check_neighbours (FALSE);
}
GST_END_TEST;

/* Both were there before there was a predictor that their bin could tell who
 * is added of. */
GST_START_TEST (test_bin_has_the_predictor_for_branches_that_are_not_linked)
{
  g_autoptr (GstElement) pipeline
      = gst_parse_launch ("fakesrc ! vinfoscore name=a ! fakesink "
                          "( fakesrc ! vinfoscore name=b ! fakesink )",
          NULL);
  g_autoptr (GstElement) a = gst_bin_get_by_name (GST_BIN (pipeline), "a");
  g_autoptr (GstElement) b = gst_bin_get_by_name (GST_BIN (pipeline), "b");

  make_ready (pipeline);
  fail_unless (share_a_predictor (a, b));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

/* An application that lets its pipelines share, by what the first one made. */
static GstBusSyncReply
answer (GstBus *bus, GstMessage *message, gpointer present)
{
  g_autoptr (GstContext) context = NULL;
  const char *type;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_NEED_CONTEXT)
    return GST_BUS_PASS;
  fail_unless (gst_message_parse_context_type (message, &type));
  fail_unless_equals_string (type, VINFO_PREDICTOR_CONTEXT_TYPE);
  context = gst_element_get_context (present, type);
  gst_element_set_context (GST_ELEMENT (GST_MESSAGE_SRC (message)), context);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static gboolean
pipelines_share (gboolean asked)
{
  const char *line = "fakesrc ! vinfoscore name=score ! fakesink";
  g_autoptr (GstElement) first = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) second = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) of_first
      = gst_bin_get_by_name (GST_BIN (first), "score");
  g_autoptr (GstElement) of_second
      = gst_bin_get_by_name (GST_BIN (second), "score");
  g_autoptr (GstBus) bus = gst_element_get_bus (second);
  gboolean share;

  make_ready (first);
  if (asked)
    gst_bus_set_sync_handler (bus, answer, of_first, NULL);
  make_ready (second);
  share = share_a_predictor (of_first, of_second);
  gst_element_set_state (first, GST_STATE_NULL);
  gst_element_set_state (second, GST_STATE_NULL);
  return share;
}

GST_START_TEST (test_application_is_asked_for_the_predictor)
{
  fail_unless (pipelines_share (TRUE));
  fail_if (pipelines_share (FALSE));
}
GST_END_TEST;

/* How long a predictor lasts ---------------------------------------------- */

static GstElement *
make_element (const char *factory, const char *property, ...)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstElement *element;
  va_list args;

  va_start (args, property);
  element = make_element_valist (factory, property, args);
  va_end (args);
  gst_element_set_bus (element, bus);
  return element;
}

static void
drop_element (GstElement *element)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (element);

  gst_element_set_state (element, GST_STATE_NULL);
  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (element);
}

static guint64
seed_in_use (GstElement *element)
{
  g_autoptr (VInfoWorker) worker = worker_of (element);

  return vinfo_predictor_get_config (vinfo_worker_get_predictor (worker))->seed;
}

static void
publish (GstElement *element)
{
  g_autoptr (VInfoWorker) worker = worker_of (element);
  VInfoPredictor *predictor = vinfo_worker_get_predictor (worker);
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoMae) mae = vinfo_mae_new (vinfo_mae_get_config (newest), 5);

  fail_unless (vinfo_predictor_publish (predictor, mae, NULL));
}

GST_START_TEST (
    test_predictor_and_thread_end_when_each_kind_of_element_is_in_null)
{
  const char *factories[] = { "vinfoscore", "vinfocompose", "vinfotrainer" };

  for (guint i = 0; i < G_N_ELEMENTS (factories); i++) {
    GstElement *element = make_element (factories[i], NULL);
    guint n_threads = count_threads ();
    GWeakRef predictor;

    gst_element_set_state (element, GST_STATE_PAUSED);
    follow_predictor (&predictor, element);
    gst_element_set_state (element, GST_STATE_READY);
    fail_unless (predictor_is_there (&predictor), "%s", factories[i]);
    gst_element_set_state (element, GST_STATE_NULL);
    fail_if (predictor_is_there (&predictor), "%s", factories[i]);
    fail_unless (thread_count_falls_to (n_threads));
    g_weak_ref_clear (&predictor);
    drop_element (element);
  }
}
GST_END_TEST;

GST_START_TEST (test_predictor_lasts_until_the_last_element_is_in_null)
{
  GstElement *a = make_element ("vinfoscore", NULL);
  GstElement *b = make_element ("vinfoscore", NULL);
  GWeakRef predictor;

  fail_unless (gst_element_link (a, b));
  make_ready (a);
  make_ready (b);
  follow_predictor (&predictor, a);
  gst_element_set_state (a, GST_STATE_NULL);
  fail_unless (predictor_is_there (&predictor));
  gst_element_set_state (b, GST_STATE_NULL);
  fail_if (predictor_is_there (&predictor));
  g_weak_ref_clear (&predictor);
  gst_element_unlink (a, b);
  drop_element (a);
  drop_element (b);
}
GST_END_TEST;

GST_START_TEST (test_start_takes_the_properties_anew)
{
  GstElement *element
      = make_element ("vinfoscore", "seed", G_GUINT64_CONSTANT (1), NULL);

  make_ready (element);
  fail_unless_equals_uint64 (seed_in_use (element), 1);
  gst_element_set_state (element, GST_STATE_NULL);
  g_object_set (element, "seed", G_GUINT64_CONSTANT (2), NULL);
  make_ready (element);
  fail_unless_equals_uint64 (seed_in_use (element), 2);

  g_object_set (element, "seed", G_GUINT64_CONSTANT (3), NULL);
  gst_element_set_state (element, GST_STATE_PAUSED);
  fail_unless_equals_uint64 (seed_in_use (element), 3);
  fail_unless_equals_int (count_messages (element, GST_MESSAGE_WARNING), 0);
  drop_element (element);
}
GST_END_TEST;

GST_START_TEST (test_what_was_learnt_lasts_in_ready)
{
  GstElement *element = make_element ("vinfoscore", NULL);

  gst_element_set_state (element, GST_STATE_PAUSED);
  publish (element);
  make_ready (element);
  g_object_set (element, "seed", G_GUINT64_CONSTANT (0), NULL); /* as it was */
  gst_element_set_state (element, GST_STATE_PAUSED);
  fail_unless_equals_uint64 (stat_of (element, "version"), 1);
  drop_element (element);
}
GST_END_TEST;

static guint64
version_after_null (GstElement *element)
{
  gst_element_set_state (element, GST_STATE_PAUSED);
  publish (element);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_state (element, GST_STATE_PAUSED);
  return stat_of (element, "version");
}

GST_START_TEST (test_table_of_the_application_keeps_what_was_learnt)
{
  g_autoptr (VInfoPredictorTable) table = vinfo_predictor_table_new ();
  g_autoptr (GstContext) context = vinfo_predictor_table_to_context (table);
  GstElement *element = make_element ("vinfoscore", NULL);

  gst_element_set_context (element, context);
  fail_unless_equals_uint64 (version_after_null (element), 1);
  drop_element (element);
}
GST_END_TEST;

GST_START_TEST (test_predictor_that_the_application_holds_outlasts_null)
{
  GstElement *element = make_element ("vinfoscore", NULL);
  g_autoptr (VInfoWorker) held = NULL;

  make_ready (element);
  held = worker_of (element);
  fail_unless_equals_uint64 (version_after_null (element), 1);
  drop_element (element);
}
GST_END_TEST;

/* What is asked for and not met --------------------------------------------- */

/* The text of the one warning that the element posted; NULL: none. */
static char *
only_warning (GstElement *element)
{
  g_autoptr (GstMessage) message = next_message (element, GST_MESSAGE_WARNING);
  g_autoptr (GError) warning = NULL;

  if (!message)
    return NULL;
  gst_message_parse_warning (message, &warning, NULL);
  fail_unless (g_error_matches (
      warning, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  fail_unless_equals_int (count_messages (element, GST_MESSAGE_WARNING), 0);
  return g_strdup (warning->message);
}

/* What @second, which it takes, is warned of beside @first, which it takes. */
static char *
warning_beside (GstElement *first, GstElement *second)
{
  g_autofree char *late = NULL;
  char *warning;

  fail_unless (gst_element_link (first, second));
  make_ready (first);
  gst_element_set_state (second, GST_STATE_READY);
  gst_element_set_state (second, GST_STATE_PAUSED);
  warning = only_warning (second);
  make_ready (second);
  gst_element_set_state (second, GST_STATE_PAUSED);
  late = only_warning (second);
  fail_unless (late == NULL, "%s", late);
  late = only_warning (first);
  fail_unless (late == NULL, "%s", late);
  gst_element_set_state (second, GST_STATE_NULL);
  gst_element_set_state (first, GST_STATE_NULL);
  gst_element_unlink (first, second);
  drop_element (first);
  drop_element (second);
  return warning;
}

GST_START_TEST (test_ignored_properties_are_one_warning_that_names_both_values)
{
  g_autofree char *of_scorer
      = warning_beside (make_element ("vinfoscore", NULL),
          make_element ("vinfoscore", "seed", G_GUINT64_CONSTANT (5),
              "architecture", "tiny", "ood", VINFO_OOD_NONE, "dtype",
              VINFO_DTYPE_BF16, "batch-size", 3, NULL));
  g_autofree char *of_trainer = warning_beside (
      make_element ("vinfoscore", "seed", G_GUINT64_CONSTANT (4), NULL),
      make_element ("vinfotrainer", "seed", G_GUINT64_CONSTANT (5), "dtype",
          VINFO_DTYPE_BF16, NULL)); /* that of its own steps */

  fail_unless_equals_string (of_scorer,
      "Ignored, as predictor \"default\" is there already: architecture=tiny "
      "(nano is used), seed=5 (0 is used), ood=none (knn is used), "
      "dtype=bf16 (f32 is used), batch-size=3 (8 is used)");
  fail_unless_equals_string (of_trainer,
      "Ignored, as predictor \"default\" is there already: seed=5 (4 is used)");
}
GST_END_TEST;

GST_START_TEST (test_element_that_asks_for_nothing_or_the_same_is_not_warned)
{
  g_autofree char *nothing
      = warning_beside (make_element ("vinfoscore", "seed",
                            G_GUINT64_CONSTANT (5), "batch-size", 3, NULL),
          make_element ("vinfoscore", NULL));
  g_autofree char *same = warning_beside (
      make_element ("vinfoscore", "seed", G_GUINT64_CONSTANT (5), NULL),
      make_element ("vinfoscore", "seed", G_GUINT64_CONSTANT (5), NULL));
  g_autofree char *other_id = warning_beside (
      make_element ("vinfoscore", "seed", G_GUINT64_CONSTANT (5), NULL),
      make_element ("vinfoscore", "seed", G_GUINT64_CONSTANT (6), "model-id",
          "other", NULL));
  /* masks that nobody settled may still be chosen */
  g_autofree char *open = warning_beside (make_element ("vinfoscore", NULL),
      make_element ("vinfoscore", "masks", 2, NULL));

  fail_unless (nothing == NULL, "%s", nothing);
  fail_unless (same == NULL, "%s", same);
  fail_unless (other_id == NULL, "%s", other_id);
  fail_unless (open == NULL, "%s", open);
}
GST_END_TEST;

GST_START_TEST (test_model_is_compared_by_place)
{
  g_autofree char *directory = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *same_place = g_strconcat (directory, "/.", NULL);
  g_autofree char *same = NULL;
  g_autofree char *shape = NULL;
  g_autofree char *ignored = NULL;
  g_autofree char *expected = NULL;

  save_model (directory, 1);
  /* whose files say of what shape it is */
  same = warning_beside (make_element ("vinfoscore", "model", directory, NULL),
      make_element (
          "vinfoscore", "model", same_place, "architecture", "tiny", NULL));
  fail_unless (same == NULL, "%s", same);

  shape = warning_beside (make_element ("vinfoscore", "model", directory, NULL),
      make_element ("vinfoscore", "architecture", "tiny", NULL));
  expected = g_strdup_printf ("Ignored, as predictor \"default\" is there "
                              "already: architecture=tiny (%s is used)",
      directory);
  fail_unless_equals_string (shape, expected);

  ignored = warning_beside (make_element ("vinfoscore", NULL),
      make_element ("vinfoscore", "model", directory, NULL));
  fail_unless (strstr (ignored, directory) != NULL);
  remove_tree (directory);
}
GST_END_TEST;

static Suite *
vinfocontext_suite (void)
{
  Suite *suite = suite_create ("vinfocontext");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_neighbour_has_the_predictor);
  tcase_add_test (
      tc, test_bin_has_the_predictor_for_branches_that_are_not_linked);
  tcase_add_test (tc, test_application_is_asked_for_the_predictor);
  tcase_add_test (
      tc, test_predictor_and_thread_end_when_each_kind_of_element_is_in_null);
  tcase_add_test (tc, test_predictor_lasts_until_the_last_element_is_in_null);
  tcase_add_test (tc, test_start_takes_the_properties_anew);
  tcase_add_test (tc, test_what_was_learnt_lasts_in_ready);
  tcase_add_test (tc, test_table_of_the_application_keeps_what_was_learnt);
  tcase_add_test (tc, test_predictor_that_the_application_holds_outlasts_null);
  tcase_add_test (
      tc, test_ignored_properties_are_one_warning_that_names_both_values);
  tcase_add_test (
      tc, test_element_that_asks_for_nothing_or_the_same_is_not_warned);
  tcase_add_test (tc, test_model_is_compared_by_place);
  return suite;
}

GST_CHECK_MAIN (vinfocontext);
