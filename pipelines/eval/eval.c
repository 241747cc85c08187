/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo eval`: runs an experiment, every arm under every seed.
 */
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>

#include "arms.h"
#include "commands.h"
#include "feeds.h"
#include "folder.h"
#include "ood.h"
#include "plugin.h"
#include "report.h"

static const char summary[]
    = "Runs an experiment: plays a stream that is made of a dataset through "
      "the\n"
      "elements, lets each arm (a policy to compare, of the .ini file) keep "
      "its "
      "share,\n"
      "trains a fresh model on it with equal views, and measures what the "
      "frozen model\n"
      "is worth. docs/experiments describes the files.\n\n"
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
        "How many seeds, instead of the experiment's", "N" },
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &o->data,
        "The dataset, instead of the experiment's", "PATH" },
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

/* This process's part of the work. */
static gboolean
run_part (const Options *o, const Experiment *experiment, Record *record,
    GError **error)
{
  Trial trial = { .experiment = experiment,
    .data = o->data ? o->data : experiment->data,
    .arm = o->arm,
    .first = (guint)o->first,
    .seeds = (guint)o->seeds,
    .parts = 1,
    .record = record };
  gboolean done;

  if (o->part)
    sscanf (o->part, "%u/%u", &trial.part, &trial.parts);
  trial.parts = MAX (trial.parts, 1);
  trial.scratch = g_dir_make_tmp ("vinfo-eval-XXXXXX", error);
  if (!trial.scratch)
    return FALSE;
  done = experiment->task == TASK_FEEDS ? feeds_run (&trial, error)
         : experiment->task == TASK_OOD ? ood_run (&trial, error)
                                        : arms_run (&trial, error);
  folder_remove (trial.scratch);
  g_free (trial.scratch);
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

static gboolean
run_experiment (const Options *o, char **argv, GError **error)
{
  g_autoptr (Experiment) experiment = experiment_load (o->files[0], error);
  g_autoptr (Record) record = NULL;
  g_autofree char *file = NULL;

  if (!experiment)
    return FALSE;
  file = o->out ? g_strdup (o->out)
                : g_strdup_printf ("%s.jsonl", experiment->name);
  record = record_open (file, error);
  return record
         && (o->jobs > 0 ? run_jobs (o, argv, error)
                         : run_part (o, experiment, record, error));
}

int
eval_main (int argc, char **argv)
{
  g_auto (GStrv) arguments = g_strdupv (argv);
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;

  if (!parse (&options, argc, argv, &error))
    return command_refuse ("eval", error);
  gst_init (NULL, NULL);
  plugin_load_beside ();
  if (options.report ? write_report (&options, arguments, &error)
                     : run_experiment (&options, arguments, &error))
    return EXIT_SUCCESS;
  g_printerr ("vinfo: %s\n", error->message);
  return EXIT_FAILURE;
}
