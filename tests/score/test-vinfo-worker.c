/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/vinfo-worker.h"

#include "mae/mae-private.h"
#include "scene.h"

#define WIDTH 64
#define HEIGHT 48

typedef struct {
  VInfoPredictor *predictor;
  VInfoWorker *worker;
  guint64 next; /* frames made so far */
} Fixture;

static Fixture
fixture_new (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  Fixture f = { 0 };

  config.masks = 1;
  config.panel_size = 0;
  f.predictor = vinfo_predictor_new (&config, NULL);
  f.worker = vinfo_worker_new (f.predictor, 4);
  return f;
}

static void
fixture_finish (Fixture *f)
{
  g_object_unref (f->worker);
  g_object_unref (f->predictor);
}

static VInfoFeed *
feed_with (Fixture *f, VInfoFeedConfig config)
{
  VInfoFeed *feed;
  GstVideoInfo info;

  config.kind = VINFO_SCORE_LOSS;
  feed = vinfo_feed_new (f->worker, &config);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  g_assert_true (vinfo_feed_set_format (feed, &info, NULL));
  return feed;
}

static VInfoFeed *
feed_with_limit (Fixture *f, guint max_pending, gdouble max_ood)
{
  VInfoFeedConfig config = VINFO_FEED_CONFIG_INIT;

  config.max_pending = max_pending;
  config.max_ood = max_ood;
  return feed_with (f, config);
}

static VInfoFeed *
feed_new (Fixture *f, guint max_pending)
{
  return feed_with_limit (f, max_pending, G_MAXDOUBLE);
}

static GstBuffer *
frame_new (VInfoImage *image)
{
  return gst_buffer_new_memdup (
      vinfo_image_get_pixels (image), (gsize)vinfo_image_get_width (image)
                                          * vinfo_image_get_height (image) * 3);
}

/* Submits the next scene, or `image`; (transfer full) its result. */
static VInfoResult *
submit (Fixture *f, VInfoFeed *feed, VInfoImage *image, guint flags)
{
  g_autoptr (VInfoImage) scene
      = image ? vinfo_image_ref (image) : scene_new (f->next, WIDTH, HEIGHT);
  g_autoptr (GstBuffer) buffer = frame_new (scene);
  VInfoResult *result
      = vinfo_result_new (1 + f->next, "cam", "", "", f->next, 0);

  f->next++;
  GST_BUFFER_FLAG_SET (buffer, flags);
  vinfo_feed_submit (feed, buffer, result);
  return result;
}

static void
assert_skipped (VInfoResult *result, VInfoReason reason)
{
  vinfo_result_wait (result);
  g_assert_cmpint (vinfo_result_get_stage (result), ==, VINFO_STAGE_SKIPPED);
  g_assert_cmpint (vinfo_result_get_reason (result), ==, reason);
}

static void
test_a_frame_is_scored (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) feed = feed_new (&f, 1);
  g_autoptr (VInfoResult) result = submit (&f, feed, NULL, 0);
  VInfoScore score;

  vinfo_result_wait (result);
  g_assert_true (vinfo_result_get_score (result, &score));
  g_assert_cmpfloat (score.loss, >, 0.0f);
  fixture_finish (&f);
}

static void
test_a_busy_worker_skips_and_counts_exactly (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) feed = feed_new (&f, 2);
  g_autoptr (GPtrArray) results
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_result_unref);
  VInfoFeedStats stats;

  vinfo_worker_set_paused (f.worker, TRUE);
  for (guint i = 0; i < 10; i++)
    g_ptr_array_add (results, submit (&f, feed, NULL, 0));
  for (guint i = 2; i < 10; i++)
    assert_skipped (results->pdata[i], VINFO_REASON_SKIPPED);
  vinfo_feed_get_stats (feed, &stats);
  g_assert_cmpuint (stats.pending, ==, 2);
  g_assert_cmpuint (stats.skipped[VINFO_REASON_SKIPPED], ==, 8);

  vinfo_worker_set_paused (f.worker, FALSE);
  vinfo_feed_drain (feed);
  vinfo_feed_get_stats (feed, &stats);
  g_assert_cmpuint (stats.offered, ==, 10);
  g_assert_cmpuint (stats.scored, ==, 2);
  g_assert_cmpuint (stats.pending, ==, 0);
  fixture_finish (&f);
}

static void
test_gates_skip_with_their_reasons (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) feed = feed_new (&f, 8);
  g_autoptr (VInfoImage) noise = noise_new (1, WIDTH, HEIGHT);
  g_autoptr (VInfoImage) scene = scene_new (1, WIDTH, HEIGHT);
  guint8 flat[WIDTH * HEIGHT * 3] = { 0 };
  g_autoptr (VInfoImage) black
      = vinfo_image_new_from_data (WIDTH, HEIGHT, WIDTH * 3, flat);
  g_autoptr (VInfoResult) first = submit (&f, feed, scene, 0);
  g_autoptr (VInfoResult) frozen = submit (&f, feed, scene, 0);
  g_autoptr (VInfoResult) noisy = submit (&f, feed, noise, 0);
  g_autoptr (VInfoResult) dark = submit (&f, feed, black, 0);
  g_autoptr (VInfoResult) gap = submit (&f, feed, NULL, GST_BUFFER_FLAG_GAP);
  g_autoptr (VInfoResult) corrupted
      = submit (&f, feed, NULL, GST_BUFFER_FLAG_CORRUPTED);

  assert_skipped (frozen, VINFO_REASON_FROZEN);
  assert_skipped (noisy, VINFO_REASON_NOISE);
  assert_skipped (dark, VINFO_REASON_FLAT);
  assert_skipped (gap, VINFO_REASON_GAP);
  assert_skipped (corrupted, VINFO_REASON_CORRUPTED);
  vinfo_result_wait (first);
  g_assert_cmpint (vinfo_result_get_stage (first), ==, VINFO_STAGE_SCORED);
  fixture_finish (&f);
}

static void
test_without_gates_all_frames_are_scored (void)
{
  Fixture f = fixture_new ();
  VInfoFeedConfig config = VINFO_FEED_CONFIG_INIT;
  g_autoptr (VInfoFeed) feed = NULL;
  g_autoptr (VInfoImage) noise = noise_new (1, WIDTH, HEIGHT);
  g_autoptr (VInfoResult) first = NULL;
  g_autoptr (VInfoResult) frozen = NULL;

  config.max_pending = 8;
  config.gates = FALSE;
  feed = feed_with (&f, config);
  first = submit (&f, feed, noise, 0);
  frozen = submit (&f, feed, noise, 0);
  vinfo_result_wait (first);
  vinfo_result_wait (frozen);
  g_assert_cmpint (vinfo_result_get_stage (first), ==, VINFO_STAGE_SCORED);
  g_assert_cmpint (vinfo_result_get_stage (frozen), ==, VINFO_STAGE_SCORED);
  fixture_finish (&f);
}

static void
test_a_flush_overtakes_what_waits (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) feed = feed_new (&f, 4);
  g_autoptr (VInfoResult) a = NULL;
  g_autoptr (VInfoResult) b = NULL;
  g_autoptr (VInfoResult) after = NULL;
  VInfoFeedStats stats;

  vinfo_worker_set_paused (f.worker, TRUE);
  a = submit (&f, feed, NULL, 0);
  b = submit (&f, feed, NULL, 0);
  vinfo_feed_flush (feed);
  assert_skipped (a, VINFO_REASON_FLUSHED);
  assert_skipped (b, VINFO_REASON_FLUSHED);
  vinfo_worker_set_paused (f.worker, FALSE);
  after = submit (&f, feed, NULL, 0);
  vinfo_result_wait (after);
  g_assert_cmpint (vinfo_result_get_stage (after), ==, VINFO_STAGE_SCORED);
  vinfo_feed_drain (feed);
  vinfo_feed_get_stats (feed, &stats);
  g_assert_cmpuint (stats.skipped[VINFO_REASON_FLUSHED], ==, 2);
  fixture_finish (&f);
}

/* Submits an image in a buffer of the caller's. */
static VInfoResult *
submit_buffer (Fixture *f, VInfoFeed *feed, GstBuffer *buffer)
{
  VInfoResult *result
      = vinfo_result_new (1 + f->next, "cam", "", "", f->next, 0);

  f->next++;
  g_assert_true (vinfo_feed_submit (feed, buffer, result));
  return result;
}

static gboolean
is_ours_alone (GstBuffer *buffer)
{
  return GST_MINI_OBJECT_REFCOUNT_VALUE (buffer) == 1;
}

/* A place on the worker's thread that it doesn't leave before it may. */
typedef struct {
  GMutex lock;
  GCond changed;
  gboolean reached;
  gboolean open;
} Barrier;

static void
stop_at (VInfoResult *result, gpointer data)
{
  Barrier *barrier = data;

  g_mutex_lock (&barrier->lock);
  barrier->reached = TRUE;
  g_cond_broadcast (&barrier->changed);
  while (!barrier->open)
    g_cond_wait (&barrier->changed, &barrier->lock);
  g_mutex_unlock (&barrier->lock);
}

static void
await_worker (Barrier *barrier)
{
  g_mutex_lock (&barrier->lock);
  while (!barrier->reached)
    g_cond_wait (&barrier->changed, &barrier->lock);
  g_mutex_unlock (&barrier->lock);
}

static void
open_barrier (Barrier *barrier)
{
  g_mutex_lock (&barrier->lock);
  barrier->open = TRUE;
  g_cond_broadcast (&barrier->changed);
  g_mutex_unlock (&barrier->lock);
}

/* Neither that of the frame which is turned away, settled before the rest of its
 * batch is, nor that of another feed's frame that has yet to be judged. */
static void
test_no_buffer_is_held_once_gates_judge_a_batch (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) covered = feed_new (&f, 1);
  g_autoptr (VInfoFeed) open = feed_new (&f, 1);
  guint8 flat[WIDTH * HEIGHT * 3] = { 0 };
  g_autoptr (VInfoImage) black
      = vinfo_image_new_from_data (WIDTH, HEIGHT, WIDTH * 3, flat);
  g_autoptr (VInfoImage) scene = scene_new (1, WIDTH, HEIGHT);
  g_autoptr (GstBuffer) gated = frame_new (black);
  g_autoptr (GstBuffer) scored = frame_new (scene);
  g_autoptr (VInfoResult) gated_result = NULL;
  g_autoptr (VInfoResult) scored_result = NULL;
  Barrier barrier = { 0 };

  vinfo_worker_set_paused (f.worker, TRUE);
  gated_result = submit_buffer (&f, covered, gated);
  scored_result = submit_buffer (&f, open, scored);
  vinfo_result_notify (gated_result, stop_at, &barrier, NULL);
  vinfo_worker_set_paused (f.worker, FALSE);
  await_worker (&barrier);
  assert_skipped (gated_result, VINFO_REASON_FLAT);
  g_assert_true (is_ours_alone (gated));
  g_assert_true (is_ours_alone (scored));
  open_barrier (&barrier);
  fixture_finish (&f);
}

/* A frame that can't be read is settled before the next of its batch is. */
static void
test_a_flush_lets_go_of_buffers_in_work (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) feed = feed_new (&f, 2);
  g_autoptr (VInfoImage) scene = scene_new (1, WIDTH, HEIGHT);
  g_autoptr (GstBuffer) short_one = gst_buffer_new_allocate (NULL, 10, NULL);
  g_autoptr (GstBuffer) buffer = frame_new (scene);
  g_autoptr (VInfoResult) unread = NULL;
  g_autoptr (VInfoResult) in_work = NULL;
  g_autoptr (VInfoResult) after = NULL;
  Barrier barrier = { 0 };
  VInfoFeedStats stats;

  vinfo_worker_set_paused (f.worker, TRUE);
  unread = submit_buffer (&f, feed, short_one);
  in_work = submit_buffer (&f, feed, buffer);
  vinfo_result_notify (unread, stop_at, &barrier, NULL);
  vinfo_worker_set_paused (f.worker, FALSE);
  await_worker (&barrier);
  g_assert_true (is_ours_alone (short_one));
  vinfo_feed_flush (feed);
  g_assert_true (is_ours_alone (buffer));
  assert_skipped (in_work, VINFO_REASON_FLUSHED);
  open_barrier (&barrier);

  after = submit (&f, feed, NULL, 0);
  vinfo_result_wait (after);
  g_assert_cmpint (vinfo_result_get_stage (after), ==, VINFO_STAGE_SCORED);
  vinfo_feed_drain (feed);
  vinfo_feed_get_stats (feed, &stats);
  g_assert_cmpuint (stats.skipped[VINFO_REASON_FLUSHED], ==, 1);
  g_assert_cmpuint (stats.pending, ==, 0);
  fixture_finish (&f);
}

static void
test_feeds_take_turns (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) busy = feed_new (&f, 100);
  g_autoptr (VInfoFeed) quiet = feed_new (&f, 100);
  g_autoptr (GPtrArray) results
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_result_unref);
  g_autoptr (VInfoResult) single = NULL;
  guint waiting = 0;

  vinfo_worker_set_paused (f.worker, TRUE);
  for (guint i = 0; i < 60; i++)
    g_ptr_array_add (results, submit (&f, busy, NULL, 0));
  single = submit (&f, quiet, NULL, 0);
  vinfo_worker_set_paused (f.worker, FALSE);
  vinfo_result_wait (single);
  for (guint i = 0; i < results->len; i++)
    waiting
        += vinfo_result_get_stage (results->pdata[i]) == VINFO_STAGE_PENDING;
  /* It went with the first batch of four, not after the other sixty. */
  g_assert_cmpuint (waiting, >, 30);
  vinfo_feed_drain (busy);
  fixture_finish (&f);
}

static void
test_a_format_change_leaves_waiting_frames_theirs (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) feed = feed_new (&f, 4);
  g_autoptr (VInfoImage) small = scene_new (3, 40, 30);
  g_autoptr (VInfoResult) before = NULL;
  g_autoptr (VInfoResult) after = NULL;
  g_autoptr (VInfoImage) fitted_before = NULL;
  g_autoptr (VInfoImage) fitted_after = NULL;
  GstVideoInfo info;

  vinfo_worker_set_paused (f.worker, TRUE);
  before = submit (&f, feed, NULL, 0);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 40, 30);
  info.stride[0] = 120; /* tightly packed */
  g_assert_true (vinfo_feed_set_format (feed, &info, NULL));
  after = submit (&f, feed, small, 0);
  vinfo_worker_set_paused (f.worker, FALSE);
  vinfo_result_wait (after);
  vinfo_result_wait (before);
  fitted_before = vinfo_result_dup_image (before);
  fitted_after = vinfo_result_dup_image (after);
  g_assert_cmpuint (vinfo_image_get_width (fitted_before), ==, WIDTH);
  g_assert_cmpuint (vinfo_image_get_width (fitted_after), ==, 40);
  fixture_finish (&f);
}

static void
test_a_swap_gives_each_result_one_version (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) feed = feed_new (&f, 200);
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (f.predictor);
  g_autoptr (GPtrArray) results
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_result_unref);
  guint64 last = 0;

  for (guint i = 0; i < 100; i++) {
    g_ptr_array_add (results, submit (&f, feed, NULL, 0));
    if (i % 10 == 9) {
      g_autoptr (VInfoMae) next = vinfo_mae_copy (newest);

      next->parameters[0] += i;
      g_assert_true (vinfo_predictor_publish (f.predictor, next, NULL));
    }
  }
  vinfo_feed_drain (feed);
  for (guint i = 0; i < results->len; i++) {
    VInfoScore score;

    g_assert_true (vinfo_result_get_score (results->pdata[i], &score));
    g_assert_cmpuint (score.version, >=, last);
    g_assert_cmpuint (score.version, <=, 10);
    last = score.version;
  }
  fixture_finish (&f);
}

/* A predictor that knows 40 scenes. */
static Fixture
fixture_with_panel (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  Fixture f = { 0 };

  config.masks = 1;
  f.predictor = vinfo_predictor_new (&config, NULL);
  for (guint i = 0; i < 800; i++) {
    g_autoptr (VInfoImage) scene = scene_new (1000 + i, 32, 32);

    vinfo_predictor_observe (f.predictor, nn_mix (i, 1), scene);
  }
  f.worker = vinfo_worker_new (f.predictor, 4);
  f.next = G_GUINT64_CONSTANT (1) << 63; /* ids that no panel takes */
  return f;
}

static float
ood_of (VInfoResult *result)
{
  VInfoScore score;

  g_assert_true (vinfo_result_get_score (result, &score));
  return score.ood;
}

static void
test_what_is_too_far_out_of_distribution_is_barred (void)
{
  Fixture f = fixture_with_panel ();
  g_autoptr (VInfoFeed) open = feed_new (&f, 2);
  g_autoptr (VInfoResult) free = submit (&f, open, NULL, 0);
  g_autoptr (VInfoFeed) limited = NULL;
  g_autoptr (VInfoResult) barred = NULL;
  g_autoptr (VInfoImage) image = NULL;
  VInfoFeedStats stats;

  vinfo_result_wait (free);
  g_assert_cmpfloat (ood_of (free), >, 0.0f);
  g_assert_cmpint (vinfo_result_get_stage (free), ==, VINFO_STAGE_SCORED);

  limited = feed_with_limit (&f, 1, ood_of (free) / 2);
  f.next--; /* the same scene */
  barred = submit (&f, limited, NULL, 0);
  vinfo_feed_drain (limited);
  g_assert_cmpint (vinfo_result_get_stage (barred), ==, VINFO_STAGE_REJECTED);
  g_assert_cmpint (vinfo_result_get_reason (barred), ==, VINFO_REASON_OOD);
  g_assert_cmpfloat (ood_of (barred), ==, ood_of (free));
  image = vinfo_result_dup_image (barred);
  g_assert_null (image);
  vinfo_feed_get_stats (limited, &stats);
  g_assert_cmpuint (stats.scored, ==, 1);
  g_assert_cmpuint (stats.barred[VINFO_REASON_OOD], ==, 1);
  fixture_finish (&f);
}

/* Before there is a panel nothing is known to be strange. */
static void
test_a_limit_bars_nothing_before_there_are_statistics (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) feed = feed_with_limit (&f, 1, -G_MAXDOUBLE);
  g_autoptr (VInfoResult) result = submit (&f, feed, NULL, 0);

  vinfo_result_wait (result);
  g_assert_cmpint (vinfo_result_get_stage (result), ==, VINFO_STAGE_SCORED);
  fixture_finish (&f);
}

static void
unref_feed (VInfoResult *result, gpointer feed)
{
  g_object_unref (feed);
}

static void
test_the_last_reference_may_go_on_the_workers_thread (void)
{
  Fixture f = fixture_new ();
  VInfoFeed *feed = feed_new (&f, 1);
  g_autoptr (VInfoImage) scene = scene_new (1, WIDTH, HEIGHT);
  g_autoptr (GstBuffer) buffer = frame_new (scene);
  g_autoptr (VInfoResult) result = vinfo_result_new (1, "cam", "", "", 0, 0);

  vinfo_worker_set_paused (f.worker, TRUE);
  vinfo_feed_submit (feed, buffer, result);
  vinfo_result_notify (result, unref_feed, feed, NULL);
  vinfo_worker_set_paused (f.worker, FALSE);
  fixture_finish (&f);
  vinfo_result_wait (result);
}

static gboolean
need_odd_runs (guint64 id, guint64 run, guint64 version, gpointer user_data)
{
  g_atomic_int_inc ((gint *)user_data);
  return run % 2 == 1;
}

static gboolean
need_nothing (guint64 id, guint64 run, guint64 version, gpointer user_data)
{
  return FALSE;
}

/* A feed of a new worker that @needs are asked by. */
static VInfoFeed *
needed_feed_new (Fixture *f, VInfoNeeds *needs)
{
  VInfoFeedConfig config = VINFO_FEED_CONFIG_INIT;

  g_object_unref (f->worker);
  f->worker = vinfo_worker_new_with_needs (f->predictor, 4, needs);
  config.scoring = VINFO_SCORING_NEEDED;
  return feed_with (f, config);
}

/* Submits @n scenes one by one. Returns: how many were scored */
static guint
count_scored (Fixture *f, VInfoFeed *feed, guint n)
{
  guint n_scored = 0;

  for (guint i = 0; i < n; i++) {
    g_autoptr (VInfoResult) result = submit (f, feed, NULL, 0);

    vinfo_result_wait (result);
    if (vinfo_result_get_stage (result) == VINFO_STAGE_SCORED)
      n_scored++;
    else
      assert_skipped (result, VINFO_REASON_UNNEEDED);
  }
  return n_scored;
}

static void
test_frames_that_nobody_needs_are_skipped_and_sampled (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoNeeds) needs = vinfo_needs_new ();
  g_autoptr (VInfoFeed) feed = needed_feed_new (&f, needs);
  VInfoFeedStats stats;
  guint n_scored;

  vinfo_needs_add (needs, need_nothing, NULL, NULL);
  n_scored = count_scored (&f, feed, 4 * VINFO_SCORING_SAMPLE);
  g_assert_cmpuint (n_scored, >, 0);
  g_assert_cmpuint (n_scored, <, 16); /* 4 expected */
  vinfo_feed_drain (feed);
  vinfo_feed_get_stats (feed, &stats);
  g_assert_cmpuint (stats.scored, ==, n_scored);
  g_assert_cmpuint (stats.skipped[VINFO_REASON_UNNEEDED], ==,
      4 * VINFO_SCORING_SAMPLE - n_scored);
  fixture_finish (&f);
}

static void
test_a_frame_is_scored_if_anybody_needs_it (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoNeeds) needs = vinfo_needs_new ();
  g_autoptr (VInfoFeed) feed = needed_feed_new (&f, needs);
  gint asked = 0;
  guint odd;

  g_assert_cmpuint (count_scored (&f, feed, 10), ==, 10); /* nobody to ask */
  vinfo_needs_add (needs, need_nothing, NULL, NULL);
  odd = vinfo_needs_add (needs, need_odd_runs, &asked, NULL);
  for (guint i = 0; i < 20; i++) {
    g_autoptr (VInfoResult) result = submit (&f, feed, NULL, 0);

    vinfo_result_wait (result);
    g_assert_cmpuint (
        vinfo_result_get_run (result), ==, vinfo_result_get_id (result));
    if (vinfo_result_get_run (result) % 2 == 1)
      g_assert_cmpint (vinfo_result_get_stage (result), ==, VINFO_STAGE_SCORED);
  }
  g_assert_cmpint (asked, >, 10);
  vinfo_needs_remove (needs, odd);
  g_assert_cmpuint (count_scored (&f, feed, 20), <, 5);
  fixture_finish (&f);
}

static void
test_frames_of_a_still_scene_share_its_first (void)
{
  Fixture f = fixture_new ();
  g_autoptr (VInfoFeed) feed = feed_new (&f, 1);
  g_autoptr (VInfoImage) scene = scene_new (5, WIDTH, HEIGHT);
  g_autofree guint8 *pixels
      = g_memdup2 (vinfo_image_get_pixels (scene), 3 * WIDTH * HEIGHT);

  for (guint i = 0; i < 4; i++) {
    g_autoptr (VInfoImage) image = NULL;
    g_autoptr (VInfoResult) result = NULL;

    pixels[7] ^= 1; /* not frozen, but still */
    image = vinfo_image_new_from_data (WIDTH, HEIGHT, 3 * WIDTH, pixels);
    result = submit (&f, feed, image, 0);
    vinfo_result_wait (result);
    g_assert_cmpuint (vinfo_result_get_run (result), ==, 1);
  }
  fixture_finish (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker/a-frame-is-scored", test_a_frame_is_scored);
  g_test_add_func ("/worker/a-busy-worker-skips-and-counts-exactly",
      test_a_busy_worker_skips_and_counts_exactly);
  g_test_add_func ("/worker/gates-skip-with-their-reasons",
      test_gates_skip_with_their_reasons);
  g_test_add_func ("/worker/without-gates-all-frames-are-scored",
      test_without_gates_all_frames_are_scored);
  g_test_add_func ("/worker/a-flush-overtakes-what-waits",
      test_a_flush_overtakes_what_waits);
  g_test_add_func ("/worker/no-buffer-is-held-once-gates-judge-a-batch",
      test_no_buffer_is_held_once_gates_judge_a_batch);
  g_test_add_func ("/worker/a-flush-lets-go-of-buffers-in-work",
      test_a_flush_lets_go_of_buffers_in_work);
  g_test_add_func ("/worker/feeds-take-turns", test_feeds_take_turns);
  g_test_add_func ("/worker/a-format-change-leaves-waiting-frames-theirs",
      test_a_format_change_leaves_waiting_frames_theirs);
  g_test_add_func ("/worker/a-swap-gives-each-result-one-version",
      test_a_swap_gives_each_result_one_version);
  g_test_add_func ("/worker/what-is-too-far-out-of-distribution-is-barred",
      test_what_is_too_far_out_of_distribution_is_barred);
  g_test_add_func ("/worker/a-limit-bars-nothing-before-there-are-statistics",
      test_a_limit_bars_nothing_before_there_are_statistics);
  g_test_add_func ("/worker/frames-that-nobody-needs-are-skipped-and-sampled",
      test_frames_that_nobody_needs_are_skipped_and_sampled);
  g_test_add_func ("/worker/a-frame-is-scored-if-anybody-needs-it",
      test_a_frame_is_scored_if_anybody_needs_it);
  g_test_add_func ("/worker/frames-of-a-still-scene-share-its-first",
      test_frames_of_a_still_scene_share_its_first);
  g_test_add_func ("/worker/the-last-reference-may-go-on-the-workers-thread",
      test_the_last_reference_may_go_on_the_workers_thread);
  return g_test_run ();
}
