/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a camera's 30 frames a second a screen shows beside a scorer that is
 * slower than the camera, and beside threads that compute as much without any
 * element of ours. JSON lines: the part that is shown (1: all) and what the screen
 * dropped as late. */
#include <gst/gst.h>

#include "bench.h"

#define SECONDS 5
#define RATE 30
#define CAMERA                                                                 \
  "videotestsrc is-live=true pattern=ball ! video/x-raw,width=1280,"           \
  "height=720,framerate=" G_STRINGIFY (RATE) "/1 ! tee name=t ! queue ! "
/* As of video sinks: what is later is dropped. */
#define SCREEN "fakesink name=display sync=true qos=true max-lateness=20000000 "
#define SCORER                                                                 \
  "t. ! queue ! vinfoscore architecture=base masks=4 ! fakesink sync=false "

static guint64
count (GstElement *display, const char *field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 value = 0;

  g_object_get (display, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, field, &value);
  return value;
}

static void
print (const char *beside, const char *what, gdouble value, const char *unit)
{
  g_autofree char *name = g_strdup_printf ("live-%s-beside-%s", what, beside);

  bench_print (name, value, unit);
}

/* From half a second after the first frame on. */
static void
measure (const char *beside, const char *line)
{
  GstElement *pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) display = NULL;
  guint64 rendered, dropped;
  gdouble start;

  g_assert_nonnull (pipeline);
  display = gst_bin_get_by_name (GST_BIN (pipeline), "display");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (count (display, "rendered") == 0)
    g_usleep (1000);
  g_usleep (G_USEC_PER_SEC / 2);
  rendered = count (display, "rendered");
  dropped = count (display, "dropped");
  start = bench_seconds ();
  g_usleep (SECONDS * G_USEC_PER_SEC);
  rendered = count (display, "rendered") - rendered;
  dropped = count (display, "dropped") - dropped;
  print (
      beside, "shown", rendered / (RATE * (bench_seconds () - start)), "ratio");
  print (beside, "dropped", dropped, "frames");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static gpointer
compute (gpointer ended)
{
  while (!g_atomic_int_get ((gint *)ended))
    ;
  return NULL;
}

static void
measure_beside_busy_threads (void)
{
  guint n = g_get_num_processors ();
  g_autofree GThread **threads = g_new (GThread *, n);
  gint ended = FALSE;

  for (guint i = 0; i < n; i++)
    threads[i] = g_thread_new ("busy", compute, &ended);
  measure ("busy-threads", CAMERA SCREEN);
  g_atomic_int_set (&ended, TRUE);
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  measure ("scorer", CAMERA SCREEN SCORER);
  measure_beside_busy_threads ();
  return 0;
}
