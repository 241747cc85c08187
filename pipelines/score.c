/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo score`: single images under a predictor.
 */
#include <math.h>
#include <stdlib.h>

#include <gio/gio.h>

#include "choice.h"
#include "commands.h"
#include "input.h"
#include "json.h"
#include "location.h"
#include "predictor/vinfo-predictor.h"
#include "predictor/vinfo-scorer.h"

static const char summary[]
    = "Scores images under a predictor: the MAE's loss, pointwise\n"
      "V-information and gain, in nats per pixel value, and how far out of\n"
      "distribution each is. What a predictor cannot tell is left out, or "
      "null in JSON.";

static const char description[]
    = "  loss   the model's own error; the only one that every model has\n"
      "  pvi    how much better than the stream's mean picture the model "
      "predicts the\n"
      "         image; null without the calibration that a run or training "
      "adds\n"
      "  gain   how much of the error a better-informed model takes away: "
      "null without\n"
      "         --reference-model or --reference, which says what that is. "
      "progress: the\n"
      "         newest version in the folder, against the one before it; self: "
      "no other\n"
      "         model, but what the last layer would learn from the image\n"
      "  ood    how far from what the model knows; null without calibration; "
      "with\n"
      "         --reference progress by the older of the two, as in a run\n"
      "\n"
      "A FOLDER stands for the images in it and in its folders.\n"
      "docs/scores.md has the formulas.\n\n"
      "Examples:\n"
      "  vinfo score frame.png --model results/predictor\n"
      "  vinfo score frame.png --model new/predictor --reference-model "
      "better/predictor\n"
      "  vinfo score frame.png --model results --reference self\n"
      "  vinfo score photos/ --model results\n"
      "  vinfo score *.jpg --model vit-mae-base --masks 1 --json\n";

#define DEFAULT_MASKS 4
#define UNSET G_MININT

typedef struct {
  char **files;
  char *model;
  char *reference;
  VInfoReference reference_kind;
  char *reference_model;
  char *ood;
  VInfoOodKind ood_kind;
  char *estimator;
  VInfoEstimator estimator_kind;
  gint masks;
  gboolean json;
} ScoreOptions;

static void
score_options_clear (ScoreOptions *options)
{
  g_strfreev (options->files);
  g_free (options->model);
  g_free (options->reference);
  g_free (options->reference_model);
  g_free (options->ood);
  g_free (options->estimator);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ScoreOptions, score_options_clear)

/* A model to compare with says by itself what is meant. */
static gboolean
parse_reference (ScoreOptions *options, GError **error)
{
  options->reference_kind = options->reference_model
                                ? VINFO_REFERENCE_CHECKPOINT
                                : VINFO_REFERENCE_PROGRESS;
  if (!options->reference)
    return TRUE;
  if (!choice_parse (VINFO_TYPE_REFERENCE, "reference", options->reference,
          (gint *)&options->reference_kind, error))
    return FALSE;
  if ((options->reference_kind == VINFO_REFERENCE_CHECKPOINT)
      == (options->reference_model != NULL))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--reference checkpoint and --reference-model go together");
  return FALSE;
}

static gboolean
parse_choices (ScoreOptions *options, GError **error)
{
  return parse_reference (options, error)
         && (!options->ood
             || choice_parse (VINFO_TYPE_OOD_KIND, "kind of ood", options->ood,
                 (gint *)&options->ood_kind, error))
         && (!options->estimator
             || choice_parse (VINFO_TYPE_ESTIMATOR, "estimator",
                 options->estimator, (gint *)&options->estimator_kind, error));
}

static gboolean
parse (ScoreOptions *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options->model,
        "Predictor: a Hugging Face directory, or a run's predictor folder",
        "DIR" },
    { "reference", 0, 0, G_OPTION_ARG_STRING, &options->reference,
        "Gain is against: progress, checkpoint, self", "KIND" },
    { "reference-model", 0, 0, G_OPTION_ARG_FILENAME, &options->reference_model,
        "Predictor for --reference checkpoint, which it implies", "DIR" },
    { "masks", 0, 0, G_OPTION_ARG_INT, &options->masks, "Masks of a score (4)",
        "M" },
    { "ood", 0, 0, G_OPTION_ARG_STRING, &options->ood,
        "none, mahalanobis, relative, maha++ or knn (default)", "KIND" },
    { "estimator", 0, 0, G_OPTION_ARG_STRING, &options->estimator,
        "Variances of pvi: closed (default) or learned", "KIND" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, "One JSON object a line",
        NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->files,
        NULL, "IMAGE|FOLDER..." },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_set_prgname ("vinfo score");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (options->files && options->model
      && (options->masks > 0 || options->masks == UNSET))
    return parse_choices (options, error);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s",
      !options->files   ? "no IMAGE given"
      : !options->model ? "no predictor given: --model DIR"
                        : "--masks must be positive");
  return FALSE;
}

static VInfoPredictor *
load_predictor (const ScoreOptions *options, GError **error)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoPredictor *predictor;

  config.location = options->model;
  config.masks = options->masks == UNSET ? 0 : (guint)options->masks;
  config.ood = options->ood_kind;
  config.estimator = options->estimator_kind;
  config.reference = options->reference_kind;
  config.reference_location = options->reference_model;
  config.resume = options->reference != NULL;
  predictor = vinfo_predictor_new (&config, error);
  if (predictor)
    vinfo_predictor_settle_masks (predictor, DEFAULT_MASKS);
  return predictor;
}

/* Null is all that a score can say; an option that asks for more wants a reason. */
static void
warn_of_null (const ScoreOptions *options, VInfoPredictor *predictor,
    const VInfoSnapshot *snapshot)
{
  gboolean wants_ood = options->ood && options->ood_kind != VINFO_OOD_NONE;
  gboolean wants_gain = options->reference || options->reference_model;
  gboolean wants_learned = options->estimator_kind == VINFO_ESTIMATOR_LEARNED;

  if (!isfinite (vinfo_snapshot_get_s2 (snapshot))) {
    if (wants_ood || wants_gain || wants_learned)
      g_printerr ("vinfo: warning: %s: not calibrated: pvi, gain and ood are "
                  "null; vinfo run and vinfo train calibrate it, by a panel of "
                  "one picture in twenty, 32 at least\n",
          options->model);
    return;
  }
  if (wants_learned && !vinfo_predictor_has_learned (predictor))
    g_printerr ("vinfo: warning: %s: no learnt variances: pvi is by the closed "
                "ones; vinfo train --estimator learned learns them\n",
        options->model);
  if (wants_gain && options->reference_kind == VINFO_REFERENCE_PROGRESS
      && !vinfo_snapshot_get_reference (snapshot))
    g_printerr ("vinfo: warning: %s: no version before the newest: gain is "
                "null; give --reference-model DIR or --reference self\n",
        options->model);
}

static void
print_json (const char *file, const VInfoScore *score)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *name = g_filename_display_name (file);
  g_autofree char *line = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "file");
  json_builder_add_string_value (builder, name);
  json_add_number (builder, "loss", score->loss);
  json_add_number (builder, "pvi", score->pvi);
  json_add_number (builder, "gain", score->gain);
  json_add_number (builder, "ood", score->ood);
  json_builder_set_member_name (builder, "version");
  json_builder_add_int_value (builder, (gint64)score->version);
  json_builder_end_object (builder);
  line = json_builder_to_text (builder, FALSE);
  g_print ("%s\n", line);
}

static void
print_text (const char *file, const VInfoScore *score)
{
  g_print ("%s  loss %.5f", file, score->loss);
  if (!isnan (score->pvi))
    g_print ("  pvi %.5f", score->pvi);
  if (!isnan (score->gain))
    g_print ("  gain %.5f", score->gain);
  if (!isnan (score->ood))
    g_print ("  ood %.5g", score->ood);
  g_print ("\n");
}

static gboolean
score_file (VInfoScorer *scorer, const VInfoSnapshot *snapshot,
    const char *file, gboolean json, GError **error)
{
  const guint64 id = 0;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (VInfoImage) image = NULL;
  VInfoScore score;
  char *data;
  gsize size;

  /* a device may have no end, a FIFO no writer */
  if (g_file_test (file, G_FILE_TEST_EXISTS)
      && !g_file_test (file, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: not a regular file", file);
    return FALSE;
  }
  if (!g_file_get_contents (file, &data, &size, error))
    return FALSE;
  bytes = g_bytes_new_take (data, size);
  image = vinfo_image_decode (bytes, file, error);
  if (!image)
    return FALSE;
  vinfo_scorer_score (
      scorer, snapshot, VINFO_SCORE_GAIN, 1, &image, &id, &score, NULL);
  (json ? print_json : print_text) (file, &score);
  return TRUE;
}

/* A folder stands for the pictures in it. */
static gboolean
add_files (GPtrArray *files, const char *path, GError **error)
{
  g_autoptr (Input) folder = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_ptr_array_add (files, g_strdup (path));
    return TRUE;
  }
  folder = input_new (path, error);
  if (!folder)
    return FALSE;
  g_ptr_array_extend_and_steal (files, g_steal_pointer (&folder->files));
  return TRUE;
}

/* Whatever can be; the rest is told. */
static gboolean
score_argument (VInfoScorer *scorer, const VInfoSnapshot *snapshot,
    const char *path, gboolean json)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  gboolean done = add_files (files, path, &error);

  if (!done)
    g_printerr ("vinfo: %s\n", error->message);
  for (guint i = 0; i < files->len; i++) {
    g_autoptr (GError) problem = NULL;

    if (score_file (scorer, snapshot, files->pdata[i], json, &problem))
      continue;
    g_printerr ("vinfo: %s\n", problem->message);
    done = FALSE;
  }
  return done;
}

int
score_main (int argc, char **argv)
{
  const VInfoPredictorConfig defaults = VINFO_PREDICTOR_CONFIG_INIT;
  g_auto (ScoreOptions) options = { .ood_kind = defaults.ood, .masks = UNSET };
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoPredictor) predictor = NULL;
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  g_autoptr (VInfoScorer) scorer = NULL;
  int status = EXIT_SUCCESS;

  if (!parse (&options, argc, argv, &error))
    return command_refuse ("score", error);
  location_to_predictor (&options.model);
  location_to_predictor (&options.reference_model);
  predictor = load_predictor (&options, &error);
  if (!predictor)
    return command_fail ("score", error);
  snapshot = vinfo_predictor_get_snapshot (predictor);
  warn_of_null (&options, predictor, snapshot);
  scorer = vinfo_scorer_new ();
  for (char **path = options.files; *path; path++)
    if (!score_argument (scorer, snapshot, *path, options.json))
      status = EXIT_FAILURE;
  return status;
}
