/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo bench`: how fast we score and train, beside other programs and the
 * machine's own peak.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <gio/gio.h>

#include "commands.h"
#include "commit.h"
#include "contestant.h"
#include "folder.h"
#include "json.h"
#include "peak.h"

static const char summary[]
    = "Measures how many pictures a second we score and train on, beside "
      "other\nprograms that do the same work with the same weights.";

static const char description[]
    = "All take turns, round by round, so that what else the machine does "
      "hits each\nalike. One JSON object a line: first the machine, then one "
      "for each work and\ncontestant:\n"
      "  rate      pictures/s, the median of the rounds; rates: of each round\n"
      "  ratio     ours to theirs, the median of the rounds\n"
      "  gflops    what the plain algorithm takes at that rate\n"
      "  of_peak   its share of the multiply-adds that these cores can do on\n"
      "            registers alone, measured in the same rounds\n"
      "  bytes     most memory, above what there was before the model\n\n"
      "Works in bf16 are without peers, and their peak is that of bf16.\n\n"
      "A peer is a program; tests/bench has some. It is started with\n"
      "`score|train MODEL BATCH`, does a batch, writes \"ready\", and for each "
      "number of\nseconds that it reads it works so long and writes \"pictures "
      "seconds bytes\".\n\n"
      "Examples:\n"
      "  vinfo bench\n"
      "  vinfo bench --work score-tiny-b8 --peer 'pytorch=python3 "
      "tests/bench/pytorch.py'\n";

typedef struct {
  char **works;
  char **peers;
  char *serve; /* take part with this work... */
  char **rest; /* ...as "score|train MODEL BATCH" says */
  gint rounds, threads;
  double seconds;
} BenchOptions;

static void
bench_options_clear (BenchOptions *options)
{
  g_strfreev (options->works);
  g_strfreev (options->peers);
  g_strfreev (options->rest);
  g_free (options->serve);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BenchOptions, bench_options_clear)

/* Returns: (transfer full) (nullable): what is wrong */
static char *
find_fault (const BenchOptions *o)
{
  if (o->rounds < 1 || o->rounds > 1000)
    return g_strdup ("--rounds must be 1 to 1000");
  if (o->threads < 1 || o->threads > 1024)
    return g_strdup ("--threads must be 1 to 1024");
  if (!(o->seconds > 0 && o->seconds <= 3600))
    return g_strdup ("--seconds must be more than 0 and at most 3600");
  if (!o->serve && o->rest)
    return g_strdup ("it takes no arguments");
  if (o->serve && (!o->rest || g_strv_length (o->rest) != 3))
    return g_strdup ("--serve takes score|train MODEL BATCH");
  for (char **name = o->works; name && *name; name++)
    if (!work_find (*name))
      return g_strdup_printf ("--work: there is no work \"%s\"", *name);
  for (char **peer = o->peers; peer && *peer; peer++)
    if (!strchr (*peer, '='))
      return g_strdup_printf ("--peer: \"%s\" is no NAME=COMMAND", *peer);
  return NULL;
}

static gboolean
check (const BenchOptions *o, GError **error)
{
  g_autofree char *fault = find_fault (o);

  if (fault)
    g_set_error_literal (
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, fault);
  return !fault;
}

static gboolean
parse (BenchOptions *o, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "work", 'w', 0, G_OPTION_ARG_STRING_ARRAY, &o->works,
        "Only this one, for example score-tiny-b8; may be given again",
        "WORK" },
    { "peer", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &o->peers,
        "Another program to measure; may be given again", "NAME=COMMAND" },
    { "rounds", 'n', 0, G_OPTION_ARG_INT, &o->rounds, "Turns of each (7)",
        "N" },
    { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &o->seconds,
        "Length of a turn, at least (2)", "SECONDS" },
    { "threads", 0, 0, G_OPTION_ARG_INT, &o->threads, "Of each (all cores)",
        "N" },
    { "serve", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &o->serve, NULL,
        NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->rest, NULL,
        NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_set_prgname ("vinfo bench");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, &argc, &argv, error)
         && check (o, error);
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double
median (const double *values, guint n)
{
  g_autofree double *sorted = g_memdup2 (values, n * sizeof *values);

  qsort (sorted, n, sizeof *sorted, compare_numbers);
  return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* One who takes part in a work, with what it answered. */
typedef struct {
  char *name;
  Contestant *contestant; /* NULL from its first fault on */
  GError *fault;
  double *rates; /* of each round */
  double bytes;
} Entrant;

static void
entrant_free (Entrant *entrant)
{
  g_clear_pointer (&entrant->contestant, contestant_free);
  g_clear_error (&entrant->fault);
  g_free (entrant->name);
  g_free (entrant->rates);
  g_free (entrant);
}

static Entrant *
entrant_new (const char *name, const char *const *command, const Work *work,
    const char *model, const BenchOptions *o)
{
  Entrant *entrant = g_new0 (Entrant, 1);

  entrant->name = g_strdup (name);
  entrant->rates = g_new0 (double, o->rounds);
  entrant->contestant = contestant_start (
      name, command, work, model, o->threads, &entrant->fault);
  return entrant;
}

/* Ourselves first; peers work with floats. */
static GPtrArray *
start_all (const Work *work, const char *model, const BenchOptions *o)
{
  GPtrArray *entrants
      = g_ptr_array_new_with_free_func ((GDestroyNotify)entrant_free);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  const char *self[] = { program, "bench", "--serve", work->name, NULL };

  g_ptr_array_add (entrants, entrant_new ("vinfo", self, work, model, o));
  for (char **peer = work->dtype == VINFO_DTYPE_F32 ? o->peers : NULL;
       peer && *peer; peer++) {
    const char *equals = strchr (*peer, '=');
    g_autofree char *name = g_strndup (*peer, equals - *peer);
    g_auto (GStrv) command = NULL;
    Entrant *entrant;

    if (g_shell_parse_argv (equals + 1, NULL, &command, NULL)) {
      entrant
          = entrant_new (name, (const char *const *)command, work, model, o);
    } else {
      entrant = g_new0 (Entrant, 1);
      entrant->name = g_strdup (name);
      g_set_error (&entrant->fault, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "%s is no command", equals + 1);
    }
    g_ptr_array_add (entrants, entrant);
  }
  return entrants;
}

static void
ask (Entrant *entrant, guint round, double seconds)
{
  Answer answer = { 0 };

  if (!entrant->contestant)
    return;
  if (contestant_ask (entrant->contestant, seconds, &answer, &entrant->fault)) {
    entrant->rates[round] = answer.rate;
    entrant->bytes = answer.bytes;
  } else {
    g_clear_pointer (&entrant->contestant, contestant_free);
  }
}

static void
print_entrant (const Entrant *entrant, const Entrant *ours, const Work *work,
    const double *peaks, guint rounds)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree double *ratios = g_new (double, rounds);
  g_autofree double *shares = g_new (double, rounds);
  double operations = work_get_operations (work), rate;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "work");
  json_builder_add_string_value (builder, work->name);
  json_builder_set_member_name (builder, "contestant");
  json_builder_add_string_value (builder, entrant->name);
  if (entrant->fault) {
    json_builder_set_member_name (builder, "error");
    json_builder_add_string_value (builder, entrant->fault->message);
  } else {
    for (guint i = 0; i < rounds; i++) {
      ratios[i] = ours->rates[i] / entrant->rates[i];
      shares[i] = entrant->rates[i] * operations / peaks[i];
    }
    rate = median (entrant->rates, rounds);
    json_add_number (builder, "rate", rate);
    json_add_number (builder, "ratio", median (ratios, rounds));
    json_add_number (builder, "gflops", rate * operations / 1e9);
    json_add_number (builder, "of_peak", median (shares, rounds));
    json_add_number (builder, "bytes", entrant->bytes);
    json_builder_set_member_name (builder, "rates");
    json_builder_begin_array (builder);
    for (guint i = 0; i < rounds; i++)
      json_builder_add_double_value (builder, entrant->rates[i]);
    json_builder_end_array (builder);
  }
  json_builder_end_object (builder);
  json_print (builder, TRUE);
}

static gboolean
measure (
    const Work *work, const char *model, const BenchOptions *o, GError **error)
{
  g_autoptr (GPtrArray) entrants = start_all (work, model, o);
  Entrant *ours = g_ptr_array_index (entrants, 0);
  g_autofree double *peaks = g_new (double, o->rounds);

  for (gint round = 0; round < o->rounds; round++) {
    peaks[round]
        = peak_measure (work->dtype, o->threads, MIN (o->seconds, 0.5));
    for (guint i = 0; i < entrants->len; i++) /* each begins as often */
      ask (g_ptr_array_index (entrants, (i + round) % entrants->len), round,
          o->seconds);
  }
  if (ours->fault) {
    g_propagate_error (error, g_error_copy (ours->fault));
    return FALSE;
  }
  for (guint i = 0; i < entrants->len; i++)
    print_entrant (
        g_ptr_array_index (entrants, i), ours, work, peaks, o->rounds);
  return TRUE;
}

/* The weights that all work with: fresh ones, for their values cost nothing. */
static gboolean
save_model (const Work *work, const char *model, GError **error)
{
  VInfoMaeConfig config;
  g_autoptr (VInfoMae) mae = NULL;

  if (!vinfo_mae_config_named (work->architecture, &config, error))
    return FALSE;
  mae = vinfo_mae_new (&config, 0);
  return vinfo_mae_save (mae, model, error);
}

static char *
get_processor (void)
{
  g_autofree char *text = NULL;
  const char *found;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL)
      || !(found = strstr (text, "model name"))
      || !(found = strchr (found, ':')))
    return g_strdup ("unknown");
  return g_strstrip (g_strndup (found + 1, strcspn (found + 1, "\n")));
}

static void
print_machine (const BenchOptions *o)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = g_date_time_format (now, "%F");
  g_autofree char *processor = get_processor ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "processor");
  json_builder_add_string_value (builder, processor);
  json_add_int (builder, "threads", o->threads);
  json_add_int (builder, "rounds", o->rounds);
  json_add_number (builder, "seconds", o->seconds);
  json_add_number (builder, "peak_gflops",
      peak_measure (VINFO_DTYPE_F32, o->threads, 1) / 1e9);
  json_add_number (builder, "peak_bf16_gflops",
      peak_measure (VINFO_DTYPE_BF16, o->threads, 1) / 1e9);
  json_builder_set_member_name (builder, "commit");
  json_builder_add_string_value (builder, VINFO_COMMIT);
  json_builder_set_member_name (builder, "date");
  json_builder_add_string_value (builder, date);
  json_builder_end_object (builder);
  json_print (builder, TRUE);
}

static gboolean
bench (const BenchOptions *o, GError **error)
{
  g_autofree char *model = g_dir_make_tmp ("vinfo-bench-XXXXXX", error);
  gboolean done = model != NULL;

  if (done)
    print_machine (o);
  for (const Work *work = work_list (); done && work->name; work++)
    if (!o->works
        || g_strv_contains ((const char *const *)o->works, work->name))
      done = save_model (work, model, error) && measure (work, model, o, error);
  if (model)
    folder_remove (model);
  return done;
}

int
bench_main (int argc, char **argv)
{
  g_auto (BenchOptions) options
      = { .rounds = 7, .seconds = 2, .threads = g_get_num_processors () };
  g_autoptr (GError) error = NULL;
  const Work *served;

  if (!parse (&options, argc, argv, &error))
    return command_refuse ("bench", error);
  signal (SIGPIPE, SIG_IGN); /* a contestant that ended */
  served = options.serve ? work_find (options.serve) : NULL;
  if (served ? work_serve (served, options.rest[1], &error)
             : bench (&options, &error))
    return EXIT_SUCCESS;
  return command_fail ("bench", error);
}
