/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo delete`: samples out of a store, without a trace in its file.
 */
#include <stdlib.h>

#include <gio/gio.h>
#include <gst/gst.h>

#include "commands.h"
#include "json.h"
#include "location.h"
#include "store/vinfo-store.h"

static const char summary[]
    = "Removes the samples of STORE that all of the conditions hold for, and "
      "rewrites\nits file, so that no byte of them is left in it.";

static const char description[]
    = "A T is the date and time of arrival (2026-11-24T15:00:00+01, or without "
      "a zone\nin UTC), or a number of seconds into the feed's own stream. "
      "Both ends belong to\nthe range. A sample that has no stream time is at "
      "every second, lest one too few\ngo: `untimed` says how many did. "
      "Nothing else may write to the store or "
      "read it meanwhile.\n\n"
      "Only the store is changed. Pictures lie elsewhere too: the predictor's "
      "panel is\nin its folder (vinfo.safetensors), the best frames are on a "
      "run's contact sheet,\nand exports are copies.\n\n"
      "Examples:\n"
      "  vinfo delete site.vinfo --feed door --from 2026-11-24T15:00 \\\n"
      "    --to 2026-11-24T15:20\n"
      "  vinfo delete results/store.vinfo --from 12.5 --to 14\n"
      "  vinfo delete results/store.vinfo --id 00c0ffee00c0ffee\n";

#define ID_DIGITS 16

typedef struct {
  char **stores;
  char *feed;
  char *from, *to;
  char **ids;
  gboolean dry_run;
  gboolean json;
} DeleteOptions;

static void
delete_options_clear (DeleteOptions *options)
{
  g_strfreev (options->stores);
  g_free (options->feed);
  g_free (options->from);
  g_free (options->to);
  g_strfreev (options->ids);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DeleteOptions, delete_options_clear)

/* One end of a range: either a time of arrival or a stream time. */
typedef struct {
  gboolean given, is_arrival;
  gint64 arrival; /* µs since 1970 */
  guint64 pts;    /* ns */
} Moment;

typedef struct {
  const char *feed;
  GHashTable *ids; /* guint64 *, owned; NULL: any */
  Moment from, to;
} Condition;

static gboolean
parse_options (DeleteOptions *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = { { "feed", 0, 0, G_OPTION_ARG_STRING,
                                       &options->feed, "Of this feed", "NAME" },
    { "from", 0, 0, G_OPTION_ARG_STRING, &options->from, "At T or later", "T" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &options->to, "At T or earlier", "T" },
    { "id", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->ids,
        "With this id, 16 hexadecimal digits (may be repeated)", "ID" },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options->dry_run,
        "Only say how many there are", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json,
        "Say what was done as one JSON object", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->stores,
        NULL, "STORE" },
    { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_set_prgname ("vinfo delete");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (options->stores && g_strv_length (options->stores) == 1
      && (options->feed || options->from || options->to || options->ids))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "give one STORE and --feed, --from, --to or --id");
  return FALSE;
}

/* Returns: (transfer full) (nullable): minutes may end it, as people write */
static GDateTime *
parse_date_time (const char *text)
{
  const gsize to_minutes = sizeof "2026-11-24T15:00" - 1;
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  GDateTime *time = g_date_time_new_from_iso8601 (text, utc);
  g_autofree char *longer = NULL;

  if (time || strlen (text) < to_minutes)
    return time;
  longer = g_strdup_printf (
      "%.*s:00%s", (gint)to_minutes, text, text + to_minutes);
  return g_date_time_new_from_iso8601 (longer, utc);
}

static gboolean
parse_moment (const char *text, Moment *moment, GError **error)
{
  g_autoptr (GDateTime) time = NULL;
  double seconds;
  char *end;

  if (!text)
    return TRUE;
  moment->given = TRUE;
  seconds = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && seconds >= 0 && seconds < 1e9) {
    moment->pts = (guint64)(seconds * GST_SECOND + 0.5);
    return TRUE;
  }
  time = parse_date_time (text);
  if (!time) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: neither a date and time nor a number of seconds", text);
    return FALSE;
  }
  moment->is_arrival = TRUE;
  moment->arrival = g_date_time_to_unix (time) * G_USEC_PER_SEC
                    + g_date_time_get_microsecond (time);
  return TRUE;
}

static gboolean
parse_ids (char **texts, Condition *condition, GError **error)
{
  if (!texts)
    return TRUE;
  condition->ids
      = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  for (; *texts; texts++) {
    guint64 id = g_ascii_strtoull (*texts, NULL, 16);

    if (strlen (*texts) != ID_DIGITS
        || strspn (*texts, "0123456789abcdefABCDEF") != ID_DIGITS) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "%s: not an id of 16 hexadecimal digits", *texts);
      return FALSE;
    }
    g_hash_table_add (condition->ids, g_memdup2 (&id, sizeof id));
  }
  return TRUE;
}

static void
condition_clear (Condition *condition)
{
  g_clear_pointer (&condition->ids, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Condition, condition_clear)

/* Ends of two kinds can't be compared. */
static gboolean
check_range (
    const DeleteOptions *options, const Condition *condition, GError **error)
{
  const Moment *from = &condition->from, *to = &condition->to;

  if (!from->given || !to->given || from->is_arrival != to->is_arrival
      || (from->arrival <= to->arrival && from->pts <= to->pts))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--from %s is after --to %s", options->from, options->to);
  return FALSE;
}

static gboolean
parse_condition (
    const DeleteOptions *options, Condition *condition, GError **error)
{
  condition->feed = options->feed;
  return parse_moment (options->from, &condition->from, error)
         && parse_moment (options->to, &condition->to, error)
         && check_range (options, condition, error)
         && parse_ids (options->ids, condition, error);
}

static gint
compare (guint64 a, guint64 b)
{
  return (a > b) - (a < b);
}

/* Where @sample is to @moment: before (less than 0), at it or after. A sample
 * without a stream time is at every one: better one too many goes. */
static gint
compare_to_moment (const VInfoSample *sample, const Moment *moment)
{
  if (moment->is_arrival)
    return (sample->wall_time > moment->arrival)
           - (sample->wall_time < moment->arrival);
  return GST_CLOCK_TIME_IS_VALID (sample->pts)
             ? compare (sample->pts, moment->pts)
             : 0;
}

static gboolean
is_of_stream (const Moment *moment)
{
  return moment->given && !moment->is_arrival;
}

/* Whether @sample is taken without it being known that it is in the range. */
static gboolean
is_untimed (const Condition *condition, const VInfoSample *sample)
{
  return !GST_CLOCK_TIME_IS_VALID (sample->pts)
         && (is_of_stream (&condition->from) || is_of_stream (&condition->to));
}

static gboolean
holds (const Condition *condition, const VInfoSample *sample)
{
  if (condition->feed && !g_str_equal (condition->feed, sample->feed))
    return FALSE;
  if (condition->ids && !g_hash_table_contains (condition->ids, &sample->id))
    return FALSE;
  if (condition->from.given && compare_to_moment (sample, &condition->from) < 0)
    return FALSE;
  return !condition->to.given
         || compare_to_moment (sample, &condition->to) <= 0;
}

/* What was kept and is gone counts as refused: a store's offers are what it
 * keeps and what it refused. */
static gboolean
count_removed (VInfoStore *store, guint n, GError **error)
{
  gint64 before = vinfo_store_get_counter (store, "rejected-deleted");

  return n == 0
         || vinfo_store_set_counter (
             store, "rejected-deleted", before + n, error);
}

/* A name that is misspelt must not look as if its pictures were gone. No error:
 * a purge may be all that is left to do. */
static void
note_unknown_feed (GPtrArray *samples, const char *feed)
{
  g_autoptr (GString) others = g_string_new (NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    if (g_str_equal (sample->feed, feed))
      return;
    if (g_hash_table_add (seen, sample->feed))
      g_string_append_printf (
          others, "%s%s", others->len > 0 ? ", " : "", sample->feed);
  }
  if (others->len > 0)
    g_printerr (
        "vinfo: no sample of a feed %s; there are: %s\n", feed, others->str);
}

/* Returns: how many of the ids no sample has; each is named. */
static guint
note_unknown_ids (GPtrArray *samples, const Condition *condition)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_int64_hash, g_int64_equal);
  GHashTableIter iter;
  gpointer id;
  guint n = 0;

  if (!condition->ids)
    return 0;
  for (guint i = 0; i < samples->len; i++)
    g_hash_table_add (seen, &((VInfoSample *)samples->pdata[i])->id);
  g_hash_table_iter_init (&iter, condition->ids);
  while (g_hash_table_iter_next (&iter, &id, NULL)) {
    if (g_hash_table_contains (seen, id))
      continue;
    g_printerr (
        "vinfo: no sample has the id %" VINFO_ID_FORMAT "\n", *(guint64 *)id);
    n++;
  }
  return n;
}

/* Where the disk is full removals are committed one by one: the log of many has
 * no room. */
static gboolean
remove_sample (VInfoStore *store, const VInfoSample *sample, GError **error)
{
  return (vinfo_store_has_room (store, sample->blob_size)
             || vinfo_store_commit (store, error))
         && vinfo_store_remove (store, sample->id, error);
}

typedef struct {
  guint n, n_untimed;
  guint n_unknown; /* ids that no sample has */
} Removed;

static gboolean
remove_samples (VInfoStore *store, const Condition *condition, gboolean dry_run,
    Removed *removed, GError **error)
{
  g_autoptr (GPtrArray) samples = vinfo_store_list (store, error);

  if (!samples)
    return FALSE;
  if (condition->feed)
    note_unknown_feed (samples, condition->feed);
  removed->n_unknown = note_unknown_ids (samples, condition);
  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    if (!holds (condition, sample))
      continue;
    if (!dry_run && !remove_sample (store, sample, error))
      return FALSE;
    removed->n++;
    removed->n_untimed += is_untimed (condition, sample);
  }
  return dry_run
         || (count_removed (store, removed->n, error)
             && vinfo_store_commit (store, error));
}

/* What is to be done where the file can't be rewritten. */
static const char *
describe_remedy (const GError *error)
{
  if (g_error_matches (error, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT))
    return "the store is damaged: export it, import that into a new one and "
           "remove this";
  return "run this again";
}

/* Purges also where nothing was found: an earlier purge may have failed. */
static gboolean delete (const DeleteOptions *options,
    const Condition *condition, JsonBuilder *builder, guint *n_unknown,
    GError **error)
{
  g_autoptr (VInfoStore) store
      = vinfo_store_open_existing (options->stores[0], error);
  Removed removed = { 0 };
  GError *problem = NULL;

  if (!store || !(options->dry_run || vinfo_store_claim (store, error))
      || !remove_samples (store, condition, options->dry_run, &removed, error))
    return FALSE;
  if (!options->dry_run && !vinfo_store_purge (store, &problem)) {
    g_propagate_prefixed_error (error, problem,
        "%u samples are deleted, but bytes of deleted ones may be left; %s: ",
        removed.n, describe_remedy (problem));
    return FALSE;
  }
  json_builder_begin_object (builder);
  json_add_int (builder, options->dry_run ? "found" : "deleted", removed.n);
  if (removed.n_untimed > 0)
    json_add_int (builder, "untimed", removed.n_untimed);
  json_builder_end_object (builder);
  *n_unknown = removed.n_unknown;
  return TRUE;
}

int
delete_main (int argc, char **argv)
{
  g_auto (DeleteOptions) options = { 0 };
  g_auto (Condition) condition = { 0 };
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  guint n_unknown = 0;
  g_autoptr (GError) error = NULL;

  if (!parse_options (&options, argc, argv, &error)
      || !parse_condition (&options, &condition, &error))
    return command_refuse ("delete", error);
  location_to_store (&options.stores[0]);
  if (!delete (&options, &condition, builder, &n_unknown, &error))
    return command_fail ("delete", error);
  json_print (builder, options.json);
  return n_unknown == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
