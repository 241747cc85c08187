/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "leaks.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "store/vinfo-store.h"

enum { MIX, PRIORITY, UNIFORM, NEWEST, TIME };

/* Fixtures ---------------------------------------------------------------- */

/* Sample n: id n + 1, key falls with n but for every third. */
static VInfoSample *
new_sample (guint n, guint width, guint height)
{
  VInfoSample *sample = vinfo_sample_new ();
  g_autoptr (VInfoImage) image = picture (n, width, height);

  sample->id = n + 1;
  sample->feed = g_strdup (n % 2 ? "yard" : "door");
  sample->source = g_strdup ("test");
  sample->pts = FRAME_TIME (100 - n);
  sample->wall_time = 1000000 + 7 * n % 20;
  sample->caps = g_strdup (CAPS);
  sample->blob = vinfo_image_encode (image, VINFO_IMAGE_CODEC_PNG, 90, NULL);
  sample->blob_size = g_bytes_get_size (sample->blob);
  sample->width = width;
  sample->height = height;
  sample->score = (VInfoScore){ .loss = 1 + n,
    .pvi = 0.5,
    .gain = 0.25,
    .value = 0.25,
    .quantile = 0.75,
    .version = 3,
    .masks = 1 };
  sample->u = 0.5;
  sample->key = n % 3 ? 100 - n : n;
  sample->arrival = n + 1;
  vinfo_image_thumbnail (image, sample->thumbnail);
  return sample;
}

static void
put (VInfoStore *store, guint n, guint width, guint height)
{
  g_autoptr (VInfoSample) sample = new_sample (n, width, height);

  fail_unless (vinfo_store_put (store, sample, NULL));
}

/* Samples begin to end - 1 */
static void
add_samples (const char *location, guint begin, guint end)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (location, NULL);

  for (guint n = begin; n < end; n++)
    put (store, n, 32, 24);
  fail_unless (vinfo_store_commit (store, NULL));
}

static void
remove_samples (const char *location, guint begin, guint end)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (location, NULL);

  for (guint n = begin; n < end; n++)
    fail_unless (vinfo_store_remove (store, n + 1, NULL));
  fail_unless (vinfo_store_commit (store, NULL));
}

static char *
new_store (guint n)
{
  char *location = new_location ();

  add_samples (location, 0, n);
  return location;
}

static GstElement *
make_src (const char *property, ...)
{
  GstElement *element;
  va_list args;

  va_start (args, property);
  element = make_element_valist ("vinfosrc", property, args);
  va_end (args);
  return element;
}

/* The ids of a whole replay, in order. */
static GArray *
replay (const char *location, gint order, guint epochs, guint64 seed)
{
  GstHarness *h = run (make_src ("location", location, "order", order,
                           "num-epochs", epochs, "seed", seed, NULL),
      NULL, "src");
  GArray *ids;

  wait_for_event (h, GST_EVENT_EOS);
  ids = pull_ids (h);
  tear_down (h);
  return ids;
}

static guint64
id_at (GArray *ids, guint i)
{
  return g_array_index (ids, guint64, i);
}

/* Whether @ids from @begin on are 1 to @n in some order. */
static gboolean
is_permutation (GArray *ids, guint begin, guint n)
{
  g_autofree gboolean *seen = g_new0 (gboolean, n + 1);

  for (guint i = begin; i < begin + n; i++) {
    if (id_at (ids, i) < 1 || id_at (ids, i) > n || seen[id_at (ids, i)])
      return FALSE;
    seen[id_at (ids, i)] = TRUE;
  }
  return TRUE;
}

static void
seek (GstHarness *h, GstFormat format, gint64 start, gint64 stop)
{
  GstEvent *event = gst_event_new_seek (1, format,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET, start,
      stop < 0 ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET, stop);

  fail_unless (gst_harness_push_upstream_event (h, event));
}

/* The next @n samples' ids; waits for them. */
static GArray *
pull_n_ids (GstHarness *h, guint n)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_harness_pull (h);
    guint64 id;

    fail_unless (buffer != NULL);
    id = vinfo_result_get_id (gst_buffer_get_vinfo_result (buffer));
    g_array_append_val (ids, id);
    gst_buffer_unref (buffer);
  }
  return ids;
}

/* Samples ----------------------------------------------------------------- */

GST_START_TEST (test_samples_have_regular_times_and_carry_their_own)
{
  char *location = new_store (3);
  GstHarness *h = run (
      make_src ("location", location, "order", NEWEST, NULL), NULL, "src");

  for (guint i = 0; i < 3; i++) {
    guint n = 2 - i;
    GstBuffer *buffer = gst_harness_pull (h);
    VInfoResult *result = gst_buffer_get_vinfo_result (buffer);
    VInfoScore score;

    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), FRAME_TIME (i));
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), FRAME_TIME (1));
    fail_unless_equals_uint64 (GST_BUFFER_OFFSET (buffer), i);
    fail_unless_equals_uint64 (vinfo_result_get_id (result), n + 1);
    fail_unless_equals_string (
        vinfo_result_get_feed (result), n % 2 ? "yard" : "door");
    fail_unless_equals_uint64 (
        vinfo_result_get_pts (result), FRAME_TIME (100 - n));
    fail_unless_equals_int (vinfo_result_get_stage (result), VINFO_STAGE_KEPT);
    fail_unless (vinfo_result_get_score (result, &score));
    fail_unless_equals_float (score.loss, 1 + n);
    gst_buffer_unref (buffer);
  }
  wait_for_event (h, GST_EVENT_EOS);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_samples_show_the_kept_picture)
{
  char *location = new_store (1);
  GstHarness *h = run (make_src ("location", location, NULL), NULL, "src");
  g_autoptr (GstBuffer) buffer = gst_harness_pull (h);
  g_autoptr (VInfoImage) image = picture (0, 32, 24);

  fail_unless (
      gst_buffer_memcmp (buffer, 0, vinfo_image_get_pixels (image), 3 * 32 * 24)
      == 0);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_sizes_that_vary_give_caps_events)
{
  char *location = new_location ();
  g_autoptr (VInfoStore) store = vinfo_store_open (location, NULL);
  GstHarness *h;

  put (store, 0, 32, 24);
  put (store, 1, 32, 24);
  put (store, 2, 40, 24);
  fail_unless (vinfo_store_commit (store, NULL));

  h = run (make_src ("location", location, "order", NEWEST, NULL), NULL, "src");
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);
    fail_unless_equals_int (
        gst_buffer_get_size (buffer), (i == 0 ? 120 : 96) * 24);
  }
  fail_unless_equals_int (count_events (h, GST_EVENT_CAPS), 2);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_damaged_picture_is_one_warning_and_left_out)
{
  char *location = new_store (5);
  g_autoptr (VInfoStore) store = vinfo_store_open (location, NULL);
  g_autoptr (VInfoSample) broken = new_sample (2, 32, 24);
  g_autoptr (GArray) ids = NULL;
  GstHarness *h;
  GstMessage *message;

  g_bytes_unref (broken->blob);
  broken->blob = g_bytes_new_static ("no picture", 10);
  broken->blob_size = 10;
  fail_unless (vinfo_store_put (store, broken, NULL));
  fail_unless (vinfo_store_commit (store, NULL));

  h = run (make_src ("location", location, "order", NEWEST, NULL), NULL, "src");
  ids = pull_n_ids (h, 4);
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_uint64 (id_at (ids, 1), 4);
  fail_unless_equals_uint64 (id_at (ids, 2), 2);
  message = wait_for_message (h->element, GST_MESSAGE_WARNING);
  gst_message_unref (message);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 0);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* Orders and epochs ------------------------------------------------------- */

GST_START_TEST (test_priority_is_best_key_first)
{
  char *location = new_store (6);
  g_autoptr (GArray) ids = replay (location, PRIORITY, 1, 0);
  const guint64 expected[] = { 1, 4, 6, 5, 3, 2 };

  fail_unless_equals_int (ids->len, 6);
  fail_unless (memcmp (ids->data, expected, sizeof expected) == 0);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_priority_has_spares_last)
{
  char *location = new_location ();
  g_autoptr (VInfoStore) store = vinfo_store_open (location, NULL);
  g_autoptr (GArray) ids = NULL;
  const guint64 expected[] = { 4, 3, 2, 1 };

  for (guint n = 0; n < 4; n++) {
    g_autoptr (VInfoSample) sample = new_sample (n, 32, 24);

    sample->spare = n == 0; /* the best key */
    fail_unless (vinfo_store_put (store, sample, NULL));
  }
  fail_unless (vinfo_store_commit (store, NULL));
  ids = replay (location, PRIORITY, 1, 0);
  fail_unless_equals_int (ids->len, 4);
  fail_unless (memcmp (ids->data, expected, sizeof expected) == 0);
  g_clear_object (&store);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_time_is_by_wall_time_of_arrival)
{
  char *location = new_store (6);
  g_autoptr (GArray) ids = replay (location, TIME, 1, 0);
  /* 7n mod 20: 0 7 14 1 8 15 */
  const guint64 expected[] = { 1, 4, 2, 5, 3, 6 };

  fail_unless_equals_int (ids->len, 6);
  fail_unless (memcmp (ids->data, expected, sizeof expected) == 0);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_each_shuffled_epoch_is_a_permutation_of_its_own)
{
  char *location = new_store (20);
  g_autoptr (GArray) ids = replay (location, UNIFORM, 3, 0);

  fail_unless_equals_int (ids->len, 60);
  for (guint epoch = 0; epoch < 3; epoch++)
    fail_unless (is_permutation (ids, 20 * epoch, 20));
  fail_if (memcmp (ids->data, ids->data + 20 * sizeof (guint64),
               20 * sizeof (guint64))
           == 0);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_seed_decides_the_shuffle)
{
  char *location = new_store (20);
  g_autoptr (GArray) first = replay (location, UNIFORM, 2, 5);
  g_autoptr (GArray) again = replay (location, UNIFORM, 2, 5);
  g_autoptr (GArray) other = replay (location, UNIFORM, 2, 6);

  assert_equal_ids (first, again);
  fail_if (
      memcmp (first->data, other->data, first->len * sizeof (guint64)) == 0);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_endless_epochs_go_on_past_the_first)
{
  char *location = new_store (3);
  GstHarness *h = run (make_src ("location", location, "num-epochs", 0,
                           "num-buffers", 1000, NULL),
      NULL, "src");
  gint64 duration;
  GstQuery *query = gst_query_new_duration (GST_FORMAT_TIME);

  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 1000);
  if (gst_pad_query (GST_PAD_PEER (h->sinkpad), query)) {
    gst_query_parse_duration (query, NULL, &duration);
    fail_unless_equals_int64 (duration, -1);
  }
  gst_query_unref (query);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_empty_store_is_eos_at_once)
{
  char *location = new_store (0);
  GstHarness *h = run (
      make_src ("location", location, "num-epochs", 0, NULL), NULL, "src");

  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 0);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* Duration and seeks ------------------------------------------------------ */

static gint64
duration_in (GstHarness *h, GstFormat format)
{
  gint64 duration = -1;

  fail_unless (
      gst_pad_query_duration (GST_PAD_PEER (h->sinkpad), format, &duration));
  return duration;
}

GST_START_TEST (test_duration_is_that_of_all_epochs)
{
  char *location = new_store (7);
  GstHarness *h = run (
      make_src ("location", location, "num-epochs", 3, NULL), NULL, "src");

  fail_unless_equals_int64 (duration_in (h, GST_FORMAT_TIME), FRAME_TIME (21));
  fail_unless_equals_int64 (duration_in (h, GST_FORMAT_DEFAULT), 21);
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless_equals_int (gst_harness_buffers_received (h), 21);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* After a seek to @start, what comes is what played there without a seek. */
static void
check_seek (GstFormat format, gint64 start, guint number)
{
  char *location = new_store (20);
  g_autoptr (GArray) all = replay (location, UNIFORM, 3, 9);
  GstHarness *h = run (make_src ("location", location, "order", UNIFORM,
                           "num-epochs", 3, "seed", (guint64)9, NULL),
      NULL, "src");
  g_autoptr (GArray) before = NULL;
  g_autoptr (GArray) after = NULL;
  g_autoptr (GArray) rest = g_array_new (FALSE, FALSE, sizeof (guint64));

  wait_for_event (h, GST_EVENT_EOS);
  before = pull_ids (h);
  fail_unless_equals_int (all->len, 60);
  assert_equal_ids (all, before);

  seek (h, format, start, -1);
  wait_for_event (h, GST_EVENT_EOS);
  after = pull_ids (h);
  g_array_append_vals (
      rest, &g_array_index (all, guint64, number), all->len - number);
  assert_equal_ids (rest, after);
  tear_down (h);
  remove_location (location);
}

GST_START_TEST (test_seek_in_time_goes_to_the_sample_shown_then)
{
  check_seek (GST_FORMAT_TIME, FRAME_TIME (33) + 1, 33);
  check_seek (GST_FORMAT_TIME, FRAME_TIME (33), 33);
}
GST_END_TEST;

GST_START_TEST (test_seek_by_number_goes_to_that_sample)
{
  check_seek (GST_FORMAT_DEFAULT, 45, 45);
  check_seek (GST_FORMAT_DEFAULT, 0, 0);
}
GST_END_TEST;

GST_START_TEST (test_seek_to_a_stop_ends_there)
{
  char *location = new_store (20);
  GstHarness *h = run (
      make_src ("location", location, "order", NEWEST, NULL), NULL, "src");
  g_autoptr (GArray) ids = NULL;

  wait_for_event (h, GST_EVENT_EOS);
  g_array_unref (pull_ids (h));
  seek (h, GST_FORMAT_DEFAULT, 5, 8);
  wait_for_event (h, GST_EVENT_EOS);
  ids = pull_ids (h);
  fail_unless_equals_int (ids->len, 3);
  fail_unless_equals_uint64 (id_at (ids, 0), 15);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

static GstEvent *
new_seek_backwards (void)
{
  return gst_event_new_seek (-1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, FRAME_TIME (3));
}

GST_START_TEST (test_seek_backwards_in_rate_is_refused_without_a_flush)
{
  char *location = new_store (3);
  GstHarness *h = run (make_src ("location", location, NULL), NULL, "src");

  wait_for_event (h, GST_EVENT_EOS);
  fail_if (gst_harness_push_upstream_event (h, new_seek_backwards ()));
  fail_if (gst_element_send_event (h->element, new_seek_backwards ()));
  fail_unless_equals_int (gst_harness_events_in_queue (h), 0);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_seek_backwards_before_the_start_is_refused)
{
  GstElement *element = make_src ("location", "none.vinfo", NULL);

  fail_if (gst_element_send_event (element, new_seek_backwards ()));
  gst_object_unref (element);
}
GST_END_TEST;

/* A store that is written ------------------------------------------------- */

GST_START_TEST (test_follow_goes_on_as_samples_are_committed)
{
  char *location = new_store (3);
  GstHarness *h = run (
      make_src ("location", location, "order", NEWEST, "follow", TRUE, NULL),
      NULL, "src");

  g_array_unref (pull_n_ids (h, 3));
  for (guint n = 3; n < 9; n += 2) {
    g_autoptr (GArray) ids = NULL;

    add_samples (location, n, n + 2);
    ids = pull_n_ids (h, 2);
    fail_unless_equals_uint64 (id_at (ids, 0), n + 2);
    fail_unless_equals_uint64 (id_at (ids, 1), n + 1);
  }
  fail_unless_equals_int (count_events (h, GST_EVENT_EOS), 0);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_follow_of_empty_store_waits_for_the_first_sample)
{
  char *location = new_store (0);
  GstHarness *h = run (
      make_src ("location", location, "follow", TRUE, NULL), NULL, "src");
  g_autoptr (GArray) ids = NULL;

  add_samples (location, 4, 5);
  ids = pull_n_ids (h, 1);
  fail_unless_equals_uint64 (id_at (ids, 0), 5);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_follow_of_empty_store_prerolls_sinks)
{
  char *location = new_store (0);
  g_autofree char *line = g_strdup_printf (
      "vinfosrc location=%s follow=true ! fakesink sync=true", location);
  GstElement *pipeline = gst_parse_launch (line, NULL);

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  fail_unless_equals_int (
      gst_element_get_state (pipeline, NULL, NULL, 5 * GST_SECOND),
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  remove_location (location);
}
GST_END_TEST;

/* Of a file that this process may only read; root may do all, so it is somebody
 * else then. */
static void
may_write (const char *location, gboolean allowed)
{
  if (allowed && getuid () == 0)
    fail_unless (seteuid (0) == 0);
  fail_unless (g_chmod (location, allowed ? 0644 : 0444) == 0);
  if (!allowed && getuid () == 0)
    fail_unless (seteuid (65534) == 0);
}

GST_START_TEST (test_follow_of_store_that_may_only_be_read_sees_a_later_writer)
{
  char *location = new_store (3);
  g_autofree char *folder = g_path_get_dirname (location);
  g_autoptr (GArray) ids = NULL;
  GstHarness *h;

  fail_unless (g_chmod (folder, 0755) == 0);
  may_write (location, FALSE);
  h = run (make_src ("location", location, "follow", TRUE, NULL), NULL, "src");
  g_array_unref (pull_n_ids (h, 3));
  may_write (location, TRUE);
  add_samples (location, 3, 4);
  may_write (location, FALSE);
  ids = pull_n_ids (h, 1);
  fail_unless_equals_uint64 (id_at (ids, 0), 4);
  may_write (location, TRUE);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_seek_ends_the_wait_of_follow)
{
  char *location = new_store (3);
  GstHarness *h = run (
      make_src ("location", location, "order", NEWEST, "follow", TRUE, NULL),
      NULL, "src");
  g_autoptr (GArray) ids = NULL;

  g_array_unref (pull_n_ids (h, 3));
  seek (h, GST_FORMAT_DEFAULT, 1, -1);
  ids = pull_n_ids (h, 2);
  fail_unless_equals_uint64 (id_at (ids, 0), 2);
  fail_unless_equals_uint64 (id_at (ids, 1), 1);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_evicted_sample_leaves_a_gap)
{
  char *location = new_store (5);
  GstHarness *h = run (
      make_src ("location", location, "order", NEWEST, NULL), NULL, "src");
  GstBuffer *buffer;

  wait_for_event (h, GST_EVENT_EOS);
  g_array_unref (pull_ids (h));

  remove_samples (location, 3, 4);
  seek (h, GST_FORMAT_DEFAULT, 0, -1);
  wait_for_event (h, GST_EVENT_EOS);
  for (guint i = 0; i < 5; i++) {
    if (i == 1) /* the second newest */
      continue;
    buffer = gst_harness_try_pull (h);
    fail_unless (buffer != NULL);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), FRAME_TIME (i));
    gst_buffer_unref (buffer);
  }
  fail_unless (gst_harness_try_pull (h) == NULL);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 0);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_endless_replay_of_what_all_went_ends)
{
  char *location = new_store (3);
  GstHarness *h = run (make_src ("location", location, "num-epochs", 0,
                           "num-buffers", 30000, NULL),
      NULL, "src");

  g_array_unref (pull_n_ids (h, 3));
  remove_samples (location, 0, 3);
  wait_for_event (h, GST_EVENT_EOS);
  fail_unless (gst_harness_buffers_received (h) < 30000);
  tear_down (h);
  remove_location (location);
}
GST_END_TEST;

/* Errors and cycles ------------------------------------------------------- */

static void
check_refused (const char *location, const char *text, gint code)
{
  GstElement *element = make_src ("location", location, NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (element, bus);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = next_message (element, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR, code));
  fail_unless (strstr (error->message, text) != NULL, "%s", error->message);
  fail_unless_equals_int (count_messages (element, GST_MESSAGE_ERROR), 0);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (element);
}

GST_START_TEST (test_missing_store_is_one_error_and_not_created)
{
  char *location = new_location ();

  check_refused (location, location, GST_RESOURCE_ERROR_NOT_FOUND);
  fail_if (g_file_test (location, G_FILE_TEST_EXISTS));
  check_refused (NULL, "location", GST_RESOURCE_ERROR_NOT_FOUND);
  remove_location (location);
}
GST_END_TEST;

GST_START_TEST (test_foreign_file_is_one_error_that_names_it)
{
  char *location = new_location ();

  g_file_set_contents (location, "some text that is no database", -1, NULL);
  check_refused (location, location, GST_RESOURCE_ERROR_OPEN_READ);
  g_file_set_contents (location, "", 0, NULL);
  check_refused (location, location, GST_RESOURCE_ERROR_OPEN_READ);
  remove_location (location);
}
GST_END_TEST;

static void
cycle (guint n, gpointer location)
{
  GstHarness *h = run (
      make_src ("location", location, "follow", TRUE, NULL), NULL, "src");

  g_array_unref (pull_n_ids (h, 1));
  tear_down (h);
}

GST_START_TEST (test_fifty_state_cycles_leak_nothing)
{
  char *location = new_store (3);

  check_fifty_cycles (cycle, location);
  remove_location (location);
}
GST_END_TEST;

static Suite *
vinfosrc_suite (void)
{
  Suite *suite = suite_create ("vinfosrc");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_samples_have_regular_times_and_carry_their_own);
  tcase_add_test (tc, test_samples_show_the_kept_picture);
  tcase_add_test (tc, test_sizes_that_vary_give_caps_events);
  tcase_add_test (tc, test_damaged_picture_is_one_warning_and_left_out);
  tcase_add_test (tc, test_priority_is_best_key_first);
  tcase_add_test (tc, test_priority_has_spares_last);
  tcase_add_test (tc, test_time_is_by_wall_time_of_arrival);
  tcase_add_test (tc, test_each_shuffled_epoch_is_a_permutation_of_its_own);
  tcase_add_test (tc, test_seed_decides_the_shuffle);
  tcase_add_test (tc, test_endless_epochs_go_on_past_the_first);
  tcase_add_test (tc, test_empty_store_is_eos_at_once);
  tcase_add_test (tc, test_duration_is_that_of_all_epochs);
  tcase_add_test (tc, test_seek_in_time_goes_to_the_sample_shown_then);
  tcase_add_test (tc, test_seek_by_number_goes_to_that_sample);
  tcase_add_test (tc, test_seek_to_a_stop_ends_there);
  tcase_add_test (tc, test_seek_backwards_in_rate_is_refused_without_a_flush);
  tcase_add_test (tc, test_seek_backwards_before_the_start_is_refused);
  tcase_add_test (tc, test_follow_goes_on_as_samples_are_committed);
  tcase_add_test (tc, test_follow_of_empty_store_waits_for_the_first_sample);
  tcase_add_test (tc, test_follow_of_empty_store_prerolls_sinks);
  tcase_add_test (
      tc, test_follow_of_store_that_may_only_be_read_sees_a_later_writer);
  tcase_add_test (tc, test_seek_ends_the_wait_of_follow);
  tcase_add_test (tc, test_evicted_sample_leaves_a_gap);
  tcase_add_test (tc, test_endless_replay_of_what_all_went_ends);
  tcase_add_test (tc, test_missing_store_is_one_error_and_not_created);
  tcase_add_test (tc, test_foreign_file_is_one_error_that_names_it);
  tcase_add_test (tc, test_fifty_state_cycles_leak_nothing);
  return suite;
}

GST_CHECK_MAIN (vinfosrc);
