/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "leaks.h"
#include "predictor/vinfo-scorer.h"

enum { SYNC = 1, ASYNC = 2 };

static GstElement *
make_score (const char *property, ...)
{
  GstElement *element;
  va_list args;

  va_start (args, property);
  element = make_element_valist ("vinfoscore", property, args);
  va_end (args);
  return element;
}

/* Without a panel: a frame that became part of it is no longer scored only. */
static GstHarness *
score_harness (int mode, guint max_pending)
{
  return harness_of (make_score ("mode", mode, "max-pending", max_pending,
                         "panel-size", 0, NULL),
      "src");
}

static VInfoResult *
result_of (GstBuffer *buffer)
{
  VInfoResult *result = gst_buffer_get_vinfo_result (buffer);

  fail_unless (result != NULL);
  return vinfo_result_ref (result);
}

/* Pushes a frame and takes the result of what comes out. */
static VInfoResult *
push_for_result (GstHarness *h, GstBuffer *in)
{
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, in);

  fail_unless (out != NULL);
  return result_of (out);
}

static gfloat
loss_of (VInfoResult *result)
{
  VInfoScore score;

  vinfo_result_wait (result);
  fail_unless (vinfo_result_get_score (result, &score));
  return score.loss;
}

static gfloat
loss_of_frame (GstBuffer *in, const char *caps)
{
  GstHarness *h = score_harness (SYNC, 1);
  g_autoptr (VInfoResult) result = NULL;
  gfloat loss;

  gst_harness_set_src_caps_str (h, caps);
  result = push_for_result (h, in);
  loss = loss_of (result);
  tear_down (h);
  return loss;
}

static gpointer
push_eos (gpointer harness)
{
  gst_harness_push_event (harness, gst_event_new_eos ());
  return NULL;
}

static void
restart_after_flush (GstHarness *h)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

GST_START_TEST (test_frame_is_forwarded_at_once_while_worker_is_blocked)
{
  GstHarness *h = score_harness (ASYNC, 1);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (GstBuffer) out = NULL;
  g_autoptr (VInfoResult) result = NULL;

  vinfo_worker_set_paused (worker, TRUE);
  out = gst_harness_push_and_pull (h, frame (7));
  result = result_of (out);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (out), FRAME_TIME (7));
  fail_unless_equals_int (vinfo_result_get_stage (result), VINFO_STAGE_PENDING);
  fail_unless_equals_string (vinfo_result_get_model_id (result), "default");
  fail_unless_equals_uint64 (stat_of (h->element, "pending"), 1);

  vinfo_worker_set_paused (worker, FALSE);
  vinfo_result_wait (result);
  fail_unless_equals_int (vinfo_result_get_stage (result), VINFO_STAGE_SCORED);
  fail_unless (isfinite (loss_of (result)));
  tear_down (h);
}
GST_END_TEST;

/* Parses the next vinfo-result; fails where there is none. */
static void
assert_posted (GstElement *element, const char *stage, gboolean scored)
{
  g_autoptr (GstMessage) message = next_message (element, GST_MESSAGE_ELEMENT);
  const GstStructure *result;

  fail_unless (message != NULL);
  result = gst_message_get_structure (message);
  fail_unless (gst_structure_has_name (result, "vinfo-result"));
  fail_unless_equals_string (gst_structure_get_string (result, "stage"), stage);
  fail_unless_equals_string (gst_structure_get_string (result, "feed"), "door");
  fail_unless (g_regex_match_simple (
      "^[0-9a-f]{16}$", gst_structure_get_string (result, "id"), 0, 0));
  fail_unless (gst_structure_has_field (result, "loss") == scored);
}

GST_START_TEST (test_results_are_posted_when_asked_for)
{
  GstHarness *h = harness_of (make_score ("mode", ASYNC, "panel-size", 0,
                                  "feed", "door", "post-messages", TRUE, NULL),
      "src");
  g_autoptr (VInfoWorker) worker = worker_of (h->element);

  vinfo_worker_set_paused (worker, TRUE);
  gst_harness_push (h, frame (0));
  gst_harness_push (h, frame (1));
  assert_posted (h->element, "skipped", FALSE);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_ELEMENT), 0);
  vinfo_worker_set_paused (worker, FALSE);
  gst_harness_push_event (h, gst_event_new_eos ());
  assert_posted (h->element, "scored", TRUE);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_skips_are_counted_exactly)
{
  GstHarness *h = score_harness (ASYNC, 3);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autofree char *field = g_strdup_printf (
      "skipped-%s", vinfo_reason_to_string (VINFO_REASON_SKIPPED));

  vinfo_worker_set_paused (worker, TRUE);
  for (guint i = 0; i < 10; i++)
    fail_unless_equals_int (gst_harness_push (h, frame (i)), GST_FLOW_OK);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 10);
  vinfo_worker_set_paused (worker, FALSE);
  gst_harness_push_event (h, gst_event_new_eos ());

  fail_unless_equals_uint64 (stat_of (h->element, "frames"), 10);
  fail_unless_equals_uint64 (stat_of (h->element, "scored"), 3);
  fail_unless_equals_uint64 (stat_of (h->element, "skipped"), 7);
  fail_unless_equals_uint64 (stat_of (h->element, field), 7);
  fail_unless_equals_uint64 (stat_of (h->element, "pending"), 0);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_sync_mode_scores_each_frame_before_it_goes_on)
{
  GstHarness *h = score_harness (SYNC, 1);

  for (guint i = 0; i < 20; i++) {
    g_autoptr (VInfoResult) result = push_for_result (h, frame (i));

    fail_unless_equals_int (
        vinfo_result_get_stage (result), VINFO_STAGE_SCORED);
  }
  fail_unless_equals_uint64 (stat_of (h->element, "skipped"), 0);
  tear_down (h);
}
GST_END_TEST;

static gboolean
answer_not_live (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

/* A harness is a live source; this makes it a recording. */
static GstHarness *
recording_harness (GstElement *element)
{
  GstHarness *h = harness_of (element, "src");

  gst_pad_set_query_function (h->srcpad, answer_not_live);
  return h;
}

static void
check_mode (GstHarness *h, const char *mode, guint masks)
{
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  g_autoptr (GstStructure) stats = NULL;
  g_autoptr (VInfoResult) result = push_for_result (h, frame (0));

  g_object_get (h->element, "stats", &stats, NULL);
  fail_unless_equals_string (gst_structure_get_string (stats, "mode"), mode);
  vinfo_result_wait (result);
  snapshot = vinfo_predictor_get_snapshot (vinfo_worker_get_predictor (worker));
  fail_unless_equals_int (vinfo_snapshot_get_masks (snapshot), masks);
  tear_down (h);
}

GST_START_TEST (test_mode_and_masks_follow_liveness_of_upstream)
{
  check_mode (harness_of (make_score (NULL), "src"), "async", 1);
  check_mode (recording_harness (make_score (NULL)), "sync", 4);
}
GST_END_TEST;

static void
check_properties (GstHarness *h, const char *mode, guint n_messages)
{
  g_autoptr (GstStructure) stats = NULL;
  g_autoptr (VInfoResult) result = NULL;

  gst_harness_push_event (h, gst_event_new_stream_start ("stream"));
  gst_harness_set_src_caps_str (h, CAPS);
  result = push_for_result (h, frame (0));
  gst_harness_push_event (h, gst_event_new_eos ());
  g_object_get (h->element, "stats", &stats, NULL);
  fail_unless_equals_string (gst_structure_get_string (stats, "mode"), mode);
  fail_unless_equals_int (
      count_messages (h->element, GST_MESSAGE_ELEMENT), n_messages);
}

GST_START_TEST (test_properties_count_from_the_next_start)
{
  GstHarness *h = score_harness (SYNC, 1);

  check_properties (h, "sync", 0);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  restart_after_flush (h);
  g_object_set (h->element, "mode", ASYNC, "post-messages", TRUE, NULL);
  check_properties (h, "sync", 0);
  gst_element_set_state (h->element, GST_STATE_READY);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  check_properties (h, "async", 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_late_frame_is_forwarded)
{
  GstHarness *h = score_harness (SYNC, 1);
  g_autoptr (VInfoResult) result = NULL;

  g_autoptr (VInfoResult) early = push_for_result (h, frame (0));
  gst_harness_push_upstream_event (
      h, gst_event_new_qos (
             GST_QOS_TYPE_UNDERFLOW, 2.0, 10 * GST_SECOND, FRAME_TIME (1)));
  result = push_for_result (h, frame (1));
  fail_unless_equals_int (vinfo_result_get_stage (result), VINFO_STAGE_SCORED);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_latency_is_unchanged_by_async_scorer)
{
  GstHarness *h = score_harness (ASYNC, 8);

  gst_harness_set_upstream_latency (h, 40 * GST_MSECOND);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), 40 * GST_MSECOND);
  tear_down (h);
}
GST_END_TEST;

static gpointer
push_frame (gpointer harness)
{
  gst_harness_push (harness, frame (0));
  return NULL;
}

/* Holds a synchronous push up by a paused worker. */
static GThread *
start_blocked_push (GstHarness *h)
{
  GThread *thread = g_thread_new ("push", push_frame, h);

  while (stat_of (h->element, "pending") == 0)
    g_usleep (1000);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  return thread;
}

/* Pushes a frame that the scorer holds for at least that long; ns. */
static void
push_held_frame (GstHarness *h, GstClockTime at_least)
{
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  GThread *thread;

  vinfo_worker_set_paused (worker, TRUE);
  thread = start_blocked_push (h);
  g_usleep (at_least / GST_USECOND);
  vinfo_worker_set_paused (worker, FALSE);
  g_thread_join (thread);
}

static void
query_latency (GstHarness *h, GstClockTime *min, GstClockTime *max)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();

  fail_unless (gst_pad_peer_query (h->sinkpad, query));
  gst_query_parse_latency (query, NULL, min, max);
}

static gboolean
answer_bounded_latency (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, TRUE, 40 * GST_MSECOND, 60 * GST_MSECOND);
  return TRUE;
}

GST_START_TEST (test_latency_of_live_sync_scorer_is_the_longest_hold)
{
  const GstClockTime hold = 400 * GST_MSECOND;
  GstHarness *h = score_harness (SYNC, 1);
  GstClockTime start = gst_util_get_timestamp ();
  GstClockTime min, max;

  gst_pad_set_query_function (h->srcpad, answer_bounded_latency);
  query_latency (h, &min, &max);
  fail_unless_equals_uint64 (min, 40 * GST_MSECOND);
  push_held_frame (h, hold);
  query_latency (h, &min, &max);
  min -= 40 * GST_MSECOND;
  fail_unless (min >= hold + hold / 4);
  fail_unless (min <= (gst_util_get_timestamp () - start) * 5 / 4);
  fail_unless_equals_uint64 (max, 60 * GST_MSECOND + min);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_LATENCY), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_latency_grows_in_steps_of_a_quarter)
{
  GstHarness *h = score_harness (SYNC, 1);
  GstClockTime first = 0, last = 0;
  gdouble expected;
  guint n_steps;

  for (guint i = 0; i < 30; i++) {
    g_autoptr (VInfoResult) result = push_for_result (h, frame (i));

    last = gst_harness_query_latency (h);
    if (i == 0)
      first = last;
  }
  n_steps = count_messages (h->element, GST_MESSAGE_LATENCY);
  fail_unless (n_steps >= 1);
  expected = (gdouble)first * pow (1.25, n_steps - 1);
  fail_unless ((gdouble)last > 0.999 * expected);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_recording_and_async_scorer_tell_no_latency)
{
  GstHarness *recording
      = recording_harness (make_score ("mode", SYNC, "panel-size", 0, NULL));
  GstHarness *live = score_harness (ASYNC, 1);
  g_autoptr (VInfoResult) of_recording = push_for_result (recording, frame (0));
  g_autoptr (VInfoResult) of_live = push_for_result (live, frame (0));

  vinfo_result_wait (of_live);
  fail_unless_equals_uint64 (gst_harness_query_latency (recording), 0);
  fail_unless_equals_uint64 (gst_harness_query_latency (live), 0);
  fail_unless_equals_int (
      count_messages (recording->element, GST_MESSAGE_LATENCY), 0);
  fail_unless_equals_int (
      count_messages (live->element, GST_MESSAGE_LATENCY), 0);
  tear_down (recording);
  tear_down (live);
}
GST_END_TEST;

GST_START_TEST (test_memory_of_read_only_buffer_is_shared)
{
  GstHarness *h = score_harness (SYNC, 1);
  g_autoptr (GstBuffer) in = frame (0);
  g_autoptr (GstBuffer) out = NULL;

  out = gst_harness_push_and_pull (h, gst_buffer_ref (in));
  fail_unless (out != in);
  fail_unless (
      gst_buffer_peek_memory (out, 0) == gst_buffer_peek_memory (in, 0));
  fail_unless (gst_buffer_get_vinfo_result (in) == NULL);
  fail_unless (gst_buffer_get_vinfo_result (out) != NULL);
  tear_down (h);
}
GST_END_TEST;

/* Frame n, drawn from (x, y) on, inside a larger buffer. */
static GstBuffer *
padded_frame (guint n, guint x, guint y, gint stride, guint rows)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, stride * rows, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  memset (map.data, 0xff, map.size);
  draw (map.data + y * stride + 3 * x, stride, n, 0, 0, WIDTH, HEIGHT);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = FRAME_TIME (n);
  return buffer;
}

GST_START_TEST (test_padded_strides_score_identically)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint stride[GST_VIDEO_MAX_PLANES] = { 512 };
  GstBuffer *padded = padded_frame (3, 0, 0, 512, HEIGHT + 5);

  gst_buffer_add_video_meta_full (padded, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT, 1, offset, stride);
  fail_unless_equals_float (
      loss_of_frame (padded, CAPS), loss_of_frame (frame (3), CAPS));
}
GST_END_TEST;

GST_START_TEST (test_crop_of_upstream_is_applied)
{
  const char *large = "video/x-raw,format=RGB,width=100,height=80";
  GstBuffer *whole = padded_frame (3, 20, 10, 300, 80);
  GstBuffer *cropped = gst_buffer_copy (whole);
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (cropped);
  gfloat expected = loss_of_frame (frame (3), CAPS);

  crop->x = 20;
  crop->y = 10;
  crop->width = WIDTH;
  crop->height = HEIGHT;
  fail_unless_equals_float (loss_of_frame (cropped, large), expected);
  fail_unless (loss_of_frame (whole, large) != expected);
}
GST_END_TEST;

static gboolean
result_survives (const char *description)
{
  GstHarness *h = gst_harness_new_parse (description);
  g_autoptr (GstBuffer) out = NULL;
  gboolean survives;

  gst_harness_set_src_caps_str (h, CAPS);
  out = gst_harness_push_and_pull (h, frame (0));
  fail_unless (out != NULL);
  survives = gst_buffer_get_vinfo_result (out) != NULL;
  gst_harness_teardown (h);
  return survives;
}

GST_START_TEST (test_result_survives_scaling_and_dies_at_cropping)
{
  fail_unless (result_survives ("vinfoscore ! videoscale ! capsfilter "
                                "caps=video/x-raw,width=32,height=24"));
  fail_if (result_survives ("vinfoscore ! videocrop left=8 top=8"));
}
GST_END_TEST;

GST_START_TEST (test_caps_change_with_pending_frames)
{
  GstHarness *h = score_harness (ASYNC, 2);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (VInfoResult) large = NULL;
  g_autoptr (VInfoResult) small = NULL;
  g_autoptr (VInfoImage) large_image = NULL;
  g_autoptr (VInfoImage) small_image = NULL;

  vinfo_worker_set_paused (worker, TRUE);
  large = push_for_result (h, frame (0));
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=RGB,width=40,height=30,framerate=25/1");
  small = push_for_result (h, frame_of_size (1, 40, 30));
  vinfo_worker_set_paused (worker, FALSE);
  vinfo_result_wait (large);
  vinfo_result_wait (small);

  large_image = vinfo_result_dup_image (large);
  small_image = vinfo_result_dup_image (small);
  fail_unless_equals_int (vinfo_image_get_width (large_image), WIDTH);
  fail_unless_equals_int (vinfo_image_get_width (small_image), 40);
  fail_unless (strstr (vinfo_result_get_caps (small), "40") != NULL);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_flush_takes_pending_frames)
{
  GstHarness *h = score_harness (ASYNC, 2);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (VInfoResult) flushed = NULL;
  g_autoptr (VInfoResult) after = NULL;

  vinfo_worker_set_paused (worker, TRUE);
  flushed = push_for_result (h, frame (0));
  gst_harness_push_event (h, gst_event_new_flush_start ());
  fail_unless_equals_int (
      vinfo_result_get_stage (flushed), VINFO_STAGE_SKIPPED);
  fail_unless_equals_int (
      vinfo_result_get_reason (flushed), VINFO_REASON_FLUSHED);

  restart_after_flush (h);
  vinfo_worker_set_paused (worker, FALSE);
  after = push_for_result (h, frame (0));
  fail_unless (isfinite (loss_of (after)));
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_flush_ends_synchronous_wait)
{
  GstHarness *h = score_harness (SYNC, 1);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  GThread *thread;

  vinfo_worker_set_paused (worker, TRUE);
  thread = start_blocked_push (h);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  g_thread_join (thread);
  vinfo_worker_set_paused (worker, FALSE);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_stop_ends_synchronous_wait)
{
  GstHarness *h = score_harness (SYNC, 1);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  GThread *thread;

  vinfo_worker_set_paused (worker, TRUE);
  thread = start_blocked_push (h);
  gst_element_set_state (h->element, GST_STATE_READY);
  g_thread_join (thread);
  fail_unless_equals_uint64 (stat_of (h->element, "frames"), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "skipped-flushed"), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_eos_waits_for_pending_frames)
{
  GstHarness *h = score_harness (ASYNC, 4);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (VInfoResult) result = NULL;
  g_autoptr (GstEvent) eos = NULL;
  guint n_events = gst_harness_events_in_queue (h);
  GThread *thread;

  vinfo_worker_set_paused (worker, TRUE);
  result = push_for_result (h, frame (0));
  n_events = gst_harness_events_in_queue (h);
  thread = g_thread_new ("eos", push_eos, h);
  g_usleep (50000);
  fail_unless_equals_int (gst_harness_events_in_queue (h), n_events);
  vinfo_worker_set_paused (worker, FALSE);
  g_thread_join (thread);

  fail_unless_equals_int (vinfo_result_get_stage (result), VINFO_STAGE_SCORED);
  while ((eos = gst_harness_try_pull_event (h))
         && GST_EVENT_TYPE (eos) != GST_EVENT_EOS)
    gst_event_unref (eos);
  fail_unless (eos != NULL);
  tear_down (h);
}
GST_END_TEST;

/* A batch that doesn't end before it is let go. */
typedef struct {
  GMutex lock;
  GCond changed;
  gboolean in_work;
  gboolean let_go;
  gboolean too_long;
} Batch;

static void
hold_batch (VInfoResult *result, gpointer data)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  Batch *batch = data;

  g_mutex_lock (&batch->lock);
  batch->in_work = TRUE;
  g_cond_broadcast (&batch->changed);
  while (!batch->let_go && !batch->too_long)
    batch->too_long = !g_cond_wait_until (&batch->changed, &batch->lock, end);
  g_mutex_unlock (&batch->lock);
}

static void
await_held_batch (Batch *batch)
{
  g_mutex_lock (&batch->lock);
  while (!batch->in_work)
    g_cond_wait (&batch->changed, &batch->lock);
  g_mutex_unlock (&batch->lock);
}

/* Scores a frame in a batch that is held from then on. */
static void
start_held_batch (GstHarness *h, Batch *batch)
{
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (VInfoResult) result = NULL;

  vinfo_worker_set_paused (worker, TRUE);
  result = push_for_result (h, frame (0));
  vinfo_result_notify (result, hold_batch, batch, NULL);
  vinfo_worker_set_paused (worker, FALSE);
  await_held_batch (batch);
}

/* Returns: whether it was let go, and not held for too long before */
static gboolean
let_go (Batch *batch)
{
  gboolean in_time;

  g_mutex_lock (&batch->lock);
  batch->let_go = TRUE;
  in_time = !batch->too_long;
  g_cond_broadcast (&batch->changed);
  g_mutex_unlock (&batch->lock);
  return in_time;
}

/* An EOS that waits for the batch. */
static GThread *
start_blocked_eos (GstHarness *h)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (h->element, "sink");
  GThread *thread = g_thread_new ("eos", push_eos, h);

  while (g_rec_mutex_trylock (GST_PAD_GET_STREAM_LOCK (pad))) {
    GST_PAD_STREAM_UNLOCK (pad);
    g_usleep (1000);
  }
  return thread;
}

GST_START_TEST (test_flush_ends_the_wait_of_eos_in_the_middle_of_a_batch)
{
  GstHarness *h = score_harness (ASYNC, 1);
  g_autoptr (VInfoResult) after = NULL;
  Batch batch = { 0 };
  GThread *thread;

  start_held_batch (h, &batch);
  thread = start_blocked_eos (h);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  g_thread_join (thread);
  fail_unless_equals_uint64 (stat_of (h->element, "pending"), 1);
  fail_unless (let_go (&batch));

  restart_after_flush (h);
  after = push_for_result (h, frame (1));
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless (isfinite (loss_of (after)));
  fail_unless_equals_uint64 (stat_of (h->element, "scored"), 2);
  fail_unless_equals_uint64 (stat_of (h->element, "pending"), 0);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_stop_ends_the_wait_of_eos_in_the_middle_of_a_batch)
{
  GstHarness *h = score_harness (ASYNC, 1);
  Batch batch = { 0 };
  GThread *thread;

  start_held_batch (h, &batch);
  thread = start_blocked_eos (h);
  gst_element_set_state (h->element, GST_STATE_READY);
  g_thread_join (thread);
  fail_unless (let_go (&batch));
  tear_down (h);
}
GST_END_TEST;

static void
publish_new (VInfoPredictor *predictor, guint64 seed)
{
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoMae) mae
      = vinfo_mae_new (vinfo_mae_get_config (newest), seed);

  fail_unless (vinfo_predictor_publish (predictor, mae, NULL));
}

/* What a snapshot says of a frame that was scored. */
static gfloat
rescore (VInfoSnapshot *snapshot, VInfoResult *result)
{
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  g_autoptr (VInfoImage) image = vinfo_result_dup_image (result);
  guint64 id = vinfo_result_get_id (result);
  VInfoScore score;

  vinfo_scorer_score (
      scorer, snapshot, VINFO_SCORE_GAIN, 1, &image, &id, &score, NULL);
  return score.loss;
}

static VInfoSnapshot *
snapshot_of_version (GPtrArray *snapshots, guint64 version)
{
  for (guint i = 0; i < snapshots->len; i++)
    if (vinfo_snapshot_get_version (snapshots->pdata[i]) == version)
      return snapshots->pdata[i];
  fail ("no such version was published: %" G_GUINT64_FORMAT, version);
  return NULL;
}

GST_START_TEST (test_each_result_is_of_one_version)
{
  GstHarness *h = score_harness (ASYNC, 64);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  VInfoPredictor *predictor = vinfo_worker_get_predictor (worker);
  g_autoptr (GPtrArray) snapshots
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_snapshot_unref);
  g_autoptr (GPtrArray) results
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_result_unref);
  guint64 last_version = 0;

  for (guint i = 0; i < 40; i++) {
    g_ptr_array_add (results, push_for_result (h, frame (i)));
    if (i > 0 && i % 4 == 0)
      publish_new (predictor, i);
    if (i % 4 == 0)
      g_ptr_array_add (
          snapshots, vinfo_predictor_get_settled_snapshot (predictor));
  }
  gst_harness_push_event (h, gst_event_new_eos ());

  for (guint i = 0; i < results->len; i++) {
    VInfoResult *result = results->pdata[i];
    VInfoSnapshot *snapshot;
    VInfoScore score;

    fail_unless (vinfo_result_get_score (result, &score));
    fail_unless (score.version >= last_version);
    last_version = score.version;
    snapshot = snapshot_of_version (snapshots, score.version);
    fail_unless (
        fabsf (rescore (snapshot, result) - score.loss) <= 1e-5f * score.loss);
  }
  tear_down (h);
}
GST_END_TEST;

static void
publish_once (VInfoResult *result, gpointer predictor)
{
  publish_new (predictor, 5);
}

/* Published when the first of a batch is done, before the others are. */
GST_START_TEST (test_swap_during_a_batch_gives_one_version_per_batch)
{
  GstHarness *h = score_harness (ASYNC, 4);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (VInfoResult) next = NULL;
  VInfoResult *results[4];
  VInfoScore score;
  guint64 old;

  vinfo_worker_set_paused (worker, TRUE);
  for (guint i = 0; i < 4; i++)
    results[i] = push_for_result (h, frame (i));
  vinfo_result_notify (
      results[0], publish_once, vinfo_worker_get_predictor (worker), NULL);
  old = stat_of (h->element, "version");
  vinfo_worker_set_paused (worker, FALSE);

  for (guint i = 0; i < 4; i++) {
    vinfo_result_wait (results[i]);
    fail_unless (vinfo_result_get_score (results[i], &score));
    fail_unless_equals_uint64 (score.version, old);
    vinfo_result_unref (results[i]);
  }
  fail_unless_equals_uint64 (stat_of (h->element, "version"), old + 1);

  next = push_for_result (h, frame (4));
  vinfo_result_wait (next);
  fail_unless (vinfo_result_get_score (next, &score));
  fail_unless_equals_uint64 (score.version, old + 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_rejected_predictor_keeps_old_one_and_warns_once)
{
  GstHarness *h = score_harness (SYNC, 1);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (VInfoMae) other = NULL;
  g_autoptr (GError) error = NULL;
  VInfoMaeConfig shape;

  fail_unless (vinfo_mae_config_named ("nano", &shape, NULL));
  shape.num_hidden_layers++;
  other = vinfo_mae_new (&shape, 1);
  fail_if (vinfo_predictor_publish (
      vinfo_worker_get_predictor (worker), other, &error));
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "version"), 0);

  g_autoptr (VInfoResult) result = push_for_result (h, frame (0));
  fail_unless (isfinite (loss_of (result)));
  tear_down (h);
}
GST_END_TEST;

static void
restart (GstElement *element)
{
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_READY),
      GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
}

GST_START_TEST (test_changed_file_at_same_path_is_loaded)
{
  g_autofree char *directory = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *weights
      = g_build_filename (directory, "model.safetensors", NULL);
  GstHarness *h;

  save_model (directory, 1);
  h = harness_of (make_score ("model", directory, "mode", SYNC, NULL), "src");
  restart (h->element);
  fail_unless_equals_uint64 (stat_of (h->element, "version"), 0);
  save_model (directory, 2);
  restart (h->element);
  fail_unless_equals_uint64 (stat_of (h->element, "version"), 1);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 0);

  fail_unless (g_file_set_contents (weights, "garbage", -1, NULL));
  restart (h->element);
  fail_unless_equals_uint64 (stat_of (h->element, "version"), 1);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);
  tear_down (h);
  remove_tree (directory);
}
GST_END_TEST;

/* What a training process does: a new folder, and the link `latest` swapped. */
static char *
publish_version (const char *location, guint version)
{
  g_autofree char *name = g_strdup_printf ("step-%08u", version);
  g_autofree char *link = g_build_filename (location, "latest", NULL);
  g_autofree char *new_link = g_build_filename (location, ".latest", NULL);
  char *directory = g_build_filename (location, name, NULL);

  fail_unless_equals_int (g_mkdir (directory, 0755), 0);
  save_model (directory, version);
  fail_unless_equals_int (symlink (name, new_link), 0);
  fail_unless_equals_int (g_rename (new_link, link), 0);
  return directory;
}

static gboolean
version_becomes (GstHarness *h, guint64 version)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (stat_of (h->element, "version") != version
         && g_get_monotonic_time () < end)
    g_usleep (1000);
  return stat_of (h->element, "version") == version;
}

static guint64
version_of_frame (GstHarness *h, guint n)
{
  g_autoptr (VInfoResult) result = push_for_result (h, frame (n));
  VInfoScore score;

  fail_unless (vinfo_result_get_score (result, &score));
  return score.version;
}

GST_START_TEST (test_publication_of_another_process_is_taken_while_running)
{
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *older = publish_version (location, 1);
  g_autofree char *newer = NULL;
  GstHarness *h = harness_of (
      make_score ("model", location, "mode", SYNC, "panel-size", 0, NULL),
      "src");

  fail_unless_equals_uint64 (version_of_frame (h, 0), 0);
  newer = publish_version (location, 2);
  fail_unless (version_becomes (h, 1));
  fail_unless_equals_uint64 (version_of_frame (h, 1), 1);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 0);
  tear_down (h);
  remove_tree (location);
}
GST_END_TEST;

GST_START_TEST (test_corrupt_publication_of_another_process_is_one_warning)
{
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *older = publish_version (location, 1);
  g_autofree char *weights
      = g_build_filename (location, "latest", "model.safetensors", NULL);
  GstHarness *h
      = harness_of (make_score ("model", older, "mode", SYNC, NULL), "src");

  fail_unless (g_file_set_contents (weights, "garbage", -1, NULL));
  gst_message_unref (wait_for_message (h->element, GST_MESSAGE_WARNING));
  fail_unless_equals_uint64 (version_of_frame (h, 0), 0);

  /* and a good one is taken after that */
  save_model (older, 3);
  fail_unless (version_becomes (h, 1));
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 0);
  tear_down (h);
  remove_tree (location);
}
GST_END_TEST;

/* Its trainer saves what it published before, and may have published more. */
GST_START_TEST (test_process_that_trains_takes_nothing_from_its_own_files)
{
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *older = publish_version (location, 1);
  g_autofree char *newer = NULL;
  GstHarness *h
      = harness_of (make_score ("model", location, "mode", SYNC, NULL), "src");
  g_autoptr (VInfoWorker) worker = worker_of (h->element);

  publish_new (vinfo_worker_get_predictor (worker), 5);
  newer = publish_version (location, 2);
  g_usleep (600000);
  fail_unless_equals_uint64 (stat_of (h->element, "version"), 1);
  tear_down (h);
  remove_tree (location);
}
GST_END_TEST;

GST_START_TEST (test_masks_of_a_live_feed_are_no_version_of_their_own)
{
  GstHarness *h = score_harness (ASYNC, 4);
  g_autoptr (VInfoResult) result = push_for_result (h, frame (0));
  VInfoScore score;

  vinfo_result_wait (result);
  fail_unless (vinfo_result_get_score (result, &score));
  fail_unless_equals_int (score.masks, 1);
  fail_unless_equals_uint64 (score.version, 0);
  tear_down (h);
}
GST_END_TEST;

static void
fill_panel (VInfoPredictor *predictor)
{
  guint8 rgb[WIDTH * HEIGHT * 3];

  for (guint i = 0; i < 800; i++) {
    g_autoptr (VInfoImage) image = NULL;

    draw (rgb, 3 * WIDTH, i, 0, 0, WIDTH, HEIGHT);
    image = vinfo_image_new_from_data (WIDTH, HEIGHT, 3 * WIDTH, rgb);
    vinfo_predictor_observe (predictor, i, image);
  }
}

/* What an offline run leaves: a predictor that is calibrated with its masks. */
static void
save_calibrated (const char *directory, guint masks)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = NULL;
  g_autoptr (VInfoMae) newest = NULL;

  config.masks = masks;
  predictor = vinfo_predictor_new (&config, NULL);
  newest = vinfo_predictor_get_newest (predictor);
  fill_panel (predictor);
  fail_unless (vinfo_predictor_save (predictor, newest, directory, NULL));
}

static guint
current_masks (VInfoWorker *worker)
{
  g_autoptr (VInfoSnapshot) snapshot
      = vinfo_predictor_get_snapshot (vinfo_worker_get_predictor (worker));

  return vinfo_snapshot_get_masks (snapshot);
}

GST_START_TEST (test_live_frame_is_not_held_to_calibrate_for_its_masks)
{
  g_autofree char *directory = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autoptr (VInfoWorker) worker = NULL;
  g_autoptr (VInfoResult) result = NULL;
  guint64 version;
  VInfoScore score;
  GstHarness *h;

  save_calibrated (directory, 4);
  h = harness_of (make_score ("mode", ASYNC, "model", directory, NULL), "src");
  worker = worker_of (h->element);
  version = stat_of (h->element, "version");
  vinfo_worker_set_paused (worker, TRUE);
  result = push_for_result (h, frame (0));
  fail_unless_equals_int (current_masks (worker), 4);

  vinfo_worker_set_paused (worker, FALSE);
  vinfo_result_wait (result);
  fail_unless (vinfo_result_get_score (result, &score));
  fail_unless_equals_int (score.masks, 1);
  fail_unless_equals_uint64 (score.version, version);
  fail_unless (isfinite (score.pvi));
  fail_unless_equals_int (current_masks (worker), 1);
  tear_down (h);
  remove_tree (directory);
}
GST_END_TEST;

GST_START_TEST (test_missing_model_is_one_error_that_names_it)
{
  GstElement *element = make_score ("model", "/nonexistent/model", NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (element, bus);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
  message = next_message (element, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (
      error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  fail_unless (strstr (error->message, "/nonexistent/model") != NULL);
  fail_unless_equals_int (count_messages (element, GST_MESSAGE_ERROR), 0);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (element);
}
GST_END_TEST;

GST_START_TEST (test_start_that_failed_can_be_repeated)
{
  GstHarness *h = score_harness (SYNC, 1);
  g_autoptr (VInfoResult) result = NULL;

  gst_element_set_state (h->element, GST_STATE_READY);
  g_object_set (h->element, "model", "/nonexistent", "model-id", "other", NULL);
  fail_unless_equals_int (gst_element_set_state (h->element, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_ERROR), 1);

  gst_element_set_state (h->element, GST_STATE_READY);
  g_object_set (h->element, "model", NULL, NULL);
  fail_unless_equals_int (gst_element_set_state (h->element, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  gst_harness_set_src_caps_str (h, CAPS);
  result = push_for_result (h, frame (0));
  fail_unless (isfinite (loss_of (result)));
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_late_scorer_gets_current_predictor)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc ! vinfoscore name=a ! fakesink async=false", NULL);
  g_autoptr (GstElement) present
      = gst_bin_get_by_name (GST_BIN (pipeline), "a");
  g_autoptr (VInfoWorker) worker = NULL;
  g_autoptr (VInfoWorker) late_worker = NULL;
  GstElement *late;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  worker = worker_of (present);
  publish_new (vinfo_worker_get_predictor (worker), 5);

  late = make_score ("seed", G_GUINT64_CONSTANT (9), NULL);
  gst_bin_add (GST_BIN (pipeline), late);
  fail_unless (gst_element_sync_state_with_parent (late));
  late_worker = worker_of (late);
  fail_unless (late_worker == worker);
  fail_unless_equals_uint64 (stat_of (late, "version"), 1);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (late);
}
GST_END_TEST;

static GstHarness *
sharing_harness (VInfoPredictorTable *table, const char *model_id, guint64 seed)
{
  g_autoptr (GstContext) context = vinfo_predictor_table_to_context (table);
  GstElement *element
      = make_score ("model-id", model_id, "seed", seed, "mode", SYNC, NULL);

  gst_element_set_context (element, context);
  return harness_of (element, "src");
}

GST_START_TEST (test_two_model_ids_never_mix)
{
  g_autoptr (VInfoPredictorTable) table = vinfo_predictor_table_new ();
  GstHarness *a = sharing_harness (table, "a", 1);
  GstHarness *b = sharing_harness (table, "b", 2);
  GstHarness *also_a = sharing_harness (table, "a", 3);
  g_autoptr (VInfoWorker) worker = worker_of (a->element);

  g_autoptr (VInfoResult) result_a = push_for_result (a, frame (0));
  g_autoptr (VInfoResult) result_b = push_for_result (b, frame (0));
  g_autoptr (VInfoResult) result_also_a = push_for_result (also_a, frame (0));
  fail_unless (loss_of (result_a) != loss_of (result_b));
  fail_unless (loss_of (result_a) == loss_of (result_also_a));

  publish_new (vinfo_worker_get_predictor (worker), 7);
  fail_unless_equals_uint64 (stat_of (a->element, "version"), 1);
  fail_unless_equals_uint64 (stat_of (also_a->element, "version"), 1);
  fail_unless_equals_uint64 (stat_of (b->element, "version"), 0);
  tear_down (a);
  tear_down (b);
  tear_down (also_a);
}
GST_END_TEST;

static GstBufferPool *
make_pool (guint n_buffers)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  GstBufferPool *pool = gst_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);

  gst_buffer_pool_config_set_params (
      config, caps, WIDTH * HEIGHT * 3, n_buffers, n_buffers);
  fail_unless (gst_buffer_pool_set_config (pool, config));
  fail_unless (gst_buffer_pool_set_active (pool, TRUE));
  return pool;
}

/* Pushes the picture in a buffer that must be there at once. */
static VInfoResult *
push_from_pool (GstHarness *h, GstBufferPool *pool, guint n, guint picture)
{
  GstBufferPoolAcquireParams params
      = { .flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT };
  GstBuffer *in = NULL;
  GstMapInfo map;

  fail_unless_equals_int (
      gst_buffer_pool_acquire_buffer (pool, &in, &params), GST_FLOW_OK);
  gst_buffer_map (in, &map, GST_MAP_WRITE);
  draw (map.data, 3 * WIDTH, picture, 0, 0, WIDTH, HEIGHT);
  gst_buffer_unmap (in, &map);
  GST_BUFFER_PTS (in) = FRAME_TIME (n);
  return push_for_result (h, in);
}

GST_START_TEST (test_pool_of_four_buffers_never_starves)
{
  GstHarness *h = score_harness (ASYNC, 3);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (GstBufferPool) pool = make_pool (4);

  vinfo_worker_set_paused (worker, TRUE);
  for (guint i = 0; i < 50; i++)
    vinfo_result_unref (push_from_pool (h, pool, i, i));
  vinfo_worker_set_paused (worker, FALSE);
  tear_down (h);
  gst_buffer_pool_set_active (pool, FALSE);
}
GST_END_TEST;

/* What a gate turned away is pending no more, long before its batch is done. */
GST_START_TEST (test_pool_of_four_buffers_never_starves_on_a_still_scene)
{
  GstHarness *h = score_harness (ASYNC, 3);
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (GstBufferPool) pool = make_pool (4);
  g_autoptr (VInfoResult) scored = NULL;
  Batch batch = { 0 };

  vinfo_worker_set_paused (worker, TRUE);
  scored = push_from_pool (h, pool, 0, 0);
  for (guint i = 1; i < 3; i++)
    vinfo_result_unref (push_from_pool (h, pool, i, 0));
  vinfo_result_notify (scored, hold_batch, &batch, NULL);
  vinfo_worker_set_paused (worker, FALSE);
  await_held_batch (&batch);
  fail_unless_equals_uint64 (stat_of (h->element, "skipped-frozen"), 2);

  for (guint i = 3; i < 50; i++)
    vinfo_result_unref (push_from_pool (h, pool, i, i));
  fail_unless (let_go (&batch));
  tear_down (h);
  gst_buffer_pool_set_active (pool, FALSE);
}
GST_END_TEST;

GST_START_TEST (test_allocation_counts_the_frames_that_are_kept)
{
  GstHarness *h = score_harness (ASYNC, 3);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  g_autoptr (GstQuery) query = gst_query_new_allocation (caps, TRUE);
  guint size, min, max;

  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_META_API_TYPE, NULL);
  g_autoptr (VInfoResult) result = push_for_result (h, frame (0));
  fail_unless (gst_pad_peer_query (h->srcpad, query));
  gst_query_parse_nth_allocation_pool (query, 0, NULL, &size, &min, &max);
  fail_unless_equals_int (min, 3);
  fail_unless_equals_int (size, WIDTH * HEIGHT * 3);
  fail_unless (
      gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL));
  fail_if (gst_query_find_allocation_meta (
      query, GST_VIDEO_CROP_META_API_TYPE, NULL));
  tear_down (h);
}
GST_END_TEST;

static gboolean
want_five_buffers (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return gst_pad_query_default (pad, parent, query);
  gst_query_add_allocation_pool (query, NULL, WIDTH * HEIGHT * 3, 5, 6);
  return TRUE;
}

GST_START_TEST (test_allocation_adds_what_is_kept_to_what_is_needed_below)
{
  GstHarness *h = score_harness (ASYNC, 3);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  g_autoptr (GstQuery) query = gst_query_new_allocation (caps, TRUE);
  g_autoptr (VInfoResult) result = NULL;
  guint size, min, max;

  gst_pad_set_query_function (h->sinkpad, want_five_buffers);
  result = push_for_result (h, frame (0));
  fail_unless (gst_pad_peer_query (h->srcpad, query));
  fail_unless_equals_int (gst_query_get_n_allocation_pools (query), 1);
  gst_query_parse_nth_allocation_pool (query, 0, NULL, &size, &min, &max);
  fail_unless_equals_int (min, 5 + 3);
  fail_unless_equals_int (max, 6 + 3);
  tear_down (h);
}
GST_END_TEST;

static void
check_flagged_frame (GstBufferFlags flag, VInfoReason reason)
{
  GstHarness *h = score_harness (SYNC, 1);
  GstBuffer *in = frame (0);
  g_autoptr (GstBuffer) out = NULL;
  g_autoptr (VInfoResult) result = NULL;

  GST_BUFFER_FLAG_SET (in, flag);
  out = gst_harness_push_and_pull (h, in);
  result = result_of (out);
  fail_unless (GST_BUFFER_FLAG_IS_SET (out, flag));
  fail_unless_equals_int (vinfo_result_get_stage (result), VINFO_STAGE_SKIPPED);
  fail_unless_equals_int (vinfo_result_get_reason (result), reason);
  fail_unless_equals_uint64 (stat_of (h->element, "scored"), 0);
  tear_down (h);
}

GST_START_TEST (test_corrupted_and_gap_buffers_are_not_scored)
{
  check_flagged_frame (GST_BUFFER_FLAG_CORRUPTED, VINFO_REASON_CORRUPTED);
  check_flagged_frame (GST_BUFFER_FLAG_GAP, VINFO_REASON_GAP);
}
GST_END_TEST;

GST_START_TEST (test_unmappable_frame_is_skipped_and_forwarded)
{
  GstHarness *h = score_harness (SYNC, 1);
  g_autoptr (VInfoResult) result
      = push_for_result (h, gst_buffer_new_allocate (NULL, 10, NULL));

  fail_unless_equals_int (
      vinfo_result_get_reason (result), VINFO_REASON_FAILED);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_ERROR), 0);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_frames_of_unusable_format_are_skipped_with_a_warning)
{
  GstHarness *h = score_harness (SYNC, 1);
  g_autoptr (VInfoResult) before = push_for_result (h, frame (0));
  g_autoptr (VInfoResult) result = NULL;

  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=RGB,width=40000,height=4,framerate=25/1");
  result = push_for_result (h, frame_of_size (1, 40000, 4));
  fail_unless_equals_int (
      vinfo_result_get_reason (result), VINFO_REASON_FAILED);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_sample_ids_repeat_for_recordings)
{
  guint64 ids[2][3];

  for (guint run = 0; run < 2; run++) {
    GstHarness *h = recording_harness (make_score ("feed", "door", NULL));

    gst_harness_push_event (h, gst_event_new_stream_start ("a-recording"));

    for (guint i = 0; i < 3; i++) {
      GstBuffer *in = frame (i);
      g_autoptr (VInfoResult) result = NULL;

      /* told apart without times too */
      if (i > 0)
        GST_BUFFER_PTS (in) = GST_CLOCK_TIME_NONE;
      result = push_for_result (h, in);
      ids[run][i] = vinfo_result_get_id (result);
      fail_unless_equals_string (vinfo_result_get_feed (result), "door");
      fail_unless_equals_string (
          vinfo_result_get_source (result), "a-recording");
    }
    tear_down (h);
  }
  fail_unless (memcmp (ids[0], ids[1], sizeof ids[0]) == 0);
  fail_unless (ids[0][0] != ids[0][1] && ids[0][1] != ids[0][2]);
}
GST_END_TEST;

GST_START_TEST (test_replayed_buffer_gets_a_new_result)
{
  GstHarness *h = score_harness (SYNC, 1);
  GstBuffer *in = frame (0);
  g_autoptr (VInfoResult) old = vinfo_result_new (1, "old", "", CAPS, 0, 0);
  g_autoptr (VInfoResult) result = NULL;

  gst_buffer_add_vinfo_result (in, old);
  result = push_for_result (h, in);
  fail_unless (result != old);
  fail_unless_equals_int (vinfo_result_get_stage (result), VINFO_STAGE_SCORED);
  tear_down (h);
}
GST_END_TEST;

static void
run_pipeline (void)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc num-buffers=3 pattern=ball ! "
      "video/x-raw,width=64,height=48 ! vinfoscore name=s ! fakesink",
      NULL);
  g_autoptr (GstElement) score = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, PATIENCE * GST_USECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  fail_unless_equals_uint64 (stat_of (score, "frames"), 3);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
cycle (guint n, gpointer unused)
{
  g_autoptr (GstElement) element = make_score ("mode", SYNC, NULL);

  if (n % 2 == 0)
    run_pipeline ();
  else
    start_and_stop_twice (element);
}

GST_START_TEST (test_fifty_state_cycles_leak_nothing)
{
  check_fifty_cycles (cycle, NULL);
}
GST_END_TEST;

static VInfoReason
reason_with_limit (VInfoOodKind ood, gdouble max_ood)
{
  GstElement *element = make_score (
      "mode", SYNC, "feed", "camera", "ood", ood, "max-ood", max_ood, NULL);
  GstHarness *h = recording_harness (element);
  g_autoptr (VInfoWorker) worker = worker_of (element);
  g_autoptr (VInfoResult) result = NULL;
  gboolean barred;

  fill_panel (vinfo_worker_get_predictor (worker));
  /* ids repeat, and so does whether the frame is one of the panel's */
  gst_harness_push_event (h, gst_event_new_stream_start ("recording"));
  result = push_for_result (h, frame (0));
  gst_harness_push_event (h, gst_event_new_eos ());
  barred = vinfo_result_get_reason (result) == VINFO_REASON_OOD;
  fail_unless_equals_uint64 (stat_of (element, "barred-ood"), barred);
  fail_unless_equals_uint64 (stat_of (element, "scored"), 1);
  tear_down (h);
  return vinfo_result_get_reason (result);
}

GST_START_TEST (test_limit_bars_frames_out_of_distribution)
{
  fail_unless_equals_int (
      reason_with_limit (VINFO_OOD_KNN, 0.0), VINFO_REASON_OOD);
  fail_unless_equals_int (
      reason_with_limit (VINFO_OOD_KNN, 2.5), VINFO_REASON_NONE);
  fail_unless_equals_int (
      reason_with_limit (VINFO_OOD_NONE, 0.0), VINFO_REASON_NONE);
}
GST_END_TEST;

GST_START_TEST (test_estimator_is_the_shared_predictors)
{
  for (gint kind = VINFO_ESTIMATOR_CLOSED; kind <= VINFO_ESTIMATOR_LEARNED;
       kind++) {
    GstElement *element
        = make_score ("mode", SYNC, "feed", "camera", "estimator", kind, NULL);
    GstHarness *h = recording_harness (element);
    g_autoptr (VInfoWorker) worker = worker_of (element);
    g_autoptr (VInfoSnapshot) snapshot = NULL;

    fill_panel (vinfo_worker_get_predictor (worker));
    snapshot
        = vinfo_predictor_get_snapshot (vinfo_worker_get_predictor (worker));
    fail_unless_equals_int (vinfo_snapshot_get_estimator (snapshot), kind);
    fail_unless (vinfo_snapshot_get_iv (snapshot) >= 0);
    tear_down (h);
  }
}
GST_END_TEST;

static Suite *
vinfoscore_suite (void)
{
  Suite *suite = suite_create ("vinfoscore");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_frame_is_forwarded_at_once_while_worker_is_blocked);
  tcase_add_test (tc, test_results_are_posted_when_asked_for);
  tcase_add_test (tc, test_skips_are_counted_exactly);
  tcase_add_test (tc, test_sync_mode_scores_each_frame_before_it_goes_on);
  tcase_add_test (tc, test_mode_and_masks_follow_liveness_of_upstream);
  tcase_add_test (tc, test_properties_count_from_the_next_start);
  tcase_add_test (tc, test_late_frame_is_forwarded);
  tcase_add_test (tc, test_latency_is_unchanged_by_async_scorer);
  tcase_add_test (tc, test_latency_of_live_sync_scorer_is_the_longest_hold);
  tcase_add_test (tc, test_latency_grows_in_steps_of_a_quarter);
  tcase_add_test (tc, test_recording_and_async_scorer_tell_no_latency);
  tcase_add_test (tc, test_memory_of_read_only_buffer_is_shared);
  tcase_add_test (tc, test_padded_strides_score_identically);
  tcase_add_test (tc, test_crop_of_upstream_is_applied);
  tcase_add_test (tc, test_result_survives_scaling_and_dies_at_cropping);
  tcase_add_test (tc, test_caps_change_with_pending_frames);
  tcase_add_test (tc, test_flush_takes_pending_frames);
  tcase_add_test (tc, test_flush_ends_synchronous_wait);
  tcase_add_test (tc, test_stop_ends_synchronous_wait);
  tcase_add_test (tc, test_eos_waits_for_pending_frames);
  tcase_add_test (tc, test_flush_ends_the_wait_of_eos_in_the_middle_of_a_batch);
  tcase_add_test (tc, test_stop_ends_the_wait_of_eos_in_the_middle_of_a_batch);
  tcase_add_test (tc, test_each_result_is_of_one_version);
  tcase_add_test (tc, test_swap_during_a_batch_gives_one_version_per_batch);
  tcase_add_test (tc, test_rejected_predictor_keeps_old_one_and_warns_once);
  tcase_add_test (tc, test_changed_file_at_same_path_is_loaded);
  tcase_add_test (
      tc, test_publication_of_another_process_is_taken_while_running);
  tcase_add_test (
      tc, test_corrupt_publication_of_another_process_is_one_warning);
  tcase_add_test (
      tc, test_process_that_trains_takes_nothing_from_its_own_files);
  tcase_add_test (tc, test_masks_of_a_live_feed_are_no_version_of_their_own);
  tcase_add_test (tc, test_live_frame_is_not_held_to_calibrate_for_its_masks);
  tcase_add_test (tc, test_missing_model_is_one_error_that_names_it);
  tcase_add_test (tc, test_start_that_failed_can_be_repeated);
  tcase_add_test (tc, test_late_scorer_gets_current_predictor);
  tcase_add_test (tc, test_two_model_ids_never_mix);
  tcase_add_test (tc, test_pool_of_four_buffers_never_starves);
  tcase_add_test (tc, test_pool_of_four_buffers_never_starves_on_a_still_scene);
  tcase_add_test (tc, test_allocation_counts_the_frames_that_are_kept);
  tcase_add_test (
      tc, test_allocation_adds_what_is_kept_to_what_is_needed_below);
  tcase_add_test (tc, test_corrupted_and_gap_buffers_are_not_scored);
  tcase_add_test (tc, test_unmappable_frame_is_skipped_and_forwarded);
  tcase_add_test (
      tc, test_frames_of_unusable_format_are_skipped_with_a_warning);
  tcase_add_test (tc, test_sample_ids_repeat_for_recordings);
  tcase_add_test (tc, test_replayed_buffer_gets_a_new_result);
  tcase_add_test (tc, test_limit_bars_frames_out_of_distribution);
  tcase_add_test (tc, test_estimator_is_the_shared_predictors);
  tcase_add_test (tc, test_fifty_state_cycles_leak_nothing);
  return suite;
}

GST_CHECK_MAIN (vinfoscore);
