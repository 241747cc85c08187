/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "harness.h"

#include <glib/gstdio.h>

#include "store/vinfo-store.h"

enum { SYNC = 1, ASYNC = 2 };
enum { MIX, PRIORITY, UNIFORM, NEWEST, TIME };

/* Fixtures ---------------------------------------------------------------- */

static GstElement *
make_reservoir (const char *property, ...)
{
  GstElement *element;
  va_list args;

  va_start (args, property);
  element = make_element_valist ("vinforeservoir", property, args);
  va_end (args);
  return element;
}

/* One more feed of a reservoir that runs. */
static GstHarness *
add_feed (GstHarness *h, const char *sinkpad)
{
  GstHarness *feed = gst_harness_new_with_element (h->element, sinkpad, NULL);

  gst_harness_set_src_caps_str (feed, CAPS);
  return feed;
}

static VInfoResult *
pending_result (const char *feed, guint n)
{
  guint64 id = vinfo_sample_id (feed, "test", FRAME_TIME (n), 0);
  VInfoResult *result
      = vinfo_result_new (id, feed, "test", CAPS, FRAME_TIME (n), 1000 + n);

  vinfo_result_set_model_id (result, "default");
  return result;
}

/* A pseudo-random quantile, the same in every run. */
static gfloat
quantile_of (guint n)
{
  return ((n * 2654435761u) >> 16) % 1000 / 1000.f;
}

static void
complete (VInfoResult *result, guint n, guint width, guint height)
{
  g_autoptr (VInfoImage) image = picture (n, width, height);
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE];
  VInfoScore score = { .loss = 1 + n,
    .pvi = 0.5,
    .gain = 0.25,
    .value = 0.25,
    .quantile = quantile_of (n),
    .version = 3,
    .masks = 1 };

  vinfo_image_thumbnail (image, thumbnail);
  vinfo_result_set_scored (
      result, &score, image, thumbnail, NULL, 0, 1, VINFO_REASON_NONE);
}

static GstBuffer *
frame_with (VInfoResult *result, guint n)
{
  GstBuffer *buffer = frame (n);

  gst_buffer_add_vinfo_result (buffer, result);
  return buffer;
}

static GstBuffer *
scored_frame_of_size (const char *feed, guint n, guint width, guint height)
{
  g_autoptr (VInfoResult) result = pending_result (feed, n);

  complete (result, n, width, height);
  return frame_with (result, n);
}

static GstBuffer *
scored_frame (const char *feed, guint n)
{
  return scored_frame_of_size (feed, n, 32, 24);
}

static void
push_scored (GstHarness *h, const char *feed, guint begin, guint end)
{
  for (guint n = begin; n < end; n++)
    fail_unless_equals_int (
        gst_harness_push (h, scored_frame (feed, n)), GST_FLOW_OK);
}

static void
wait_for_stat (GstElement *element, const char *field, guint64 value)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (stat_of (element, field) != value && g_get_monotonic_time () < end)
    g_usleep (1000);
  fail_unless_equals_uint64 (stat_of (element, field), value);
}

static GPtrArray *
list_store (const char *location)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (location, NULL);
  GPtrArray *samples = store ? vinfo_store_list (store, NULL) : NULL;

  fail_unless (samples != NULL);
  return samples;
}

/* A store with the samples that @n frames leave. */
static void
fill_store (const char *location, guint n, guint capacity)
{
  GstHarness *h = run (make_reservoir ("location", location, "mode", SYNC,
                           "capacity", capacity, NULL),
      "sink_0", NULL);

  push_scored (h, "feed", 0, n);
  tear_down (h);
}

typedef struct {
  GstHarness *h;
  GstBuffer *buffer;
} Push;

static gpointer
push (gpointer data)
{
  Push *p = data;

  return GINT_TO_POINTER (gst_harness_push (p->h, p->buffer));
}

/* Pushes a frame whose result stays pending, on a thread of its own. */
static GThread *
push_pending (Push *p, GstHarness *h, VInfoResult *result)
{
  *p = (Push){ h, frame_with (result, 0) };
  return g_thread_new ("push", push, p);
}

/* Feeds ------------------------------------------------------------------- */

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
  push_scored (h, "greedy", 40, 60);

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

/* Flushes and seeks ------------------------------------------------------- */

GST_START_TEST (test_flush_drops_results_that_wait_and_stays_upstream)
{
  GstHarness *h = run (make_reservoir ("mode", ASYNC, NULL), "sink_0", "src");
  g_autoptr (VInfoResult) result = pending_result ("feed", 0);
  GstSegment segment;

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
  fail_unless_equals_int (count_events (h, GST_EVENT_FLUSH_START), 0);
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

static GstPadProbeReturn
count_upstream (GstPad *pad, GstPadProbeInfo *info, gpointer count)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_SEEK)
    (*(guint *)count)++;
  return GST_PAD_PROBE_OK;
}

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

GST_START_TEST (test_src_pad_is_not_live_and_has_no_duration)
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

/* Serving ----------------------------------------------------------------- */

GST_START_TEST (test_lock_step_serves_exactly_what_each_frame_brings)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.5,
                           "min-samples", 4, NULL),
      "sink_0", "src");

  push_scored (h, "feed", 0, 3);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  push_scored (h, "feed", 3, 4);
  fail_unless_equals_int (gst_harness_buffers_received (h), 6);
  push_scored (h, "feed", 4, 5);
  fail_unless_equals_int (gst_harness_buffers_received (h), 7);
  push_scored (h, "feed", 5, 6);
  fail_unless_equals_int (gst_harness_buffers_received (h), 9);
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
  push_scored (h, "feed", 1, 2);
  fail_unless (gst_harness_buffers_received (h) > 5);
  tear_down (h);
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

/* Ends -------------------------------------------------------------------- */

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

/* As gst-launch-1.0 plays: PAUSED, and PLAYING once that is announced. */
static void
play_to_the_end (const char *line)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  message = gst_bus_timed_pop_filtered (
      bus, 10 * GST_SECOND, GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ASYNC_DONE);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
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
      gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND),
      GST_STATE_CHANGE_SUCCESS);
  gst_message_unref (wait_for_message (pipeline, GST_MESSAGE_EOS));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

/* Stores ------------------------------------------------------------------ */

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

/* Threads that were joined may still be listed for a moment. */
static gboolean
threads_end (guint n)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (count_threads () > n && g_get_monotonic_time () < end)
    g_usleep (1000);
  return count_threads () <= n;
}

static void
cycle (guint n)
{
  GstHarness *h = run (make_reservoir ("mode", SYNC, "samples-per-frame", 1.,
                           "min-samples", 1, NULL),
      "sink_0", "src");

  push_scored (h, "feed", n, n + 2);
  tear_down (h);
}

GST_START_TEST (test_fifty_state_cycles_leak_nothing)
{
  GstTracer *leaks = leaks_tracer ();
  guint threads;

  cycle (0);
  threads = count_threads ();
  g_signal_emit_by_name (leaks, "activity-start-tracking");
  for (guint n = 0; n < 50; n++)
    cycle (n);
  fail_unless_equals_int (count_new_objects (leaks), 0);
  g_signal_emit_by_name (leaks, "activity-stop-tracking");
  gst_object_unref (leaks);
  fail_unless (threads_end (threads + 1)); /* GStreamer's own pool */
}
GST_END_TEST;

static Suite *
vinforeservoir_suite (void)
{
  Suite *suite = suite_create ("vinforeservoir");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_stalled_feed_never_stalls_others);
  tcase_add_test (tc, test_feeds_come_and_go_while_playing);
  tcase_add_test (tc, test_names_that_no_pad_can_have_are_refused);
  tcase_add_test (tc, test_release_of_waiting_feed_ends_its_wait);
  tcase_add_test (tc, test_feeds_are_named_through_child_proxy);
  tcase_add_test (tc, test_quota_bounds_a_feed);
  tcase_add_test (tc, test_pool_of_four_buffers_never_starves);
  tcase_add_test (
      tc, test_two_reservoirs_behind_one_scorer_decide_each_for_itself);
  tcase_add_test (tc, test_tee_fills_two_reservoirs_alike);
  tcase_add_test (tc, test_samples_that_are_served_again_are_not_offered);
  tcase_add_test (tc, test_corrupted_and_gap_buffers_are_never_kept);
  tcase_add_test (tc, test_frames_without_score_are_counted_and_warned_of_once);
  tcase_add_test (tc, test_slow_keeper_never_blocks_a_live_feed);
  tcase_add_test (tc, test_flush_drops_results_that_wait_and_stays_upstream);
  tcase_add_test (tc, test_flush_ends_lock_step_wait);
  tcase_add_test (tc, test_result_that_its_scorer_gives_up_never_holds_the_end);
  tcase_add_test (tc, test_seek_from_below_is_refused_and_reaches_no_feed);
  tcase_add_test (tc, test_src_pad_is_not_live_and_has_no_duration);
  tcase_add_test (tc, test_lock_step_serves_exactly_what_each_frame_brings);
  tcase_add_test (tc, test_views_without_admission_are_bounded);
  tcase_add_test (tc, test_samples_carry_their_feed_time_and_score);
  tcase_add_test (tc, test_samples_show_the_picture_that_was_kept);
  tcase_add_test (tc, test_sizes_that_vary_give_caps_events);
  tcase_add_test (tc, test_error_below_ends_lock_step_and_is_reported_once);
  tcase_add_test (tc, test_lock_step_run_repeats_exactly);
  tcase_add_test (tc, test_epochs_bound_the_end);
  tcase_add_test (tc, test_drain_timeout_bounds_the_end);
  tcase_add_test (tc, test_archive_posts_eos_once_all_is_committed);
  tcase_add_test (tc, test_end_of_a_short_film_is_never_lost);
  tcase_add_test (tc, test_feed_that_goes_on_after_the_end_begins_a_new_stream);
  tcase_add_test (tc, test_file_with_tee_and_idle_trainer_plays_to_its_end);
  tcase_add_test (tc, test_replay_serves_best_samples_first);
  tcase_add_test (tc, test_replay_leaves_the_store_as_it_is);
  tcase_add_test (tc, test_replay_of_a_store_that_another_records_to);
  tcase_add_test (tc, test_bounds_hold_for_a_feed_that_comes_late);
  tcase_add_test (tc, test_replay_of_empty_store_is_eos_at_once);
  tcase_add_test (tc, test_reopened_store_goes_on_where_it_stopped);
  tcase_add_test (tc, test_kept_samples_are_scored_by_the_newest_predictor);
  tcase_add_test (tc, test_no_predictor_scores_what_another_model_scored);
  tcase_add_test (tc, test_stop_during_rescoring_is_bounded);
  tcase_add_test (
      tc, test_store_that_cannot_be_opened_is_one_error_that_names_it);
  tcase_add_test (
      tc, test_replay_of_missing_store_is_one_error_and_makes_no_file);
  tcase_add_test (tc, test_archive_without_feeds_yet_makes_its_store);
  tcase_add_test (tc, test_fifty_state_cycles_leak_nothing);
  return suite;
}

GST_CHECK_MAIN (vinforeservoir);
