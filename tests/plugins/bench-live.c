/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a camera's 30 frames a second a screen shows beside a scorer that is
 * slower than the camera, and beside threads that compute as much without any
 * element of ours. JSON lines: frames shown in a second of wall time, what the
 * screen dropped as late, and what other processes took of the machine.
 *
 * Fails where the scorer takes any of it in each of a few rounds; is skipped where
 * in none of these the machine was ours. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <gst/gst.h>

#include "bench.h"

#define SECONDS 5
#define RATE 30
#define CAMERA                                                                 \
  "videotestsrc is-live=true pattern=ball ! video/x-raw,width=1280,"           \
  "height=720,framerate=" G_STRINGIFY (RATE) "/1 ! tee name=t ! queue ! "
/* As video sinks do: what is later than two frames is dropped. */
#define SCREEN "fakesink name=display sync=true qos=true max-lateness=66666666 "
#define SCORER                                                                 \
  "t. ! queue ! vinfoscore name=score architecture=base masks=4 ! "            \
  "fakesink sync=false "

/* A frame more or less at both ends of what is measured. */
#define LEAST_RATE (RATE - 2. / SECONDS)
#define N_ROUNDS 3
#define SKIPPED 77
/* Cores that others may take while what is shown counts. */
#define MOST_OF_OTHERS 0.2

typedef struct {
  gdouble rate; /* frames a second */
  guint64 dropped;
  gdouble others; /* cores that other processes took */
} Shown;

/* CPU time that other processes have had since the machine started. */
static gdouble
others_seconds (void)
{
  gulong user = 0, nice = 0, system = 0, irq = 0, softirq = 0, steal = 0;
  g_autofree char *text = NULL;

  if (g_file_get_contents ("/proc/stat", &text, NULL, NULL))
    sscanf (text, "cpu %lu %lu %lu %*u %*u %lu %lu %lu", &user, &nice, &system,
        &irq, &softirq, &steal);
  return (gdouble)(user + nice + system + irq + softirq + steal)
             / sysconf (_SC_CLK_TCK)
         - bench_cpu_seconds ();
}

static guint64
count (GstElement *element, const char *field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 value = 0;

  g_object_get (element, "stats", &stats, NULL);
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
static Shown
watch (GstElement *pipeline)
{
  g_autoptr (GstElement) display
      = gst_bin_get_by_name (GST_BIN (pipeline), "display");
  guint64 rendered, dropped;
  gdouble start, seconds, others;

  while (count (display, "rendered") == 0)
    g_usleep (1000);
  g_usleep (G_USEC_PER_SEC / 2);
  rendered = count (display, "rendered");
  dropped = count (display, "dropped");
  others = others_seconds ();
  start = bench_seconds ();
  g_usleep (SECONDS * G_USEC_PER_SEC);
  rendered = count (display, "rendered") - rendered;
  dropped = count (display, "dropped") - dropped;
  seconds = bench_seconds () - start;
  others = others_seconds () - others;
  return (Shown){
    .rate = rendered / seconds, .dropped = dropped, .others = others / seconds
  };
}

static Shown
measure (const char *beside, const char *line, guint64 *unscored)
{
  GstElement *pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) score = NULL;
  Shown shown;

  g_assert_nonnull (pipeline);
  score = gst_bin_get_by_name (GST_BIN (pipeline), "score");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  shown = watch (pipeline);
  print (beside, "shown", shown.rate, "frames/s");
  print (beside, "dropped", shown.dropped, "frames");
  print (beside, "others", shown.others, "cores");
  if (score)
    *unscored = count (score, "skipped");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return shown;
}

/* Returns: an exit status */
static int
judge (Shown shown, guint64 unscored)
{
  if (unscored == 0) {
    g_printerr ("the scorer is as fast as the camera: this shows nothing\n");
    return EXIT_FAILURE;
  }
  if (shown.rate >= LEAST_RATE && shown.dropped == 0)
    return EXIT_SUCCESS;
  g_printerr ("wanted: %.1f frames/s shown and none dropped\n", LEAST_RATE);
  return shown.others > MOST_OF_OTHERS ? SKIPPED : EXIT_FAILURE;
}

static int
measure_beside_scorer (void)
{
  int status = SKIPPED;

  for (guint i = 0; i < N_ROUNDS; i++) {
    guint64 unscored = 0;
    Shown shown = measure ("scorer", CAMERA SCREEN SCORER, &unscored);
    int judgement = judge (shown, unscored);

    if (judgement == EXIT_SUCCESS)
      return EXIT_SUCCESS;
    if (judgement == EXIT_FAILURE)
      status = EXIT_FAILURE;
  }
  return status;
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
  measure ("busy-threads", CAMERA SCREEN, NULL);
  g_atomic_int_set (&ended, TRUE);
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  status = measure_beside_scorer ();
  measure_beside_busy_threads ();
  return status;
}
