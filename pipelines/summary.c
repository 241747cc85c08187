/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a run came to, for scripts and for people.
 */
#include "summary.h"

#include <math.h>

#include "json.h"
#include "units.h"

#define REASON_PREFIX "rejected-"

const char summary_legend[]
    = "  kept     frames in the store; the rest was refused, by reason in\n"
      "           summary.json\n"
      "  spare    a near-duplicate of a kept frame, kept while there is room;\n"
      "           spares go first\n"
      "  loss     of training: the mean squared error on hidden patches\n"
      "  PVI      a frame's V-information, nats per pixel: how much better "
      "the\n"
      "           predictor knows its hidden patches than the stream's mean "
      "picture\n"
      "  I_V      mean PVI, of the panel (frames never trained on) or the "
      "kept\n"
      "  version  of the predictor: one more with each update of its weights, "
      "and\n"
      "           once when the panel has frames enough to calibrate on\n";

static void
add_count (JsonBuilder *builder, const char *name, guint64 count)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64)count);
}

static gboolean
add_reason (GQuark field, const GValue *value, gpointer builder)
{
  const char *name = g_quark_to_string (field);

  if (g_str_has_prefix (name, REASON_PREFIX))
    add_count (
        builder, name + sizeof REASON_PREFIX - 1, g_value_get_uint64 (value));
  return TRUE;
}

gboolean
summary_write (const RunStats *stats, const char *file, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  json_builder_begin_object (builder);
  add_count (builder, "inputs_failed", stats->inputs_failed);
  add_count (builder, "frames_in", stats->frames);
  add_count (builder, "frames_scored", stats->scored);
  add_count (builder, "frames_skipped", stats->skipped);
  add_count (builder, "frames_dropped", stats->dropped);
  add_count (builder, "kept", stats->kept);
  add_count (builder, "kept_bytes", stats->kept_bytes);
  json_builder_set_member_name (builder, "rejected");
  json_builder_begin_object (builder);
  if (stats->reservoir)
    gst_structure_foreach (stats->reservoir, add_reason, builder);
  json_builder_end_object (builder);
  add_count (builder, "predictor_updates", stats->updates);
  add_count (builder, "predictor_updates_rejected", stats->updates_rejected);
  add_count (builder, "checkpoints_failed", stats->checkpoints_failed);
  add_count (builder, "train_steps", stats->steps);
  add_count (builder, "train_steps_skipped", stats->steps_skipped);
  json_add_number (builder, "loss_first", stats->loss_first);
  json_add_number (builder, "loss_last", stats->loss_last);
  json_add_number (builder, "iv_panel", stats->iv_panel);
  json_add_number (builder, "iv_reservoir", stats->iv_reservoir);
  json_add_number (builder, "seconds", stats->seconds);
  json_builder_end_object (builder);

  text = json_builder_to_text (builder, TRUE);
  line = g_strconcat (text, "\n", NULL);
  return g_file_set_contents (file, line, -1, error);
}

static void
print_number (const char *name, double value)
{
  if (!isnan (value))
    g_print (", %s %.4f", name, value);
}

char *
summary_describe_panel (const RunStats *stats)
{
  if (stats->panel >= stats->panel_wanted)
    return NULL;
  return g_strdup_printf (
      "gain, PVI and I_V are not known yet: the panel has %u of %u frames",
      stats->panel, stats->panel_wanted);
}

void
summary_print (const RunStats *stats)
{
  g_autofree char *size = units_of_bytes (stats->kept_bytes);
  g_autofree char *panel = summary_describe_panel (stats);

  g_print ("%" G_GUINT64_FORMAT " frames in %.1f s, %" G_GUINT64_FORMAT
           " scored, %" G_GUINT64_FORMAT " kept (%s)",
      stats->frames, stats->seconds, stats->scored, stats->kept, size);
  if (stats->corrupted > 0)
    g_print (", %" G_GUINT64_FORMAT " unreadable or damaged", stats->corrupted);
  g_print ("\n");
  g_print ("%" G_GUINT64_FORMAT " training steps, %" G_GUINT64_FORMAT
           " updates of the predictor (now version %" G_GUINT64_FORMAT ")",
      stats->steps, stats->updates, stats->version);
  print_number ("loss first", stats->loss_first);
  print_number ("last", stats->loss_last);
  print_number ("I_V of panel", stats->iv_panel);
  print_number ("reservoir", stats->iv_reservoir);
  if (stats->checkpoints_failed > 0)
    g_print ("\n%" G_GUINT64_FORMAT " checkpoints could not be written",
        stats->checkpoints_failed);
  if (panel)
    g_print ("\n%s", panel);
  g_print ("\n%s", summary_legend);
}
