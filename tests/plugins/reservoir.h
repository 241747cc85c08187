/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of vinforeservoir share: frames with scores, feeds, stores. */
#include "harness.h"
#include "store/vinfo-store.h"

enum { SYNC = 1, ASYNC = 2 };
enum { MIX, PRIORITY, UNIFORM, NEWEST, TIME };

static inline GstElement *
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
static inline GstHarness *
add_feed (GstHarness *h, const char *sinkpad)
{
  GstHarness *feed = gst_harness_new_with_element (h->element, sinkpad, NULL);

  gst_harness_set_src_caps_str (feed, CAPS);
  return feed;
}

static inline VInfoResult *
pending_result (const char *feed, guint n)
{
  guint64 id = vinfo_sample_id (feed, "test", FRAME_TIME (n), 0);
  VInfoResult *result
      = vinfo_result_new (id, feed, "test", CAPS, FRAME_TIME (n), 1000 + n);

  vinfo_result_set_model_id (result, "default");
  return result;
}

/* A pseudo-random quantile, the same in every run. */
static inline gfloat
quantile_of (guint n)
{
  return ((n * 2654435761u) >> 16) % 1000 / 1000.f;
}

static inline void
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

static inline GstBuffer *
frame_with (VInfoResult *result, guint n)
{
  GstBuffer *buffer = frame (n);

  gst_buffer_add_vinfo_result (buffer, result);
  return buffer;
}

static inline GstBuffer *
scored_frame_of_size (const char *feed, guint n, guint width, guint height)
{
  g_autoptr (VInfoResult) result = pending_result (feed, n);

  complete (result, n, width, height);
  return frame_with (result, n);
}

static inline GstBuffer *
scored_frame (const char *feed, guint n)
{
  return scored_frame_of_size (feed, n, 32, 24);
}

static inline void
push_scored (GstHarness *h, const char *feed, guint begin, guint end)
{
  for (guint n = begin; n < end; n++)
    fail_unless_equals_int (
        gst_harness_push (h, scored_frame (feed, n)), GST_FLOW_OK);
}

static inline void
wait_for_stat (GstElement *element, const char *field, guint64 value)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (stat_of (element, field) != value && g_get_monotonic_time () < end)
    g_usleep (1000);
  fail_unless_equals_uint64 (stat_of (element, field), value);
}

static inline GPtrArray *
list_store (const char *location)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (location, NULL);
  GPtrArray *samples = store ? vinfo_store_list (store, NULL) : NULL;

  fail_unless (samples != NULL);
  return samples;
}

/* A store with the samples that @n frames leave. */
static inline void
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

static inline gpointer
push (gpointer data)
{
  Push *p = data;

  return GINT_TO_POINTER (gst_harness_push (p->h, p->buffer));
}

/* Pushes a frame whose result stays pending, on a thread of its own. */
static inline GThread *
push_pending (Push *p, GstHarness *h, VInfoResult *result)
{
  *p = (Push){ h, frame_with (result, 0) };
  return g_thread_new ("push", push, p);
}

/* Puts what is no picture in the place of the first sample's. */
static inline void
spoil_first (const char *location)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (location, NULL);
  g_autoptr (GPtrArray) kept = vinfo_store_list (store, NULL);
  guint64 id = ((VInfoSample *)kept->pdata[0])->id;
  g_autoptr (VInfoSample) sample = vinfo_store_get (store, id, NULL);
  gsize size = sample->blob_size;

  g_bytes_unref (sample->blob);
  sample->blob = g_bytes_new_take (g_malloc0 (size), size);
  fail_unless (vinfo_store_put (store, sample, NULL));
  fail_unless (vinfo_store_commit (store, NULL));
}
