/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gathers what a run has come to.
 */
#include "run-stats.h"

#include <math.h>

static GstStructure *
get_stats (GstElement *element)
{
  GstStructure *stats = NULL;

  g_object_get (element, "stats", &stats, NULL);
  return stats;
}

static guint64
get_count (const GstStructure *stats, const char *field)
{
  guint64 count = 0;

  if (stats) /* not started */
    gst_structure_get_uint64 (stats, field, &count);
  return count;
}

static double
get_number (const GstStructure *stats, const char *field)
{
  double number = NAN;

  if (stats)
    gst_structure_get_double (stats, field, &number);
  return number;
}

static void
add_scorer (RunStats *stats, GstElement *scorer)
{
  g_autoptr (GstStructure) own = get_stats (scorer);

  stats->frames += get_count (own, "frames");
  stats->scored += get_count (own, "scored");
  stats->skipped += get_count (own, "skipped");
}

static void
read_trainer (RunStats *stats, GstElement *trainer)
{
  g_autoptr (GstStructure) own = get_stats (trainer);
  guint batch_size;

  g_object_get (trainer, "batch-size", &batch_size, NULL);
  stats->steps_due = get_count (stats->reservoir, "owed") / batch_size;
  stats->steps_of_pass = stats->kept / batch_size;
  stats->steps = get_count (own, "steps");
  stats->steps_skipped = get_count (own, "steps-skipped");
  stats->updates = get_count (own, "updates");
  stats->updates_rejected = get_count (own, "updates-rejected");
  stats->checkpoints_failed = get_count (own, "checkpoints-failed");
  if (stats->steps > 0) {
    stats->loss_first = get_number (own, "loss-first");
    stats->loss_last = get_number (own, "loss");
  }
}

static void
read_predictor (RunStats *stats, VInfoPredictor *predictor)
{
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);

  stats->version = vinfo_snapshot_get_version (snapshot);
  stats->iv_panel = vinfo_predictor_get_iv (predictor);
  stats->panel
      = vinfo_predictor_get_panel_size (predictor, &stats->panel_wanted);
}

void
run_stats_read (RunStats *stats, Pipeline *pipeline)
{
  g_autoptr (VInfoPredictor) predictor = pipeline_dup_predictor (pipeline);

  stats->frames = stats->scored = stats->skipped = 0;
  for (guint i = 0; i < pipeline->scorers->len; i++)
    add_scorer (stats, pipeline->scorers->pdata[i]);

  g_clear_pointer (&stats->reservoir, gst_structure_free);
  stats->reservoir = get_stats (pipeline->reservoir);
  stats->kept = get_count (stats->reservoir, "kept");
  stats->corrupted = get_count (stats->reservoir, "rejected-corrupted");
  stats->kept_bytes = get_count (stats->reservoir, "kept-bytes");
  stats->iv_reservoir = get_number (stats->reservoir, "mean-pvi");

  stats->loss_first = stats->loss_last = stats->iv_panel = NAN;
  if (pipeline->trainer)
    read_trainer (stats, pipeline->trainer);
  if (predictor)
    read_predictor (stats, predictor);
}

void
run_stats_clear (RunStats *stats)
{
  g_clear_pointer (&stats->reservoir, gst_structure_free);
}
