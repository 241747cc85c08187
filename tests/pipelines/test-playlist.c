/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playlist.h"

#include <math.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

/* A pipeline of a playlist into a sink that counts. */
typedef struct {
  GstElement *pipeline;
  GPtrArray *inputs;
  Playlist *playlist;
  GMutex lock;
  GPtrArray *streams; /* under lock: ids in order */
  guint n_frames;     /* under lock */
} Fixture;

static GstPadProbeReturn
watch (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Fixture *self = data;
  const char *id;

  g_mutex_lock (&self->lock);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    self->n_frames++;
  } else if (GST_EVENT_TYPE (info->data) == GST_EVENT_STREAM_START) {
    gst_event_parse_stream_start (info->data, &id);
    g_ptr_array_add (self->streams, g_strdup (id));
  }
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

static void
fixture_init (Fixture *self, const char *const *inputs)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self->lock);
  self->n_frames = 0;
  self->streams = g_ptr_array_new_with_free_func (g_free);
  self->inputs = g_ptr_array_new_with_free_func ((GDestroyNotify)input_free);
  for (; *inputs; inputs++)
    g_ptr_array_add (self->inputs, input_new (*inputs, NULL));

  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->playlist
      = playlist_new (GST_BIN (self->pipeline), self->inputs, FALSE, &error);
  g_assert_no_error (error);
  g_object_set (sink, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (self->pipeline), sink);
  gst_element_link (playlist_get_element (self->playlist), sink);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, watch,
      self, NULL);
}

static void
fixture_finish (Fixture *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  playlist_free (self->playlist);
  gst_object_unref (self->pipeline);
  g_ptr_array_unref (self->inputs);
  g_ptr_array_unref (self->streams);
  g_mutex_clear (&self->lock);
}

static void
play_to_end (Fixture *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
}

static void
wait_for_frames (Fixture *self, guint n)
{
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  gboolean enough = FALSE;

  while (!enough) {
    g_mutex_lock (&self->lock);
    enough = self->n_frames >= n;
    g_mutex_unlock (&self->lock);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
}

static void
test_inputs_play_one_after_another_as_one_stream (void)
{
  const char *const inputs[] = { "test:ball:0.1", "test:smpte:0.2",
    "test:bar:0.1", "test:snow:0.1", NULL };
  Fixture self;

  fixture_init (&self, inputs);
  play_to_end (&self);
  g_assert_cmpuint (self.n_frames, ==, 3 + 6 + 3 + 3);
  g_assert_cmpuint (self.streams->len, ==, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpstr (self.streams->pdata[i], ==, inputs[i]);
  fixture_finish (&self);
}

static void
test_sources_that_have_played_are_removed (void)
{
  const char *const inputs[] = { "test:ball:0.1", "test:smpte:0.1",
    "test:bar:0.1", "test:snow:0.1", "test:ball:0.1", NULL };
  Fixture self;

  fixture_init (&self, inputs);
  play_to_end (&self);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  /* the last source, concat and the sink */
  g_assert_cmpint (GST_BIN_NUMCHILDREN (self.pipeline), ==, 3);
  fixture_finish (&self);
}

/* As a pipeline that is on its way up meets a source that was just added. */
static void
start_children (GstBin *pipeline, GstElement *source, gpointer data)
{
  gst_element_set_state (GST_ELEMENT (pipeline), GST_STATE_PLAYING);
  g_usleep (50 * 1000);
}

static void
test_source_starts_once_it_is_linked (void)
{
  const char *const inputs[] = { "test:ball:0.1", "test:smpte:0.1",
    "test:bar:0.1", "test:snow:0.1", NULL };
  Fixture self;

  fixture_init (&self, inputs);
  g_signal_connect (
      self.pipeline, "element-added", G_CALLBACK (start_children), NULL);
  play_to_end (&self);
  g_assert_cmpuint (self.n_frames, ==, 4 * 3);
  fixture_finish (&self);
}

static void
test_stop_ends_an_endless_stream (void)
{
  const char *const inputs[] = { "test:ball", "test:smpte", NULL };
  Fixture self;

  fixture_init (&self, inputs);
  gst_element_set_state (self.pipeline, GST_STATE_PLAYING);
  wait_for_frames (&self, 1);
  playlist_stop (self.playlist);
  play_to_end (&self);
  g_assert_cmpuint (self.streams->len, ==, 1);
  fixture_finish (&self);
}

static void
count_call (gpointer n)
{
  g_atomic_int_inc ((gint *)n);
}

static void
test_limit_is_told_once_when_it_is_reached (void)
{
  const char *const inputs[] = { "test:ball:0.5", "test:smpte:0.5", NULL };
  gint n_calls = 0;
  Fixture self;

  fixture_init (&self, inputs);
  playlist_set_limit (self.playlist, 700 * GST_MSECOND, count_call, &n_calls);
  play_to_end (&self);
  g_assert_cmpint (g_atomic_int_get (&n_calls), ==, 1);
  fixture_finish (&self);

  n_calls = 0;
  fixture_init (&self, inputs);
  playlist_set_limit (self.playlist, 2 * GST_SECOND, count_call, &n_calls);
  play_to_end (&self);
  g_assert_cmpint (g_atomic_int_get (&n_calls), ==, 0);
  fixture_finish (&self);
}

static void
test_object_in_a_source_belongs_to_its_input (void)
{
  const char *const inputs[] = { "test:ball:0.1", "test:smpte:0.1", NULL };
  GstIterator *elements;
  g_auto (GValue) item = G_VALUE_INIT;
  guint n_found = 0;
  Fixture self;

  fixture_init (&self, inputs);
  elements = gst_bin_iterate_all_by_element_factory_name (
      GST_BIN (self.pipeline), "videotestsrc");
  while (gst_iterator_next (elements, &item) == GST_ITERATOR_OK) {
    const Input *input
        = playlist_find_input (self.playlist, g_value_get_object (&item));

    g_assert_nonnull (input);
    n_found++;
  }
  gst_iterator_free (elements);
  g_assert_cmpuint (n_found, ==, 2);
  g_assert_null (
      playlist_find_input (self.playlist, GST_OBJECT (self.pipeline)));
  fixture_finish (&self);
}

static GstBusSyncReply
take_error (GstBus *bus, GstMessage *message, gpointer playlist)
{
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR
      || !playlist_take_error (playlist, message))
    return GST_BUS_PASS;
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
count_failure (const Input *input, GstMessage *message, gpointer n)
{
  g_assert_true (g_str_has_suffix (input->uri, "junk.png"));
  ++*(guint *)n;
}

/* Plays, as a main loop does, until EOS and until @n_left children are left. */
static void
play_with_failures (Fixture *self, gint n_left)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  g_autoptr (GstMessage) message = NULL;

  gst_bus_set_sync_handler (bus, take_error, self->playlist, NULL);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  while (!message || GST_BIN_NUMCHILDREN (self->pipeline) != n_left) {
    g_main_context_iteration (NULL, FALSE);
    if (!message)
      message = gst_bus_timed_pop_filtered (bus, GST_MSECOND, GST_MESSAGE_EOS);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
}

static void
test_source_that_fails_as_all_ends_is_stopped (void)
{
  const char *const inputs[] = { "test:ball", "test:smpte", NULL };
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstPad) pad = NULL, peer = NULL;
  g_autoptr (GstElement) source = NULL;
  Fixture self;

  fixture_init (&self, inputs);
  bus = gst_element_get_bus (self.pipeline);
  gst_bus_set_sync_handler (bus, take_error, self.playlist, NULL);
  pad = gst_element_get_static_pad (
      playlist_get_element (self.playlist), "sink_1");
  peer = gst_pad_get_peer (pad);
  source = gst_pad_get_parent_element (peer);
  gst_element_set_state (self.pipeline, GST_STATE_PLAYING);
  wait_for_frames (&self, 1);
  GST_ELEMENT_ERROR (source, STREAM, FAILED, ("as demuxers do"), (NULL));
  fixture_finish (&self);
  g_assert_cmpint (GST_STATE (source), ==, GST_STATE_NULL);
}

/* An image source posts an error and then sends EOS, as file sources do. */
static void
test_source_that_fails_at_its_end_is_taken_out (void)
{
  g_autofree char *folder = g_dir_make_tmp ("vinfo-playlist-XXXXXX", NULL);
  g_autofree char *junk = g_build_filename (folder, "junk.png", NULL);
  const char *const inputs[][3]
      = { { junk }, { junk, "test:ball:0.1" }, { "test:ball:0.1", junk } };

  g_assert_true (g_file_set_contents (junk, "no picture", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++) {
    guint n_failed = 0;
    Fixture self;

    fixture_init (&self, inputs[i]);
    playlist_set_failed (self.playlist, count_failure, &n_failed);
    /* concat and the sink, and the source that gave the EOS */
    play_with_failures (&self, i == 1 ? 3 : 2);
    playlist_tell_failures (self.playlist); /* if nobody came to it before */
    g_assert_cmpuint (n_failed, ==, 1);
    g_assert_cmpfloat (playlist_get_fraction (self.playlist), ==, 1);
    fixture_finish (&self);
  }
  g_remove (junk);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/playlist/one-after-another",
      test_inputs_play_one_after_another_as_one_stream);
  g_test_add_func (
      "/playlist/removal", test_sources_that_have_played_are_removed);
  g_test_add_func ("/playlist/linked", test_source_starts_once_it_is_linked);
  g_test_add_func ("/playlist/stop", test_stop_ends_an_endless_stream);
  g_test_add_func (
      "/playlist/limit", test_limit_is_told_once_when_it_is_reached);
  g_test_add_func (
      "/playlist/failure", test_source_that_fails_at_its_end_is_taken_out);
  g_test_add_func (
      "/playlist/late-failure", test_source_that_fails_as_all_ends_is_stopped);
  g_test_add_func (
      "/playlist/find-input", test_object_in_a_source_belongs_to_its_input);
  return g_test_run ();
}
