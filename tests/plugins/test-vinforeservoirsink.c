/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir.h"

/* A pipeline whose only sink is a reservoir without a peer, and the feeds, which
 * are pads of the test. */

#define MAX_FEEDS 2

typedef struct {
  GstPad *pad;
  GstEvent *event; /* the last that came from below */
  gboolean refuses;
  gint64 duration;
  gint64 position;
  gboolean live;
  GstClockTime min, max;
  GstBus *bus;       /* of a source that seeks, or NULL */
  GstMessage *early; /* ASYNC_DONE before it had flushed */
  GThread *thread;   /* pushes the first frame from there */
} Feed;

typedef struct {
  GstElement *pipeline;
  GstElement *reservoir;
  Feed feeds[MAX_FEEDS];
} Archive;

static void
begin_segment (Feed *feed)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (feed->pad, gst_event_new_segment (&segment));
}

static void
begin_flush (Feed *feed)
{
  gst_pad_push_event (feed->pad, gst_event_new_flush_start ());
}

static void
end_flush (Feed *feed)
{
  gst_pad_push_event (feed->pad, gst_event_new_flush_stop (TRUE));
  begin_segment (feed);
}

static gpointer
push_first_frame (gpointer data)
{
  Feed *feed = data;

  return GINT_TO_POINTER (gst_pad_push (feed->pad, scored_frame ("feed", 0)));
}

/* What a source does. */
static void
seek (Feed *feed)
{
  feed->early = gst_bus_timed_pop_filtered (
      feed->bus, 50 * GST_MSECOND, GST_MESSAGE_ASYNC_DONE);
  begin_flush (feed);
  end_flush (feed);
  feed->thread = g_thread_new ("seek", push_first_frame, feed);
}

static gboolean
take_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  Feed *feed = gst_pad_get_element_private (pad);

  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE) { /* of a link */
    gst_event_unref (event);
    return TRUE;
  }
  gst_clear_event (&feed->event);
  feed->event = event;
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK && feed->bus)
    seek (feed);
  return !feed->refuses;
}

static gboolean
answer (GstPad *pad, GstObject *parent, GstQuery *query)
{
  Feed *feed = gst_pad_get_element_private (pad);

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_DURATION:
    gst_query_set_duration (query, GST_FORMAT_TIME, feed->duration);
    return TRUE;
  case GST_QUERY_POSITION:
    gst_query_set_position (query, GST_FORMAT_TIME, feed->position);
    return TRUE;
  case GST_QUERY_LATENCY:
    gst_query_set_latency (query, feed->live, feed->min, feed->max);
    return TRUE;
  case GST_QUERY_SEEKING:
    gst_query_set_seeking (query, GST_FORMAT_TIME, TRUE, 0, feed->duration);
    return TRUE;
  default:
    return gst_pad_query_default (pad, parent, query);
  }
}

static void
begin_stream (Feed *feed)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);

  gst_pad_push_event (feed->pad, gst_event_new_stream_start ("test"));
  gst_pad_push_event (feed->pad, gst_event_new_caps (caps));
  begin_segment (feed);
}

static void
add_archive_feed (Archive *archive, guint n)
{
  Feed *feed = &archive->feeds[n];
  g_autoptr (GstPad) sinkpad
      = gst_element_request_pad_simple (archive->reservoir, "sink_%u");

  feed->pad = gst_pad_new (NULL, GST_PAD_SRC);
  gst_pad_set_element_private (feed->pad, feed);
  gst_pad_set_event_function (feed->pad, take_event);
  gst_pad_set_query_function (feed->pad, answer);
  gst_pad_set_active (feed->pad, TRUE);
  fail_unless_equals_int (gst_pad_link (feed->pad, sinkpad), GST_PAD_LINK_OK);
}

static void
set_up (Archive *archive, guint n_feeds)
{
  *archive = (Archive){ gst_object_ref_sink (gst_pipeline_new (NULL)),
    make_reservoir ("mode", SYNC, NULL) };
  gst_bin_add (GST_BIN (archive->pipeline), archive->reservoir);
  for (guint n = 0; n < n_feeds; n++)
    add_archive_feed (archive, n);
}

static void
finish (Archive *archive)
{
  gst_element_set_state (archive->pipeline, GST_STATE_NULL);
  for (guint n = 0; n < MAX_FEEDS; n++) {
    Feed *feed = &archive->feeds[n];
    if (feed->pad)
      gst_pad_set_active (feed->pad, FALSE);
    gst_clear_event (&feed->event);
    gst_clear_object (&feed->pad);
  }
  gst_object_unref (archive->reservoir);
  gst_object_unref (archive->pipeline);
}

static void
play_archive (Archive *archive, guint n_feeds)
{
  gst_element_set_state (archive->pipeline, GST_STATE_PLAYING);
  for (guint n = 0; n < n_feeds; n++)
    begin_stream (&archive->feeds[n]);
}

static void
push_frame (Feed *feed, guint n)
{
  fail_unless_equals_int (
      gst_pad_push (feed->pad, scored_frame ("feed", n)), GST_FLOW_OK);
}

/* Events that go upstream --------------------------------------------------- */

GST_START_TEST (test_seek_of_an_archive_goes_to_all_its_feeds)
{
  Archive archive;

  set_up (&archive, 2);
  play_archive (&archive, 2);
  fail_unless (gst_element_seek_simple (
      archive.pipeline, GST_FORMAT_TIME, 0, GST_SECOND));
  for (guint n = 0; n < 2; n++)
    fail_unless_equals_int (
        GST_EVENT_TYPE (archive.feeds[n].event), GST_EVENT_SEEK);
  fail_unless_equals_int (gst_event_get_seqnum (archive.feeds[0].event),
      gst_event_get_seqnum (archive.feeds[1].event));

  archive.feeds[0].refuses = TRUE;
  fail_if (gst_element_seek_simple (
      archive.pipeline, GST_FORMAT_TIME, 0, GST_SECOND));
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_latency_of_the_pipeline_is_told_to_all_feeds)
{
  Archive archive;

  set_up (&archive, 2);
  fail_unless (gst_element_send_event (
      archive.pipeline, gst_event_new_latency (GST_SECOND)));
  for (guint n = 0; n < 2; n++)
    fail_unless_equals_int (
        GST_EVENT_TYPE (archive.feeds[n].event), GST_EVENT_LATENCY);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_nothing_from_below_reaches_feeds_where_samples_are_served)
{
  GstElement *below = gst_element_factory_make ("fakesink", NULL);
  Archive archive;
  gint64 value;

  set_up (&archive, 1);
  gst_bin_add (GST_BIN (archive.pipeline), below);
  fail_unless (gst_element_link (archive.reservoir, below));
  archive.feeds[0].duration = archive.feeds[0].position = GST_SECOND;

  fail_if (gst_element_seek_simple (
      archive.pipeline, GST_FORMAT_TIME, 0, GST_SECOND));
  gst_element_send_event (
      archive.reservoir, gst_event_new_latency (GST_SECOND));
  fail_unless (archive.feeds[0].event == NULL);
  fail_if (
      gst_element_query_duration (archive.reservoir, GST_FORMAT_TIME, &value));
  fail_if (
      gst_element_query_position (archive.reservoir, GST_FORMAT_TIME, &value));
  finish (&archive);
}
GST_END_TEST;

/* Queries ------------------------------------------------------------------ */

static gint64
position_of (GstElement *element)
{
  gint64 position = -1;

  fail_unless (
      gst_element_query_position (element, GST_FORMAT_TIME, &position));
  return position;
}

GST_START_TEST (test_position_of_an_archive_is_the_last_frames_of_its_feeds)
{
  Archive archive;

  set_up (&archive, 2);
  play_archive (&archive, 2);
  archive.feeds[1].position = GST_SECOND;
  fail_unless_equals_int64 (position_of (archive.pipeline), GST_SECOND);

  push_frame (&archive.feeds[0], 2);
  fail_unless_equals_int64 (position_of (archive.pipeline), FRAME_TIME (2));
  push_frame (&archive.feeds[1], 7);
  push_frame (&archive.feeds[0], 3);
  fail_unless_equals_int64 (position_of (archive.pipeline), FRAME_TIME (7));

  begin_flush (&archive.feeds[1]); /* it may go back to wherever */
  end_flush (&archive.feeds[1]);
  fail_unless_equals_int64 (position_of (archive.pipeline), FRAME_TIME (3));
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_position_of_an_archive_is_in_stream_time)
{
  Archive archive;
  GstSegment segment;

  set_up (&archive, 1);
  play_archive (&archive, 1);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.time = 5 * GST_SECOND;
  gst_pad_push_event (archive.feeds[0].pad, gst_event_new_segment (&segment));
  push_frame (&archive.feeds[0], 1);
  fail_unless_equals_int64 (
      position_of (archive.pipeline), 5 * GST_SECOND + FRAME_TIME (1));
  gst_pad_push_event (archive.feeds[0].pad, gst_event_new_gap (GST_SECOND, 1));
  fail_unless_equals_int64 (position_of (archive.pipeline), 6 * GST_SECOND);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_duration_of_an_archive_is_that_of_its_longest_feed)
{
  Archive archive;
  gint64 duration;

  set_up (&archive, 2);
  archive.feeds[0].duration = 3 * GST_SECOND;
  archive.feeds[1].duration = 2 * GST_SECOND;
  fail_unless (gst_element_query_duration (
      archive.pipeline, GST_FORMAT_TIME, &duration));
  fail_unless_equals_int64 (duration, 3 * GST_SECOND);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_archive_can_seek_where_its_feed_can)
{
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_TIME);
  Archive archive;
  gboolean seekable;

  set_up (&archive, 1);
  fail_unless (gst_element_query (archive.pipeline, query));
  gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
  fail_unless (seekable);
  finish (&archive);
}
GST_END_TEST;

static void
check_latency (
    Archive *archive, gboolean live, GstClockTime min, GstClockTime max)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean is_live;
  GstClockTime least, most;

  fail_unless (gst_element_query (archive->pipeline, query));
  gst_query_parse_latency (query, &is_live, &least, &most);
  fail_unless_equals_int (is_live, live);
  fail_unless_equals_uint64 (least, min);
  fail_unless_equals_uint64 (most, max);
}

GST_START_TEST (test_latency_of_an_archive_is_that_of_its_live_feeds)
{
  Archive archive;
  Feed *feeds = archive.feeds;

  set_up (&archive, 2);
  feeds[0].min = GST_SECOND;
  feeds[0].max = feeds[1].max = GST_CLOCK_TIME_NONE;
  check_latency (&archive, FALSE, 0, GST_CLOCK_TIME_NONE);
  feeds[1].live = TRUE;
  feeds[1].min = GST_MSECOND;
  check_latency (&archive, TRUE, GST_MSECOND, GST_CLOCK_TIME_NONE);
  feeds[0].live = TRUE;
  feeds[1].max = 2 * GST_SECOND;
  check_latency (&archive, TRUE, GST_SECOND, 2 * GST_SECOND);
  finish (&archive);
}
GST_END_TEST;

/* Messages ----------------------------------------------------------------- */

static guint32
begin_group (Feed *feed, guint group_id)
{
  GstEvent *event = gst_event_new_stream_start ("test");
  guint32 seqnum = gst_event_get_seqnum (event);

  gst_event_set_group_id (event, group_id);
  gst_pad_push_event (feed->pad, event);
  return seqnum;
}

static void
check_begins (Archive *archive, guint32 seqnum, guint group_id)
{
  g_autoptr (GstMessage) message
      = next_message (archive->pipeline, GST_MESSAGE_STREAM_START);
  guint id = GST_GROUP_ID_INVALID;

  fail_unless (message != NULL);
  fail_unless_equals_int (gst_message_get_seqnum (message), seqnum);
  gst_message_parse_group_id (message, &id);
  fail_unless_equals_int (id, group_id);
}

static guint
count_beginnings (Archive *archive)
{
  return count_messages (archive->pipeline, GST_MESSAGE_STREAM_START);
}

GST_START_TEST (test_stream_is_announced_once_all_feeds_began)
{
  Archive archive;

  set_up (&archive, 2);
  gst_element_set_state (archive.pipeline, GST_STATE_PAUSED);
  begin_group (&archive.feeds[0], 7);
  fail_unless_equals_int (count_beginnings (&archive), 0);
  check_begins (&archive, begin_group (&archive.feeds[1], 7), 7);

  /* the next one, of feeds that have nothing in common */
  begin_group (&archive.feeds[1], 8);
  fail_unless_equals_int (count_beginnings (&archive), 0);
  check_begins (
      &archive, begin_group (&archive.feeds[0], 9), GST_GROUP_ID_INVALID);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_feed_that_began_before_a_stop_begins_anew)
{
  Archive archive;

  set_up (&archive, 2);
  gst_element_set_state (archive.pipeline, GST_STATE_PAUSED);
  begin_group (&archive.feeds[0], 7);
  gst_element_set_state (archive.pipeline, GST_STATE_READY);
  gst_element_set_state (archive.pipeline, GST_STATE_PAUSED);
  begin_group (&archive.feeds[1], 7);
  fail_unless_equals_int (count_beginnings (&archive), 0);
  finish (&archive);
}
GST_END_TEST;

static void
check_ends (Archive *archive, guint32 seqnum)
{
  g_autoptr (GstMessage) message
      = wait_for_message (archive->pipeline, GST_MESSAGE_EOS);

  fail_unless_equals_int (gst_message_get_seqnum (message), seqnum);
}

static guint32
push_eos (Feed *feed)
{
  GstEvent *event = gst_event_new_eos ();
  guint32 seqnum = gst_event_get_seqnum (event);

  gst_pad_push_event (feed->pad, event);
  return seqnum;
}

GST_START_TEST (test_end_of_an_archive_has_the_number_of_the_last_feeds_end)
{
  Archive archive;

  set_up (&archive, 2);
  play_archive (&archive, 2);
  push_eos (&archive.feeds[1]);
  check_ends (&archive, push_eos (&archive.feeds[0]));
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_end_that_is_posted_in_playing_has_its_number_too)
{
  Archive archive;
  guint32 seqnum;

  set_up (&archive, 1);
  gst_element_set_state (archive.pipeline, GST_STATE_PAUSED);
  begin_stream (&archive.feeds[0]);
  seqnum = push_eos (&archive.feeds[0]);
  gst_element_set_state (archive.pipeline, GST_STATE_PLAYING);
  check_ends (&archive, seqnum);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_end_that_was_asked_for_has_the_number_of_the_question)
{
  GstEvent *event = gst_event_new_eos ();
  guint32 seqnum = gst_event_get_seqnum (event);
  Archive archive;

  set_up (&archive, 1);
  play_archive (&archive, 1);
  push_frame (&archive.feeds[0], 0);
  gst_element_send_event (archive.reservoir, event);
  check_ends (&archive, seqnum);
  finish (&archive);
}
GST_END_TEST;

/* Flushes ------------------------------------------------------------------ */

static void
wait_for (GstElement *pipeline, GstMessageType type)
{
  gst_message_unref (wait_for_message (pipeline, type));
}

/* A film without an end of its own. */
static GstElement *
launch_film (void)
{
  GstElement *pipeline = gst_parse_launch (
      "videotestsrc ! "
      "video/x-raw,width=64,height=64,framerate=25/1 ! vinfoscore masks=1 ! "
      "vinforeservoir",
      NULL);

  fail_unless (pipeline != NULL);
  return pipeline;
}

/* To five frames from there on. */
static guint32
seek_to (GstElement *pipeline, gint64 start)
{
  GstEvent *seek = gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, start, GST_SEEK_TYPE_SET,
      start + (gint64)FRAME_TIME (5));
  guint32 seqnum = gst_event_get_seqnum (seek);

  fail_unless (gst_element_send_event (pipeline, seek));
  return seqnum;
}

GST_START_TEST (test_archive_that_is_paused_shows_where_it_was_sought_to)
{
  g_autoptr (GstElement) pipeline = launch_film ();

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  wait_for (pipeline, GST_MESSAGE_ASYNC_DONE);
  fail_unless_equals_int64 (position_of (pipeline), 0);
  seek_to (pipeline, 6 * GST_SECOND);
  wait_for (pipeline, GST_MESSAGE_ASYNC_DONE);
  fail_unless_equals_int64 (position_of (pipeline), 6 * GST_SECOND);
  seek_to (pipeline, 3 * GST_SECOND);
  wait_for (pipeline, GST_MESSAGE_ASYNC_DONE);
  fail_unless_equals_int64 (position_of (pipeline), 3 * GST_SECOND);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

GST_START_TEST (test_archive_that_plays_goes_on_where_it_was_sought_to)
{
  g_autoptr (GstElement) pipeline = launch_film ();
  g_autoptr (GstMessage) end = NULL;
  guint32 seqnum;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (pipeline, GST_MESSAGE_ASYNC_DONE);
  seqnum = seek_to (pipeline, 7 * GST_SECOND);
  wait_for (pipeline, GST_MESSAGE_ASYNC_DONE);
  fail_unless (position_of (pipeline) >= 7 * (gint64)GST_SECOND);
  end = wait_for_message (pipeline, GST_MESSAGE_EOS);
  fail_unless_equals_int (gst_message_get_seqnum (end), seqnum);
  fail_unless_equals_int64 (
      position_of (pipeline), 7 * GST_SECOND + FRAME_TIME (4));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

GST_START_TEST (test_archive_plays_again_after_its_end)
{
  g_autoptr (GstElement) pipeline = launch_film ();

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (pipeline, GST_MESSAGE_ASYNC_DONE);
  for (guint i = 1; i <= 3; i++) {
    seek_to (pipeline, i * GST_SECOND);
    wait_for (pipeline, GST_MESSAGE_ASYNC_DONE);
    wait_for (pipeline, GST_MESSAGE_EOS);
    fail_unless_equals_int64 (
        position_of (pipeline), i * GST_SECOND + FRAME_TIME (4));
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
GST_END_TEST;

/* The next change of the reservoir's own state. */
static void
check_change (Archive *archive, GstState old, GstState new)
{
  g_autoptr (GstMessage) message = NULL;
  GstState from, to;

  do {
    gst_clear_message (&message);
    message = wait_for_message (archive->pipeline, GST_MESSAGE_STATE_CHANGED);
  } while (GST_MESSAGE_SRC (message) != GST_OBJECT (archive->reservoir));
  gst_message_parse_state_changed (message, &from, &to, NULL);
  fail_unless_equals_int (from, old);
  fail_unless_equals_int (to, new);
}

GST_START_TEST (test_states_that_are_lost_and_reached_again_are_announced)
{
  Archive archive;

  set_up (&archive, 1);
  play_archive (&archive, 1);
  check_change (&archive, GST_STATE_NULL, GST_STATE_READY);
  push_frame (&archive.feeds[0], 0);
  check_change (&archive, GST_STATE_READY, GST_STATE_PAUSED);
  check_change (&archive, GST_STATE_PAUSED, GST_STATE_PLAYING);

  begin_flush (&archive.feeds[0]);
  check_change (&archive, GST_STATE_PAUSED, GST_STATE_PAUSED); /* lost */
  end_flush (&archive.feeds[0]);
  push_frame (&archive.feeds[0], 0);
  check_change (&archive, GST_STATE_PAUSED, GST_STATE_PAUSED); /* reached */
  check_change (&archive, GST_STATE_PAUSED, GST_STATE_PLAYING);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_end_right_after_a_flush_prerolls)
{
  Archive archive;

  set_up (&archive, 1);
  play_archive (&archive, 1);
  push_frame (&archive.feeds[0], 0);
  wait_for (archive.pipeline, GST_MESSAGE_ASYNC_DONE);
  begin_flush (&archive.feeds[0]);
  end_flush (&archive.feeds[0]);
  push_eos (&archive.feeds[0]);
  wait_for (archive.pipeline, GST_MESSAGE_ASYNC_DONE);
  wait_for (archive.pipeline, GST_MESSAGE_EOS);
  finish (&archive);
}
GST_END_TEST;

/* As a live feed is: it must not be held up by another's flush, which may take
 * long. */
GST_START_TEST (test_feed_goes_on_while_another_is_flushed)
{
  Archive archive;

  set_up (&archive, 2);
  play_archive (&archive, 2);
  push_frame (&archive.feeds[0], 0);
  wait_for (archive.pipeline, GST_MESSAGE_ASYNC_DONE);
  begin_flush (&archive.feeds[0]);
  for (guint n = 1; n < 10; n++)
    push_frame (&archive.feeds[1], n);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_frame_that_waits_prerolls_after_another_feeds_flush)
{
  Archive archive;
  GThread *thread;

  set_up (&archive, 2);
  gst_element_set_state (archive.pipeline, GST_STATE_PAUSED);
  for (guint n = 0; n < 2; n++)
    begin_stream (&archive.feeds[n]);
  thread = g_thread_new ("push", push_first_frame, &archive.feeds[1]);
  wait_for (archive.pipeline, GST_MESSAGE_ASYNC_DONE);
  begin_flush (&archive.feeds[0]);
  wait_for (archive.pipeline, GST_MESSAGE_ASYNC_DONE);
  gst_element_set_state (archive.pipeline, GST_STATE_PLAYING);
  fail_unless_equals_int (
      GPOINTER_TO_INT (g_thread_join (thread)), GST_FLOW_OK);
  finish (&archive);
}
GST_END_TEST;

/* As soon as the first feed has a frame from there; the second is not yet
 * flushed then. */
GST_START_TEST (test_seek_is_done_only_once_it_reached_all_feeds)
{
  Archive archive;

  set_up (&archive, 2);
  play_archive (&archive, 2);
  for (guint n = 0; n < 2; n++)
    push_frame (&archive.feeds[n], n);
  wait_for (archive.pipeline, GST_MESSAGE_ASYNC_DONE);
  for (guint n = 0; n < 2; n++)
    archive.feeds[n].bus = gst_element_get_bus (archive.pipeline);

  seek_to (archive.pipeline, 0);
  wait_for (archive.pipeline, GST_MESSAGE_ASYNC_DONE);
  for (guint n = 0; n < 2; n++) {
    fail_unless_equals_int (
        GPOINTER_TO_INT (g_thread_join (archive.feeds[n].thread)), GST_FLOW_OK);
    fail_unless (archive.feeds[n].early == NULL);
    gst_object_unref (archive.feeds[n].bus);
  }
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_archive_that_is_not_async_keeps_its_state)
{
  Archive archive;

  set_up (&archive, 1);
  g_object_set (archive.reservoir, "async", FALSE, NULL);
  play_archive (&archive, 1);
  begin_flush (&archive.feeds[0]);
  fail_unless_equals_int (GST_STATE (archive.reservoir), GST_STATE_PLAYING);
  end_flush (&archive.feeds[0]);
  push_frame (&archive.feeds[0], 0);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_flush_of_a_feed_is_nothing_to_who_takes_samples)
{
  GstElement *below = gst_element_factory_make ("fakesink", NULL);
  Archive archive;

  set_up (&archive, 1);
  gst_bin_add (GST_BIN (archive.pipeline), below);
  fail_unless (gst_element_link (archive.reservoir, below));
  play_archive (&archive, 1);
  push_frame (&archive.feeds[0], 0);
  wait_for (archive.pipeline, GST_MESSAGE_ASYNC_DONE);
  begin_flush (&archive.feeds[0]);
  fail_unless_equals_int (GST_STATE (archive.reservoir), GST_STATE_PLAYING);
  end_flush (&archive.feeds[0]);
  push_frame (&archive.feeds[0], 0);
  fail_unless_equals_int (
      count_messages (archive.pipeline, GST_MESSAGE_ASYNC_DONE), 0);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_flush_resets_the_time_of_the_pipeline_if_it_says_so)
{
  Archive archive;

  set_up (&archive, 1);
  play_archive (&archive, 1);
  begin_flush (&archive.feeds[0]);
  gst_pad_push_event (archive.feeds[0].pad, gst_event_new_flush_stop (FALSE));
  fail_unless_equals_int (
      count_messages (archive.pipeline, GST_MESSAGE_RESET_TIME), 0);
  begin_flush (&archive.feeds[0]);
  end_flush (&archive.feeds[0]);
  fail_unless_equals_int (
      count_messages (archive.pipeline, GST_MESSAGE_RESET_TIME), 1);
  finish (&archive);
}
GST_END_TEST;

/* Else the pipeline would wait for the data of an element that runs no more. */
GST_START_TEST (test_archive_that_is_stopped_before_data_came_holds_up_nobody)
{
  Archive archive;

  set_up (&archive, 1);
  fail_unless_equals_int (
      gst_element_set_state (archive.pipeline, GST_STATE_PAUSED),
      GST_STATE_CHANGE_ASYNC);
  gst_element_set_locked_state (archive.reservoir, TRUE);
  gst_element_set_state (archive.reservoir, GST_STATE_READY);
  fail_unless_equals_int (
      gst_element_get_state (archive.pipeline, NULL, NULL, 10 * GST_SECOND),
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_locked_state (archive.reservoir, FALSE);
  finish (&archive);
}
GST_END_TEST;

GST_START_TEST (test_archive_that_is_told_to_end_before_data_came_does)
{
  Archive archive;

  set_up (&archive, 1);
  play_archive (&archive, 1);
  gst_element_send_event (archive.reservoir, gst_event_new_eos ());
  wait_for (archive.pipeline, GST_MESSAGE_EOS);
  finish (&archive);
}
GST_END_TEST;

static Suite *
vinforeservoirsink_suite (void)
{
  Suite *suite = suite_create ("vinforeservoirsink");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_seek_of_an_archive_goes_to_all_its_feeds);
  tcase_add_test (tc, test_latency_of_the_pipeline_is_told_to_all_feeds);
  tcase_add_test (
      tc, test_nothing_from_below_reaches_feeds_where_samples_are_served);
  tcase_add_test (
      tc, test_position_of_an_archive_is_the_last_frames_of_its_feeds);
  tcase_add_test (tc, test_position_of_an_archive_is_in_stream_time);
  tcase_add_test (tc, test_duration_of_an_archive_is_that_of_its_longest_feed);
  tcase_add_test (tc, test_archive_can_seek_where_its_feed_can);
  tcase_add_test (tc, test_latency_of_an_archive_is_that_of_its_live_feeds);
  tcase_add_test (tc, test_stream_is_announced_once_all_feeds_began);
  tcase_add_test (tc, test_feed_that_began_before_a_stop_begins_anew);
  tcase_add_test (
      tc, test_end_of_an_archive_has_the_number_of_the_last_feeds_end);
  tcase_add_test (tc, test_end_that_is_posted_in_playing_has_its_number_too);
  tcase_add_test (
      tc, test_end_that_was_asked_for_has_the_number_of_the_question);
  tcase_add_test (tc, test_archive_that_is_paused_shows_where_it_was_sought_to);
  tcase_add_test (tc, test_archive_that_plays_goes_on_where_it_was_sought_to);
  tcase_add_test (tc, test_archive_plays_again_after_its_end);
  tcase_add_test (
      tc, test_states_that_are_lost_and_reached_again_are_announced);
  tcase_add_test (tc, test_end_right_after_a_flush_prerolls);
  tcase_add_test (tc, test_feed_goes_on_while_another_is_flushed);
  tcase_add_test (tc, test_frame_that_waits_prerolls_after_another_feeds_flush);
  tcase_add_test (tc, test_seek_is_done_only_once_it_reached_all_feeds);
  tcase_add_test (tc, test_archive_that_is_not_async_keeps_its_state);
  tcase_add_test (tc, test_flush_of_a_feed_is_nothing_to_who_takes_samples);
  tcase_add_test (tc, test_flush_resets_the_time_of_the_pipeline_if_it_says_so);
  tcase_add_test (
      tc, test_archive_that_is_stopped_before_data_came_holds_up_nobody);
  tcase_add_test (tc, test_archive_that_is_told_to_end_before_data_came_does);
  return suite;
}

GST_CHECK_MAIN (vinforeservoirsink);
