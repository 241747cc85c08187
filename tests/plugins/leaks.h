/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether an element leaves threads or objects behind. */
#include "harness.h"

static inline guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

/* Whether threads end until no more than n are left. */
static inline gboolean
thread_count_falls_to (guint n)
{
  for (guint i = 0; i < 200; i++) {
    g_thread_pool_stop_unused_threads ();
    if (count_threads () <= n)
      return TRUE;
    g_usleep (10000);
  }
  return FALSE;
}

/* The predictor in use, without a reference; g_weak_ref_clear() it. */
static inline void
follow_predictor (GWeakRef *predictor, GstElement *element)
{
  g_autoptr (VInfoWorker) worker = worker_of (element);

  g_weak_ref_init (predictor, vinfo_worker_get_predictor (worker));
}

static inline gboolean
predictor_is_there (GWeakRef *predictor)
{
  g_autoptr (VInfoPredictor) found = g_weak_ref_get (predictor);

  return found != NULL;
}

/* The leaks tracer that the environment asked for. */
static inline GstTracer *
leaks_tracer (void)
{
  GList *tracers = gst_tracing_get_active_tracers ();
  GstTracer *leaks = NULL;

  for (GList *l = tracers; l; l = l->next)
    if (g_strcmp0 (G_OBJECT_TYPE_NAME (l->data), "GstLeaksTracer") == 0)
      leaks = gst_object_ref (l->data);
  g_list_free_full (tracers, gst_object_unref);
  return leaks;
}

/* Adds @change for each address in a list of the tracer's. */
static inline void
count_addresses (GHashTable *counts, const GValue *list, gint change)
{
  for (guint i = 0; i < gst_value_list_get_size (list); i++) {
    const GstStructure *object
        = gst_value_get_structure (gst_value_list_get_value (list, i));
    const char *address = gst_structure_get_string (object, "address");
    gint n = GPOINTER_TO_INT (g_hash_table_lookup (counts, address)) + change;

    g_hash_table_replace (counts, g_strdup (address), GINT_TO_POINTER (n));
  }
}

/* Adds what was made and what went since the tracer was asked last: it forgets
 * what it has told. */
static inline void
follow_objects (GstTracer *leaks, GHashTable *counts)
{
  GstStructure *checkpoint = NULL;

  g_signal_emit_by_name (leaks, "activity-get-checkpoint", &checkpoint);
  count_addresses (
      counts, gst_structure_get_value (checkpoint, "objects-created-list"), 1);
  count_addresses (
      counts, gst_structure_get_value (checkpoint, "objects-removed-list"), -1);
  gst_structure_free (checkpoint);
}

/* GStreamer objects that were made since tracking began and are still there.
 * Older ones that went since are among the removed: by address, so that they
 * don't make up for others that stay. */
static inline gint
count_new_objects (GHashTable *counts)
{
  GHashTableIter iter;
  gpointer count;
  gint n = 0;

  g_hash_table_iter_init (&iter, counts);
  while (g_hash_table_iter_next (&iter, NULL, &count))
    n += MAX (GPOINTER_TO_INT (count), 0);
  return n;
}

/* Threads and tasks that were joined may be there for a moment more. */
static inline gboolean
new_objects_go (GstTracer *leaks)
{
  g_autoptr (GHashTable) counts
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gint64 end = g_get_monotonic_time () + PATIENCE;

  for (;;) {
    follow_objects (leaks, counts);
    if (count_new_objects (counts) == 0)
      return TRUE;
    if (g_get_monotonic_time () >= end)
      return FALSE;
    g_usleep (1000);
  }
}

typedef void (*CycleFunc) (guint n, gpointer data);

/* Fifty of @cycle, after some by which GStreamer makes what it keeps. */
static inline void
check_fifty_cycles (CycleFunc cycle, gpointer data)
{
  g_autoptr (GstTracer) leaks = leaks_tracer ();
  guint n_threads;

  fail_unless (leaks != NULL);
  for (guint n = 0; n < 4; n++)
    cycle (n, data);
  g_thread_pool_stop_unused_threads ();
  n_threads = count_threads ();
  g_signal_emit_by_name (leaks, "activity-start-tracking");

  for (guint n = 0; n < 50; n++)
    cycle (n, data);
  fail_unless (new_objects_go (leaks));
  g_signal_emit_by_name (leaks, "activity-stop-tracking");
  fail_unless (thread_count_falls_to (n_threads));
}

/* Twice, so that what stays from the first start meets the second. */
static inline void
start_and_stop_twice (GstElement *element)
{
  for (guint i = 0; i < 2; i++) {
    gst_element_set_state (element, GST_STATE_PAUSED);
    gst_element_set_state (element, GST_STATE_NULL);
  }
}
