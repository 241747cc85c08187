/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo run`: the loop from start to results.
 */
#include <signal.h>
#include <stdlib.h>

#include <gio/gio.h>
#include <glib-unix.h>

#include "address.h"
#include "architecture.h"
#include "commands.h"
#include "diagnosis.h"
#include "folder.h"
#include "footprint.h"
#include "log.h"
#include "pipeline.h"
#include "plugin.h"
#include "progress.h"
#include "results.h"
#include "run-options.h"
#include "run-stats.h"
#include "summary.h"

typedef struct {
  const RunOptions *options;
  Pipeline *pipeline;
  GMainLoop *loop;
  Log *log;
  Progress progress;
  RunStats stats;
  GHashTable *dropped; /* frames that an element says it lost, by its name */
  gboolean stopping;
  gboolean failed;
} Run;

static void
report (Run *run, GstMessage *message, const Input *input)
{
  g_autofree char *diagnosis = diagnosis_new (message, input);
  gboolean is_warning = GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING;

  progress_break (&run->progress);
  g_printerr ("vinfo: %s%s\n", is_warning ? "warning: " : "", diagnosis);
  if (run->options->verbose) {
    g_autofree char *path
        = gst_object_get_path_string (GST_MESSAGE_SRC (message));

    g_printerr ("vinfo: from %s\n", path);
  }
}

static void
report_of_element (Run *run, GstMessage *message)
{
  report (run, message,
      pipeline_find_input (run->pipeline, GST_MESSAGE_SRC (message)));
}

/* Of what elements say beside, this is to know: what was warned of is over. */
static gboolean
is_recovery (GstMessage *message)
{
  g_autoptr (GError) info = NULL;

  gst_message_parse_info (message, &info, NULL);
  return info->domain == GST_RESOURCE_ERROR;
}

static gboolean
has_pictures (const RunStats *stats)
{
  return stats->frames > stats->corrupted;
}

/* The count is the element's total; frames the scorer saw are not among it. */
static void
note_dropped (Run *run, GstMessage *message)
{
  guint64 dropped;
  GHashTableIter iter;
  gpointer count;

  gst_message_parse_qos_stats (message, NULL, NULL, &dropped);
  if (dropped == G_MAXUINT64)
    return;
  g_hash_table_insert (run->dropped,
      gst_object_get_path_string (GST_MESSAGE_SRC (message)),
      g_memdup2 (&dropped, sizeof dropped));
  run->stats.dropped = 0;
  g_hash_table_iter_init (&iter, run->dropped);
  while (g_hash_table_iter_next (&iter, NULL, &count))
    run->stats.dropped += *(guint64 *)count;
}

/* The frames so far are the whole; no last pass over the kept ones, and what is
 * left of one that began isn't made. */
static void
stop (Run *run)
{
  if (run->stopping)
    return;
  run->stopping = TRUE;
  g_object_set (run->pipeline->reservoir, "num-epochs", 0, "drain-timeout",
      (guint64)0, NULL);
  pipeline_stop (run->pipeline);
}

static void
note_element_message (Run *run, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  g_autoptr (GstStructure) entry = NULL;

  if (!structure
      || !g_str_has_prefix (gst_structure_get_name (structure), "vinfo-"))
    return;
  entry = gst_structure_copy (structure);
  gst_structure_set (
      entry, "element", G_TYPE_STRING, GST_MESSAGE_SRC_NAME (message), NULL);
  log_write (run->log, entry);
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Run *run = data;

  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_ERROR:
    run->failed = TRUE;
    report_of_element (run, message);
    g_main_loop_quit (run->loop);
    break;
  case GST_MESSAGE_EOS:
    g_main_loop_quit (run->loop);
    break;
  case GST_MESSAGE_WARNING:
    report_of_element (run, message);
    break;
  case GST_MESSAGE_INFO:
    if (is_recovery (message))
      report_of_element (run, message);
    break;
  case GST_MESSAGE_QOS:
    note_dropped (run, message);
    break;
  case GST_MESSAGE_ELEMENT:
    note_element_message (run, message);
    break;
  case GST_MESSAGE_APPLICATION:
    stop (run);
    break;
  case GST_MESSAGE_LATENCY:
    gst_bin_recalculate_latency (GST_BIN (run->pipeline->element));
    break;
  default:
    break;
  }
  return G_SOURCE_CONTINUE;
}

/* Warnings that led to a failure are told before it. */
static void
handle_pending (Run *run)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (run->pipeline->element);
  GstMessage *message;

  while ((message = gst_bus_pop (bus))) {
    on_message (bus, message, run);
    gst_message_unref (message);
  }
}

/* The others play on. Where none is left and nothing came, nothing will. */
static void
on_input_failed (const Input *input, GstMessage *message, gpointer data)
{
  Run *run = data;

  handle_pending (run);
  report (run, message, input);
  run->stats.inputs_failed++;
  run_stats_read (&run->stats, run->pipeline);
  if (run->stats.inputs_failed == run->pipeline->inputs->len
      && !has_pictures (&run->stats))
    g_main_loop_quit (run->loop);
}

/* Removing the source gives the signal its default action back, so a second
 * Ctrl-C quits at once, whatever the program does just then. */
static gboolean
on_signal (gpointer data)
{
  Run *run = data;

  progress_break (&run->progress);
  g_printerr ("vinfo: stops and writes the results; once more to quit\n");
  stop (run);
  return G_SOURCE_REMOVE;
}

/* One that came has removed its source. */
static void
ignore_signal (guint source)
{
  if (g_main_context_find_source_by_id (NULL, source))
    g_source_remove (source);
}

static void
on_limit (gpointer pipeline)
{
  gst_element_post_message (
      pipeline, gst_message_new_application (GST_OBJECT (pipeline),
                    gst_structure_new_empty ("vinfo-limit-reached")));
}

static gboolean
on_tick (gpointer data)
{
  Run *run = data;

  run_stats_read (&run->stats, run->pipeline);
  if (has_pictures (&run->stats))
    progress_show (
        &run->progress, &run->stats, pipeline_get_fraction (run->pipeline));
  return G_SOURCE_CONTINUE;
}

static char *
join_addresses (char **inputs)
{
  GString *text = g_string_new (NULL);

  for (; *inputs; inputs++) {
    g_autofree char *address = address_without_secrets (*inputs);

    g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", address);
  }
  return g_string_free (text, FALSE);
}

static void
log_start (Run *run)
{
  g_autofree char *inputs = join_addresses (run->options->inputs);
  g_autoptr (GstStructure) start = gst_structure_new ("vinfo-start", "inputs",
      G_TYPE_STRING, inputs, "program", G_TYPE_STRING, VINFO_VERSION, NULL);

  log_write (run->log, start);
}

static void
warn_of_architecture (const Run *run)
{
  g_autoptr (VInfoPredictor) predictor = pipeline_dup_predictor (run->pipeline);

  if (predictor)
    architecture_warn (predictor, run->options->architecture);
}

static void
play (Run *run)
{
  GstElement *element = run->pipeline->element;
  g_autoptr (GstBus) bus = gst_element_get_bus (element);
  gint64 start = g_get_monotonic_time ();
  guint tick = 0, interrupt, terminate;

  gst_bus_add_watch (bus, on_message, run);
  interrupt = g_unix_signal_add (SIGINT, on_signal, run);
  terminate = g_unix_signal_add (SIGTERM, on_signal, run);
  if (run->options->duration > 0)
    pipeline_set_limit (run->pipeline,
        (GstClockTime)(run->options->duration * GST_SECOND), on_limit, element);
  progress_init (&run->progress);
  if (!run->options->quiet)
    tick = g_timeout_add (progress_get_interval (&run->progress), on_tick, run);

  pipeline_set_failed (run->pipeline, on_input_failed, run);
  pipeline_start (run->pipeline);
  warn_of_architecture (run);
  g_main_loop_run (run->loop);
  pipeline_tell_failures (run->pipeline);
  /* from here on nobody would ask the loop: a signal ends the program */
  ignore_signal (interrupt);
  ignore_signal (terminate);

  if (tick > 0) {
    g_source_remove (tick);
    if (!run->failed)
      on_tick (run);
  }
  progress_break (&run->progress);
  run_stats_read (&run->stats, run->pipeline);
  run->stats.seconds = (g_get_monotonic_time () - start) / 1e6;
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
}

static void
set_failure (const Run *run, GError **error)
{
  const char *out = run->options->out;

  if (!has_pictures (&run->stats))
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: nothing was done", out);
  else if (run->failed)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "%s: holds what was done before the error", out);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "%s: holds what was done: %u of %u inputs failed", out,
        run->stats.inputs_failed, run->pipeline->inputs->len);
}

/* A run that did not start leaves an earlier one's results alone. */
static gboolean
finish (Run *run, gboolean *started, GError **error)
{
  gboolean failed = run->failed || run->stats.inputs_failed > 0;
  gboolean done;

  *started = !failed || has_pictures (&run->stats);
  done = *started
         && results_write (run->options, run->pipeline, &run->stats, error);
  if (*started && !run->options->quiet)
    summary_print (&run->stats);
  if (!*started || (done && failed))
    set_failure (run, error);
  return done && !failed;
}

static gboolean
run_pipeline (const RunOptions *options, Pipeline *pipeline, const char *log,
    gboolean *started, GError **error)
{
  Run run = { .options = options, .pipeline = pipeline };
  gboolean done;

  if (!folder_make (options->out, error) || !(run.log = log_open (log, error)))
    return FALSE;
  run.loop = g_main_loop_new (NULL, FALSE);
  run.dropped = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  log_start (&run);
  play (&run);
  done = finish (&run, started, error);

  run_stats_clear (&run.stats);
  g_hash_table_unref (run.dropped);
  g_main_loop_unref (run.loop);
  log_close (run.log);
  return done;
}

static gboolean
run_with (const RunOptions *options, GError **error)
{
  g_autofree char *log = g_build_filename (options->out, "log.jsonl", NULL);
  g_auto (Footprint) footprint = { NULL, NULL, NULL };
  Pipeline *pipeline = pipeline_new (options, error);
  gboolean started = FALSE, done;

  if (!pipeline)
    return FALSE;
  footprint_note (&footprint, pipeline->store, log, options->out);
  done = run_pipeline (options, pipeline, log, &started, error);
  pipeline_free (pipeline);
  if (!started)
    footprint_erase (&footprint);
  return done;
}

int
run_main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RunOptions) options = run_options_parse (argc, argv, &error);
  gboolean done;

  if (!options)
    return command_refuse ("run", error);
  plugin_load_beside ();
  done = run_with (options, &error);
  return done ? EXIT_SUCCESS : command_fail ("run", error);
}
