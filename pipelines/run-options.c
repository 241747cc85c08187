/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The command line of `vinfo run`.
 */
#include "run-options.h"

#include <gst/gst.h>

#include "architecture.h"
#include "choice.h"
#include "location.h"
#include "reservoir/vinfo-policy.h"
#include "summary.h"

static const char summary[]
    = "Watches inputs one after another (several live ones at the same time),\n"
      "scores every frame, keeps the best few and trains the predictor on "
      "them.\n\n"
      "INPUT is a video file, a folder of images and of folders of them, an "
      "image, a\nURI (rtsp://, http://, v4l2:///dev/video0) or "
      "test:PATTERN[:SECONDS], a generated\nstream (test:ball, "
      "test:snow:10; patterns as of videotestsrc).\n\n"
      "Recordings are one feed, `main`. Live inputs are a feed each, called "
      "by\n"
      "its address' last part; what delete and export choose by is that name.";

static const char description[]
    = "Leaves in DIR: store.vinfo (the kept frames), predictor/latest/ (a\n"
      "Hugging Face ViTMAEForPreTraining), contact-sheet.png, log.jsonl and\n"
      "summary.json. The same command again continues where it stopped: a\n"
      "predictor in DIR goes before --model.\n\n"
      "Ctrl-C ends the stream and writes the results; a second one quits.\n\n"
      "Examples:\n"
      "  vinfo run clip.mp4 --out results\n"
      "  vinfo run *.mp4 --out results --capacity 64 --architecture nano\n"
      "  vinfo run photos/ --out results --score loss\n"
      "  vinfo run v4l2:///dev/video0 --out camera --codec mjpeg\n"
      "  vinfo run rtsp://door/1 rtsp://yard/1 --out site --duration 3600\n"
      "  vinfo run clip.mp4 --out results --model vit-mae-base --no-train\n"
      "  vinfo run clip.mp4 --out results --reference checkpoint \\\n"
      "    --reference-model vit-mae-base\n";

/* Values below are out of range for every option: "not given". */
#define UNSET -1

static RunOptions *
run_options_new (void)
{
  RunOptions *options = g_new0 (RunOptions, 1);

  options->capacity = options->quality = options->frame_size = UNSET;
  options->masks = options->batch_size = options->publish_interval = UNSET;
  options->max_bytes = options->max_steps = options->seed = UNSET;
  options->samples_per_frame = options->learning_rate = UNSET;
  options->max_regression = UNSET;
  return options;
}

static void
add_main_options (GOptionContext *context, RunOptions *o)
{
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &o->out,
        "Folder for the results (required)", "DIR" },
    { "live", 0, 0, G_OPTION_ARG_NONE, &o->live,
        "Never hold a frame; play recordings at their own speed", NULL },
    { "offline", 0, 0, G_OPTION_ARG_NONE, &o->offline,
        "Score every frame and repeat bit for bit, whatever the input", NULL },
    { "duration", 'd', 0, G_OPTION_ARG_DOUBLE, &o->duration,
        "Stop after so much of the stream", "SECONDS" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &o->seed,
        "Of weights, masks and tickets (0)", "N" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
        "No progress, only warnings and errors", NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
        "Say more about warnings and errors", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->inputs, NULL,
        "INPUT..." },
    { NULL }
  };

  g_option_context_add_main_entries (context, entries, NULL);
}

static void
add_keeping_options (GOptionContext *context, RunOptions *o)
{
  g_autofree char *policy
      = g_strdup_printf ("What stays: %s (vinfo)", vinfo_policy_describe ());
  const GOptionEntry entries[] = { { "capacity", 'c', 0, G_OPTION_ARG_INT,
                                       &o->capacity, "Most frames kept (512)",
                                       "N" },
    { "max-bytes", 0, 0, G_OPTION_ARG_INT64, &o->max_bytes,
        "Most bytes of encoded frames kept (1 GiB)", "N" },
    { "max-age", 0, 0, G_OPTION_ARG_DOUBLE, &o->max_age,
        "Remove kept frames so long after they arrived (never)", "SECONDS" },
    { "max-rate", 0, 0, G_OPTION_ARG_DOUBLE, &o->max_rate,
        "Most frames of each feed that are admitted a minute (no limit)", "N" },
    { "store", 0, 0, G_OPTION_ARG_FILENAME, &o->store,
        "Where the kept frames lie (DIR/store.vinfo)", "FILE" },
    { "codec", 0, 0, G_OPTION_ARG_STRING, &o->codec,
        "How they are encoded (png)", "png|mjpeg" },
    { "quality", 0, 0, G_OPTION_ARG_INT, &o->quality, "1 to 100, of mjpeg (90)",
        "N" },
    { "frame-size", 0, 0, G_OPTION_ARG_INT, &o->frame_size,
        "Their largest short side, 0 = the source's (512; 0 with "
        "--policy optidel)",
        "PIXELS" },
    { "policy", 0, 0, G_OPTION_ARG_STRING, &o->policy, g_intern_string (policy),
        "POLICY" },
    { NULL } };

  g_option_context_add_main_entries (context, entries, NULL);
}

static void
add_scoring_options (GOptionContext *context, RunOptions *o)
{
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &o->model,
        "Predictor to start from, a Hugging Face directory", "DIR" },
    { "architecture", 'a', 0, G_OPTION_ARG_STRING, &o->architecture,
        "Of a new one: nano, tiny, small, base, large (tiny)", "NAME" },
    { "score", 's', 0, G_OPTION_ARG_STRING, &o->score,
        "What ranks frames: gain, pvi, loss, loss-easy, random, region (gain)",
        "KIND" },
    { "scoring", 0, 0, G_OPTION_ARG_STRING, &o->scoring,
        "Which frames are scored: all, needed (all)", "WHICH" },
    { "reference", 0, 0, G_OPTION_ARG_STRING, &o->reference,
        "Gain is against: progress, checkpoint, self (progress)", "KIND" },
    { "reference-model", 0, 0, G_OPTION_ARG_FILENAME, &o->reference_model,
        "Predictor for --reference checkpoint", "DIR" },
    { "estimator", 0, 0, G_OPTION_ARG_STRING, &o->estimator,
        "Variances of pvi and I_V: closed, learned (closed)", "KIND" },
    { "dtype", 0, 0, G_OPTION_ARG_STRING, &o->dtype,
        "Of matrix products: f32, bf16, auto (f32)", "DTYPE" },
    { "masks", 0, 0, G_OPTION_ARG_INT, &o->masks,
        "Masks of a score (4 offline, 1 live)", "M" },
    { NULL }
  };

  g_option_context_add_main_entries (context, entries, NULL);
}

static void
add_training_options (GOptionContext *context, RunOptions *o)
{
  const GOptionEntry entries[] = { { "no-train", 0, 0, G_OPTION_ARG_NONE,
                                       &o->no_train, "Score and keep only",
                                       NULL },
    { "batch-size", 0, 0, G_OPTION_ARG_INT, &o->batch_size,
        "Frames of a training step (32)", "N" },
    { "learning-rate", 0, 0, G_OPTION_ARG_DOUBLE, &o->learning_rate,
        "After the warm-up (0.001)", "X" },
    { "samples-per-frame", 0, 0, G_OPTION_ARG_DOUBLE, &o->samples_per_frame,
        "Kept frames trained on for each that arrives (16)", "X" },
    { "publish-interval", 0, 0, G_OPTION_ARG_INT, &o->publish_interval,
        "Steps from one publication to the next (200)", "N" },
    { "max-regression", 0, 0, G_OPTION_ARG_DOUBLE, &o->max_regression,
        "Refuse weights that know the panel worse by more nats (0.2)", "X" },
    { "max-steps", 0, 0, G_OPTION_ARG_INT64, &o->max_steps,
        "Stop training after so many", "N" },
    { "weights", 0, 0, G_OPTION_ARG_STRING, &o->weights,
        "How kept frames weigh in the loss: none, inclusion (none)", "KIND" },
    { NULL } };

  g_option_context_add_main_entries (context, entries, NULL);
}

static gboolean
check (const RunOptions *options, GError **error)
{
  const char *problem = NULL;

  if (!options->inputs || !options->inputs[0])
    problem = "no INPUT given";
  else if (!options->out)
    problem = "no folder for the results given: --out DIR";
  else if (options->live && options->offline)
    problem = "--live and --offline exclude each other";
  else if (options->duration < 0)
    problem = "--duration must be positive";
  else if (!(options->max_age >= 0 && options->max_age < 1e10))
    problem = "--max-age must be 0 to 1e10 seconds";
  else if (!(options->max_rate >= 0 && options->max_rate <= G_MAXFLOAT))
    problem = "--max-rate must be 0 or more frames a minute";
  else if (options->capacity < 1 && options->capacity != UNSET)
    problem = "--capacity must be at least 1";
  if (problem)
    g_set_error (
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", problem);
  return problem == NULL;
}

RunOptions *
run_options_parse (int argc, char **argv, GError **error)
{
  g_autoptr (RunOptions) options = run_options_new ();
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *text = NULL;

  g_set_prgname ("vinfo run");
  g_option_context_set_summary (context, summary);
  text = g_strconcat (
      description, "\nWords in what a run tells:\n", summary_legend, NULL);
  g_option_context_set_description (context, text);
  add_main_options (context, options);
  add_keeping_options (context, options);
  add_scoring_options (context, options);
  add_training_options (context, options);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, error)
      || !check (options, error)
      || !architecture_check (options->architecture, error)
      || !choice_check (
          vinfo_policy_get_names (), "policy", options->policy, error))
    return NULL;
  location_to_store (&options->store);
  location_to_predictor (&options->model);
  location_to_predictor (&options->reference_model);
  return g_steal_pointer (&options);
}

void
run_options_free (RunOptions *options)
{
  if (!options)
    return;
  g_strfreev (options->inputs);
  g_free (options->out);
  g_free (options->store);
  g_free (options->model);
  g_free (options->architecture);
  g_free (options->score);
  g_free (options->reference);
  g_free (options->reference_model);
  g_free (options->estimator);
  g_free (options->dtype);
  g_free (options->policy);
  g_free (options->scoring);
  g_free (options->codec);
  g_free (options->weights);
  g_free (options);
}
