/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir.h"

/* Feeds -------------------------------------------------------------------- */

GST_START_TEST (test_stalled_feed_never_stalls_others)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 2.,
                           "min-samples", 1, NULL),
      "sink_0", "src");
  GstHarness *other = add_feed (h, "sink_1");
  g_autoptr (VInfoResult) result = pending_result ("stalled", 0);
  Push stalled;
  GThread *thread = push_pending (&stalled, h, result);

  wait_for_stat (h->element, "pending", 1);
  push_scored (other, "other", 0, 20);
  fail_unless_equals_uint64 (stat_of (h->element, "offered"), 20);
  fail_unless_equals_uint64 (stat_of (h->element, "samples"), 40);

  complete (result, 0, 32, 24);
  fail_unless_equals_int (
      GPOINTER_TO_INT (g_thread_join (thread)), GST_FLOW_OK);
  fail_unless_equals_uint64 (stat_of (h->element, "offered"), 21);

  gst_harness_teardown (other);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_feeds_come_and_go_while_playing)
{
  GstHarness *h
      = run (make_reservoir ("mode", SYNC, "samples-per-frame", 0., NULL),
          "sink_0", "src");

  for (guint i = 1; i <= 10; i++) {
    g_autofree char *name = g_strdup_printf ("sink_%u", i);
    GstHarness *late = add_feed (h, name);

    push_scored (late, name, 0, 3);
    gst_harness_teardown (late);
    push_scored (h, "first", 3 * i, 3 * i + 3);
  }
  fail_unless_equals_uint64 (stat_of (h->element, "offered"), 60);

  /* The end is that of those that are left. */
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  tear_down (h);
}
GST_END_TEST;

static GstPad *
request_named (GstElement *element, const char *name)
{
  GstPadTemplate *templ = gst_element_get_pad_template (element, "sink_%u");

  return GST_ELEMENT_GET_CLASS (element)->request_new_pad (
      element, templ, name, NULL);
}

/* The element's own check: not all of them pass GStreamer's. */
GST_START_TEST (test_names_that_no_pad_can_have_are_refused)
{
  static const char *const names[]
      = { "sink_1x", "sink_-1", "sink_+1", "sink_ 1", "sink_01", "sink_",
          "sink_99999999999", "sink_4294967295", "src_1", "sink_1_2" };
  g_autoptr (GstElement) element = make_reservoir (NULL);
  GstPad *pad;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    fail_unless (request_named (element, names[i]) == NULL);
  fail_unless_equals_int (element->numsinkpads, 0);

  pad = request_named (element, "sink_7");
  fail_unless_equals_string (GST_OBJECT_NAME (pad), "sink_7");
  pad = request_named (element, NULL);
  fail_unless_equals_string (GST_OBJECT_NAME (pad), "sink_8");
}
GST_END_TEST;

GST_START_TEST (test_release_of_waiting_feed_ends_its_wait)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", NULL);
  GstHarness *other = add_feed (h, "sink_1");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (h->element, "sink_1");
  g_autoptr (VInfoResult) result = pending_result ("other", 0);
  Push waiting;
  GThread *thread = push_pending (&waiting, other, result);

  wait_for_stat (h->element, "pending", 1);
  gst_element_release_request_pad (h->element, pad);
  fail_unless (GPOINTER_TO_INT (g_thread_join (thread)) != GST_FLOW_OK);

  /* The scorer may finish after the pad is gone. */
  complete (result, 0, 32, 24);
  fail_unless_equals_int (
      vinfo_result_get_stage (result), VINFO_STAGE_REJECTED);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 0);

  gst_harness_teardown (other);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_feeds_are_named_through_child_proxy)
{
  GstElement *element = make_reservoir (
      "mode", SYNC, "num-epochs", 1, "samples-per-frame", 0., NULL);
  GstHarness *h = run (element, "sink_0", "src");
  GstHarness *other = add_feed (h, "sink_1");
  g_autoptr (GHashTable) feeds
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GstBuffer *buffer;

  gst_child_proxy_set (GST_CHILD_PROXY (element), "sink_0::feed", "door",
      "sink_1::feed", "yard", NULL);
  push_scored (h, "a", 0, 1);
  push_scored (other, "b", 1, 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  gst_harness_push_event (other, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);

  while ((buffer = gst_harness_try_pull (h))) {
    VInfoResult *result = gst_buffer_get_vinfo_result (buffer);
    g_hash_table_add (feeds, g_strdup (vinfo_result_get_feed (result)));
    gst_buffer_unref (buffer);
  }
  fail_unless_equals_int (g_hash_table_size (feeds), 2);
  fail_unless (g_hash_table_contains (feeds, "door"));
  fail_unless (g_hash_table_contains (feeds, "yard"));

  gst_harness_teardown (other);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_max_rate_bounds_what_a_feed_brings_a_minute)
{
  GstHarness *h = run (
      make_reservoir ("mode", SYNC, "capacity", 200, NULL), "sink_0", NULL);
  GstHarness *other = add_feed (h, "sink_1");

  gst_child_proxy_set (
      GST_CHILD_PROXY (h->element), "sink_0::max-rate", 5., NULL);
  push_scored (h, "limited", 0, 15);
  fail_unless_equals_uint64 (stat_of (h->element, "admitted"), 5);
  fail_unless_equals_uint64 (stat_of (h->element, "rejected-rate"), 10);
  push_scored (other, "other", 20, 35);
  fail_unless_equals_uint64 (stat_of (h->element, "admitted"), 20);
  /* 12 s of stream later */
  fail_unless_equals_int (
      gst_harness_push (h, scored_frame ("limited", 15 + 12 * 25)),
      GST_FLOW_OK);
  fail_unless_equals_uint64 (stat_of (h->element, "admitted"), 21);

  gst_harness_teardown (other);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_quota_bounds_a_feed)
{
  char *location = new_location ();
  GstHarness *h = run (
      make_reservoir ("mode", SYNC, "location", location, "capacity", 20, NULL),
      "sink_0", NULL);
  GstHarness *other = add_feed (h, "sink_1");
  g_autoptr (GPtrArray) samples = NULL;
  guint n_greedy = 0;

  gst_child_proxy_set (GST_CHILD_PROXY (h->element), "sink_0::quota", 5, NULL);
  push_scored (h, "greedy", 0, 15);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 5);
  push_scored (other, "other", 20, 30);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 15);
  push_scored (h, "greedy", 40, 60); /* the better replace its worst */
  fail_unless (stat_of (h->element, "rejected-evicted") > 0);
  fail_unless (stat_of (h->element, "rejected-quota") > 0);

  g_signal_emit_by_name (h->element, "commit");
  samples = list_store (location);
  for (guint i = 0; i < samples->len; i++)
    n_greedy
        += g_str_equal (((VInfoSample *)samples->pdata[i])->feed, "greedy");
  fail_unless_equals_int (samples->len, 15);
  fail_unless_equals_int (n_greedy, 5);

  gst_harness_teardown (other);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* Frames ------------------------------------------------------------------- */

GST_START_TEST (test_pool_of_four_buffers_never_starves)
{
  GstHarness *h = run (make_reservoir ("mode", ASYNC, NULL), "sink_0", NULL);
  GstBufferPool *pool = gst_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  GstBufferPoolAcquireParams params
      = { .flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT };
  g_autoptr (GPtrArray) results
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_result_unref);

  gst_buffer_pool_config_set_params (config, NULL, 64, 4, 4);
  gst_buffer_pool_set_config (pool, config);
  gst_buffer_pool_set_active (pool, TRUE);
  for (guint n = 0; n < 100; n++) {
    VInfoResult *result = pending_result ("feed", n);
    GstBuffer *buffer = NULL;

    g_ptr_array_add (results, result);
    fail_unless_equals_int (
        gst_buffer_pool_acquire_buffer (pool, &buffer, &params), GST_FLOW_OK);
    gst_buffer_add_vinfo_result (buffer, result);
    fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  }
  for (guint n = 0; n < 100; n++)
    vinfo_result_set_skipped (results->pdata[n], VINFO_REASON_FLAT);
  wait_for_stat (h->element, "rejected-flat", 100);

  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
  tear_down (h);
}
GST_END_TEST;

/* What a reservoir keeps of frames that another judged before it. */
static guint64
count_kept_after (guint capacity, guint64 *kept_before)
{
  GstHarness *other
      = run (make_reservoir ("mode", SYNC, "capacity", capacity, NULL),
          "sink_0", NULL);
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", NULL);
  guint64 kept;

  for (guint n = 0; n < 20; n++) {
    GstBuffer *buffer = scored_frame ("feed", n);

    gst_harness_push (other, gst_buffer_ref (buffer));
    gst_harness_push (h, buffer);
  }
  fail_unless_equals_uint64 (stat_of (h->element, "unscored"), 0);
  fail_unless_equals_uint64 (stat_of (h->element, "offered"), 20);
  *kept_before = stat_of (other->element, "kept");
  kept = stat_of (h->element, "kept");
  tear_down (other);
  tear_down (h);
  return kept;
}

GST_START_TEST (test_two_reservoirs_behind_one_scorer_decide_each_for_itself)
{
  guint64 before;

  fail_unless_equals_uint64 (count_kept_after (50, &before), 20);
  fail_unless_equals_uint64 (before, 20);
  fail_unless_equals_uint64 (count_kept_after (2, &before), 20);
  fail_unless_equals_uint64 (before, 2);
}
GST_END_TEST;

/* The second comes to the results when the first has its verdicts. */
GST_START_TEST (test_tee_fills_two_reservoirs_alike)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc num-buffers=40 pattern=ball ! "
      "video/x-raw,width=64,height=64 ! vinfoscore mode=sync ! tee name=t "
      "t. ! queue ! vinforeservoir name=one mode=sync "
      "t. ! queue ! vinforeservoir name=two mode=sync",
      NULL);
  g_autoptr (GstElement) one = NULL, two = NULL;
  guint64 kept;

  fail_unless (pipeline != NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_message_unref (wait_for_message (pipeline, GST_MESSAGE_EOS));
  one = gst_bin_get_by_name (GST_BIN (pipeline), "one");
  two = gst_bin_get_by_name (GST_BIN (pipeline), "two");
  kept = stat_of (one, "kept");
  fail_unless (kept > 0);
  fail_unless_equals_uint64 (stat_of (two, "kept"), kept);
  fail_unless_equals_uint64 (stat_of (two, "unscored"), 0);
  fail_unless_equals_uint64 (
      stat_of (two, "offered"), stat_of (one, "offered"));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

GST_START_TEST (test_samples_that_are_served_again_are_not_offered)
{
  GstHarness *from = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.,
                              "min-samples", 1, NULL),
      "sink_0", "src");
  GstHarness *to = run (make_reservoir ("mode", SYNC, NULL), "sink_0", NULL);

  push_scored (from, "feed", 0, 3);
  for (guint n = 0; n < 3; n++)
    gst_harness_push (to, gst_harness_pull (from));
  fail_unless_equals_uint64 (stat_of (to->element, "unscored"), 3);
  fail_unless_equals_uint64 (stat_of (to->element, "offered"), 0);
  tear_down (from);
  tear_down (to);
}
GST_END_TEST;

static guint64
count_unscored_behind (const char *crop)
{
  g_autofree char *line = g_strdup_printf (
      "videotestsrc num-buffers=5 pattern=ball ! "
      "video/x-raw,format=RGB,width=320,height=240,framerate=25/1 ! %s ! "
      "vinforeservoir name=reservoir mode=sync",
      crop);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) reservoir
      = gst_bin_get_by_name (GST_BIN (pipeline), "reservoir");
  guint64 unscored;

  play (pipeline);
  unscored = stat_of (reservoir, "unscored");
  fail_unless_equals_uint64 (stat_of (reservoir, "offered"), 5 - unscored);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return unscored;
}

GST_START_TEST (test_frames_cropped_behind_the_scorer_are_never_kept)
{
  fail_unless_equals_uint64 (
      count_unscored_behind ("vinfoscore mode=sync ! videocrop left=200"), 5);
  fail_unless_equals_uint64 (
      count_unscored_behind ("videocrop left=200 ! vinfoscore mode=sync"), 0);
}
GST_END_TEST;

static GstBuffer *
crop (GstBuffer *buffer, guint x)
{
  GstVideoCropMeta *meta = gst_buffer_get_video_crop_meta (buffer);

  if (!meta)
    meta = gst_buffer_add_video_crop_meta (buffer);
  meta->x = x;
  meta->y = 0;
  meta->width = WIDTH - x;
  meta->height = HEIGHT;
  return buffer;
}

/* A frame that is cropped already when it gets its score. */
static GstBuffer *
scored_crop (guint n, guint x)
{
  g_autoptr (VInfoResult) result = pending_result ("feed", n);
  GstBuffer *buffer = crop (frame (n), x);

  complete (result, n, 32, 24);
  gst_buffer_add_vinfo_result (buffer, result);
  return buffer;
}

/* As an element crops that leaves the pixels alone. */
GST_START_TEST (test_crop_by_meta_counts_only_when_it_came_after_the_score)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", NULL);
  g_autoptr (GstBuffer) original = scored_crop (1, 8);
  GstBuffer *copy = gst_buffer_copy (original);

  gst_harness_push (h, scored_crop (0, 8));
  gst_harness_push (h, copy);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 2);
  gst_harness_push (h, crop (scored_frame ("feed", 2), 8));
  gst_harness_push (h, crop (scored_crop (3, 8), 9));
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 2);
  fail_unless_equals_uint64 (stat_of (h->element, "unscored"), 2);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_corrupted_and_gap_buffers_are_never_kept)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", NULL);
  GstBuffer *corrupted = scored_frame ("feed", 0);
  GstBuffer *gap = scored_frame ("feed", 1);

  GST_BUFFER_FLAG_SET (corrupted, GST_BUFFER_FLAG_CORRUPTED);
  GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
  gst_harness_push (h, corrupted);
  gst_harness_push (h, gap);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 0);
  fail_unless_equals_uint64 (stat_of (h->element, "rejected-corrupted"), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "rejected-gap"), 1);

  gst_harness_push (h, scored_frame ("feed", 2));
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_frames_without_score_are_counted_and_warned_of_once)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", NULL);

  for (guint n = 0; n < 5; n++)
    fail_unless_equals_int (gst_harness_push (h, frame (n)), GST_FLOW_OK);
  fail_unless_equals_uint64 (stat_of (h->element, "unscored"), 5);
  fail_unless_equals_uint64 (stat_of (h->element, "offered"), 0);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);
  tear_down (h);
}
GST_END_TEST;

/* Ten frames of 1500² take the keeper far longer than they take to push. */
GST_START_TEST (test_slow_keeper_never_blocks_a_live_feed)
{
  GstHarness *h = run (
      make_reservoir ("mode", ASYNC, "queue-size", 2, NULL), "sink_0", NULL);
  GstBuffer *large[10];
  guint64 busy;

  for (guint n = 0; n < 10; n++)
    large[n] = scored_frame_of_size ("feed", n, 1500, 1500);
  for (guint n = 0; n < 10; n++)
    fail_unless_equals_int (gst_harness_push (h, large[n]), GST_FLOW_OK);

  busy = stat_of (h->element, "rejected-busy");
  fail_unless (busy >= 5 && busy <= 8);
  wait_for_stat (h->element, "offered", 10);
  fail_unless_equals_uint64 (stat_of (h->element, "rejected-busy"), busy);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 10 - busy);
  tear_down (h);
}
GST_END_TEST;

/* Flushes and ends --------------------------------------------------------- */

GST_START_TEST (test_flush_drops_results_that_wait_and_stays_upstream)
{
  GstHarness *h = run (make_reservoir ("mode", ASYNC, NULL), "sink_0", "src");
  g_autoptr (VInfoResult) result = pending_result ("feed", 0);
  GstSegment segment;

  wait_for_event (h, GST_EVENT_GAP); /* the last that begins the stream */
  gst_harness_push (h, frame_with (result, 0));
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  complete (result, 0, 32, 24);
  fail_unless_equals_int (
      vinfo_result_get_stage (result), VINFO_STAGE_REJECTED);
  fail_unless_equals_int (
      vinfo_result_get_reason (result), VINFO_REASON_FLUSHED);
  wait_for_stat (h->element, "rejected-flushed", 1);

  /* The feed goes on, and below nothing was heard of the flush. */
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  gst_harness_push (h, scored_frame ("feed", 1));
  wait_for_stat (h->element, "kept", 1);
  fail_unless_equals_int (gst_harness_events_in_queue (h), 0);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_flush_ends_lock_step_wait)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", "src");
  g_autoptr (VInfoResult) result = pending_result ("feed", 0);
  Push waiting;
  GThread *thread = push_pending (&waiting, h, result);

  wait_for_stat (h->element, "pending", 1);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  fail_unless_equals_int (
      GPOINTER_TO_INT (g_thread_join (thread)), GST_FLOW_FLUSHING);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_result_that_its_scorer_gives_up_never_holds_the_end)
{
  GstHarness *h = run (make_reservoir ("mode", ASYNC, NULL), "sink_0", "src");
  VInfoResult *result = pending_result ("feed", 0);

  gst_harness_push (h, frame_with (result, 0));
  gst_harness_push_event (h, gst_event_new_eos ());
  vinfo_result_unref (result);
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_uint64 (stat_of (h->element, "rejected-flushed"), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_end_is_that_of_the_feeds_that_are_left)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", "src");
  GstHarness *other = add_feed (h, "sink_1");

  push_scored (h, "feed", 0, 1);
  gst_harness_push_event (h, gst_event_new_eos ());
  g_usleep (20000);
  fail_if (GST_PAD_IS_EOS (h->sinkpad));
  gst_harness_teardown (other);
  wait_for_event (h, GST_EVENT_EOS);
  tear_down (h);
}
GST_END_TEST;

static gpointer
push_gap (gpointer pad)
{
  gst_pad_push_event (pad, gst_event_new_gap (0, GST_SECOND));
  return NULL;
}

/* Nothing else may come for long. */
GST_START_TEST (test_gap_prerolls_an_archive)
{
  g_autoptr (GstElement) pipeline = gst_pipeline_new (NULL);
  GstElement *reservoir = make_reservoir ("mode", SYNC, NULL);
  g_autoptr (GstPad) sinkpad
      = gst_element_request_pad_simple (reservoir, "sink_0");
  g_autoptr (GstPad) pad = gst_pad_new ("src", GST_PAD_SRC);
  GstSegment segment;
  GThread *thread;

  gst_object_ref_sink (pipeline);
  gst_bin_add (GST_BIN (pipeline), reservoir);
  fail_unless_equals_int (gst_pad_link (pad, sinkpad), GST_PAD_LINK_OK);
  gst_pad_set_active (pad, TRUE);
  fail_unless_equals_int (gst_element_set_state (pipeline, GST_STATE_PAUSED),
      GST_STATE_CHANGE_ASYNC);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("test"));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
  thread = g_thread_new ("gap", push_gap, pad);
  fail_unless_equals_int (
      gst_element_get_state (pipeline, NULL, NULL, PATIENCE * GST_USECOND),
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_thread_join (thread);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_pad_set_active (pad, FALSE);
  gst_object_unref (reservoir);
}
GST_END_TEST;

/* Their scorer looks at pixels, wherever they lie; but whoever crops is to copy,
 * so that no result survives it. */
GST_START_TEST (test_padded_frames_are_asked_for_and_crops_by_meta_are_not)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  g_autoptr (GstQuery) query = gst_query_new_allocation (caps, FALSE);

  fail_unless (gst_pad_peer_query (h->srcpad, query));
  fail_unless (
      gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL));
  fail_if (gst_query_find_allocation_meta (
      query, GST_VIDEO_CROP_META_API_TYPE, NULL));
  tear_down (h);
}
GST_END_TEST;

static Suite *
vinforeservoirpad_suite (void)
{
  Suite *suite = suite_create ("vinforeservoirpad");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_stalled_feed_never_stalls_others);
  tcase_add_test (tc, test_feeds_come_and_go_while_playing);
  tcase_add_test (tc, test_names_that_no_pad_can_have_are_refused);
  tcase_add_test (tc, test_release_of_waiting_feed_ends_its_wait);
  tcase_add_test (tc, test_feeds_are_named_through_child_proxy);
  tcase_add_test (tc, test_quota_bounds_a_feed);
  tcase_add_test (tc, test_max_rate_bounds_what_a_feed_brings_a_minute);
  tcase_add_test (tc, test_pool_of_four_buffers_never_starves);
  tcase_add_test (
      tc, test_two_reservoirs_behind_one_scorer_decide_each_for_itself);
  tcase_add_test (tc, test_tee_fills_two_reservoirs_alike);
  tcase_add_test (tc, test_samples_that_are_served_again_are_not_offered);
  tcase_add_test (tc, test_frames_cropped_behind_the_scorer_are_never_kept);
  tcase_add_test (
      tc, test_crop_by_meta_counts_only_when_it_came_after_the_score);
  tcase_add_test (tc, test_corrupted_and_gap_buffers_are_never_kept);
  tcase_add_test (tc, test_frames_without_score_are_counted_and_warned_of_once);
  tcase_add_test (tc, test_slow_keeper_never_blocks_a_live_feed);
  tcase_add_test (tc, test_flush_drops_results_that_wait_and_stays_upstream);
  tcase_add_test (tc, test_flush_ends_lock_step_wait);
  tcase_add_test (tc, test_result_that_its_scorer_gives_up_never_holds_the_end);
  tcase_add_test (tc, test_end_is_that_of_the_feeds_that_are_left);
  tcase_add_test (tc, test_gap_prerolls_an_archive);
  tcase_add_test (
      tc, test_padded_frames_are_asked_for_and_crops_by_meta_are_not);
  return suite;
}

GST_CHECK_MAIN (vinforeservoirpad);
