/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo eval`: runs an experiment, every arm under every seed.
 */
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdlib.h>

#include "commands.h"
#include "commit.h"
#include "downstream.h"
#include "plugin.h"
#include "pretraining.h"
#include "record.h"
#include "report.h"
#include "selection.h"

static const char summary[]
    = "Runs an experiment: plays a stream that is made of a dataset through "
      "the\n"
      "elements, lets each arm keep its share, trains a fresh model on it "
      "with\n"
      "equal views, and measures what the frozen model is worth.\n\n"
      "Each value is one JSON line of the results. What is there already is "
      "not\n"
      "run again, so an experiment that was stopped goes on. With --report, "
      "writes\n"
      "tables of results instead.";

static const char description[]
    = "Examples:\n"
      "  vinfo eval docs/experiments/camera-5.ini --out results.jsonl\n"
      "  vinfo eval camera-5.ini --out results.jsonl --jobs 2\n"
      "  vinfo eval camera-5.ini --out results.jsonl --arm uniform --seeds 1\n"
      "  vinfo eval --report results.html results.jsonl camera-5.ini\n";

typedef struct {
  char **files;
  char *out;
  char *report;
  char *arm;
  char *data;
  gint first;
  gint seeds;
  gint jobs;
  char *part; /* "I/N": of the tasks, those with number I modulo N */
} Options;

/* One run of the program over an experiment. */
typedef struct {
  const Options *options;
  Experiment *experiment;
  Dataset *dataset;
  Record *record;
  char *scratch;
} Run;

static void
options_clear (Options *self)
{
  g_strfreev (self->files);
  g_free (self->out);
  g_free (self->report);
  g_free (self->arm);
  g_free (self->data);
  g_free (self->part);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static void
run_clear (Run *self)
{
  g_clear_pointer (&self->experiment, experiment_free);
  g_clear_pointer (&self->dataset, dataset_free);
  g_clear_pointer (&self->record, record_close);
  g_clear_pointer (&self->scratch, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static gboolean
parse (Options *o, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = { { "out", 'o', 0, G_OPTION_ARG_FILENAME,
                                       &o->out, "Where results go (NAME.jsonl)",
                                       "FILE" },
    { "arm", 'a', 0, G_OPTION_ARG_STRING, &o->arm, "Only this arm", "NAME" },
    { "first-seed", 0, 0, G_OPTION_ARG_INT, &o->first, "Seeds from N on (0)",
        "N" },
    { "seeds", 's', 0, G_OPTION_ARG_INT, &o->seeds,
        "Instead of the experiment's", "N" },
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &o->data,
        "Instead of the experiment's", "PATH" },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &o->jobs,
        "Processes, each with one thread (1, with all)", "N" },
    { "report", 'r', 0, G_OPTION_ARG_FILENAME, &o->report,
        "Write tables (.md, or .html with plots) of the results given",
        "FILE" },
    { "part", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &o->part, NULL,
        NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->files, NULL,
        "FILE.ini, or with --report results and key files" },
    { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  const char *wrong = NULL;

  g_set_prgname ("vinfo eval");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (!o->files || (o->files[1] && !o->report))
    wrong = o->report ? "give results" : "give one key file";
  else if (o->first < 0 || o->seeds < 0 || o->jobs < 0)
    wrong = "--first-seed, --seeds and --jobs must not be negative";
  if (!wrong)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", wrong);
  return FALSE;
}

static void
add_value (const Run *self, GString *lines, const Arm *arm, guint seed,
    const char *metric, double value)
{
  const Experiment *e = self->experiment;
  char number[G_ASCII_DTOSTR_BUF_SIZE], kept[G_ASCII_DTOSTR_BUF_SIZE];
  char junk[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (number, sizeof number, "%.8g", value);
  g_ascii_formatd (kept, sizeof kept, "%g", e->kept);
  g_ascii_formatd (junk, sizeof junk, "%g", e->stream.junk);
  g_string_append_printf (lines,
      "{\"experiment\":\"%s\",\"stream\":\"%s\",\"junk\":%s,\"ratio\":%s,"
      "\"arm\":\"%s\",\"seed\":%u,\"metric\":\"%s\",\"value\":%s,"
      "\"commit\":\"%s\"}\n",
      e->name, e->stream.background > 0 ? "camera" : "runs", junk,
      arm->select == SELECT_ALL || arm->select == SELECT_CLEANED ? "1" : kept,
      arm->name, seed, metric, number, VINFO_COMMIT);
}

/* Shares of the selected frames, and the pictures that they show. */
static void
add_composition (const Run *self, GString *lines, const Arm *arm, guint seed,
    GArray *stream, GArray *frames)
{
  g_autoptr (GHashTable) sources = g_hash_table_new (NULL, NULL);
  guint junk = 0, background = 0;

  for (guint i = 0; i < frames->len; i++) {
    const StreamFrame *frame = &g_array_index (
        stream, StreamFrame, g_array_index (frames, guint, i));

    junk += frame_kind_is_junk (frame->kind);
    background += frame->kind == FRAME_BACKGROUND;
    if (frame->kind == FRAME_EVENT)
      g_hash_table_add (sources, GUINT_TO_POINTER (frame->source));
  }
  add_value (self, lines, arm, seed, "frames", frames->len);
  if (frames->len == 0)
    return;
  add_value (self, lines, arm, seed, "junk-kept", (double)junk / frames->len);
  add_value (self, lines, arm, seed, "background-kept",
      (double)background / frames->len);
  add_value (self, lines, arm, seed, "sources", g_hash_table_size (sources));
}

static void
add_downstream (const Run *self, GString *lines, const Arm *arm, guint seed,
    const Downstream *d)
{
  add_value (self, lines, arm, seed, "linear", d->linear);
  add_value (self, lines, arm, seed, "knn", d->neighbours);
  add_value (self, lines, arm, seed, "knn-whitened", d->whitened);
  if (arm->select == SELECT_PIXELS)
    return;
  add_value (self, lines, arm, seed, "iv", d->iv);
  add_value (self, lines, arm, seed, "loss", d->loss);
}

static gboolean
run_arm (Run *self, const Arm *arm, guint seed, const Split *split,
    GArray *stream, const char *model, GError **error)
{
  const Experiment *e = self->experiment;
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autoptr (VInfoMae) mae = NULL;
  gint64 start;
  Selection selection;
  Downstream downstream = { 0 };

  if (!selection_make (arm, stream, (guint)(e->kept * stream->len), model,
          self->scratch, seed, &selection, error))
    return FALSE;
  start = g_get_monotonic_time ();
  if (arm->select != SELECT_PIXELS)
    mae = pretraining_run (
        e, model, stream, selection.frames, arm->shuffled, seed, error);
  add_composition (self, lines, arm, seed, stream, selection.frames);
  add_value (self, lines, arm, seed, "stream-frames", stream->len);
  add_value (self, lines, arm, seed, "scored", selection.scored);
  add_value (self, lines, arm, seed, "selection-seconds", selection.seconds);
  add_value (self, lines, arm, seed, "training-seconds",
      (g_get_monotonic_time () - start) / 1e6);
  selection_finish (&selection);
  if ((!mae && arm->select != SELECT_PIXELS)
      || !downstream_measure (
          e, split, self->dataset->labels->len, mae, &downstream, error))
    return FALSE;
  add_downstream (self, lines, arm, seed, &downstream);
  g_printerr ("%s seed %u %s: linear %.2f%% whitened %.2f%% I_V %.4f\n",
      e->name, seed, arm->name, 100 * downstream.linear,
      100 * downstream.whitened, downstream.iv);
  return record_add (self->record, lines->str, error);
}

/* A random model, the same for every arm under a seed. */
static char *
write_model (Run *self, guint seed, GError **error)
{
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&self->experiment->model, seed);
  g_autofree char *directory = g_build_filename (self->scratch, "model", NULL);

  return vinfo_mae_save (mae, directory, error) ? g_steal_pointer (&directory)
                                                : NULL;
}

/* How many seeds @arm wants, from the first on. */
static guint
count_seeds (const Run *self, const Arm *arm)
{
  if (self->options->seeds > 0)
    return (guint)self->options->seeds;
  return arm->seeds > 0 ? arm->seeds : self->experiment->seeds;
}

static guint
count_most_seeds (const Run *self)
{
  const Experiment *e = self->experiment;
  guint most = 0;

  for (guint i = 0; i < e->arms->len; i++)
    most = MAX (most, count_seeds (self, e->arms->pdata[i]));
  return most;
}

static gboolean
is_wanted (const Run *self, const Arm *arm, guint seed, guint task)
{
  guint number = 0, parts = 1;

  if (self->options->part
      && sscanf (self->options->part, "%u/%u", &number, &parts) == 2
      && task % MAX (parts, 1) != number)
    return FALSE;
  return seed < (guint)self->options->first + count_seeds (self, arm)
         && (!self->options->arm || g_str_equal (arm->name, self->options->arm))
         && !record_has (self->record, self->experiment->name, arm->name, seed);
}

static gboolean
run_seed (Run *self, guint seed, guint *task, GError **error)
{
  const Experiment *e = self->experiment;
  g_autoptr (GArray) stream = NULL;
  g_autofree char *model = NULL;
  Split split;
  gboolean done = TRUE;

  if (!split_make (e, self->dataset, seed, &split, error))
    return FALSE;
  for (guint i = 0; done && i < e->arms->len; i++) {
    const Arm *arm = e->arms->pdata[i];

    if (!is_wanted (self, arm, seed, (*task)++))
      continue;
    if (!stream)
      stream = stream_new (&e->stream, split.stream, seed);
    if (!model)
      model = write_model (self, seed, error);
    done = model && run_arm (self, arm, seed, &split, stream, model, error);
  }
  split_finish (&split);
  return done;
}

static void
remove_scratch (const char *folder)
{
  const char *argv[] = { "rm", "-rf", folder, NULL };

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      NULL, NULL, NULL, NULL);
}

static gboolean
run_all (Run *self, GError **error)
{
  const Options *o = self->options;
  guint seeds = count_most_seeds (self);
  guint task = 0;
  gboolean done = TRUE;

  self->dataset = dataset_open (o->data ? o->data : self->experiment->data,
      self->experiment->model.image_size, error);
  if (!self->dataset)
    return FALSE;
  self->scratch = g_dir_make_tmp ("vinfo-eval-XXXXXX", error);
  if (!self->scratch)
    return FALSE;
  for (guint i = 0; done && i < seeds; i++)
    done = run_seed (self, (guint)o->first + i, &task, error);
  remove_scratch (self->scratch);
  return done;
}

/* The same command once for each job, each with its share of the tasks. */
static gboolean
run_jobs (const Options *o, char **argv, GError **error)
{
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  gboolean done = TRUE;

  g_subprocess_launcher_setenv (launcher, "VINFO_THREADS", "1", TRUE);
  for (gint i = 0; i < o->jobs; i++) {
    g_autoptr (GPtrArray) command = g_ptr_array_new_with_free_func (g_free);
    GSubprocess *job;

    g_ptr_array_add (command, g_file_read_link ("/proc/self/exe", NULL));
    for (guint j = 0; argv[j]; j++)
      g_ptr_array_add (command, g_strdup (j == 0 ? "eval" : argv[j]));
    g_ptr_array_add (command, g_strdup ("--jobs=0"));
    g_ptr_array_add (command, g_strdup_printf ("--part=%d/%d", i, o->jobs));
    g_ptr_array_add (command, NULL);
    job = g_subprocess_launcher_spawnv (
        launcher, (const char *const *)command->pdata, error);
    if (!job)
      return FALSE;
    g_ptr_array_add (jobs, job);
  }
  for (guint i = 0; i < jobs->len; i++)
    done &= g_subprocess_wait_check (jobs->pdata[i], NULL, done ? error : NULL);
  return done;
}

static gboolean
write_report (const Options *o, char **argv, GError **error)
{
  g_autofree char *words = g_strjoinv (" ", argv + 1);
  g_autofree char *command = g_strconcat ("vinfo eval ", words, NULL);

  return report_write (o->files, o->report, command, error);
}

int
eval_main (int argc, char **argv)
{
  g_auto (GStrv) arguments = g_strdupv (argv);
  g_auto (Options) options = { 0 };
  g_auto (Run) self = { .options = &options };
  g_autoptr (GError) error = NULL;
  g_autofree char *file = NULL;

  if (!parse (&options, argc, argv, &error)) {
    g_printerr ("vinfo eval: %s; see vinfo eval --help\n", error->message);
    return EXIT_USAGE;
  }
  if (options.report) {
    if (write_report (&options, arguments, &error))
      return EXIT_SUCCESS;
    g_printerr ("vinfo: %s\n", error->message);
    return EXIT_FAILURE;
  }
  gst_init (NULL, NULL);
  plugin_load_beside ();
  self.experiment = experiment_load (options.files[0], &error);
  if (self.experiment) {
    file = options.out ? g_strdup (options.out)
                       : g_strdup_printf ("%s.jsonl", self.experiment->name);
    self.record = record_open (file, &error);
  }
  if (self.record
      && (options.jobs > 0 ? run_jobs (&options, arguments, &error)
                           : run_all (&self, &error)))
    return EXIT_SUCCESS;
  g_printerr ("vinfo: %s\n", error->message);
  return EXIT_FAILURE;
}
