/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir.h"

/* Queries and events ------------------------------------------------------- */

static GstPadProbeReturn
count_upstream (GstPad *pad, GstPadProbeInfo *info, gpointer count)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_SEEK)
    (*(guint *)count)++;
  return GST_PAD_PROBE_OK;
}

GST_START_TEST (test_seek_from_below_is_refused_and_reaches_no_feed)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", "src");
  guint seeks = 0;

  gst_pad_add_probe (h->srcpad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      count_upstream, &seeks, NULL);
  fail_if (gst_harness_push_upstream_event (
      h, gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
             GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, 0)));
  push_scored (h, "feed", 0, 1);
  fail_unless_equals_int (seeks, 0);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_src_pad_in_lock_step_is_not_live_and_has_no_duration)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", "src");
  GstQuery *query = gst_query_new_latency ();
  gboolean live = TRUE;
  gint64 duration;

  gst_harness_set_upstream_latency (h, GST_SECOND);
  fail_unless (gst_pad_peer_query (h->sinkpad, query));
  gst_query_parse_latency (query, &live, NULL, NULL);
  fail_if (live);
  fail_if (
      gst_pad_peer_query_duration (h->sinkpad, GST_FORMAT_TIME, &duration));
  gst_query_unref (query);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_src_pad_of_live_feeds_is_live_and_adds_no_latency)
{
  GstHarness *h = run (make_reservoir (NULL), "sink_0", "src");
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime min, max;
  gboolean live;

  gst_harness_set_upstream_latency (h, GST_SECOND);
  fail_unless (gst_pad_peer_query (h->sinkpad, query));
  gst_query_parse_latency (query, &live, &min, &max);
  fail_unless (live);
  fail_unless_equals_uint64 (min, 0);
  fail_unless_equals_uint64 (max, GST_CLOCK_TIME_NONE);

  /* sinks hear of it: they may have asked before the feed was there */
  push_scored (h, "feed", 0, 2);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_LATENCY), 1);
  tear_down (h);
}
GST_END_TEST;

/* Samples may be long in coming: nobody below is to wait for them. */
GST_START_TEST (test_stream_is_sparse)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", "src");
  g_autoptr (GstEvent) event = NULL;
  GstStreamFlags flags;

  wait_for_event (h, GST_EVENT_GAP);
  event = gst_pad_get_sticky_event (h->sinkpad, GST_EVENT_STREAM_START, 0);
  fail_unless (event != NULL);
  gst_event_parse_stream_flags (event, &flags);
  fail_unless (flags & GST_STREAM_FLAG_SPARSE);
  tear_down (h);
}
GST_END_TEST;

/* Serving ------------------------------------------------------------------ */

GST_START_TEST (test_lock_step_serves_exactly_what_each_frame_brings)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.5,
                           "min-samples", 4, NULL),
      "sink_0", "src");

  push_scored (h, "feed", 0, 3);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  push_scored (h, "feed", 3, 6);
  fail_unless_equals_int (gst_harness_buffers_received (h), 9);
  push_scored (h, "feed", 6, 7);
  fail_unless_equals_int (gst_harness_buffers_received (h), 10);
  push_scored (h, "feed", 7, 8);
  fail_unless_equals_int (gst_harness_buffers_received (h), 12);
  tear_down (h);
}
GST_END_TEST;

/* 4 of 10 at least are kept; of the 6 that follow each brings 3, and 8 may go
 * ahead. Refused frames bring none. */
GST_START_TEST (test_each_admission_brings_its_samples)
{
  GstHarness *h
      = run (make_reservoir ("mode", SYNC, "samples-per-insert", 3.,
                 "error-buffer", 8., "min-samples", 4, "policy", "top-k", NULL),
          "sink_0", "src");

  push_scored (h, "feed", 0, 3);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  push_scored (h, "feed", 3, 4);
  fail_unless_equals_int (gst_harness_buffers_received (h), 8);
  push_scored (h, "feed", 4, 10);
  fail_unless_equals_int (gst_harness_buffers_received (h), 8 + 6 * 3);
  push_scored (h, "feed", 4, 10); /* known ones */
  fail_unless_equals_int (gst_harness_buffers_received (h), 8 + 6 * 3);
  tear_down (h);
}
GST_END_TEST;

/* Also where no more than min-samples are ever kept at once. */
GST_START_TEST (test_each_admission_to_a_full_reservoir_brings_its_samples)
{
  GstHarness *h
      = run (make_reservoir ("mode", SYNC, "samples-per-insert", 3.,
                 "error-buffer", 8., "capacity", 6, "policy", "fifo", NULL),
          "sink_0", "src");

  push_scored (h, "feed", 0, 6);
  fail_unless_equals_int (gst_harness_buffers_received (h), 8);
  push_scored (h, "feed", 6, 20);
  fail_unless_equals_int (gst_harness_buffers_received (h), 8 + 14 * 3);
  tear_down (h);
}
GST_END_TEST;

static GstPadProbeReturn
hold (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

GST_START_TEST (test_samples_owed_by_the_ratio_end_with_the_feeds)
{
  GstHarness *h = run (make_reservoir ("mode", ASYNC, "samples-per-insert",
                           100., "min-samples", 1, "num-epochs", 1, NULL),
      "sink_0", "src");
  gulong id = gst_pad_add_probe (h->sinkpad,
      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold, NULL, NULL);

  push_scored (h, "feed", 0, 10);
  wait_for_stat (h->element, "admitted", 10);
  fail_unless (stat_of (h->element, "owed") > 100);
  gst_harness_push_event (h, gst_event_new_eos ());
  gst_pad_remove_probe (h->sinkpad, id);
  wait_for_event (h, GST_EVENT_EOS);
  /* the one that was held, and the pass */
  fail_unless (gst_harness_buffers_received (h) <= 1 + 10);
  fail_unless (gst_harness_buffers_received (h) >= 10);
  tear_down (h);
}
GST_END_TEST;

/* So that the first samples don't hold up the stream all at once. */
GST_START_TEST (test_lock_step_frames_catch_up_at_twice_their_own_samples)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 2.,
                           "min-samples", 4, NULL),
      "sink_0", "src");

  push_scored (h, "feed", 0, 3);
  fail_unless_equals_uint64 (stat_of (h->element, "owed"), 6);
  push_scored (h, "feed", 3, 4);
  fail_unless_equals_int (gst_harness_buffers_received (h), 4);
  fail_unless_equals_uint64 (stat_of (h->element, "owed"), 4);
  push_scored (h, "feed", 4, 5);
  fail_unless_equals_int (gst_harness_buffers_received (h), 8);
  push_scored (h, "feed", 5, 7);
  fail_unless_equals_int (gst_harness_buffers_received (h), 14);
  fail_unless_equals_uint64 (stat_of (h->element, "owed"), 0);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_what_lock_step_frames_still_owe_comes_before_the_passes)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 5.,
                           "min-samples", 4, "num-epochs", 2, NULL),
      "sink_0", "src");

  push_scored (h, "feed", 0, 4);
  fail_unless_equals_int (gst_harness_buffers_received (h), 10);
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 4 * 5 + 2 * 4);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_views_without_admission_are_bounded)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 4.,
                           "min-samples", 1, "max-views", 5, NULL),
      "sink_0", "src");

  push_scored (h, "feed", 0, 1);
  for (guint i = 0; i < 10; i++) /* the same frame is refused as known */
    push_scored (h, "feed", 0, 1);
  fail_unless_equals_int (gst_harness_buffers_received (h), 5);
  push_scored (h, "feed", 1, 2); /* from here on 5 for each of two */
  for (guint i = 0; i < 10; i++)
    push_scored (h, "feed", 0, 1);
  fail_unless_equals_int (gst_harness_buffers_received (h), 5 + 2 * 5);
  tear_down (h);
}
GST_END_TEST;

static guint64
pull_id (GstHarness *h)
{
  g_autoptr (GstBuffer) sample = gst_harness_pull (h);

  return vinfo_result_get_id (gst_buffer_get_vinfo_result (sample));
}

/* The first of each four. */
GST_START_TEST (test_mix_serves_each_newcomer_at_once)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "order", MIX,
                           "samples-per-frame", 4., "min-samples", 1, NULL),
      "sink_0", "src");

  for (guint n = 0; n < 30; n++) {
    push_scored (h, "feed", n, n + 1);
    fail_unless_equals_uint64 (
        pull_id (h), vinfo_sample_id ("feed", "test", FRAME_TIME (n), 0));
    for (guint i = 0; i < 3; i++)
      pull_id (h);
  }
  tear_down (h);
}
GST_END_TEST;

static guint64
count_owed_to_a_slow_peer (const char *samples_per)
{
  GstHarness *h
      = run (make_reservoir ("mode", ASYNC, "min-samples", 1, "num-epochs", 0,
                 samples_per, 100., "order", NEWEST, NULL),
          "sink_0", "src");
  gulong id = gst_pad_add_probe (h->sinkpad,
      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold, NULL, NULL);
  guint64 owed;

  push_scored (h, "feed", 0, 20);
  wait_for_stat (h->element, "admitted", 20);
  owed = stat_of (h->element, "owed");
  gst_pad_remove_probe (h->sinkpad, id);
  tear_down (h);
  return owed;
}

GST_START_TEST (test_samples_owed_to_a_slow_peer_of_live_feeds_are_bounded)
{
  fail_unless_equals_uint64 (
      count_owed_to_a_slow_peer ("samples-per-frame"), 256);
  fail_unless_equals_uint64 (
      count_owed_to_a_slow_peer ("samples-per-insert"), 2 * 100);
}
GST_END_TEST;

GST_START_TEST (test_served_samples_are_counted_as_views)
{
  char *location = new_location ();
  GstHarness *h = run (make_reservoir ("location", location, "mode", SYNC,
                           "samples-per-frame", 3., "min-samples", 1, NULL),
      "sink_0", "src");
  g_autoptr (GPtrArray) samples = NULL;
  guint views = 0;

  push_scored (h, "feed", 0, 5);
  tear_down (h);
  samples = list_store (location);
  for (guint i = 0; i < samples->len; i++)
    views += ((VInfoSample *)samples->pdata[i])->views;
  fail_unless_equals_int (views, 5 * 3);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_samples_carry_their_feed_time_and_score)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 2.,
                           "min-samples", 1, NULL),
      "sink_0", "src");
  g_autoptr (GstBuffer) earlier = NULL, later = NULL;
  VInfoResult *result;
  VInfoScore score;

  push_scored (h, "door", 7, 8);
  earlier = gst_harness_pull (h);
  later = gst_harness_pull (h);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (earlier), 0);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (later), FRAME_TIME (1));

  result = gst_buffer_get_vinfo_result (later);
  fail_unless (result != NULL);
  fail_unless_equals_string (vinfo_result_get_feed (result), "door");
  fail_unless_equals_string (vinfo_result_get_source (result), "test");
  fail_unless_equals_uint64 (vinfo_result_get_pts (result), FRAME_TIME (7));
  fail_unless (vinfo_result_get_wall_time (result) == 1007);
  fail_unless_equals_int (vinfo_result_get_stage (result), VINFO_STAGE_KEPT);
  fail_unless (vinfo_result_get_score (result, &score));
  fail_unless (score.loss == 8 && score.version == 3);
  fail_unless (score.quantile == quantile_of (7));
  tear_down (h);
}
GST_END_TEST;

/* 20 of 60 stay: each stands for some 3, so that the trainer can weigh it. */
GST_START_TEST (test_samples_carry_the_probability_of_being_kept)
{
  GstHarness *h
      = run (make_reservoir ("mode", SYNC, "capacity", 20, "samples-per-frame",
                 0., "uniform-share", 0., "policy", "uniform", NULL),
          "sink_0", "src");
  GstBuffer *buffer;
  gdouble frames = 0;

  push_scored (h, "feed", 0, 60);
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  while ((buffer = gst_harness_try_pull (h))) {
    gdouble inclusion
        = vinfo_result_get_inclusion (gst_buffer_get_vinfo_result (buffer));

    fail_unless (inclusion > 0 && inclusion < 1);
    frames += 1 / inclusion;
    gst_buffer_unref (buffer);
  }
  fail_unless (frames > 40 && frames < 90);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_samples_show_the_picture_that_was_kept)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.,
                           "min-samples", 1, NULL),
      "sink_0", "src");
  g_autoptr (VInfoImage) image = picture (3, 33, 21); /* rows are padded */
  g_autoptr (GstBuffer) sample = NULL;
  const guint8 *pixels = vinfo_image_get_pixels (image);
  GstMapInfo map;

  gst_harness_push (h, scored_frame_of_size ("feed", 3, 33, 21));
  sample = gst_harness_pull (h);
  fail_unless (gst_buffer_map (sample, &map, GST_MAP_READ));
  fail_unless_equals_int (map.size, 100 * 21);
  for (guint y = 0; y < 21; y++)
    fail_unless (memcmp (map.data + 100 * y, pixels + 99 * y, 99) == 0);
  gst_buffer_unmap (sample, &map);
  tear_down (h);
}
GST_END_TEST;

static GstPadProbeReturn
note_width (GstPad *pad, GstPadProbeInfo *info, gpointer widths)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstCaps *caps;
  gint width;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "width", &width);
  g_array_append_val (widths, width);
  return GST_PAD_PROBE_OK;
}

GST_START_TEST (test_sizes_that_vary_give_caps_events)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 0.,
                           "order", NEWEST, NULL),
      "sink_0", "src");
  g_autoptr (GArray) widths = g_array_new (FALSE, FALSE, sizeof (gint));

  wait_for_event (h, GST_EVENT_GAP);
  gst_harness_push (h, scored_frame_of_size ("feed", 0, 32, 24));
  gst_harness_push (h, scored_frame_of_size ("feed", 1, 32, 24));
  gst_harness_push (h, scored_frame_of_size ("feed", 2, 40, 24));
  gst_pad_add_probe (h->sinkpad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      note_width, widths, NULL);
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);

  fail_unless_equals_int (gst_harness_buffers_received (h), 3);
  fail_unless_equals_int (widths->len, 2);
  fail_unless_equals_int (g_array_index (widths, gint, 0), 40);
  fail_unless_equals_int (g_array_index (widths, gint, 1), 32);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_error_below_ends_lock_step_and_is_reported_once)
{
  GstHarness *h = run (
      make_reservoir ("mode", SYNC, "min-samples", 1, NULL), "sink_0", "src");

  gst_harness_set_sink_caps_str (h, "video/x-raw,format=RGB,width=999");
  push_scored (h, "feed", 0, 5);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 5);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_ERROR), 1);
  tear_down (h);
}
GST_END_TEST;

typedef struct {
  GArray *kept, *served;
} Run;

static Run
run_in_lock_step (void)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "capacity", 20,
                           "samples-per-frame", 3., "min-samples", 8, NULL),
      "sink_0", "src");
  Run outcome;

  push_scored (h, "feed", 0, 200);
  outcome.served = pull_ids (h);
  g_object_set (h->element, "num-epochs", 1, NULL);
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  outcome.kept = pull_ids (h);
  tear_down (h);
  return outcome;
}

GST_START_TEST (test_lock_step_run_repeats_exactly)
{
  Run a = run_in_lock_step (), b = run_in_lock_step ();

  fail_unless_equals_int (a.kept->len, 20);
  fail_unless_equals_int (a.served->len, 600);
  assert_equal_ids (a.kept, b.kept);
  assert_equal_ids (a.served, b.served);
  g_array_unref (a.kept);
  g_array_unref (a.served);
  g_array_unref (b.kept);
  g_array_unref (b.served);
}
GST_END_TEST;

/* Times ------------------------------------------------------------------- */

static GstClockTime
next_time (GstHarness *h)
{
  g_autoptr (GstBuffer) sample = gst_harness_pull (h);

  fail_unless (sample != NULL);
  return GST_BUFFER_PTS (sample);
}

GST_START_TEST (test_samples_of_live_feeds_have_the_time_of_their_push)
{
  GstHarness *h = run (make_reservoir ("mode", ASYNC, "samples-per-frame", 1.,
                           "min-samples", 1, NULL),
      "sink_0", "src");

  for (guint n = 0; n < 5; n++) {
    GstClockTime now = (5 + n * n) * GST_SECOND;
    g_autoptr (GstBuffer) sample = NULL;

    gst_harness_set_time (h, now);
    push_scored (h, "feed", n, n + 1);
    sample = gst_harness_pull (h);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (sample), now);
    /* who knows when the next one comes */
    fail_unless (GST_BUFFER_DURATION (sample) == GST_CLOCK_TIME_NONE);
  }
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_samples_in_lock_step_are_counted_whatever_the_clock_says)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.,
                           "min-samples", 1, NULL),
      "sink_0", "src");

  for (guint n = 0; n < 5; n++) {
    gst_harness_set_time (h, (5 + n * n) * GST_SECOND);
    push_scored (h, "feed", n, n + 1);
    fail_unless_equals_uint64 (next_time (h), FRAME_TIME (n));
  }
  tear_down (h);
}
GST_END_TEST;

/* At n/25 s they would fall behind by two thirds of the time that passes. */
GST_START_TEST (test_synchronising_sink_finds_no_sample_of_a_live_feed_late)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc is-live=true pattern=ball num-buffers=60 ! "
      "video/x-raw,width=64,height=64,framerate=30/1 ! "
      "vinfoscore panel-size=0 ! vinforeservoir samples-per-frame=0.3 "
      "min-samples=1 num-epochs=0 ! "
      "fakesink name=sink sync=true qos=true max-lateness=400000000",
      NULL);
  g_autoptr (GstElement) sink
      = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstStructure) stats = NULL;
  guint64 rendered, dropped;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_message_unref (wait_for_message (pipeline, GST_MESSAGE_EOS));
  g_object_get (sink, "stats", &stats, NULL);
  gst_structure_get (stats, "rendered", G_TYPE_UINT64, &rendered, "dropped",
      G_TYPE_UINT64, &dropped, NULL);
  fail_unless (rendered > 0);
  fail_unless_equals_uint64 (dropped, 0);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

/* Refusals below ---------------------------------------------------------- */

typedef struct {
  GstPadChainFunction chain; /* the harness's own */
  gint flow;                 /* atomic: what is returned instead */
} Below;

static GstFlowReturn
chain_or_refuse (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Below *below = g_object_get_data (G_OBJECT (pad), "below");
  GstFlowReturn flow = g_atomic_int_get (&below->flow);

  if (flow == GST_FLOW_OK)
    return below->chain (pad, parent, buffer);
  gst_buffer_unref (buffer);
  return flow;
}

/* A reservoir that serves a sample for each frame to what can refuse it. */
static GstHarness *
run_above (Below *below)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.,
                           "min-samples", 1, "num-epochs", 0, NULL),
      "sink_0", "src");

  *below = (Below){ GST_PAD_CHAINFUNC (h->sinkpad), GST_FLOW_OK };
  g_object_set_data (G_OBJECT (h->sinkpad), "below", below);
  gst_pad_set_chain_function (h->sinkpad, chain_or_refuse);
  return h;
}

GST_START_TEST (test_end_below_is_told_once_and_frames_are_still_kept)
{
  Below below;
  GstHarness *h = run_above (&below);

  push_scored (h, "feed", 0, 3);
  fail_unless_equals_int (gst_harness_buffers_received (h), 3);
  g_atomic_int_set (&below.flow, GST_FLOW_EOS);
  push_scored (h, "feed", 3, 4);
  g_atomic_int_set (&below.flow, GST_FLOW_OK);
  push_scored (h, "feed", 4, 10);
  fail_unless_equals_int (gst_harness_buffers_received (h), 3);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 10);
  fail_unless_equals_int (count_events (h, GST_EVENT_EOS), 0);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_INFO), 1);

  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  tear_down (h);
}
GST_END_TEST;

static gboolean
is_sink (GstHarness *h)
{
  return GST_OBJECT_FLAG_IS_SET (h->element, GST_ELEMENT_FLAG_SINK);
}

GST_START_TEST (test_nothing_linked_below_makes_an_archive_until_something_is)
{
  Below below;
  GstHarness *h = run_above (&below);

  g_atomic_int_set (&below.flow, GST_FLOW_NOT_LINKED);
  push_scored (h, "feed", 0, 5);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 5);
  fail_unless (is_sink (h));
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);

  g_atomic_int_set (&below.flow, GST_FLOW_OK);
  gst_harness_push_upstream_event (h, gst_event_new_reconfigure ());
  fail_if (is_sink (h));
  push_scored (h, "feed", 5, 8);
  fail_unless_equals_int (gst_harness_buffers_received (h), 3);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_end_with_nothing_linked_below_is_posted)
{
  Below below;
  GstHarness *h = run_above (&below);

  g_atomic_int_set (&below.flow, GST_FLOW_NOT_LINKED);
  push_scored (h, "feed", 0, 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  gst_message_unref (wait_for_message (h->element, GST_MESSAGE_EOS));
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_replay_to_nothing_is_an_error)
{
  char *location = new_location ();
  g_autofree char *line
      = g_strdup_printf ("vinforeservoir location=%s ! tee", location);
  g_autoptr (GstElement) pipeline = NULL;

  fill_store (location, 2, 2);
  pipeline = gst_parse_launch (line, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_message_unref (wait_for_message (pipeline, GST_MESSAGE_ERROR));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  remove_location (location);
}
GST_END_TEST;

/* @width: of a picture that is none; 0: the row is damaged, too */
static void
put_damaged (const char *location, guint64 id, guint width)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (location, NULL);
  g_autoptr (VInfoSample) sample = vinfo_sample_new ();

  sample->id = id;
  sample->blob = g_bytes_new_static ("no picture", 10);
  sample->blob_size = 10;
  sample->width = sample->height = width;
  fail_unless (vinfo_store_put (store, sample, NULL));
  fail_unless (vinfo_store_commit (store, NULL));
}

/* Until EOS; without num-buffers passes would go on for ever. */
static void
replay_damaged (guint width, guint n_errors, guint n_warnings)
{
  char *location = new_location ();
  GstHarness *h;

  put_damaged (location, 1, width);
  put_damaged (location, 2, width);
  h = run (make_reservoir ("location", location, "num-buffers", 10, NULL), NULL,
      "src");
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (
      count_messages (h->element, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING),
      n_errors + n_warnings);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  tear_down (h);
  remove_location (location);
}

GST_START_TEST (test_replay_of_pictures_that_are_none_ends)
{
  replay_damaged (32, 0, 2);
}
GST_END_TEST;

GST_START_TEST (test_replay_of_a_store_that_cannot_be_listed_is_an_error)
{
  replay_damaged (0, 1, 0);
}
GST_END_TEST;

static void
push_flush (GstHarness *h, GstEvent *event)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (h->element, "src");

  gst_pad_push_event (pad, event);
}

GST_START_TEST (test_flush_through_src_pad_holds_samples_until_it_stops)
{
  Below below;
  GstHarness *h = run_above (&below);

  push_scored (h, "feed", 0, 1);
  push_flush (h, gst_event_new_flush_start ());
  push_scored (h, "feed", 1, 4);
  fail_unless_equals_int (gst_harness_buffers_received (h), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 4);
  while (count_events (h, GST_EVENT_SEGMENT) > 0)
    ;

  push_flush (h, gst_event_new_flush_stop (FALSE));
  push_scored (h, "feed", 4, 6);
  fail_unless_equals_int (gst_harness_buffers_received (h), 3);
  fail_unless_equals_int (count_events (h, GST_EVENT_SEGMENT), 1);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_ERROR), 0);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_end_during_a_flush_is_told_when_it_stops)
{
  Below below;
  GstHarness *h = run_above (&below);

  push_scored (h, "feed", 0, 1);
  push_flush (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_eos ());
  g_usleep (20000);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_EOS), 0);
  push_flush (h, gst_event_new_flush_stop (FALSE));
  wait_for_event (h, GST_EVENT_EOS);
  tear_down (h);
}
GST_END_TEST;

/* Nothing tells of its end: the next frame tries. */
GST_START_TEST (test_flush_further_below_holds_samples_while_it_lasts)
{
  Below below;
  GstHarness *h = run_above (&below);

  g_atomic_int_set (&below.flow, GST_FLOW_FLUSHING);
  push_scored (h, "feed", 0, 5);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  fail_unless_equals_uint64 (stat_of (h->element, "kept"), 5);
  g_atomic_int_set (&below.flow, GST_FLOW_OK);
  push_scored (h, "feed", 5, 7);
  fail_unless_equals_int (gst_harness_buffers_received (h), 2);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_ERROR), 0);
  tear_down (h);
}
GST_END_TEST;

/* Ends --------------------------------------------------------------------- */

GST_START_TEST (test_epochs_bound_the_end)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 0.,
                           "num-epochs", 3, NULL),
      "sink_0", "src");

  push_scored (h, "feed", 0, 5);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 15);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_drain_timeout_that_is_shortened_ends_the_passes)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "num-epochs", 1000000000,
                           "drain-timeout", G_MAXUINT64, NULL),
      "sink_0", "src");

  gst_harness_set_drop_buffers (h, TRUE);
  push_scored (h, "feed", 0, 5);
  gst_harness_push_event (h, gst_event_new_eos ());
  g_usleep (50000);
  fail_if (GST_PAD_IS_EOS (h->sinkpad));
  g_object_set (h->element, "drain-timeout", (guint64)0, NULL);
  wait_for_event (h, GST_EVENT_EOS);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_drain_timeout_bounds_the_end)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "num-epochs", 1000000000,
                           "drain-timeout", (guint64)(50 * GST_MSECOND), NULL),
      "sink_0", "src");

  gst_harness_set_drop_buffers (h, TRUE);
  push_scored (h, "feed", 0, 5);
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless (gst_harness_buffers_received (h) > 0);
  tear_down (h);
}
GST_END_TEST;

/* As gst-launch-1.0 -e does it. */
GST_START_TEST (test_end_that_is_sent_to_the_element_ends_the_stream)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.,
                           "min-samples", 1, NULL),
      "sink_0", "src");

  push_scored (h, "feed", 0, 3);
  fail_unless (gst_element_send_event (h->element, gst_event_new_eos ()));
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 3);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_archive_posts_eos_once_all_is_committed)
{
  char *location = new_location ();
  GstHarness *h = run (
      make_reservoir ("location", location, "mode", SYNC, "capacity", 8, NULL),
      "sink_0", NULL);
  g_autoptr (GPtrArray) samples = NULL;

  fail_unless (GST_OBJECT_FLAG_IS_SET (h->element, GST_ELEMENT_FLAG_SINK));
  push_scored (h, "feed", 0, 30);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_EOS), 0);
  gst_harness_push_event (h, gst_event_new_eos ());
  gst_message_unref (wait_for_message (h->element, GST_MESSAGE_EOS));

  samples = list_store (location);
  fail_unless_equals_int (samples->len, 8);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* The reservoir is a sink when it comes into its bin. */
GST_START_TEST (test_end_comes_out_of_a_bin_that_is_linked_below)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc num-buffers=5 pattern=ball ! identity name=above "
      "fakesink name=below",
      NULL);
  g_autoptr (GstElement) above
      = gst_bin_get_by_name (GST_BIN (pipeline), "above");
  g_autoptr (GstElement) below
      = gst_bin_get_by_name (GST_BIN (pipeline), "below");
  GstElement *bin = gst_parse_bin_from_description (
      "vinfoscore masks=1 ! vinforeservoir", TRUE, NULL);

  fail_if (GST_OBJECT_FLAG_IS_SET (bin, GST_ELEMENT_FLAG_SINK));
  gst_bin_add (GST_BIN (pipeline), bin);
  fail_unless (gst_element_link_many (above, bin, below, NULL));
  play (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

GST_START_TEST (test_bins_around_are_sinks_while_nothing_is_linked_below)
{
  g_autoptr (GstElement) outer = gst_pipeline_new (NULL);
  GstElement *inner = gst_bin_new (NULL);
  GstElement *reservoir = gst_element_factory_make ("vinforeservoir", NULL);
  GstElement *below = gst_element_factory_make ("identity", NULL);

  gst_object_ref_sink (outer);
  gst_bin_add (GST_BIN (outer), inner);
  gst_bin_add_many (GST_BIN (inner), reservoir, below, NULL);
  for (guint i = 0; i < 2; i++) {
    fail_unless (gst_element_link (reservoir, below));
    fail_if (GST_OBJECT_FLAG_IS_SET (inner, GST_ELEMENT_FLAG_SINK));
    fail_if (GST_OBJECT_FLAG_IS_SET (outer, GST_ELEMENT_FLAG_SINK));
    gst_element_unlink (reservoir, below);
    fail_unless (GST_OBJECT_FLAG_IS_SET (inner, GST_ELEMENT_FLAG_SINK));
    fail_unless (GST_OBJECT_FLAG_IS_SET (outer, GST_ELEMENT_FLAG_SINK));
  }
}
GST_END_TEST;

/* Preroll ------------------------------------------------------------------ */

#define BLOCKED_FILM "videotestsrc name=film num-buffers=20 pattern=ball ! "
#define ARCHIVE                                                                \
  BLOCKED_FILM "vinfoscore masks=1 ! vinforeservoir name=reservoir"

static GstStateChangeReturn
wait_for_state (GstElement *pipeline, GstClockTime patience)
{
  return gst_element_get_state (pipeline, NULL, NULL, patience);
}

/* Whether @line prerolls when its film's first frame comes, and not before. */
static void
check_prerolls_with_data (const char *line)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) film
      = gst_bin_get_by_name (GST_BIN (pipeline), "film");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (film, "src");
  gulong id = gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold, NULL, NULL);

  fail_unless_equals_int (gst_element_set_state (pipeline, GST_STATE_PAUSED),
      GST_STATE_CHANGE_ASYNC);
  fail_unless_equals_int (
      wait_for_state (pipeline, 50 * GST_MSECOND), GST_STATE_CHANGE_ASYNC);
  gst_pad_remove_probe (pad, id);
  fail_unless_equals_int (wait_for_state (pipeline, PATIENCE * GST_USECOND),
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_START_TEST (test_pipeline_prerolls_with_the_first_frame)
{
  check_prerolls_with_data (ARCHIVE);
  check_prerolls_with_data (ARCHIVE " ! fakesink");
}
GST_END_TEST;

static void
check_frames_wait_for_playing (const char *line)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) reservoir
      = gst_bin_get_by_name (GST_BIN (pipeline), "reservoir");

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  fail_unless_equals_int (wait_for_state (pipeline, PATIENCE * GST_USECOND),
      GST_STATE_CHANGE_SUCCESS);
  g_usleep (200000);
  fail_unless_equals_uint64 (stat_of (reservoir, "offered"), 0);
  play (pipeline);
  fail_unless_equals_uint64 (stat_of (reservoir, "offered"), 20);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_START_TEST (test_frames_of_an_archive_wait_for_playing)
{
  check_frames_wait_for_playing (ARCHIVE);
}
GST_END_TEST;

GST_START_TEST (test_frames_wait_for_playing_beside_a_peer_that_has_none_yet)
{
  check_frames_wait_for_playing (
      ARCHIVE " min-samples=1000 capacity=2000 ! vinfotrainer");
}
GST_END_TEST;

GST_START_TEST (test_end_of_an_archive_in_paused_is_posted_in_playing)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, NULL), "sink_0", NULL);

  gst_element_set_state (h->element, GST_STATE_PAUSED);
  gst_harness_push_event (h, gst_event_new_eos ());
  g_usleep (50000);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_EOS), 0);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  gst_message_unref (wait_for_message (h->element, GST_MESSAGE_EOS));
  tear_down (h);
}
GST_END_TEST;

/* As gst-launch-1.0 plays: PAUSED, and PLAYING once that is announced. */
static void
play_to_the_end (const char *line)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  message = gst_bus_timed_pop_filtered (
      bus, PATIENCE * GST_USECOND, GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ASYNC_DONE);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, PATIENCE * GST_USECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

#define SHORT_FILM "videotestsrc num-buffers=2 ! jpegenc ! decodebin ! "

GST_START_TEST (test_end_of_a_short_film_is_never_lost)
{
  for (guint i = 0; i < 10; i++) {
    play_to_the_end (SHORT_FILM "vinfoscore masks=1 ! vinforeservoir");
    play_to_the_end (SHORT_FILM "vinfoscore masks=1 ! vinforeservoir "
                                "num-epochs=0 ! vinfotrainer");
  }
}
GST_END_TEST;

GST_START_TEST (test_feed_that_goes_on_after_the_end_begins_a_new_stream)
{
  GstHarness *h
      = run (make_reservoir ("mode", SYNC, "samples-per-frame", 0., NULL),
          "sink_0", "src");
  GstSegment segment;

  push_scored (h, "feed", 0, 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_scored (h, "feed", 2, 4);
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 2 + 4);
  tear_down (h);
}
GST_END_TEST;

/* A harness takes all, a sink nothing after EOS but a flush. */
GST_START_TEST (test_sink_takes_what_comes_after_the_end)
{
  GstElement *pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *reservoir = make_reservoir (
      "mode", SYNC, "min-samples", 1, "samples-per-frame", 1., NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstHarness *feeds[2];
  guint rendered = 0;

  g_object_set (sink, "signal-handoffs", TRUE, NULL);
  g_signal_connect_swapped (
      sink, "handoff", G_CALLBACK (g_atomic_int_inc), &rendered);
  gst_bin_add_many (GST_BIN (pipeline), reservoir, sink, NULL);
  gst_element_link (reservoir, sink);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 2; i++) {
    const char *id = i == 0 ? "first" : "second";

    feeds[i] = gst_harness_new_with_element (reservoir, "sink_%u", NULL);
    gst_harness_set_src_caps_str (feeds[i], CAPS);
    push_scored (feeds[i], id, 4 * i, 4 * i + 4);
    gst_harness_push_event (feeds[i], gst_event_new_eos ());
    gst_message_unref (wait_for_message (pipeline, GST_MESSAGE_EOS));
    fail_unless_equals_int (
        g_atomic_int_get (&rendered), i == 0 ? 4 + 4 : 8 + 4 + 8);
  }
  for (guint i = 0; i < 2; i++)
    gst_harness_teardown (feeds[i]);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  gst_object_unref (reservoir);
}
GST_END_TEST;

static char *
warning_at_the_end (guint min_samples)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.,
                           "min-samples", min_samples, "num-epochs", 0, NULL),
      "sink_0", "src");
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  push_scored (h, "feed", 0, 5);
  gst_harness_push_event (h, gst_event_new_eos ());
  wait_for_event (h, GST_EVENT_EOS);
  message = next_message (h->element, GST_MESSAGE_WARNING);
  if (message)
    gst_message_parse_warning (message, &error, NULL);
  tear_down (h);
  return error ? g_strdup (error->message) : NULL;
}

GST_START_TEST (test_minimum_that_was_never_reached_is_told_at_the_end)
{
  g_autofree char *reached = warning_at_the_end (5);
  g_autofree char *missed = warning_at_the_end (40);

  fail_unless (reached == NULL);
  fail_unless (missed != NULL);
  fail_unless (strstr (missed, " 5 ") && strstr (missed, "40"));
}
GST_END_TEST;

GST_START_TEST (test_file_with_tee_and_idle_trainer_plays_to_its_end)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc num-buffers=40 ! video/x-raw,width=64,height=64 ! "
      "tee name=t ! queue ! vinfoscore ! "
      "vinforeservoir min-samples=1000 num-epochs=0 ! vinfotrainer "
      "t. ! queue ! fakesink",
      NULL);

  fail_unless (pipeline != NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  fail_unless_equals_int (
      gst_element_get_state (pipeline, NULL, NULL, PATIENCE * GST_USECOND),
      GST_STATE_CHANGE_SUCCESS);
  gst_message_unref (wait_for_message (pipeline, GST_MESSAGE_EOS));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

static Suite *
vinforeservoirsrc_suite (void)
{
  Suite *suite = suite_create ("vinforeservoirsrc");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_seek_from_below_is_refused_and_reaches_no_feed);
  tcase_add_test (
      tc, test_src_pad_in_lock_step_is_not_live_and_has_no_duration);
  tcase_add_test (tc, test_src_pad_of_live_feeds_is_live_and_adds_no_latency);
  tcase_add_test (tc, test_stream_is_sparse);
  tcase_add_test (tc, test_lock_step_serves_exactly_what_each_frame_brings);
  tcase_add_test (tc, test_each_admission_brings_its_samples);
  tcase_add_test (
      tc, test_each_admission_to_a_full_reservoir_brings_its_samples);
  tcase_add_test (tc, test_samples_owed_by_the_ratio_end_with_the_feeds);
  tcase_add_test (
      tc, test_lock_step_frames_catch_up_at_twice_their_own_samples);
  tcase_add_test (
      tc, test_what_lock_step_frames_still_owe_comes_before_the_passes);
  tcase_add_test (tc, test_views_without_admission_are_bounded);
  tcase_add_test (tc, test_mix_serves_each_newcomer_at_once);
  tcase_add_test (
      tc, test_samples_owed_to_a_slow_peer_of_live_feeds_are_bounded);
  tcase_add_test (tc, test_served_samples_are_counted_as_views);
  tcase_add_test (tc, test_samples_carry_their_feed_time_and_score);
  tcase_add_test (tc, test_samples_carry_the_probability_of_being_kept);
  tcase_add_test (tc, test_samples_show_the_picture_that_was_kept);
  tcase_add_test (tc, test_sizes_that_vary_give_caps_events);
  tcase_add_test (tc, test_error_below_ends_lock_step_and_is_reported_once);
  tcase_add_test (tc, test_lock_step_run_repeats_exactly);
  tcase_add_test (tc, test_samples_of_live_feeds_have_the_time_of_their_push);
  tcase_add_test (
      tc, test_samples_in_lock_step_are_counted_whatever_the_clock_says);
  tcase_add_test (
      tc, test_synchronising_sink_finds_no_sample_of_a_live_feed_late);
  tcase_add_test (tc, test_end_below_is_told_once_and_frames_are_still_kept);
  tcase_add_test (
      tc, test_nothing_linked_below_makes_an_archive_until_something_is);
  tcase_add_test (tc, test_end_with_nothing_linked_below_is_posted);
  tcase_add_test (tc, test_replay_to_nothing_is_an_error);
  tcase_add_test (tc, test_replay_of_pictures_that_are_none_ends);
  tcase_add_test (tc, test_replay_of_a_store_that_cannot_be_listed_is_an_error);
  tcase_add_test (tc, test_flush_through_src_pad_holds_samples_until_it_stops);
  tcase_add_test (tc, test_end_during_a_flush_is_told_when_it_stops);
  tcase_add_test (tc, test_flush_further_below_holds_samples_while_it_lasts);
  tcase_add_test (tc, test_epochs_bound_the_end);
  tcase_add_test (tc, test_drain_timeout_that_is_shortened_ends_the_passes);
  tcase_add_test (tc, test_drain_timeout_bounds_the_end);
  tcase_add_test (tc, test_end_that_is_sent_to_the_element_ends_the_stream);
  tcase_add_test (tc, test_archive_posts_eos_once_all_is_committed);
  tcase_add_test (tc, test_end_comes_out_of_a_bin_that_is_linked_below);
  tcase_add_test (tc, test_bins_around_are_sinks_while_nothing_is_linked_below);
  tcase_add_test (tc, test_pipeline_prerolls_with_the_first_frame);
  tcase_add_test (tc, test_frames_of_an_archive_wait_for_playing);
  tcase_add_test (
      tc, test_frames_wait_for_playing_beside_a_peer_that_has_none_yet);
  tcase_add_test (tc, test_end_of_an_archive_in_paused_is_posted_in_playing);
  tcase_add_test (tc, test_end_of_a_short_film_is_never_lost);
  tcase_add_test (tc, test_feed_that_goes_on_after_the_end_begins_a_new_stream);
  tcase_add_test (tc, test_sink_takes_what_comes_after_the_end);
  tcase_add_test (tc, test_minimum_that_was_never_reached_is_told_at_the_end);
  tcase_add_test (tc, test_file_with_tee_and_idle_trainer_plays_to_its_end);
  return suite;
}

GST_CHECK_MAIN (vinforeservoirsrc);
