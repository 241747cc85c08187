/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo inspect`: what is in a store or a predictor.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "commands.h"
#include "file-kind.h"
#include "input.h"
#include "inspect-store.h"
#include "json.h"
#include "location.h"
#include "predictor/vinfo-predictor.h"

static const char summary[]
    = "Says what is in a store (a file), a predictor (a folder) or the results "
      "of\nvinfo run (a folder of both).";

static const char description[]
    = "Of a store:\n"
      "  samples      kept frames\n"
      "  bytes        of their pictures; file_bytes of the whole file\n"
      "  uniform      of them a plain sample of the stream, whatever their "
      "score\n"
      "  spare        near-duplicates, the first to go\n"
      "  views        how often training has seen them\n"
      "  versions     of the predictor by which each was scored\n"
      "  oldest       when the first of them arrived (UTC)\n"
      "  quantiles    smallest, quartiles and largest of score, of its "
      "quantile\n"
      "               among the panel's, and of loss\n"
      "  ood          how far out of distribution they are, where that is "
      "known\n"
      "  offered      frames in the store's whole life; rejected says why the "
      "rest\n"
      "               isn't there\n\n"
      "Of a predictor, version counts the updates, panel the pictures held "
      "out to\n"
      "calibrate on, which takes 32, and alpha, sigma2 and s2 are its "
      "calibration\n"
      "(docs/scores.md); estimators have I_V (iv), the "
      "mean\n"
      "PVI of the panel, and what learnt variances are multiplied by, by "
      "their\n"
      "size (recalibration). masks lists for each patch the mask in which it "
      "is\n"
      "visible (-1: in none), hidden for each mask which patches it hides, "
      "and\n"
      "null is the file that holds mu, so that a score can be computed\n"
      "elsewhere. Numbers are rounded, bytes have units; --json has them "
      "exact.\n\n"
      "Examples:\n"
      "  vinfo inspect results\n"
      "  vinfo inspect results/store.vinfo\n"
      "  vinfo inspect results/predictor --json\n";

#define DEFAULT_MASKS 4

typedef struct {
  char **paths;
  gboolean json;
} InspectOptions;

static gboolean
parse (InspectOptions *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[]
      = { { "json", 0, 0, G_OPTION_ARG_NONE, &options->json,
              "One JSON object on one line", NULL },
          { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
              &options->paths, NULL, "STORE|PREDICTOR|RESULTS" },
          { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_set_prgname ("vinfo inspect");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (options->paths && g_strv_length (options->paths) == 1)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "give one STORE, PREDICTOR or RESULTS");
  return FALSE;
}

static void
add_masks (JsonBuilder *builder, const VInfoSnapshot *snapshot)
{
  const VInfoMaeConfig *config
      = vinfo_mae_get_config (vinfo_snapshot_get_live (snapshot));
  guint side = config->image_size / config->patch_size;

  json_builder_set_member_name (builder, "masks");
  json_builder_begin_array (builder);
  for (guint patch = 0; patch < side * side; patch++)
    json_builder_add_int_value (
        builder, vinfo_snapshot_get_visible_mask (snapshot, patch));
  json_builder_end_array (builder);
}

/* For each mask: 1 where it hides the patch, 0 where that is visible. */
static void
add_hidden (JsonBuilder *builder, const VInfoSnapshot *snapshot)
{
  const VInfoMaeConfig *config
      = vinfo_mae_get_config (vinfo_snapshot_get_live (snapshot));
  guint side = config->image_size / config->patch_size;

  json_builder_set_member_name (builder, "hidden");
  json_builder_begin_array (builder);
  for (gint m = 0; m < (gint)vinfo_snapshot_get_masks (snapshot); m++) {
    json_builder_begin_array (builder);
    for (guint patch = 0; patch < side * side; patch++)
      json_builder_add_int_value (
          builder, vinfo_snapshot_get_visible_mask (snapshot, patch) != m);
    json_builder_end_array (builder);
  }
  json_builder_end_array (builder);
}

/* Where mu is, if there is one. */
static void
add_null (JsonBuilder *builder, const char *directory, gboolean calibrated)
{
  g_autofree char *latest
      = g_build_filename (directory, "latest", "vinfo.safetensors", NULL);
  g_autofree char *plain
      = g_build_filename (directory, "vinfo.safetensors", NULL);

  json_builder_set_member_name (builder, "null");
  if (calibrated)
    json_builder_add_string_value (
        builder, g_file_test (latest, G_FILE_TEST_EXISTS) ? latest : plain);
  else
    json_builder_add_null_value (builder);
}

/* What puts the learnt variances right: none where it made nothing likelier. */
static void
add_recalibration (JsonBuilder *builder, const VInfoSnapshot *snapshot)
{
  double variance, factor;

  json_builder_set_member_name (builder, "recalibration");
  json_builder_begin_array (builder);
  for (guint i = 0;
       vinfo_snapshot_get_variance_factor (snapshot, i, &variance, &factor);
       i++) {
    json_builder_begin_object (builder);
    json_add_number (builder, "variance", variance);
    json_add_number (builder, "factor", factor);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_estimator (JsonBuilder *builder, const char *name,
    const VInfoSnapshot *snapshot, VInfoEstimator estimator)
{
  double h_x = vinfo_snapshot_get_h_x (snapshot, estimator);
  double h_null = vinfo_snapshot_get_h_null (snapshot, estimator);

  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  json_add_number (builder, "h_x", h_x);
  json_add_number (builder, "h_null", h_null);
  json_add_number (builder, "iv", h_null - h_x);
  if (estimator == VINFO_ESTIMATOR_LEARNED)
    add_recalibration (builder, snapshot);
  json_builder_end_object (builder);
}

/* What pvi and I_V over the panel are by each estimator that there is. */
static void
add_estimators (JsonBuilder *builder, VInfoPredictor *predictor,
    const VInfoSnapshot *snapshot)
{
  json_builder_set_member_name (builder, "estimators");
  json_builder_begin_object (builder);
  add_estimator (builder, "closed", snapshot, VINFO_ESTIMATOR_CLOSED);
  if (vinfo_predictor_has_learned (predictor))
    add_estimator (builder, "learned", snapshot, VINFO_ESTIMATOR_LEARNED);
  json_builder_end_object (builder);
}

static void
add_ood_of_predictor (JsonBuilder *builder, const VInfoSnapshot *snapshot)
{
  GEnumClass *kinds = g_type_class_ref (VINFO_TYPE_OOD_KIND);

  json_builder_set_member_name (builder, "ood");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "kind");
  json_builder_add_string_value (builder,
      g_enum_get_value (kinds, (gint)vinfo_snapshot_get_ood_kind (snapshot))
          ->value_nick);
  json_add_int (builder, "embeddings", vinfo_snapshot_get_ood_size (snapshot));
  json_builder_end_object (builder);
  g_type_class_unref (kinds);
}

/* The Hugging Face config as it is on disk. */
static gboolean
add_config (JsonBuilder *builder, const char *directory, GError **error)
{
  g_autofree char *latest
      = g_build_filename (directory, "latest", "config.json", NULL);
  g_autofree char *plain = g_build_filename (directory, "config.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  gboolean is_versions = g_file_test (latest, G_FILE_TEST_EXISTS);

  if (!json_parser_load_from_file (parser, is_versions ? latest : plain, error))
    return FALSE;
  json_builder_set_member_name (builder, "config");
  json_builder_add_value (builder, json_parser_steal_root (parser));
  return TRUE;
}

static gboolean
inspect_predictor (const char *directory, JsonBuilder *builder, GError **error)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = NULL;
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  gboolean calibrated;
  guint wanted;

  config.location = directory;
  config.estimator = VINFO_ESTIMATOR_LEARNED;
  predictor = vinfo_predictor_new (&config, error);
  if (!predictor || !add_config (builder, directory, error))
    return FALSE;
  vinfo_predictor_settle_masks (predictor, DEFAULT_MASKS);
  snapshot = vinfo_predictor_get_snapshot (predictor);
  calibrated = isfinite (vinfo_snapshot_get_s2 (snapshot));

  json_add_int (builder, "parameters",
      (gint64)vinfo_mae_get_n_parameters (vinfo_snapshot_get_live (snapshot)));
  json_add_int (
      builder, "version", (gint64)vinfo_snapshot_get_version (snapshot));
  add_masks (builder, snapshot);
  add_hidden (builder, snapshot);
  json_add_int (
      builder, "panel", vinfo_predictor_get_panel_size (predictor, &wanted));
  json_add_number (
      builder, "alpha", calibrated ? vinfo_snapshot_get_alpha (snapshot) : NAN);
  json_add_number (builder, "sigma2", vinfo_snapshot_get_sigma2 (snapshot));
  json_add_number (builder, "s2", vinfo_snapshot_get_s2 (snapshot));
  add_null (builder, directory, calibrated);
  add_estimators (builder, predictor, snapshot);
  add_ood_of_predictor (builder, snapshot);
  return TRUE;
}

typedef gboolean (*InspectFunc) (
    const char *path, JsonBuilder *builder, GError **error);

/* Adds what is at @path, unless that is NULL, as the member @name. */
static gboolean
inspect_part (const char *name, const char *path, InspectFunc func,
    JsonBuilder *builder, GError **error)
{
  if (!path)
    return TRUE;
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  if (!func (path, builder, error))
    return FALSE;
  json_builder_end_object (builder);
  return TRUE;
}

static gboolean
inspect_folder (const char *path, JsonBuilder *builder, GError **error)
{
  g_autofree char *store = location_find_store (path);
  g_autofree char *predictor = location_find_predictor (path);

  if (location_is_predictor (path))
    return inspect_predictor (path, builder, error);
  if (store || predictor)
    return inspect_part ("store", store, inspect_store, builder, error)
           && inspect_part (
               "predictor", predictor, inspect_predictor, builder, error);
  if (g_access (path, R_OK | X_OK) != 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
        "%s: cannot be opened: %s", path, g_strerror (errno));
    return FALSE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "%s: neither a predictor (config.json or latest) nor results of vinfo "
      "run (store.vinfo, predictor/latest)",
      path);
  return FALSE;
}

static gboolean
inspect_file (const char *path, JsonBuilder *builder, GError **error)
{
  return file_kind_check_store (
             path, "a store, a predictor or results of vinfo run", error)
         && inspect_store (path, builder, error);
}

static gboolean
inspect (const char *path, JsonBuilder *builder, GError **error)
{
  gboolean done;

  if (!input_is_there (path, error))
    return FALSE;
  json_builder_begin_object (builder);
  done = g_file_test (path, G_FILE_TEST_IS_DIR)
             ? inspect_folder (path, builder, error)
             : inspect_file (path, builder, error);
  if (done)
    json_builder_end_object (builder);
  return done;
}

int
inspect_main (int argc, char **argv)
{
  InspectOptions options = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_auto (GStrv) paths = NULL;

  if (!parse (&options, argc, argv, &error)) {
    g_strfreev (options.paths);
    return command_refuse ("inspect", error);
  }
  paths = options.paths;
  if (!inspect (paths[0], builder, &error))
    return command_fail ("inspect", error);
  json_print (builder, options.json);
  return EXIT_SUCCESS;
}
