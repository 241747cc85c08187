/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "harness.h"

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
  return suite;
}

GST_CHECK_MAIN (vinfocontext);
