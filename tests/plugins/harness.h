/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of elements share: pictures, harnesses, bus. */
#include <gst/check/check.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <math.h>

#include "score/gstvinfometa.h"
#include "score/vinfo-predictor-table.h"

#define WIDTH 64
#define HEIGHT 48
#define CAPS "video/x-raw,format=RGB,width=64,height=48,framerate=25/1"
#define FRAME_TIME(n) ((n)*GST_SECOND / 25)
/* What nothing takes on the busiest machine. */
#ifdef __SANITIZE_THREAD__
#define PATIENCE (60 * G_USEC_PER_SEC)
#else
#define PATIENCE (10 * G_USEC_PER_SEC)
#endif

/* (transfer full): an element with its properties, as of g_object_set() */
static inline GstElement *
make_element_valist (const char *factory, const char *property, va_list args)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  fail_unless (element != NULL);
  gst_object_ref_sink (element);
  g_object_set_valist (G_OBJECT (element), property, args);
  return element;
}

/* The value of a smooth texture that moves with n: passes every gate. */
static inline guint8
texture (guint n, guint x, guint y, guint channel)
{
  return (guint8)(128 + 60 * sin ((x + 5 * n) / (6.0 + channel))
                  + 50 * cos ((y + 3 * n) / (5.0 + n % 7)));
}

static inline void
draw (guint8 *data, gsize stride, guint n, guint x0, guint y0, guint width,
    guint height)
{
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      for (guint c = 0; c < 3; c++)
        data[y * stride + 3 * x + c] = texture (n, x0 + x, y0 + y, c);
}

/* Picture n as a buffer of the given size, at the n-th frame's time. */
static inline GstBuffer *
frame_of_size (guint n, guint width, guint height)
{
  gsize stride = GST_ROUND_UP_4 (3 * width);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, stride * height, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  draw (map.data, stride, n, 0, 0, width, height);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = FRAME_TIME (n);
  GST_BUFFER_DURATION (buffer) = FRAME_TIME (1);
  return buffer;
}

static inline GstBuffer *
frame (guint n)
{
  return frame_of_size (n, WIDTH, HEIGHT);
}

static inline VInfoPredictorTable *
table_of (GstElement *element)
{
  g_autoptr (GstContext) context
      = gst_element_get_context (element, VINFO_PREDICTOR_CONTEXT_TYPE);

  fail_unless (context != NULL);
  return vinfo_predictor_table_from_context (context);
}

static inline VInfoWorker *
worker_of (GstElement *element)
{
  g_autoptr (VInfoPredictorTable) table = table_of (element);
  g_autofree char *model_id = NULL;
  VInfoWorker *worker;

  g_object_get (element, "model-id", &model_id, NULL);
  worker = vinfo_predictor_table_lookup (table, model_id);
  fail_unless (worker != NULL);
  return worker;
}

static inline guint64
stat_of (GstElement *element, const char *field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 value = 0;

  g_object_get (element, "stats", &stats, NULL);
  fail_unless (stats != NULL);
  gst_structure_get_uint64 (stats, field, &value);
  return value;
}

/* An element on a bus of its own, in a harness that is running. */
static inline GstHarness *
harness_of (GstElement *element, const char *srcpad)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *h;

  gst_element_set_bus (element, bus);
  h = gst_harness_new_with_element (element, "sink", srcpad);
  gst_object_unref (element);
  gst_harness_set_src_caps_str (h, CAPS);
  return h;
}

static inline void
tear_down (GstHarness *h)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (h->element);

  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (h);
}

/* The next message of the type, those before it dropped. */
static inline GstMessage *
next_message (GstElement *element, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (element);

  return gst_bus_timed_pop_filtered (bus, 0, type);
}

static inline guint
count_messages (GstElement *element, GstMessageType type)
{
  GstMessage *message;
  guint n = 0;

  while ((message = next_message (element, type))) {
    gst_message_unref (message);
    n++;
  }
  return n;
}

static inline void
save_model (const char *directory, guint64 seed)
{
  VInfoMaeConfig config;
  g_autoptr (VInfoMae) mae = NULL;

  fail_unless (vinfo_mae_config_named ("nano", &config, NULL));
  mae = vinfo_mae_new (&config, seed);
  fail_unless (vinfo_mae_save (mae, directory, NULL));
}

static inline void
remove_tree (const char *path)
{
  g_autofree char *command = g_strdup_printf ("rm -r '%s'", path);

  fail_unless (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

/* Runs @element, which it takes; either pad may be NULL. */
static inline GstHarness *
run (GstElement *element, const char *sinkpad, const char *srcpad)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *h;

  gst_element_set_bus (element, bus);
  h = gst_harness_new_with_element (element, sinkpad, srcpad);
  if (!sinkpad)
    gst_harness_play (h);
  gst_object_unref (element);
  if (sinkpad)
    gst_harness_set_src_caps_str (h, CAPS);
  return h;
}

static inline VInfoImage *
picture (guint n, guint width, guint height)
{
  g_autofree guint8 *data = g_malloc (3 * width * height);

  draw (data, 3 * width, n, 0, 0, width, height);
  return vinfo_image_new_from_data (width, height, 3 * width, data);
}

static inline GstMessage *
wait_for_message (GstElement *element, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (element);
  GstMessage *message = gst_bus_timed_pop_filtered (
      bus, PATIENCE * GST_USECOND, type | GST_MESSAGE_ERROR);

  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), type);
  return message;
}

/* Those before it are dropped. */
static inline void
wait_for_event (GstHarness *h, GstEventType type)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (g_get_monotonic_time () < end) {
    g_autoptr (GstEvent) event = gst_harness_try_pull_event (h);
    if (!event)
      g_usleep (1000);
    else if (GST_EVENT_TYPE (event) == type)
      return;
  }
  fail ("no %s", gst_event_type_get_name (type));
}

static inline guint
count_events (GstHarness *h, GstEventType type)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_event (h))) {
    n += GST_EVENT_TYPE (event) == type;
    gst_event_unref (event);
  }
  return n;
}

/* The ids of the samples that came out so far. */
static inline GArray *
pull_ids (GstHarness *h)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (h))) {
    guint64 id = vinfo_result_get_id (gst_buffer_get_vinfo_result (buffer));
    g_array_append_val (ids, id);
    gst_buffer_unref (buffer);
  }
  return ids;
}

static inline void
assert_equal_ids (GArray *a, GArray *b)
{
  fail_unless_equals_int (a->len, b->len);
  fail_unless (memcmp (a->data, b->data, a->len * sizeof (guint64)) == 0);
}

static inline char *
new_location (void)
{
  g_autofree char *directory = g_dir_make_tmp ("vinfo-XXXXXX", NULL);

  return g_build_filename (directory, "store.vinfo", NULL);
}

static inline void
remove_location (char *location)
{
  g_autofree char *directory = g_path_get_dirname (location);

  remove_tree (directory);
  g_free (location);
}

/* Runs until EOS. */
static inline void
play (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 2 * PATIENCE * GST_USECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
}
