/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "leaks.h"

/* A trainer of small batches without crops, so that little is enough. */
static GstElement *
make_trainer (const char *property, ...)
{
  GstElement *element = gst_element_factory_make ("vinfotrainer", NULL);
  va_list args;

  fail_unless (element != NULL);
  gst_object_ref_sink (element);
  g_object_set (element, "batch-size", 4, "min-crop", 1.0, "warmup-steps", 5,
      "learning-rate", 3e-3, NULL);
  va_start (args, property);
  g_object_set_valist (G_OBJECT (element), property, args);
  va_end (args);
  return element;
}

static GstHarness *
trainer_harness (GstElement *element)
{
  return harness_of (element, NULL);
}

/* Pushes n whole batches of the same four pictures. */
static void
push_batches (GstHarness *h, guint n)
{
  for (guint i = 0; i < 4 * n; i++)
    fail_unless_equals_int (gst_harness_push (h, frame (i % 4)), GST_FLOW_OK);
}

static gdouble
double_stat_of (GstElement *element, const char *field)
{
  g_autoptr (GstStructure) stats = NULL;
  gdouble value;

  g_object_get (element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_double (stats, field, &value));
  return value;
}

/* The next element message of that name, those before it dropped. */
static GstStructure *
wait_for_report (GstElement *element, const char *name)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (element);

  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, PATIENCE * GST_USECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);

    if (!message || GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      return NULL;
    if (gst_message_has_name (message, name))
      return gst_structure_copy (gst_message_get_structure (message));
  }
}

/* The steps of the accepted updates so far, as in "2 5 8 ". */
static char *
steps_of_updates (GstElement *element)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (element);
  GString *steps = g_string_new (NULL);
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT))) {
    const GstStructure *structure = gst_message_get_structure (message);
    guint64 step;
    gboolean accepted;

    if (gst_structure_has_name (structure, "vinfo-update")
        && gst_structure_get (structure, "step", G_TYPE_UINT64, &step,
            "accepted", G_TYPE_BOOLEAN, &accepted, NULL)
        && accepted)
      g_string_append_printf (steps, "%" G_GUINT64_FORMAT " ", step);
    gst_message_unref (message);
  }
  return g_string_free (steps, FALSE);
}

static char *
make_location (void)
{
  return g_dir_make_tmp ("vinfo-XXXXXX", NULL);
}

GST_START_TEST (test_loss_falls)
{
  GstHarness *h = trainer_harness (make_trainer (NULL));

  push_batches (h, 40);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 40);
  fail_unless_equals_uint64 (stat_of (h->element, "samples"), 160);
  fail_unless (double_stat_of (h->element, "loss")
               < 0.7 * double_stat_of (h->element, "loss-first"));
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_publications_come_at_fixed_steps)
{
  GstHarness *h = trainer_harness (
      make_trainer ("first-publish", 2, "publish-interval", 3, NULL));
  g_autofree char *steps = NULL;
  g_autofree char *more_steps = NULL;

  push_batches (h, 9);
  steps = steps_of_updates (h->element);
  fail_unless_equals_string (steps, "2 5 8 ");
  fail_unless_equals_uint64 (stat_of (h->element, "updates"), 3);
  fail_unless_equals_uint64 (stat_of (h->element, "version"), 3);

  gst_harness_push_event (h, gst_event_new_eos ());
  more_steps = steps_of_updates (h->element);
  fail_unless_equals_string (more_steps, "9 ");
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_same_input_gives_same_loss)
{
  gdouble losses[2];

  for (guint run = 0; run < 2; run++) {
    GstHarness *h = trainer_harness (make_trainer ("min-crop", 0.5, NULL));

    push_batches (h, 5);
    losses[run] = double_stat_of (h->element, "loss");
    tear_down (h);
  }
  fail_unless (losses[0] == losses[1]);
}
GST_END_TEST;

/* A frame as a reservoir serves it that kept it with this probability. */
static GstBuffer *
kept_frame (guint n, gdouble inclusion)
{
  GstBuffer *buffer = frame (n);
  g_autoptr (VInfoResult) result
      = vinfo_result_new (n + 1, "feed", "", "", 0, 0);
  const VInfoScore score = { 0 };
  const guint8 thumbnail[VINFO_THUMBNAIL_SIZE] = { 0 };

  vinfo_result_set_replayed (result, &score, thumbnail, NULL, 0, inclusion);
  gst_buffer_add_vinfo_result (buffer, result);
  return buffer;
}

/* The loss of one step on pictures from @first on and a rare one, the same. */
static gdouble
loss_with_a_rare_one (const char *weights, guint first)
{
  GstElement *element = make_trainer (NULL);
  GstHarness *h;
  gdouble loss;

  gst_util_set_object_arg (G_OBJECT (element), "weights", weights);
  h = trainer_harness (element);
  for (guint i = 0; i < 3; i++)
    gst_harness_push (h, kept_frame (first + i, 1));
  gst_harness_push (h, kept_frame (50, 1e-6));
  loss = double_stat_of (h->element, "loss");
  tear_down (h);
  return loss;
}

GST_START_TEST (test_rare_samples_weigh_more_when_asked)
{
  gdouble weighted = loss_with_a_rare_one ("inclusion", 0);
  gdouble plain = loss_with_a_rare_one ("none", 0);

  fail_unless (fabs (weighted - loss_with_a_rare_one ("inclusion", 20)) < 1e-4);
  fail_unless (fabs (plain - loss_with_a_rare_one ("none", 20)) > 1e-3);
  fail_unless (fabs (weighted - plain) > 1e-3);
}
GST_END_TEST;

GST_START_TEST (test_eos_trains_on_the_rest_and_publishes_it)
{
  GstHarness *h = trainer_harness (make_trainer (NULL));
  g_autoptr (GstStructure) update = NULL;
  gint64 before;
  guint64 step;

  push_batches (h, 2);
  gst_harness_push (h, frame (0));
  fail_unless_equals_uint64 (stat_of (h->element, "samples"), 8);
  before = g_get_monotonic_time ();
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  fail_unless (g_get_monotonic_time () - before < PATIENCE);

  fail_unless_equals_uint64 (stat_of (h->element, "samples"), 9);
  fail_unless_equals_uint64 (stat_of (h->element, "updates"), 1);
  update = wait_for_report (h->element, "vinfo-update");
  fail_unless (update && gst_structure_get_uint64 (update, "step", &step));
  fail_unless_equals_uint64 (step, 3); /* that of the rest too */
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_EOS), 1);
  tear_down (h);
}
GST_END_TEST;

typedef struct {
  GstHarness *h;
  guint n_batches;
  GThread *thread;
  gint begun; /* frames whose push began; atomic */
} Pusher;

#define LARGE_BATCH 96

static gpointer
push_large_batches (gpointer data)
{
  Pusher *pusher = data;
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < LARGE_BATCH * pusher->n_batches; i++) {
    g_atomic_int_inc (&pusher->begun);
    flow = gst_harness_push (pusher->h, frame (i % 4));
    if (flow != GST_FLOW_OK)
      break;
  }
  return GINT_TO_POINTER (flow);
}

/* Returns in the middle of the first step. */
static void
begin_pushing (Pusher *pusher, guint n_batches)
{
  *pusher = (Pusher){
    trainer_harness (make_trainer ("batch-size", LARGE_BATCH, NULL)), n_batches
  };
  pusher->thread = g_thread_new ("push", push_large_batches, pusher);
  while (g_atomic_int_get (&pusher->begun) < LARGE_BATCH)
    g_usleep (1000);
  g_usleep (5000);
  fail_unless_equals_uint64 (stat_of (pusher->h->element, "steps"), 0);
}

static GstFlowReturn
end_pushing (Pusher *pusher)
{
  return GPOINTER_TO_INT (g_thread_join (pusher->thread));
}

/* EOS that comes while a step runs waits for that step, and no longer. */
GST_START_TEST (test_eos_in_the_middle_of_a_step_is_bounded)
{
  Pusher pusher;
  GstHarness *h;
  gint64 before;

  begin_pushing (&pusher, 1);
  h = pusher.h;
  before = g_get_monotonic_time ();
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  fail_unless (g_get_monotonic_time () - before < PATIENCE);
  fail_unless_equals_int (end_pushing (&pusher), GST_FLOW_OK);

  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "samples"), LARGE_BATCH);
  fail_unless_equals_uint64 (stat_of (h->element, "updates"), 1);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_EOS), 1);
  tear_down (h);
}
GST_END_TEST;

/* A flush waits for nothing; a stop for no more than the step in work. */
GST_START_TEST (test_flush_and_stop_in_training_are_bounded)
{
  Pusher pusher;
  GstHarness *h;

  begin_pushing (&pusher, 3);
  h = pusher.h;
  gst_harness_push_event (h, gst_event_new_flush_start ());
  fail_unless_equals_int (end_pushing (&pusher), GST_FLOW_FLUSHING);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 0);
  gst_element_set_state (h->element, GST_STATE_NULL);
  fail_unless (stat_of (h->element, "steps") <= 1);
  tear_down (h);
}
GST_END_TEST;

static void
wait_for_steps (GstElement *element, guint64 steps)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (stat_of (element, "steps") < steps && g_get_monotonic_time () < end)
    g_usleep (1000);
  fail_unless_equals_uint64 (stat_of (element, "steps"), steps);
}

/* A pause waits for nothing either: the step in work ends, none follows. */
GST_START_TEST (test_pause_holds_training_and_play_goes_on)
{
  Pusher pusher;
  GstHarness *h;

  begin_pushing (&pusher, 2);
  h = pusher.h;
  gst_element_set_state (h->element, GST_STATE_PAUSED);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 0);
  wait_for_steps (h->element, 1);
  g_usleep (100000);
  fail_unless_equals_int (g_atomic_int_get (&pusher.begun), LARGE_BATCH);

  gst_element_set_state (h->element, GST_STATE_PLAYING);
  fail_unless_equals_int (end_pushing (&pusher), GST_FLOW_OK);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 2);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_batch_size_counts_from_the_next_start)
{
  GstHarness *h = trainer_harness (make_trainer (NULL));

  g_object_set (h->element, "batch-size", 2, NULL);
  for (guint i = 0; i < 3; i++)
    gst_harness_push (h, frame (i));
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 0);
  gst_harness_push (h, frame (3));
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_flush_drops_the_incomplete_batch)
{
  GstHarness *h = trainer_harness (make_trainer (NULL));
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push (h, frame (0));
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  for (guint i = 0; i < 3; i++)
    gst_harness_push (h, frame (i));
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 0);
  gst_harness_push (h, frame (3));
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_gap_and_corrupted_buffers_are_not_trained_on)
{
  GstHarness *h = trainer_harness (make_trainer ("batch-size", 1, NULL));
  GstBuffer *gap = frame (0), *corrupted = frame (0);

  GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
  fail_unless_equals_int (gst_harness_push (h, gap), GST_FLOW_OK);
  GST_BUFFER_FLAG_SET (corrupted, GST_BUFFER_FLAG_CORRUPTED);
  fail_unless_equals_int (gst_harness_push (h, corrupted), GST_FLOW_OK);
  gst_harness_push_event (
      h, gst_event_new_gap (FRAME_TIME (1), FRAME_TIME (1)));
  fail_unless_equals_uint64 (stat_of (h->element, "samples"), 0);
  gst_harness_push (h, frame (2));
  fail_unless_equals_uint64 (stat_of (h->element, "samples"), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_frame_that_cannot_be_read_is_left_out)
{
  GstHarness *h = trainer_harness (make_trainer ("batch-size", 1, NULL));
  GstBuffer *small = gst_buffer_new_allocate (NULL, 10, NULL);

  fail_unless_equals_int (gst_harness_push (h, small), GST_FLOW_OK);
  fail_unless_equals_uint64 (stat_of (h->element, "samples"), 0);
  gst_harness_push (h, frame (1));
  fail_unless_equals_uint64 (stat_of (h->element, "samples"), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_max_steps_ends_training_with_a_publication)
{
  GstHarness *h = trainer_harness (
      make_trainer ("max-steps", G_GUINT64_CONSTANT (3), NULL));

  push_batches (h, 5);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 3);
  fail_unless_equals_uint64 (stat_of (h->element, "updates"), 1);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_messages_are_at_most_ten_a_second)
{
  GstHarness *h = trainer_harness (make_trainer ("batch-size", 1, NULL));
  gint64 before = g_get_monotonic_time ();
  gdouble seconds;
  guint n_messages;

  push_batches (h, 25);
  seconds = (g_get_monotonic_time () - before) / (gdouble)G_USEC_PER_SEC;
  n_messages = count_messages (h->element, GST_MESSAGE_ELEMENT);
  /* the publication at step 50 goes out whatever came before it */
  fail_unless (n_messages >= 1);
  fail_unless (
      n_messages <= 10 * seconds + 3, "%u in %f s", n_messages, seconds);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 100);
  tear_down (h);
}
GST_END_TEST;

GST_START_TEST (test_checkpoint_signal_saves)
{
  g_autofree char *location = make_location ();
  g_autofree char *latest
      = g_build_filename (location, "latest", "model.safetensors", NULL);
  GstHarness *h = trainer_harness (make_trainer ("location", location, NULL));
  g_autoptr (GstStructure) report = NULL;
  guint64 step;

  push_batches (h, 2);
  fail_if (g_file_test (latest, G_FILE_TEST_EXISTS));
  g_signal_emit_by_name (h->element, "checkpoint");
  report = wait_for_report (h->element, "vinfo-checkpoint");
  fail_unless (report != NULL);
  fail_unless (gst_structure_get_uint64 (report, "step", &step));
  fail_unless_equals_uint64 (step, 2);
  fail_unless (g_file_test (latest, G_FILE_TEST_EXISTS));
  tear_down (h);
  remove_tree (location);
}
GST_END_TEST;

static guint
count_versions (const char *location)
{
  g_autoptr (GDir) dir = g_dir_open (location, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)))
    n += g_str_has_prefix (name, "step-");
  return n;
}

GST_START_TEST (test_newest_versions_are_kept)
{
  g_autofree char *location = make_location ();
  GstHarness *h = trainer_harness (make_trainer ("location", location,
      "keep-versions", 2, "first-publish", 1, "publish-interval", 1, NULL));

  push_batches (h, 4);
  fail_unless_equals_uint64 (stat_of (h->element, "checkpoints"), 4);
  fail_unless_equals_int (count_versions (location), 2);
  tear_down (h);
  remove_tree (location);
}
GST_END_TEST;

GST_START_TEST (test_requested_checkpoint_is_saved_before_stop)
{
  g_autofree char *location = make_location ();
  g_autofree char *latest
      = g_build_filename (location, "latest", "model.safetensors", NULL);
  GstHarness *h = trainer_harness (make_trainer ("location", location, NULL));

  push_batches (h, 1);
  g_signal_emit_by_name (h->element, "checkpoint");
  gst_element_set_state (h->element, GST_STATE_NULL);
  fail_unless (g_file_test (latest, G_FILE_TEST_EXISTS));
  tear_down (h);
  remove_tree (location);
}
GST_END_TEST;

GST_START_TEST (test_checkpoint_that_fails_is_a_warning_and_training_goes_on)
{
  GstHarness *h = trainer_harness (
      make_trainer ("location", "/proc/nowhere", "first-publish", 1, NULL));

  push_batches (h, 2);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 2);
  fail_unless_equals_uint64 (stat_of (h->element, "checkpoints"), 0);
  tear_down (h);
}
GST_END_TEST;

/* As on a disk that is full for a while. */
GST_START_TEST (test_failing_checkpoints_are_told_when_they_begin_and_are_over)
{
  g_autofree char *folder = make_location ();
  g_autofree char *place = g_build_filename (folder, "place", NULL);
  g_autofree char *location = g_build_filename (place, "predictor", NULL);
  GstHarness *h = trainer_harness (make_trainer (
      "location", location, "first-publish", 1, "publish-interval", 1, NULL));

  fail_unless (g_file_set_contents (place, "no folder", -1, NULL));
  push_batches (h, 3);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "checkpoints-failed"), 3);

  fail_unless_equals_int (g_unlink (place), 0);
  push_batches (h, 2);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_INFO), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "checkpoints"), 2);
  fail_unless_equals_uint64 (stat_of (h->element, "checkpoints-failed"), 3);
  tear_down (h);
  remove_tree (folder);
}
GST_END_TEST;

GST_START_TEST (test_clear_signal_forgets_the_steps)
{
  GstHarness *h = trainer_harness (make_trainer (NULL));

  push_batches (h, 3);
  g_signal_emit_by_name (h->element, "clear");
  push_batches (h, 1);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "samples"), 16);
  tear_down (h);
}
GST_END_TEST;

/* Trains at the location up to EOS. */
static GBytes *
read_file (const char *path)
{
  gsize length;
  char *contents;

  fail_unless (g_file_get_contents (path, &contents, &length, NULL));
  return g_bytes_new_take (contents, length);
}

static void
train_at (const char *location, guint n_batches, guint64 expected_steps)
{
  GstHarness *h = trainer_harness (
      make_trainer ("location", location, "first-publish", 2, NULL));

  push_batches (h, n_batches);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), expected_steps);
  tear_down (h);
}

GST_START_TEST (test_restore_continues_the_steps)
{
  g_autofree char *location = make_location ();

  train_at (location, 5, 5);
  train_at (location, 3, 8);
  remove_tree (location);
}
GST_END_TEST;

GST_START_TEST (test_restored_weights_are_published_unless_they_are_there)
{
  g_autofree char *location = make_location ();
  GstHarness *h;

  train_at (location, 3, 3);
  h = trainer_harness (make_trainer ("location", location, NULL));
  fail_unless_equals_uint64 (stat_of (h->element, "version"), 1);
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  fail_unless_equals_uint64 (stat_of (h->element, "version"), 1);
  tear_down (h);

  h = trainer_harness (
      make_trainer ("location", location, "model", location, NULL));
  fail_unless_equals_uint64 (stat_of (h->element, "updates"), 0);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 3);
  tear_down (h);
  remove_tree (location);
}
GST_END_TEST;

/* Whether what the predictor learnt last is the newest version there. */
static gboolean
newest_is_saved (GstElement *element, const char *location)
{
  g_autofree char *directory = make_location ();
  g_autofree char *here
      = g_build_filename (directory, "model.safetensors", NULL);
  g_autofree char *there
      = g_build_filename (location, "latest", "model.safetensors", NULL);
  g_autoptr (VInfoWorker) worker = worker_of (element);
  g_autoptr (VInfoMae) newest
      = vinfo_predictor_get_newest (vinfo_worker_get_predictor (worker));
  g_autoptr (GBytes) of_newest = NULL;
  g_autoptr (GBytes) saved = NULL;

  fail_unless (vinfo_mae_save (newest, directory, NULL));
  of_newest = read_file (here);
  saved = read_file (there);
  remove_tree (directory);
  return g_bytes_equal (of_newest, saved);
}

/* In NULL the predictor ends; its files are what stays. */
GST_START_TEST (test_start_after_null_goes_on_with_what_was_saved)
{
  g_autofree char *location = make_location ();
  GstHarness *h = trainer_harness (make_trainer ("location", location, NULL));
  GWeakRef predictor;

  push_batches (h, 3);
  gst_harness_push_event (h, gst_event_new_eos ());
  follow_predictor (&predictor, h->element);
  gst_element_set_state (h->element, GST_STATE_NULL);
  fail_if (predictor_is_there (&predictor));
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 3);
  fail_unless (newest_is_saved (h->element, location));
  g_weak_ref_clear (&predictor);
  tear_down (h);
  remove_tree (location);
}
GST_END_TEST;

GST_START_TEST (test_corrupt_checkpoint_is_one_error_that_names_the_file)
{
  g_autofree char *location = make_location ();
  g_autofree char *state
      = g_build_filename (location, "latest", "trainer.safetensors", NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  GstElement *element;

  train_at (location, 2, 2);
  fail_unless (g_file_set_contents (state, "garbage", -1, NULL));

  element = make_trainer ("location", location, NULL);
  gst_element_set_bus (element, bus);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = next_message (element, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "trainer.safetensors") != NULL, "%s",
      error->message);
  fail_unless_equals_int (count_messages (element, GST_MESSAGE_ERROR), 0);

  gst_bus_set_flushing (bus, TRUE);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
  remove_tree (location);
}
GST_END_TEST;

/* A new model with all its weights scaled: numbers, but too large to train on or
 * even to compute with. */
static void
save_scaled_model (const char *directory, float factor)
{
  g_autofree char *path
      = g_build_filename (directory, "model.safetensors", NULL);
  g_autofree char *data = NULL;
  guint64 header_size;
  gsize size;

  save_model (directory, 1);
  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  memcpy (&header_size, data, 8);
  for (gsize i = 8 + GUINT64_FROM_LE (header_size); i + 4 <= size; i += 4) {
    float value;

    memcpy (&value, data + i, 4);
    value *= factor;
    memcpy (data + i, &value, 4);
  }
  fail_unless (g_file_set_contents (path, data, size, NULL));
}

GST_START_TEST (test_model_too_large_to_compute_with_is_one_error_that_names_it)
{
  g_autofree char *model = make_location ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  GstElement *element;

  save_scaled_model (model, 1e37f);
  element = make_trainer ("model", model, NULL);
  gst_element_set_bus (element, bus);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = next_message (element, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, model) != NULL, "%s", error->message);
  gst_bus_set_flushing (bus, TRUE);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
  remove_tree (model);
}
GST_END_TEST;

static VInfoMae *
newest_of (GstElement *element)
{
  g_autoptr (VInfoWorker) worker = worker_of (element);

  return vinfo_predictor_get_newest (vinfo_worker_get_predictor (worker));
}

GST_START_TEST (test_divergence_is_a_warning_and_no_step)
{
  g_autofree char *model = make_location ();
  g_autoptr (VInfoMae) before = NULL;
  g_autoptr (VInfoMae) after = NULL;
  GstHarness *h;

  save_scaled_model (model, 1e6f);
  h = trainer_harness (make_trainer ("model", model, NULL));
  before = newest_of (h->element);
  push_batches (h, 2);
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 2);
  fail_unless_equals_uint64 (stat_of (h->element, "steps"), 0);
  fail_unless_equals_uint64 (stat_of (h->element, "steps-skipped"), 2);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_uint64 (stat_of (h->element, "updates"), 0);
  fail_unless_equals_uint64 (stat_of (h->element, "updates-rejected"), 0);
  after = newest_of (h->element);
  fail_unless (after == before);
  tear_down (h);
  remove_tree (model);
}
GST_END_TEST;

static VInfoImage *
one_colour (guint n)
{
  guint8 rgb[32 * 32 * 3];

  for (guint i = 0; i < G_N_ELEMENTS (rgb); i++)
    rgb[i] = (guint8)(n * (37 + 54 * (i % 3)));
  return vinfo_image_new_from_data (32, 32, 32 * 3, rgb);
}

/* This random model knows something of the panel, 10⁻⁴ nats, and that is lost in
 * a step so large. */
GST_START_TEST (test_refused_weights_are_not_saved_on_request_either)
{
  g_autofree char *location = make_location ();
  g_autofree char *latest = g_build_filename (location, "latest", NULL);
  GstHarness *h = trainer_harness (make_trainer ("learning-rate", 1.0,
      "warmup-steps", 0, "first-publish", G_GUINT64_CONSTANT (1), "location",
      location, "max-regression", 0.0, "seed", G_GUINT64_CONSTANT (2), NULL));
  g_autoptr (VInfoWorker) worker = worker_of (h->element);
  VInfoPredictor *predictor = vinfo_worker_get_predictor (worker);
  g_autoptr (VInfoMae) before = newest_of (h->element);
  g_autoptr (VInfoMae) after = NULL;

  for (guint i = 0; i < 1000; i++) {
    g_autoptr (VInfoImage) image = one_colour (i);

    vinfo_predictor_observe (predictor, i * 0x9e3779b97f4a7c15u, image);
  }
  fail_unless (vinfo_predictor_get_iv (predictor) > 0);
  push_batches (h, 1);
  fail_unless_equals_uint64 (stat_of (h->element, "updates-rejected"), 1);
  count_messages (h->element, GST_MESSAGE_WARNING);
  g_signal_emit_by_name (h->element, "checkpoint");
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (count_messages (h->element, GST_MESSAGE_WARNING), 1);
  fail_unless_equals_uint64 (stat_of (h->element, "updates"), 0);
  fail_unless_equals_uint64 (stat_of (h->element, "checkpoints"), 0);
  fail_if (g_file_test (latest, G_FILE_TEST_EXISTS));
  after = newest_of (h->element);
  fail_unless (after == before);
  tear_down (h);
  remove_tree (location);
}
GST_END_TEST;

/* The trainer starts first, and yet it's the scorer who describes the model. */
GST_START_TEST (test_scorer_gets_what_the_trainer_learnt)
{
  g_autofree char *model = make_location ();
  g_autofree char *description = g_strdup_printf (
      "videotestsrc pattern=ball num-buffers=12 ! "
      "video/x-raw,width=64,height=48 ! vinfoscore name=score model=%s ! "
      "vinfotrainer name=trainer batch-size=4 first-publish=2",
      model);
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) score = NULL;
  g_autoptr (GstElement) trainer = NULL;
  g_autoptr (VInfoWorker) worker = NULL;

  save_model (model, 77);
  pipeline = gst_parse_launch (description, NULL);
  score = gst_bin_get_by_name (GST_BIN (pipeline), "score");
  trainer = gst_bin_get_by_name (GST_BIN (pipeline), "trainer");
  play (pipeline);

  worker = worker_of (trainer);
  fail_unless_equals_string (
      vinfo_predictor_get_location (vinfo_worker_get_predictor (worker)),
      model);
  fail_unless_equals_uint64 (stat_of (trainer, "updates"), 2);
  fail_unless_equals_uint64 (
      stat_of (score, "version"), stat_of (trainer, "version"));
  fail_unless (stat_of (score, "version") >= 2);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  remove_tree (model);
}
GST_END_TEST;

static void
run_pipeline (void)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc pattern=ball num-buffers=5 ! "
      "video/x-raw,width=64,height=48 ! vinfotrainer batch-size=4",
      NULL);

  play (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
cycle (guint n, gpointer unused)
{
  g_autoptr (GstElement) element = make_trainer (NULL);

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

static Suite *
vinfotrainer_suite (void)
{
  Suite *suite = suite_create ("vinfotrainer");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_loss_falls);
  tcase_add_test (tc, test_publications_come_at_fixed_steps);
  tcase_add_test (tc, test_same_input_gives_same_loss);
  tcase_add_test (tc, test_rare_samples_weigh_more_when_asked);
  tcase_add_test (tc, test_eos_trains_on_the_rest_and_publishes_it);
  tcase_add_test (tc, test_eos_in_the_middle_of_a_step_is_bounded);
  tcase_add_test (tc, test_flush_and_stop_in_training_are_bounded);
  tcase_add_test (tc, test_pause_holds_training_and_play_goes_on);
  tcase_add_test (tc, test_batch_size_counts_from_the_next_start);
  tcase_add_test (tc, test_flush_drops_the_incomplete_batch);
  tcase_add_test (tc, test_gap_and_corrupted_buffers_are_not_trained_on);
  tcase_add_test (tc, test_frame_that_cannot_be_read_is_left_out);
  tcase_add_test (tc, test_max_steps_ends_training_with_a_publication);
  tcase_add_test (tc, test_messages_are_at_most_ten_a_second);
  tcase_add_test (tc, test_checkpoint_signal_saves);
  tcase_add_test (tc, test_newest_versions_are_kept);
  tcase_add_test (tc, test_requested_checkpoint_is_saved_before_stop);
  tcase_add_test (
      tc, test_checkpoint_that_fails_is_a_warning_and_training_goes_on);
  tcase_add_test (
      tc, test_failing_checkpoints_are_told_when_they_begin_and_are_over);
  tcase_add_test (tc, test_clear_signal_forgets_the_steps);
  tcase_add_test (tc, test_restore_continues_the_steps);
  tcase_add_test (
      tc, test_restored_weights_are_published_unless_they_are_there);
  tcase_add_test (tc, test_start_after_null_goes_on_with_what_was_saved);
  tcase_add_test (tc, test_corrupt_checkpoint_is_one_error_that_names_the_file);
  tcase_add_test (
      tc, test_model_too_large_to_compute_with_is_one_error_that_names_it);
  tcase_add_test (tc, test_divergence_is_a_warning_and_no_step);
  tcase_add_test (tc, test_refused_weights_are_not_saved_on_request_either);
  tcase_add_test (tc, test_scorer_gets_what_the_trainer_learnt);
  tcase_add_test (tc, test_fifty_state_cycles_leak_nothing);
  return suite;
}

GST_CHECK_MAIN (vinfotrainer);
