/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <sys/resource.h>

#include "leaks.h"
#include "reservoir.h"

/* Retention ---------------------------------------------------------------- */

/* Frames of the tests arrived in 1970. */
GST_START_TEST (test_samples_that_are_too_old_are_removed_from_the_start_on)
{
  char *location = new_location ();
  GstHarness *h;

  fill_store (location, 10, 10);
  h = run (make_reservoir ("location", location, "mode", SYNC, "max-age",
               (guint64)3600 * GST_SECOND, NULL),
      "sink_0", NULL);
  wait_for_stat (h->element, "rejected-expired", 10);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 0);
  push_scored (h, "feed", 20, 21);
  wait_for_stat (h->element, "rejected-expired", 11);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* Replay ------------------------------------------------------------------- */

static gint
compare_keys (gconstpointer a, gconstpointer b)
{
  const VInfoSample *first = *(VInfoSample *const *)a;
  const VInfoSample *second = *(VInfoSample *const *)b;

  return (first->key > second->key) - (first->key < second->key);
}

GST_START_TEST (test_replay_serves_best_samples_first)
{
  char *location = new_location ();
  g_autoptr (GPtrArray) samples = NULL;
  g_autoptr (GArray) ids = NULL;
  GstHarness *h;

  fill_store (location, 60, 12);
  samples = list_store (location);
  g_ptr_array_sort (samples, compare_keys);
  h = run (make_reservoir (
               "location", location, "order", PRIORITY, "num-buffers", 5, NULL),
      NULL, "src");
  wait_for_event (h, GST_EVENT_EOS);
  ids = pull_ids (h);
  fail_unless_equals_int (ids->len, 5);
  for (guint i = 0; i < 5; i++)
    fail_unless_equals_uint64 (g_array_index (ids, guint64, i),
        ((VInfoSample *)samples->pdata[i])->id);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_replay_leaves_the_store_as_it_is)
{
  char *location = new_location ();
  g_autoptr (GPtrArray) samples = NULL;
  GstHarness *h;

  fill_store (location, 20, 20);
  h = run (make_reservoir (
               "location", location, "capacity", 3, "num-epochs", 2, NULL),
      NULL, "src");
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 40);
  tear_down (h);

  samples = list_store (location);
  fail_unless_equals_int (samples->len, 20);
  for (guint i = 0; i < samples->len; i++)
    fail_unless_equals_int (((VInfoSample *)samples->pdata[i])->views, 0);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_replay_of_a_store_that_another_records_to)
{
  char *location = new_location ();
  GstHarness *recording
      = run (make_reservoir ("location", location, "mode", SYNC, NULL),
          "sink_0", NULL);
  GstHarness *h;

  push_scored (recording, "feed", 0, 5);
  g_signal_emit_by_name (recording->element, "commit");
  h = run (make_reservoir ("location", location, NULL), NULL, "src");
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 5);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 5);
  push_scored (recording, "feed", 5, 8);
  fail_unless_equals_uint64 (stat_of (recording->element, "kept"), 8);

  /* Two can't record: the pad is refused, and the replay told why. */
  fail_unless (gst_element_request_pad_simple (h->element, "sink_0") == NULL);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_ERROR), 1);
  tear_down (h);
  tear_down (recording);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_damaged_picture_is_a_warning_and_left_out)
{
  char *location = new_location ();
  GstHarness *h;

  fill_store (location, 5, 5);
  spoil_first (location);
  h = run (
      make_reservoir ("location", location, "order", TIME, NULL), NULL, "src");
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 4);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* In @state a reservoir without feeds replays 20 samples. */
static void
check_late_feed (GstState state)
{
  char *location = new_location ();
  GstElement *element = make_reservoir ("location", location, "mode", SYNC,
      "capacity", 6, "max-bytes", (guint64)4000, "num-epochs", 0, NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *h;

  fill_store (location, 20, 20);
  gst_element_set_bus (element, bus);
  gst_element_set_state (element, state);
  fail_unless_equals_uint64 (stat_of (element, "kept"), 20);
  h = gst_harness_new_with_element (element, "sink_0", NULL);
  gst_object_unref (element);
  gst_harness_set_src_caps_str (h, CAPS);
  for (guint n = 20; n < 40; n++) {
    fail_unless (stat_of (h->element, "kept") <= 6);
    fail_unless (stat_of (h->element, "kept-bytes") <= 4000);
    push_scored (h, "feed", n, n + 1);
  }
  fail_unless (stat_of (h->element, "admitted") > 0);
  fail_unless_equals_uint64 (stat_of (h->element, "offered"), 20);
  tear_down (h);
  remove_location (location);
}

GST_START_TEST (test_bounds_hold_for_a_feed_that_comes_late)
{
  check_late_feed (GST_STATE_READY);
  check_late_feed (GST_STATE_PAUSED);
  check_late_feed (GST_STATE_PLAYING);
}
GST_END_TEST;

GST_START_TEST (test_replay_of_empty_store_is_eos_at_once)
{
  char *location = new_location ();
  GstHarness *h;

  fill_store (location, 0, 1);
  h = run (make_reservoir ("location", location, NULL), NULL, "src");
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_ERROR), 0);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* Stores ------------------------------------------------------------------- */

GST_START_TEST (test_reopened_store_goes_on_where_it_stopped)
{
  char *location = new_location ();
  GstHarness *h;

  fill_store (location, 10, 50);
  h = run (make_reservoir ("location", location, "mode", SYNC, NULL), "sink_0",
      NULL);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 10);
  push_scored (h, "feed", 5, 15);
  fail_unless_equals_uint64 (stat_of (h->element, "rejected-known"), 5);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 15);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* The one error that @element posts when it is started names @location. */
static void
check_start_fails (GstElement *element, const char *location, gint code)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (element, bus);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
  message = next_message (element, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR, code));
  fail_unless (strstr (error->message, location) != NULL);
  fail_unless_equals_int (count_messages (element, GST_MESSAGE_ERROR), 0);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}

GST_START_TEST (test_store_that_cannot_be_opened_is_one_error_that_names_it)
{
  char *location = new_location ();
  g_autoptr (GstElement) element = make_reservoir ("location", location, NULL);

  fail_unless (g_file_set_contents (location, "no database", -1, NULL));
  check_start_fails (element, location, GST_RESOURCE_ERROR_OPEN_READ_WRITE);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_replay_of_missing_store_is_one_error_and_makes_no_file)
{
  char *location = new_location ();
  g_autoptr (GstElement) element = make_reservoir ("location", location, NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  gst_object_ref_sink (sink);
  fail_unless (gst_element_link (element, sink));
  check_start_fails (element, location, GST_RESOURCE_ERROR_NOT_FOUND);
  fail_if (g_file_test (location, G_FILE_TEST_EXISTS));
  gst_object_unref (sink);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_unknown_policy_is_refused_before_a_file_is_made)
{
  char *location = new_location ();
  g_autoptr (GstElement) element
      = make_reservoir ("location", location, "policy", "bogus", NULL);

  gst_object_unref (gst_element_request_pad_simple (element, "sink_%u"));
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_READY),
      GST_STATE_CHANGE_FAILURE);
  fail_if (g_file_test (location, G_FILE_TEST_EXISTS));
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_archive_without_feeds_yet_makes_its_store)
{
  char *location = new_location ();
  GstElement *element = make_reservoir ("location", location, NULL);

  gst_element_set_state (element, GST_STATE_READY);
  fail_unless (g_file_test (location, G_FILE_TEST_EXISTS));
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
  remove_location (location);
}
GST_END_TEST;

/* Full disks --------------------------------------------------------------- */

static void
set_size_limit (rlim_t limit)
{
  struct rlimit size;

  fail_unless (getrlimit (RLIMIT_FSIZE, &size) == 0);
  size.rlim_cur = limit;
  fail_unless (setrlimit (RLIMIT_FSIZE, &size) == 0);
}

static guint64
sum_of_kept_and_rejected (GstElement *element)
{
  return stat_of (element, "kept") + stat_of (element, "rejected");
}

GST_START_TEST (test_failing_store_warns_once_until_it_works_again)
{
  char *location = new_location ();
  GstHarness *h = run (make_reservoir ("location", location, "mode", SYNC,
                           "policy", "fifo", "capacity", 30, NULL),
      "sink_0", NULL);

  signal (SIGXFSZ, SIG_IGN);
  push_scored (h, "feed", 0, 40);
  for (guint i = 0; i < 2; i++) {
    set_size_limit (1);
    push_scored (h, "feed", 40 + 200 * i, 140 + 200 * i);
    g_signal_emit_by_name (h->element, "commit");
    set_size_limit (RLIM_INFINITY);
    fail_unless_equals_int (
        count_messages (h->element, GST_MESSAGE_WARNING), 1);
    fail_unless (stat_of (h->element, "rejected-store") > 0);
    push_scored (h, "feed", 140 + 200 * i, 240 + 200 * i);
    g_signal_emit_by_name (h->element, "commit");
    fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_INFO), 1);
    fail_unless_equals_uint64 (
        sum_of_kept_and_rejected (h->element), stat_of (h->element, "offered"));
  }
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* Messages --------------------------------------------------------------- */

static guint
count_stats_messages (GstElement *element)
{
  GstMessage *message;
  guint n = 0;

  while ((message = next_message (element, GST_MESSAGE_ELEMENT))) {
    n += gst_message_has_name (message, "vinfo-stats");
    gst_message_unref (message);
  }
  return n;
}

GST_START_TEST (test_statistics_are_posted_once_a_second)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", NULL);
  gint64 begin, seconds;
  guint n;

  g_usleep (1050000);
  begin = g_get_monotonic_time ();
  push_scored (h, "feed", 0, 5);
  seconds = (g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
  n = count_stats_messages (h->element);
  fail_unless (n >= 1 && n <= 1 + seconds);
  tear_down (h);
}
GST_END_TEST;

static void
cycle (guint n, gpointer unused)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.,
                           "min-samples", 1, NULL),
      "sink_0", "src");

  push_scored (h, "feed", n, n + 2);
  tear_down (h);
}

GST_START_TEST (test_fifty_state_cycles_leak_nothing)
{
  check_fifty_cycles (cycle, NULL);
}
GST_END_TEST;

static Suite *
vinforeservoir_suite (void)
{
  Suite *suite = suite_create ("vinforeservoir");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (
      tc, test_samples_that_are_too_old_are_removed_from_the_start_on);
  tcase_add_test (tc, test_replay_serves_best_samples_first);
  tcase_add_test (tc, test_replay_leaves_the_store_as_it_is);
  tcase_add_test (tc, test_replay_of_a_store_that_another_records_to);
  tcase_add_test (tc, test_damaged_picture_is_a_warning_and_left_out);
  tcase_add_test (tc, test_bounds_hold_for_a_feed_that_comes_late);
  tcase_add_test (tc, test_replay_of_empty_store_is_eos_at_once);
  tcase_add_test (tc, test_reopened_store_goes_on_where_it_stopped);
  tcase_add_test (
      tc, test_store_that_cannot_be_opened_is_one_error_that_names_it);
  tcase_add_test (
      tc, test_replay_of_missing_store_is_one_error_and_makes_no_file);
  tcase_add_test (tc, test_unknown_policy_is_refused_before_a_file_is_made);
  tcase_add_test (tc, test_archive_without_feeds_yet_makes_its_store);
  tcase_add_test (tc, test_failing_store_warns_once_until_it_works_again);
  tcase_add_test (tc, test_statistics_are_posted_once_a_second);
  tcase_add_test (tc, test_fifty_state_cycles_leak_nothing);
  return suite;
}

GST_CHECK_MAIN (vinforeservoir);
