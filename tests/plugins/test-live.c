/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"

/* A camera with a scorer that is slower than it in one branch and a screen in
 * the other: what the screen shows and the scorer counts, however slow the machine
 * is. How fast that is has its limits in bench-live.c. */
#define RATE 30
#define N_FRAMES 60

typedef struct {
  GstElement *pipeline, *display, *score;
  VInfoWorker *worker;
  GArray *times;      /* of GstClockTime: of all that the screen shows */
  GPtrArray *results; /* of VInfoResult: of all that the scorer let pass */
} Live;

static GstPadProbeReturn
collect_time (GstPad *pad, GstPadProbeInfo *info, gpointer times)
{
  g_array_append_val (times, GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info)));
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
collect_result (GstPad *pad, GstPadProbeInfo *info, gpointer results)
{
  VInfoResult *result
      = gst_buffer_get_vinfo_result (GST_PAD_PROBE_INFO_BUFFER (info));

  fail_unless (result != NULL);
  g_ptr_array_add (results, vinfo_result_ref (result));
  return GST_PAD_PROBE_OK;
}

static void
watch (GstElement *element, const char *name, GstPadProbeCallback callback,
    gpointer data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, data, NULL);
}

static void
live_init (Live *live)
{
  *live = (Live){ .pipeline = gst_parse_launch (
                      "videotestsrc is-live=true pattern=ball "
                      "num-buffers=" G_STRINGIFY (
                          N_FRAMES) " ! "
                                    "video/x-raw,width=1280,height=720,"
                                    "framerate=" G_STRINGIFY (
                                        RATE) "/1 ! tee name=t ! "
                                              "queue ! fakesink name=display "
                                              "sync=true t. ! queue ! "
                                              "vinfoscore name=score "
                                              "architecture=nano masks=1 ! "
                                              "fakesink sync=false",
                      NULL) };
  fail_unless (live->pipeline != NULL);
  live->display = gst_bin_get_by_name (GST_BIN (live->pipeline), "display");
  live->score = gst_bin_get_by_name (GST_BIN (live->pipeline), "score");
  live->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  live->results
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_result_unref);
  watch (live->display, "sink", collect_time, live->times);
  watch (live->score, "src", collect_result, live->results);
  gst_element_set_state (live->pipeline, GST_STATE_READY);
  live->worker = worker_of (live->score);
}

static void
live_finish (Live *live)
{
  gst_element_set_state (live->pipeline, GST_STATE_NULL);
  g_ptr_array_unref (live->results);
  g_array_unref (live->times);
  g_object_unref (live->worker);
  gst_object_unref (live->display);
  gst_object_unref (live->score);
  gst_object_unref (live->pipeline);
}

static void
wait_for_half_of_frames (GstElement *element, const char *field)
{
  gint64 end = g_get_monotonic_time () + 3 * PATIENCE;

  while (stat_of (element, field) < N_FRAMES / 2) {
    fail_unless (g_get_monotonic_time () < end,
        "%s stays at %" G_GUINT64_FORMAT, field, stat_of (element, field));
    g_usleep (1000);
  }
}

static void
wait_for_end (Live *live)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (live->pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      bus, 3 * PATIENCE * GST_USECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
}

static void
assert_each_frame_is_counted_once (GstElement *score)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 frames, scored, skipped, pending;

  g_object_get (score, "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, "frames", G_TYPE_UINT64, &frames,
      "scored", G_TYPE_UINT64, &scored, "skipped", G_TYPE_UINT64, &skipped,
      "pending", G_TYPE_UINT64, &pending, NULL));
  fail_unless_equals_uint64 (scored + skipped + pending, frames);
}

static guint
count_unscored (GPtrArray *results)
{
  guint n = 0;

  for (guint i = 0; i < results->len; i++)
    n += vinfo_result_get_reason (results->pdata[i]) == VINFO_REASON_SKIPPED;
  return n;
}

static void
assert_screen_shows_each_frame (GArray *times)
{
  const GstClockTime *time = (const GstClockTime *)times->data;

  fail_unless_equals_int (times->len, N_FRAMES);
  for (guint i = 1; i < N_FRAMES; i++)
    fail_unless (
        ABS ((gint64)(time[i] - time[i - 1]) - GST_SECOND / RATE) <= 1);
}

/* For half of the film the scorer gets nowhere. */
GST_START_TEST (test_slow_scorer_holds_no_frame_up_and_counts_the_unscored)
{
  Live live;
  guint unscored;

  live_init (&live);
  vinfo_worker_set_paused (live.worker, TRUE);
  gst_element_set_state (live.pipeline, GST_STATE_PLAYING);
  wait_for_half_of_frames (live.display, "rendered");
  wait_for_half_of_frames (live.score, "frames");
  fail_unless_equals_uint64 (stat_of (live.score, "scored"), 0);
  fail_unless_equals_uint64 (stat_of (live.score, "pending"), 1);
  assert_each_frame_is_counted_once (live.score);
  vinfo_worker_set_paused (live.worker, FALSE);
  wait_for_end (&live);

  assert_screen_shows_each_frame (live.times);
  fail_unless_equals_int (live.results->len, N_FRAMES);
  fail_unless_equals_uint64 (stat_of (live.score, "frames"), N_FRAMES);
  unscored = count_unscored (live.results);
  fail_unless (unscored >= N_FRAMES / 2 - 1);
  fail_unless_equals_uint64 (stat_of (live.score, "skipped-skipped"), unscored);
  fail_unless_equals_uint64 (stat_of (live.score, "pending"), 0);
  fail_unless (stat_of (live.score, "scored") > 0);
  assert_each_frame_is_counted_once (live.score);
  live_finish (&live);
}
GST_END_TEST;

/* Returns: whether there is a thread that is called so */
static gboolean
find_nice (const char *name, int *nice)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *id;

  while ((id = g_dir_read_name (tasks))) {
    g_autofree char *path
        = g_build_filename ("/proc/self/task", id, "comm", NULL);
    g_autofree char *comm = NULL;

    if (!g_file_get_contents (path, &comm, NULL, NULL))
      continue;
    if (g_str_equal (g_strchomp (comm), name)) {
      *nice = getpriority (PRIO_PROCESS, (id_t)atoi (id));
      return TRUE;
    }
  }
  return FALSE;
}

/* A thread has its name some time after its element starts, and gives way some
 * time after that. Returns: its nice value, once that is at least @least or does
 * not become so */
static int
await_nice (const char *name, int least)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  int nice = least - 1;

  while ((!find_nice (name, &nice) || nice < least)
         && g_get_monotonic_time () < end)
    g_usleep (1000);
  return nice;
}

GST_START_TEST (test_own_threads_give_way_to_streaming_threads)
{
  GstElement *pipeline = gst_parse_launch (
      "videotestsrc is-live=true ! queue name=queue ! "
      "vinfoscore architecture=nano ! vinforeservoir ! vinfotrainer",
      NULL);
  int process = getpriority (PRIO_PROCESS, getpid ());
  int streaming, scoring, keeping, training;

  fail_unless (pipeline != NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  streaming = await_nice ("queue:src", process);
  scoring = await_nice ("vinfo-score", process + 1);
  keeping = await_nice ("vinfokeeper", process + 1);
  training = await_nice ("vinfo-trainer", scoring + 1);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);

  fail_unless_equals_int (streaming, process);
  fail_unless (scoring > streaming);
  fail_unless (keeping > streaming);
  fail_unless (training > scoring);
}
GST_END_TEST;

static Suite *
live_suite (void)
{
  Suite *suite = suite_create ("live");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_own_threads_give_way_to_streaming_threads);
  tcase_add_test (
      tc, test_slow_scorer_holds_no_frame_up_and_counts_the_unscored);
  return suite;
}

GST_CHECK_MAIN (live);
