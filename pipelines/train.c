/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo train`: plain offline pre-training on stores, folders of images and
 * shards.
 */
#include <math.h>
#include <signal.h>
#include <stdlib.h>

#include <gio/gio.h>
#include <unistd.h>

#include "architecture.h"
#include "choice.h"
#include "commands.h"
#include "folder.h"
#include "image-set.h"
#include "location.h"
#include "log.h"
#include "progress.h"
#include "score/vinfo-result.h"
#include "shuffle.h"
#include "tensorboard.h"
#include "trainer/vinfo-trainer.h"
#include "trainer/vinfo-weighting.h"

static const char summary[]
    = "Trains a masked autoencoder on stores, folders of images and\n"
      "WebDataset shards. One picture in twenty is held out: the validation "
      "loss is of\n"
      "those, and the predictor's calibration, unless its model brings a "
      "panel.";

static const char description[]
    = "Leaves in DIR: step-*, the predictor's versions, of which the newest 3 "
      "are\nkept (going on removes older ones too), latest, a link to the "
      "newest, log.jsonl\n(the loss of the first and each tenth step; "
      "validation-loss and iv-panel of each\nversion) and "
      "events.out.tfevents.*, the same for TensorBoard; docs/predictor.md\n"
      "has more of them.\n\n"
      "Ctrl-C finishes the step, saves a version and ends; once more quits at "
      "once.\n\n"
      "Folders of images are read with the folders in them. A picture that "
      "can't be\nread is named and left out, and the exit status is 1 in the "
      "end.\n\n"
      "Examples:\n"
      "  vinfo train results/store.vinfo --out trained --steps 2000\n"
      "  vinfo train photos/ --out trained --architecture tiny --steps 5000\n"
      "  vinfo train photos/ --out trained --steps 9000     (goes on)\n"
      "  vinfo train shards/*.tar --out trained\n";

#define DEFAULT_STEPS 1000
#define DEFAULT_SAVE_INTERVAL 200
#define LOG_INTERVAL 10
#define HOLD_OUT_ONE_IN 20
#define MAX_BATCH_SIZE 4096 /* as the element's */
#define KEEP_VERSIONS 3     /* as the help and docs/predictor.md say */
#define MAX_SKIPPED 10 /* steps, one after another without a version between */

static volatile sig_atomic_t interrupted;

typedef struct {
  char **inputs;
  char *out;
  char *model;
  char *architecture;
  char *schedule;
  VInfoScheduleKind schedule_kind;
  char *estimator;
  VInfoEstimator estimator_kind;
  char *weights;
  VInfoWeighting weighting;
  char *dtype;
  VInfoDtype dtype_kind;
  gint steps;
  gint batch_size;
  gint micro_batch;
  gint warmup_steps;
  gint save_interval;
  gint64 seed;
  gdouble learning_rate;
  gdouble weight_decay;
  gdouble min_crop;
  gdouble ema_decay;
  gdouble max_regression;
} TrainOptions;

typedef struct {
  const TrainOptions *options;
  ImageSet *set;
  VInfoPredictor *predictor;
  VInfoTrainer *trainer;
  GArray *training;      /* guint: pictures to train on */
  GPtrArray *validation; /* of VInfoImage: the held-out ones */
  GArray *pass;     /* the same, in the order of the pass that position is in */
  guint64 position; /* in an endless series of passes */
  guint unreadable; /* pictures, left out */
  guint skipped;    /* steps since the last version */
  guint refused;    /* publications since the last version */
  Log *log;
  TensorBoard *board;
  Progress progress;
} Training;

static void
train_options_clear (TrainOptions *options)
{
  g_strfreev (options->inputs);
  g_free (options->out);
  g_free (options->model);
  g_free (options->architecture);
  g_free (options->schedule);
  g_free (options->estimator);
  g_free (options->weights);
  g_free (options->dtype);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TrainOptions, train_options_clear)

static void
training_clear (Training *self)
{
  g_clear_pointer (&self->set, image_set_free);
  g_clear_object (&self->trainer);
  g_clear_object (&self->predictor);
  g_clear_pointer (&self->training, g_array_unref);
  g_clear_pointer (&self->validation, g_ptr_array_unref);
  g_clear_pointer (&self->pass, g_array_unref);
  g_clear_pointer (&self->log, log_close);
  g_clear_pointer (&self->board, tensorboard_close);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Training, training_clear)

static gboolean
check (const TrainOptions *o, GError **error)
{
  const char *wrong = NULL;

  if (!o->inputs || !o->inputs[0])
    wrong = "give a STORE, DIR or SHARDS";
  else if (!o->out)
    wrong = "no folder for the results: --out DIR";
  else if (o->steps < 1 || o->batch_size < 1 || o->save_interval < 1)
    wrong = "--steps, --batch-size and --save-interval must be positive";
  else if (o->batch_size > MAX_BATCH_SIZE)
    wrong = "--batch-size must be at most " G_STRINGIFY (MAX_BATCH_SIZE);
  else if (o->micro_batch < 0 || o->warmup_steps < 0)
    wrong = "--micro-batch-size and --warmup-steps must not be negative";
  else if (!(o->learning_rate > 0 && isfinite (o->learning_rate))
           || !(o->weight_decay >= 0 && isfinite (o->weight_decay)))
    wrong = "--learning-rate must be positive, --weight-decay not negative, "
            "both finite";
  else if (!(o->min_crop > 0 && o->min_crop <= 1))
    wrong = "--min-crop must be above 0 and at most 1";
  else if (!(o->ema_decay >= 0 && o->ema_decay < 1))
    wrong = "--ema-decay must be at least 0 and below 1";
  else if (!(o->max_regression >= 0))
    wrong = "--max-regression must not be negative";
  if (!wrong)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", wrong);
  return FALSE;
}

/* Versions beside a run's results would hide its own predictor from all that
 * takes either. */
static gboolean
check_out (const char *out, GError **error)
{
  g_autofree char *store = location_find_store (out);
  g_autofree char *predictor = location_find_predictor (out);

  if (location_is_predictor (out) || (!store && !predictor))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--out %s: has the results of vinfo run: give another folder, or "
      "%s/predictor to go on with that",
      out, out);
  return FALSE;
}

static gboolean
parse_choices (TrainOptions *o, GError **error)
{
  return architecture_check (o->architecture, error)
         && choice_parse (VINFO_TYPE_SCHEDULE_KIND, "schedule",
             o->schedule ? o->schedule : "cosine", (gint *)&o->schedule_kind,
             error)
         && choice_parse (VINFO_TYPE_ESTIMATOR, "estimator",
             o->estimator ? o->estimator : "closed", (gint *)&o->estimator_kind,
             error)
         && choice_parse (VINFO_TYPE_WEIGHTING, "weights",
             o->weights ? o->weights : "none", (gint *)&o->weighting, error)
         && choice_parse (VINFO_TYPE_DTYPE, "dtype",
             o->dtype ? o->dtype : "f32", (gint *)&o->dtype_kind, error);
}

static gboolean
parse (TrainOptions *o, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &o->out,
        "Folder that gets the predictor's versions (required)", "DIR" },
    { "steps", 'n', 0, G_OPTION_ARG_INT, &o->steps,
        "Steps in all, those of earlier runs included, and a schedule's end "
        "(1000)",
        "N" },
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &o->model,
        "Start from this Hugging Face directory", "DIR" },
    { "architecture", 0, 0, G_OPTION_ARG_STRING, &o->architecture,
        "Of a new model: nano, tiny, small, base, large (tiny)", "NAME" },
    { "batch-size", 'b', 0, G_OPTION_ARG_INT, &o->batch_size,
        "Images of a step (32)", "N" },
    { "micro-batch-size", 0, 0, G_OPTION_ARG_INT, &o->micro_batch,
        "Images at once, to save memory (all)", "N" },
    { "learning-rate", 0, 0, G_OPTION_ARG_DOUBLE, &o->learning_rate,
        "The highest (0.001)", "X" },
    { "schedule", 0, 0, G_OPTION_ARG_STRING, &o->schedule,
        "constant, cosine or cooldown (cosine)", "NAME" },
    { "warmup-steps", 0, 0, G_OPTION_ARG_INT, &o->warmup_steps,
        "The learning rate rises over these (20)", "N" },
    { "weight-decay", 0, 0, G_OPTION_ARG_DOUBLE, &o->weight_decay,
        "AdamW's (0.05)", "X" },
    { "min-crop", 0, 0, G_OPTION_ARG_DOUBLE, &o->min_crop,
        "Smallest share of a picture that a crop takes (0.5)", "X" },
    { "ema-decay", 0, 0, G_OPTION_ARG_DOUBLE, &o->ema_decay,
        "Save the average of the weights (0: off)", "X" },
    { "estimator", 0, 0, G_OPTION_ARG_STRING, &o->estimator,
        "Variances of pvi and I_V: closed, learned (as the model's, else "
        "closed)",
        "KIND" },
    { "max-regression", 0, 0, G_OPTION_ARG_DOUBLE, &o->max_regression,
        "Refuse weights that know the panel worse by more nats (0.2)", "X" },
    { "weights", 0, 0, G_OPTION_ARG_STRING, &o->weights,
        "How samples of a store weigh in the loss: none, inclusion (none)",
        "KIND" },
    { "dtype", 0, 0, G_OPTION_ARG_STRING, &o->dtype,
        "What linear layers multiply: f32, bf16 or auto, which is bf16 where "
        "the processor has AMX (f32)",
        "NAME" },
    { "save-interval", 0, 0, G_OPTION_ARG_INT, &o->save_interval,
        "Steps from one version to the next (200)", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &o->seed,
        "Of a new model, masks, crops and order (0)", "N" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->inputs, NULL,
        "STORE|DIR|SHARDS..." },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_set_prgname ("vinfo train");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, &argc, &argv, error)
         && check (o, error) && check_out (o->out, error)
         && parse_choices (o, error);
}

/* Whether learnt estimators are in training at @location or in its newest version. */
static gboolean
is_learning (const char *location)
{
  static const char state[] = "estimator.safetensors";
  g_autofree char *plain = g_build_filename (location, state, NULL);
  g_autofree char *latest = g_build_filename (location, "latest", state, NULL);

  return g_file_test (plain, G_FILE_TEST_EXISTS)
         || g_file_test (latest, G_FILE_TEST_EXISTS);
}

/* What was trained here before goes on; else the given or a new model. */
static gboolean
open_predictor (Training *self, GError **error)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autofree char *latest
      = g_build_filename (self->options->out, "latest", NULL);

  config.location = g_file_test (latest, G_FILE_TEST_EXISTS)
                        ? self->options->out
                        : self->options->model;
  config.architecture
      = self->options->architecture ? self->options->architecture : "tiny";
  config.seed = (guint64)self->options->seed;
  config.reference = VINFO_REFERENCE_SELF;
  config.max_regression = self->options->max_regression;
  config.estimator = self->options->estimator_kind;
  if (!self->options->estimator && config.location
      && is_learning (config.location))
    config.estimator = VINFO_ESTIMATOR_LEARNED;
  self->predictor = vinfo_predictor_new (&config, error);
  if (self->predictor)
    architecture_warn (self->predictor, self->options->architecture);
  return self->predictor != NULL;
}

static gboolean
open_trainer (Training *self, GError **error)
{
  const TrainOptions *o = self->options;
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;
  gboolean restored;

  config.batch_size = (guint)o->batch_size;
  config.micro_batch = (guint)o->micro_batch;
  config.learning_rate = o->learning_rate;
  config.weight_decay = o->weight_decay;
  config.warmup_steps = (guint)o->warmup_steps;
  config.min_crop = o->min_crop;
  config.ema_decay = o->ema_decay;
  config.seed = (guint64)o->seed;
  config.schedule = o->schedule_kind;
  config.total_steps = (guint64)o->steps;
  config.dtype = o->dtype_kind;
  g_clear_object (&self->trainer);
  self->trainer = vinfo_trainer_new (self->predictor, &config);
  if (!vinfo_trainer_restore (self->trainer, o->out, &restored, error))
    return FALSE;
  if (!restored
      && g_strcmp0 (vinfo_predictor_get_location (self->predictor), o->out)
             == 0)
    g_printerr ("vinfo: warning: %s: has a model without a trainer's state; "
                "steps count from 0\n",
        o->out);
  return TRUE;
}

/* The others are trained on all the same. */
static void
leave_out (Training *self, const GError *damage)
{
  g_printerr ("vinfo: train: %s\n", damage->message);
  self->unreadable++;
}

/* By the id alone, so that it is the same in every session, and by another hash
 * than a run's panel: a store has none of the frames that went there. */
static gboolean
is_held_out (guint64 id)
{
  return vinfo_sample_id ("held out", "", id, 0)
         <= G_MAXUINT64 / HOLD_OUT_ONE_IN;
}

/* A panel that calibrates stays as it is: who trained a model that brings one may
 * have trained on what is held out here. */
static void
fill_panel (Training *self)
{
  guint wanted;

  if (vinfo_predictor_get_panel_size (self->predictor, &wanted) >= wanted)
    return;
  for (guint i = 0; i < image_set_get_size (self->set); i++) {
    guint64 id = image_set_get_id (self->set, i);
    g_autoptr (VInfoImage) image = NULL;

    if (is_held_out (id))
      image = image_set_get (self->set, i, NULL);
    if (image)
      vinfo_predictor_hold_out (self->predictor, id, image);
  }
}

/* What is held out, and what is in the panel from elsewhere, is for validation. */
static gboolean
split (Training *self, GError **error)
{
  guint n = image_set_get_size (self->set);
  g_autofree char *unreadable = NULL;

  self->training = g_array_new (FALSE, FALSE, sizeof (guint));
  self->validation
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  fill_panel (self);
  for (guint i = 0; i < n; i++) {
    guint64 id = image_set_get_id (self->set, i);
    g_autoptr (GError) damage = NULL;
    g_autoptr (VInfoImage) image = image_set_get (self->set, i, &damage);

    if (!image)
      leave_out (self, damage);
    else if (is_held_out (id)
             || vinfo_predictor_holds_out (self->predictor, id, image))
      g_ptr_array_add (self->validation, g_steal_pointer (&image));
    else
      g_array_append_val (self->training, i);
  }
  if (self->unreadable > 0)
    unreadable = g_strdup_printf ("%u of %u %s unreadable", self->unreadable, n,
        n == 1 ? "is" : "pictures are");
  if (self->training->len > 0) {
    if (unreadable)
      g_printerr ("vinfo: warning: %s and left out\n", unreadable);
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "%s: no picture to train on%s%s", self->options->inputs[0],
      unreadable ? ": " : "", unreadable ? unreadable : "");
  return FALSE;
}

/* The order of a pass hangs on seed and number of the pass alone, so that a run
 * that goes on sees what an uninterrupted one would have. */
static void
shuffle_pass (Training *self, guint64 number)
{
  guint64 seed = vinfo_trainer_get_seed (self->trainer);
  const guint32 words[] = { (guint32)seed, (guint32)(seed >> 32),
    (guint32)number, (guint32)(number >> 32) };
  GRand *random = g_rand_new_with_seed_array (words, G_N_ELEMENTS (words));

  g_clear_pointer (&self->pass, g_array_unref);
  self->pass = g_array_copy (self->training);
  shuffle ((guint *)(gpointer)self->pass->data, self->pass->len, random);
  g_rand_free (random);
}

/* The number of the next picture. */
static guint
next_number (Training *self)
{
  guint at = (guint)(self->position % self->training->len);

  if (!self->pass || at == 0)
    shuffle_pass (self, self->position / self->training->len);
  self->position++;
  return g_array_index (self->pass, guint, at);
}

static void
note (Training *self, const char *event, guint64 step, const char *field,
    double value)
{
  g_autoptr (GstStructure) entry = gst_structure_new (
      event, "step", G_TYPE_UINT64, step, field, G_TYPE_DOUBLE, value, NULL);

  log_write (self->log, entry);
  tensorboard_add (self->board, field, step, value);
}

/* What didn't go as it should, and the training goes on. */
static void
warn (Training *self, const char *event, const char *what, const GError *why)
{
  g_autoptr (GstStructure) entry = gst_structure_new (event, "step",
      G_TYPE_UINT64, vinfo_trainer_get_step (self->trainer), "reason",
      G_TYPE_STRING, why->message, NULL);

  log_write (self->log, entry);
  progress_break (&self->progress);
  g_printerr ("vinfo: warning: %s: %s\n", what, why->message);
}

/* To the last version, and on with other pictures: as the element does. */
static gboolean
go_back (Training *self, const GError *why, GError **error)
{
  warn (self, "vinfo-step-skipped", "training goes back to the last version",
      why);
  if (++self->skipped < MAX_SKIPPED)
    return open_trainer (self, error);
  g_set_error (error, VINFO_TRAINER_ERROR, VINFO_TRAINER_ERROR_DIVERGED,
      "%u steps skipped since the last version: try a lower --learning-rate",
      self->skipped);
  return FALSE;
}

static gboolean
take_step (Training *self, GError **error)
{
  g_autoptr (GPtrArray) images
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  g_autofree gfloat *weights = g_new (gfloat, self->options->batch_size);
  g_autoptr (GError) why = NULL;
  gdouble loss;
  guint64 step;

  for (gint i = 0; i < self->options->batch_size; i++) {
    guint number = next_number (self);
    VInfoImage *image = image_set_get (self->set, number, error);

    if (!image)
      return FALSE;
    g_ptr_array_add (images, image);
    weights[i] = vinfo_weighting_weigh (
        self->options->weighting, image_set_get_inclusion (self->set, number));
  }
  if (!vinfo_trainer_step (self->trainer, images->len,
          (VInfoImage *const *)images->pdata, weights, &loss, &why))
    return go_back (self, why, error);
  step = vinfo_trainer_get_step (self->trainer);
  if (step % LOG_INTERVAL == 0 || step == 1)
    note (self, "vinfo-step", step, "loss", loss);
  progress_show_training (&self->progress, step, (guint64)self->options->steps,
      vinfo_trainer_get_samples (self->trainer), loss);
  return TRUE;
}

static gboolean
save (Training *self, GError **error)
{
  guint64 step = vinfo_trainer_get_step (self->trainer);
  g_autoptr (GError) why = NULL;
  double loss = NAN, iv;

  if (self->validation->len > 0)
    loss = vinfo_trainer_evaluate (self->trainer, self->validation->len,
        (VInfoImage *const *)self->validation->pdata);
  if (!vinfo_trainer_publish (self->trainer, &why)) {
    warn (self, "vinfo-refusal", "not saved", why);
    self->refused++;
    return TRUE;
  }
  if (!vinfo_trainer_save (
          self->trainer, self->options->out, KEEP_VERSIONS, error))
    return FALSE;
  self->skipped = self->refused = 0;
  iv = vinfo_predictor_get_iv (self->predictor);
  note (self, "vinfo-validation", step, "validation-loss", loss);
  note (self, "vinfo-validation", step, "iv-panel", iv);
  progress_break (&self->progress);
  g_printerr ("step %" G_GUINT64_FORMAT, step);
  if (!isnan (loss))
    g_printerr ("  validation loss %.4f", loss);
  if (!isnan (iv))
    g_printerr ("  I_V %.4f", iv);
  g_printerr ("\n");
  return TRUE;
}

/* Options that what was saved goes before. */
static void
warn_of_no_effect (const Training *self)
{
  const TrainOptions *o = self->options;
  guint64 done = vinfo_trainer_get_step (self->trainer);
  guint64 seed = vinfo_trainer_get_seed (self->trainer);

  if (done >= (guint64)o->steps)
    g_printerr ("vinfo: warning: %s: has %" G_GUINT64_FORMAT
                " steps already; --steps %d adds none\n",
        o->out, done, o->steps);
  if (o->model
      && g_strcmp0 (vinfo_predictor_get_location (self->predictor), o->model)
             != 0)
    g_printerr ("vinfo: warning: %s: has a model; --model %s has no effect\n",
        o->out, o->model);
  if (o->seed != 0 && (guint64)o->seed != seed)
    g_printerr ("vinfo: warning: %s: began with seed %" G_GUINT64_FORMAT
                "; --seed %" G_GINT64_FORMAT " has no effect\n",
        o->out, seed, o->seed);
}

/* Why there is no I_V. */
static void
tell_of_panel (const Training *self)
{
  guint wanted;
  guint size = vinfo_predictor_get_panel_size (self->predictor, &wanted);

  if (size < wanted)
    g_printerr ("the panel has %u of %u pictures: no calibration (PVI, I_V)\n",
        size, wanted);
}

static void
on_signal (int number)
{
  static const char told[]
      = "vinfo: finishes the step and saves; once more to quit\n";

  (void)number;
  interrupted = TRUE;
  /* all that a handler may call */
  if (write (STDERR_FILENO, told, sizeof told - 1) < 0)
    return;
}

/* As soon as one came the signal has its default action again: a second one quits
 * at once, whatever the program does just then. */
static void
listen_to_signals (void)
{
  struct sigaction action
      = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND | SA_RESTART };

  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

static gboolean
train (Training *self, GError **error)
{
  guint64 steps = (guint64)self->options->steps;
  guint64 interval = (guint64)self->options->save_interval;
  gboolean stops = FALSE;

  warn_of_no_effect (self);
  self->position = vinfo_trainer_get_samples (self->trainer);
  progress_init (&self->progress);
  self->progress.last_frames = self->position;
  listen_to_signals ();
  while (!stops && vinfo_trainer_get_step (self->trainer) < steps) {
    guint64 before = vinfo_trainer_get_step (self->trainer), step;

    if (!take_step (self, error))
      return FALSE;
    step = vinfo_trainer_get_step (self->trainer);
    stops = interrupted;
    if (step > before && (step % interval == 0 || step == steps || stops)
        && !save (self, error))
      return FALSE;
  }
  tell_of_panel (self);
  if (self->refused == 0)
    return TRUE;
  g_set_error (error, VINFO_PREDICTOR_ERROR, VINFO_PREDICTOR_ERROR_WORSE,
      "the steps since the last version are not saved: the last %u "
      "publications were refused",
      self->refused);
  return FALSE;
}

static gboolean
open_logs (Training *self, GError **error)
{
  g_autofree char *file
      = g_build_filename (self->options->out, "log.jsonl", NULL);

  if (!folder_make (self->options->out, error))
    return FALSE;
  self->log = log_open (file, error);
  if (!self->log)
    return FALSE;
  self->board = tensorboard_open (self->options->out, error);
  return self->board != NULL;
}

int
train_main (int argc, char **argv)
{
  const VInfoTrainerConfig defaults = VINFO_TRAINER_CONFIG_INIT;
  const VInfoPredictorConfig predictor = VINFO_PREDICTOR_CONFIG_INIT;
  g_auto (TrainOptions) options = { .steps = DEFAULT_STEPS,
    .batch_size = (gint)defaults.batch_size,
    .warmup_steps = (gint)defaults.warmup_steps,
    .save_interval = DEFAULT_SAVE_INTERVAL,
    .learning_rate = defaults.learning_rate,
    .weight_decay = defaults.weight_decay,
    .min_crop = defaults.min_crop,
    .max_regression = predictor.max_regression };
  g_auto (Training) self = { .options = &options };
  g_autoptr (GError) error = NULL;

  if (!parse (&options, argc, argv, &error))
    return command_refuse ("train", error);
  gst_init (NULL, NULL);
  location_to_predictor (&options.model);
  self.set = image_set_open (options.inputs, &error);
  if (self.set && open_predictor (&self, &error) && split (&self, &error)
      && open_logs (&self, &error) && open_trainer (&self, &error)
      && train (&self, &error))
    return self.unreadable ? EXIT_FAILURE : EXIT_SUCCESS;
  progress_break (&self.progress);
  return command_fail ("train", error);
}
