/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "leaks.h"
#include "predictor/vinfo-composer.h"
#include "predictor/vinfo-scorer.h"

#define N_FRAMES 4
#define MAX_REGIONS 4
#define MAX_CROPS (N_FRAMES * MAX_REGIONS)
#define SIDE 8 /* patches of nano */

static GstElement *
make_compose (const char *property, ...)
{
  GstElement *element;
  va_list args;

  va_start (args, property);
  element = make_element_valist ("vinfocompose", property, args);
  va_end (args);
  return element;
}

static GstHarness *
compose_harness (GstElement *element)
{
  return harness_of (element, "src");
}

/* A grey slope with two spots, whose places and brightness n chooses. */
static VInfoImage *
spots (guint n, guint width, guint height)
{
  g_autofree guint8 *data = g_malloc (3 * width * height);

  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++) {
      guint column = 8 * x / width, row = 8 * y / height;
      gboolean left = column == 1 + n % 2 && row / 2 == n / 2 % 3;
      gboolean right = column / 2 == 3 && row / 2 == (n + 1) / 2 % 4;

      memset (data + 3 * (y * width + x),
          left    ? 250 - 9 * (int)n % 40
          : right ? 190 + 7 * (int)n % 60
                  : 110 + (int)(10 * x / width),
          3);
    }
  return vinfo_image_new_from_data (width, height, 3 * width, data);
}

static void
add_result (GstBuffer *buffer, guint64 id, gdouble inclusion)
{
  g_autoptr (VInfoResult) result
      = vinfo_result_new (id, "door", "", "", 7, (gint64)id * 1000);
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE] = { 0 };
  VInfoScore score = { 0 };

  vinfo_result_set_replayed (result, &score, thumbnail, NULL, 0, inclusion);
  gst_buffer_add_vinfo_result (buffer, result);
}

/* The n-th frame as a reservoir serves it: sample 100 + n. */
static GstBuffer *
served_of_size (guint n, guint width, guint height)
{
  g_autoptr (VInfoImage) image = spots (n, width, height);
  GstBuffer *buffer = frame_of_size (n, width, height);
  gsize stride = GST_ROUND_UP_4 (3 * width);

  for (guint y = 0; y < height; y++)
    gst_buffer_fill (buffer, y * stride,
        vinfo_image_get_pixels (image) + y * 3 * width, 3 * width);
  add_result (buffer, 100 + n, 0.5);
  return buffer;
}

static GstBuffer *
served (guint n)
{
  return served_of_size (n, WIDTH, HEIGHT);
}

static void
push (GstHarness *h, GstBuffer *buffer)
{
  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
}

static void
push_window (GstHarness *h, guint first)
{
  for (guint n = first; n < first + N_FRAMES; n++)
    push (h, served (n));
}

static VInfoResult *
result_of (GstBuffer *buffer)
{
  VInfoResult *result = gst_buffer_get_vinfo_result (buffer);

  fail_unless (result != NULL);
  return result;
}

static void
assert_size_of_caps (GstHarness *h, gint width, gint height)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&info), GST_VIDEO_FORMAT_RGB);
  fail_unless_equals_int (info.width, width);
  fail_unless_equals_int (info.height, height);
}

static gint
compare_crops (gconstpointer a, gconstpointer b)
{
  const VInfoCrop *first = a, *second = b;

  return (first->error < second->error) - (first->error > second->error);
}

/* Every crop of frames 0 to N_FRAMES − 1, each scored alone, sorted. */
static guint
list_all_crops (const VInfoSnapshot *snapshot, VInfoCrop *all)
{
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  guint n = 0;

  for (guint i = 0; i < N_FRAMES; i++) {
    g_autoptr (VInfoImage) image = spots (i, WIDTH, HEIGHT);
    gfloat map[SIDE * SIDE];
    VInfoRegion regions[MAX_REGIONS];
    guint n_regions;

    vinfo_scorer_map_errors (scorer, snapshot, image, map);
    n_regions
        = vinfo_regions_propose_hot (map, SIDE, SIDE, MAX_REGIONS, regions);
    for (guint r = 0; r < n_regions; r++) {
      VInfoCrop crop = { .frame = i, .id = 100 + i };
      g_autoptr (VInfoImage) cut = NULL;
      VInfoScore score;

      vinfo_region_to_pixels (&regions[r], SIDE, SIDE, WIDTH, HEIGHT, &crop.x,
          &crop.y, &crop.width, &crop.height);
      cut = vinfo_image_resize (image, crop.x, crop.y, crop.width, crop.height,
          crop.width, crop.height);
      vinfo_scorer_score (
          scorer, snapshot, VINFO_SCORE_LOSS, 1, &cut, &crop.id, &score, NULL);
      crop.error = score.loss;
      all[n++] = crop;
    }
  }
  qsort (all, n, sizeof *all, compare_crops);
  return n;
}

/* Its four quarters, each a crop that plain loops cut and the one resampler
 * stretched. */
static void
assert_shows (GstBuffer *buffer, const VInfoCrop *crops)
{
  const gsize stride = GST_ROUND_UP_4 (3 * WIDTH);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  fail_unless_equals_int ((gint)map.size, (gint)stride * HEIGHT);
  for (guint i = 0; i < 4; i++) {
    const VInfoCrop *crop = &crops[i];
    g_autoptr (VInfoImage) image = spots (crop->frame, WIDTH, HEIGHT);
    g_autoptr (VInfoImage) tile = vinfo_image_resize (image, crop->x, crop->y,
        crop->width, crop->height, WIDTH / 2, HEIGHT / 2);
    const guint8 *start
        = map.data + i / 2 * (HEIGHT / 2) * stride + i % 2 * (3 * WIDTH / 2);

    for (guint y = 0; y < HEIGHT / 2; y++)
      fail_unless (memcmp (start + y * stride,
                       vinfo_image_get_pixels (tile) + y * 3 * (WIDTH / 2),
                       3 * (WIDTH / 2))
                   == 0);
  }
  gst_buffer_unmap (buffer, &map);
}

GST_START_TEST (test_mosaic_shows_the_hardest_of_all_crops)
{
  GstHarness *h = compose_harness (make_compose (NULL));
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  g_autoptr (VInfoSnapshot) snapshot
      = vinfo_predictor_get_snapshot (vinfo_worker_get_predictor (worker));
  VInfoCrop all[MAX_CROPS];
  guint n_all = list_all_crops (snapshot, all), n_parts;
  const guint64 *parts;
  gfloat mean = 0;
  GstBuffer *buffer;
  VInfoScore score;

  fail_unless (n_all > 4, "only %u crops", n_all);
  push_window (h, 0);
  buffer = gst_harness_try_pull (h);
  fail_unless (buffer != NULL);
  assert_shows (buffer, all);
  parts = vinfo_result_get_parts (result_of (buffer), &n_parts);
  fail_unless_equals_int (n_parts, 4);
  for (guint i = 0; i < 4; i++) {
    fail_unless_equals_uint64 (parts[i], all[i].id);
    mean += all[i].error / 4;
  }
  fail_unless (vinfo_result_get_score (result_of (buffer), &score));
  fail_unless (fabs (score.loss - mean) < 1e-4 * mean);
  fail_unless_equals_uint64 (stat_of (h->element, "frames"), N_FRAMES);
  fail_unless_equals_uint64 (stat_of (h->element, "crops"), n_all);
  fail_unless_equals_uint64 (stat_of (h->element, "mosaics"), 1);
  gst_buffer_unref (buffer);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_each_window_makes_one_mosaic_at_its_last_frames_time)
{
  GstHarness *h = compose_harness (make_compose ("window", 3, NULL));

  for (guint n = 0; n < 7; n++) {
    GstBuffer *buffer;

    push (h, served (n));
    buffer = gst_harness_try_pull (h);
    fail_unless_equals_int (buffer != NULL, n % 3 == 2);
    if (!buffer)
      continue;
    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), FRAME_TIME (n));
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), FRAME_TIME (1));
    gst_buffer_unref (buffer);
  }
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_result_is_the_mosaics_own)
{
  GstHarness *h = compose_harness (make_compose ("window", 2, NULL));
  GstBuffer *common = served (0), *rare = served (1);
  GstBuffer *mosaic, *again;
  guint n_parts, n_rare = 0;
  const guint64 *parts;

  add_result (common, 1, 0.5);
  add_result (rare, 2, 0.125);
  push (h, common);
  push (h, rare);
  mosaic = gst_harness_pull (h);
  parts = vinfo_result_get_parts (result_of (mosaic), &n_parts);
  for (guint i = 0; i < n_parts; i++)
    n_rare += parts[i] == 2;
  fail_unless (n_rare > 0 && n_rare < n_parts);
  /* 1/p of the mosaic is the mean of its samples' 2 and 8 */
  fail_unless (fabs (1 / vinfo_result_get_inclusion (result_of (mosaic))
                     - (2. * (n_parts - n_rare) + 8. * n_rare) / n_parts)
               < 1e-9);
  fail_unless (vinfo_result_is_replayed (result_of (mosaic)));
  fail_unless_equals_string (
      vinfo_result_get_feed (result_of (mosaic)), "mosaic");
  fail_unless_equals_int (
      (gint)vinfo_result_get_wall_time (result_of (mosaic)), 2000);

  push (h, served (2));
  push (h, served (3));
  again = gst_harness_pull (h);
  fail_unless (vinfo_result_get_id (result_of (again))
               != vinfo_result_get_id (result_of (mosaic)));
  gst_buffer_unref (mosaic);
  gst_buffer_unref (again);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_frames_without_results_are_composed)
{
  GstHarness *h = compose_harness (make_compose ("window", 2, NULL));
  GstBuffer *mosaic;
  guint n_parts;

  push (h, frame (0));
  push (h, frame (1));
  mosaic = gst_harness_pull (h);
  vinfo_result_get_parts (result_of (mosaic), &n_parts);
  fail_unless (n_parts >= 2);
  fail_unless (vinfo_result_get_inclusion (result_of (mosaic)) == 1);
  gst_buffer_unref (mosaic);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_eos_makes_a_mosaic_of_the_rest)
{
  GstHarness *h = compose_harness (make_compose (NULL));
  GstBuffer *mosaic;

  push (h, served (0));
  fail_unless (gst_harness_try_pull (h) == NULL);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  mosaic = gst_harness_try_pull (h);
  fail_unless (mosaic != NULL);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (mosaic), FRAME_TIME (0));
  fail_unless_equals_int (count_events (h, GST_EVENT_EOS), 1);
  gst_buffer_unref (mosaic);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_eos_of_nothing_makes_none)
{
  GstHarness *h = compose_harness (make_compose (NULL));

  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  fail_unless (gst_harness_try_pull (h) == NULL);
  fail_unless_equals_int (count_events (h, GST_EVENT_EOS), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_flush_drops_the_window)
{
  GstHarness *h = compose_harness (make_compose (NULL));
  const guint64 *parts;
  GstSegment segment;
  GstBuffer *mosaic;
  guint n_parts;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint n = 0; n < 3; n++)
    push (h, served (n));
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  for (guint n = 3; n < 6; n++)
    push (h, served (n));
  fail_unless (gst_harness_try_pull (h) == NULL);
  push (h, served (6));
  mosaic = gst_harness_try_pull (h);
  fail_unless (mosaic != NULL);
  parts = vinfo_result_get_parts (result_of (mosaic), &n_parts);
  for (guint i = 0; i < n_parts; i++)
    fail_unless (parts[i] >= 103);
  gst_buffer_unref (mosaic);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_mosaics_have_the_first_frames_size)
{
  GstHarness *h = compose_harness (make_compose ("window", 2, NULL));
  GstBuffer *mosaic;

  /* what a reservoir says before it has a sample is no frame */
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=RGB,width=320,height=240,framerate=25/1");
  gst_harness_set_src_caps_str (h, CAPS);
  push (h, served (0));
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=RGB,width=101,height=77,framerate=25/1");
  push (h, served_of_size (1, 101, 77));
  mosaic = gst_harness_pull (h);
  assert_size_of_caps (h, WIDTH, HEIGHT);
  fail_unless_equals_int (
      (gint)gst_buffer_get_size (mosaic), GST_ROUND_UP_4 (3 * WIDTH) * HEIGHT);
  gst_buffer_unref (mosaic);

  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=RGB,width=33,height=30,framerate=25/1");
  push (h, served_of_size (2, 33, 30));
  push (h, served_of_size (3, 33, 30));
  gst_buffer_unref (gst_harness_pull (h));
  assert_size_of_caps (h, WIDTH, HEIGHT);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_size_is_what_was_asked_for)
{
  GstHarness *h = compose_harness (
      make_compose ("window", 1, "width", 51, "height", 30, NULL));
  GstBuffer *mosaic;

  push (h, served (0));
  mosaic = gst_harness_pull (h);
  assert_size_of_caps (h, 51, 30);
  fail_unless_equals_int ((gint)gst_buffer_get_size (mosaic), 156 * 30);
  gst_buffer_unref (mosaic);
  tear_down (h);
}
GST_END_TEST;

/* As with a capsfilter below, also one that changes. */
GST_START_TEST (test_size_follows_what_downstream_takes)
{
  GstHarness *h = compose_harness (make_compose ("window", 1, NULL));
  GstBuffer *mosaic;

  gst_harness_set_sink_caps_str (
      h, "video/x-raw,format=RGB,width=40,height=20,framerate=25/1");
  push (h, served (0));
  mosaic = gst_harness_pull (h);
  assert_size_of_caps (h, 40, 20);
  fail_unless_equals_int ((gint)gst_buffer_get_size (mosaic), 120 * 20);
  gst_buffer_unref (mosaic);

  gst_harness_set_sink_caps_str (h, "video/x-raw,width=32,height=32");
  push (h, served (1));
  mosaic = gst_harness_pull (h);
  assert_size_of_caps (h, 32, 32);
  gst_buffer_unref (mosaic);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_gaps_pass_and_are_not_cropped)
{
  GstHarness *h = compose_harness (make_compose ("window", 1, NULL));
  GstBuffer *gap = served (0);

  GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
  push (h, gap);
  fail_unless (gst_harness_try_pull (h) == NULL);
  gst_harness_push_event (
      h, gst_event_new_gap (FRAME_TIME (1), FRAME_TIME (1)));
  fail_unless_equals_int (count_events (h, GST_EVENT_GAP), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "frames"), 0);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_missing_model_is_one_error_that_names_it)
{
  g_autoptr (GstElement) element = make_compose ("model", "/no/such", NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (element, bus);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = next_message (element, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "/no/such") != NULL);
  fail_unless_equals_int (count_messages (element, GST_MESSAGE_ERROR), 0);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}
GST_END_TEST;

/* The whole of it: one predictor, the scorer's, for all four elements. */
GST_START_TEST (test_trainer_learns_from_mosaics_of_a_reservoir)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc pattern=ball motion=sweep num-buffers=40 ! "
      "video/x-raw,width=64,height=48 ! vinfoscore frame-size=0 seed=5 "
      "panel-size=0 name=score ! vinforeservoir policy=optidel capacity=8 "
      "min-samples=4 samples-per-frame=4 ! vinfocompose name=compose ! "
      "vinfotrainer batch-size=4 name=trainer",
      NULL);
  g_autoptr (GstElement) compose
      = gst_bin_get_by_name (GST_BIN (pipeline), "compose");
  g_autoptr (GstElement) score
      = gst_bin_get_by_name (GST_BIN (pipeline), "score");
  g_autoptr (GstElement) trainer
      = gst_bin_get_by_name (GST_BIN (pipeline), "trainer");
  g_autoptr (VInfoWorker) theirs = NULL, ours = NULL;
  guint64 frames, mosaics;

  play (pipeline);
  theirs = worker_of (score);
  ours = worker_of (compose);
  fail_unless (theirs == ours);
  frames = stat_of (compose, "frames");
  mosaics = stat_of (compose, "mosaics");
  fail_unless (frames > 40);
  fail_unless_equals_uint64 (mosaics, (frames + 3) / 4);
  fail_unless_equals_uint64 (stat_of (trainer, "samples"), mosaics);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

static void
cycle (guint n, gpointer unused)
{
  GstHarness *h;

  if (n % 2 == 0) {
    g_autoptr (GstElement) element = make_compose (NULL);

    start_and_stop_twice (element);
    return;
  }
  h = compose_harness (make_compose (NULL));
  push_window (h, n);
  push (h, served (0));
  tear_down (h);
}

GST_START_TEST (test_fifty_state_cycles_leak_nothing)
{
  check_fifty_cycles (cycle, NULL);
}
GST_END_TEST;

static Suite *
vinfocompose_suite (void)
{
  Suite *suite = suite_create ("vinfocompose");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_mosaic_shows_the_hardest_of_all_crops);
  tcase_add_test (
      tc, test_each_window_makes_one_mosaic_at_its_last_frames_time);
  tcase_add_test (tc, test_result_is_the_mosaics_own);
  tcase_add_test (tc, test_frames_without_results_are_composed);
  tcase_add_test (tc, test_eos_makes_a_mosaic_of_the_rest);
  tcase_add_test (tc, test_eos_of_nothing_makes_none);
  tcase_add_test (tc, test_flush_drops_the_window);
  tcase_add_test (tc, test_mosaics_have_the_first_frames_size);
  tcase_add_test (tc, test_size_is_what_was_asked_for);
  tcase_add_test (tc, test_size_follows_what_downstream_takes);
  tcase_add_test (tc, test_gaps_pass_and_are_not_cropped);
  tcase_add_test (tc, test_missing_model_is_one_error_that_names_it);
  tcase_add_test (tc, test_trainer_learns_from_mosaics_of_a_reservoir);
  tcase_add_test (tc, test_fifty_state_cycles_leak_nothing);
  return suite;
}

GST_CHECK_MAIN (vinfocompose);
