/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo merge`: one store of several.
 */
#define _GNU_SOURCE /* renameat2() */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "choice.h"
#include "commands.h"
#include "json.h"
#include "location.h"
#include "reservoir/vinfo-policy.h"
#include "reservoir/vinfo-reservoir.h"

static const char summary[]
    = "Makes one store of several: feeds, versions and counters of all, and "
      "what one\nreservoir keeps of their samples.";

static const char description[]
    = "`samples` says how many the new store keeps, `dropped` how many of the "
      "parts'\nsamples it does not: there was no room, or another one is the "
      "same or a\nnear-duplicate. The parts stay as they are.\n\n"
      "The new store is what one reservoir would have kept of all that was "
      "offered to\nthe parts where keys are fixed and comparable (one policy, "
      "temperature and seed,\nscores by one version of one predictor), each "
      "part's capacity was at least the\nnew one's and no redundancy or quota "
      "rule acted. Elsewhere the policy is applied\nanew to what the parts "
      "have "
      "left; `doubts` says why.\n\n"
      "Examples:\n"
      "  vinfo merge door.vinfo yard.vinfo --out site.vinfo\n"
      "  vinfo merge node*.vinfo --out all.vinfo --capacity 1000 \\\n"
      "    --policy uniform\n";

#define COMMIT_INTERVAL 64 /* samples */
#define DEFAULT_DUPLICATE_COSINE 0.95

/* The counter `predictor` where no single one judged: no predictor's name. */
#define SEVERAL_PREDICTORS 1

typedef struct {
  char **stores;
  char *out;
  char *policy;
  gint capacity;
  gint64 max_bytes, seed;
  gdouble temperature, uniform_share, duplicate_cosine;
  gboolean json;
} MergeOptions;

/* One sample of a part, by its index entry. */
typedef struct {
  VInfoStore *part; /* borrowed */
  VInfoSample *sample;
} Item;

typedef struct {
  GPtrArray *parts; /* of VInfoStore */
  GArray *items;    /* of Item, in the order in which they are adopted */
  guint largest;    /* samples of a part */
  char *unfinished; /* file that becomes the new store when it is complete */
  VInfoReservoirConfig config;
  VInfoStore *store;
  VInfoReservoir *reservoir;
  guint kept_before; /* samples of all parts */
} Merge;

static void
merge_options_clear (MergeOptions *options)
{
  g_strfreev (options->stores);
  g_free (options->out);
  g_free (options->policy);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MergeOptions, merge_options_clear)

static void
item_clear (gpointer item)
{
  g_clear_pointer (&((Item *)item)->sample, vinfo_sample_unref);
}

static void
merge_clear (Merge *self)
{
  g_clear_object (&self->reservoir);
  g_clear_object (&self->store);
  if (self->unfinished)
    g_unlink (self->unfinished);
  g_clear_pointer (&self->unfinished, g_free);
  g_clear_pointer (&self->items, g_array_unref);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Merge, merge_clear)

static gboolean
check (const MergeOptions *o, GError **error)
{
  const char *wrong = NULL;

  if (!o->stores)
    wrong = "give one STORE or more";
  else if (!o->out)
    wrong = "no file for the new store: --out STORE";
  else if (o->capacity < 0 || o->max_bytes < 0)
    wrong = "--capacity and --max-bytes must be positive";
  else if (!(o->duplicate_cosine >= 0 && o->duplicate_cosine <= 1))
    wrong = "--duplicate-cosine must be 0 to 1";
  if (wrong)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", wrong);
  return wrong == NULL;
}

static gboolean
parse (MergeOptions *o, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = { { "out", 'o', 0, G_OPTION_ARG_FILENAME,
                                       &o->out, "The new store", "STORE" },
    { "capacity", 'c', 0, G_OPTION_ARG_INT, &o->capacity,
        "Most samples kept (as many as the largest part has)", "N" },
    { "max-bytes", 0, 0, G_OPTION_ARG_INT64, &o->max_bytes,
        "Most bytes of encoded samples kept (no limit)", "N" },
    { "policy", 0, 0, G_OPTION_ARG_STRING, &o->policy,
        "Policy that the parts were kept by (vinfo)", "POLICY" },
    { "temperature", 0, 0, G_OPTION_ARG_DOUBLE, &o->temperature,
        "Their temperature T, of weights exp(q/T) (0.25)", "T" },
    { "uniform-share", 0, 0, G_OPTION_ARG_DOUBLE, &o->uniform_share,
        "Part of the capacity that is a uniform sample (0.25)", "X" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &o->seed, "Their seed (0)", "N" },
    { "duplicate-cosine", 0, 0, G_OPTION_ARG_DOUBLE, &o->duplicate_cosine,
        "More similar embeddings are near-duplicates (0.95)", "X" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o->json,
        "Say what was done as one JSON object", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->stores, NULL,
        "STORE..." },
    { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_set_prgname ("vinfo merge");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, &argc, &argv, error)
         && check (o, error)
         && choice_check (
             vinfo_policy_get_names (), "policy", o->policy, error);
}

static gboolean
list_part (Merge *self, const char *location, GError **error)
{
  VInfoStore *part = vinfo_store_open_existing (location, error);
  g_autoptr (GPtrArray) samples = NULL;

  if (!part)
    return FALSE;
  g_ptr_array_add (self->parts, part);
  samples = vinfo_store_list (part, error);
  if (!samples)
    return FALSE;
  for (guint i = 0; i < samples->len; i++) {
    Item item = { part, vinfo_sample_ref (samples->pdata[i]) };

    g_array_append_val (self->items, item);
  }
  self->largest = MAX (self->largest, samples->len);
  self->kept_before += samples->len;
  return TRUE;
}

/* By what a sample is, not by the part it is in: the parts' order is nothing.
 * Spares come last, when what they resemble is there. */
static gint
compare_items (gconstpointer pa, gconstpointer pb)
{
  const VInfoSample *a = ((const Item *)pa)->sample;
  const VInfoSample *b = ((const Item *)pb)->sample;

  if (a->spare != b->spare)
    return a->spare - b->spare;
  if (a->wall_time != b->wall_time)
    return a->wall_time < b->wall_time ? -1 : 1;
  if (a->id != b->id)
    return a->id < b->id ? -1 : 1;
  return (a->score.version < b->score.version)
         - (a->score.version > b->score.version);
}

static gboolean
list_parts (Merge *self, char **locations, GError **error)
{
  self->parts = g_ptr_array_new_with_free_func (g_object_unref);
  self->items = g_array_new (FALSE, FALSE, sizeof (Item));
  g_array_set_clear_func (self->items, item_clear);
  for (; *locations; locations++) {
    if (!list_part (self, *locations, error))
      return FALSE;
  }
  g_array_sort (self->items, compare_items);
  return TRUE;
}

/* Takes the name for this merge alone. */
static gboolean
reserve (const char *file, GError **error)
{
  int fd = g_open (file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  int code = errno;

  if (fd >= 0)
    return g_close (fd, error);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: merge: %s",
      file,
      code == EEXIST ? "there is such a file: another merge is at work, or was "
                       "killed and left it to be removed"
                     : g_strerror (code));
  return FALSE;
}

/* The name is free until the store is complete: a killed merge leaves none. */
static gboolean
create_store (Merge *self, const MergeOptions *options, GError **error)
{
  g_autofree char *unfinished = NULL;

  if (g_file_test (options->out, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
        "%s: merge: there is such a file already", options->out);
    return FALSE;
  }
  unfinished = g_strconcat (options->out, ".unfinished", NULL);
  if (!reserve (unfinished, error))
    return FALSE;
  self->unfinished = g_steal_pointer (&unfinished);
  self->store = vinfo_store_open (self->unfinished, error);
  return self->store != NULL;
}

static gboolean
add_counter (Merge *self, const char *name, GError **error)
{
  gint64 sum = 0;

  for (guint i = 0; i < self->parts->len; i++)
    sum += vinfo_store_get_counter (self->parts->pdata[i], name);
  return sum == 0 || vinfo_store_set_counter (self->store, name, sum, error);
}

/* What judged the samples of a part; 0: nothing that had a panel. */
static gint64
get_predictor (const Merge *self, guint part)
{
  return vinfo_store_get_counter (self->parts->pdata[part], "predictor");
}

static gboolean
has_one_predictor (const Merge *self)
{
  for (guint i = 0; i < self->parts->len; i++) {
    if (get_predictor (self, i) != get_predictor (self, 0)
        || get_predictor (self, i) == SEVERAL_PREDICTORS)
      return FALSE;
  }
  return TRUE;
}

static gboolean
add_counters (Merge *self, GError **error)
{
  for (guint i = 0; i < VINFO_N_REASONS; i++) {
    g_autofree char *name
        = g_strconcat ("rejected-", vinfo_reason_to_string (i), NULL);

    if (!add_counter (self, name, error))
      return FALSE;
  }
  return add_counter (self, "offered", error)
         && vinfo_store_set_counter (self->store, "predictor",
             has_one_predictor (self) ? get_predictor (self, 0)
                                      : SEVERAL_PREDICTORS,
             error);
}

static gboolean
add_names (Merge *self, GError **error)
{
  for (guint i = 0; i < self->parts->len; i++) {
    if (!vinfo_store_adopt_names (self->store, self->parts->pdata[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
open_reservoir (Merge *self, const MergeOptions *options, GError **error)
{
  self->config = (VInfoReservoirConfig)VINFO_RESERVOIR_CONFIG_INIT;
  if (options->policy)
    self->config.policy = options->policy;
  self->config.capacity
      = options->capacity ? (guint)options->capacity : MAX (self->largest, 1);
  self->config.capacity_bytes
      = options->max_bytes ? (guint64)options->max_bytes : (guint64)G_MAXINT64;
  self->config.seed = (guint64)options->seed;
  self->config.temperature = options->temperature;
  self->config.uniform_share = options->uniform_share;
  self->reservoir = vinfo_reservoir_new (&self->config, self->store, error);
  return self->reservoir != NULL;
}

/* @number: among all, which is its arrival from now on */
static gboolean
adopt (Merge *self, const Item *item, guint number, gdouble duplicate_cosine,
    GError **error)
{
  g_autoptr (VInfoSample) sample
      = vinfo_store_get (item->part, item->sample->id, error);
  VInfoVerdict verdict;
  gboolean done;

  if (!sample)
    return FALSE;
  sample->arrival = number;
  done = vinfo_reservoir_adopt (
      self->reservoir, sample, duplicate_cosine, &verdict, error);
  vinfo_verdict_clear (&verdict);
  return done;
}

static gboolean
adopt_all (Merge *self, gdouble duplicate_cosine, GError **error)
{
  for (guint i = 0; i < self->items->len; i++) {
    if (!adopt (self, &g_array_index (self->items, Item, i), i + 1,
            duplicate_cosine, error))
      return FALSE;
    if ((i + 1) % COMMIT_INTERVAL == 0
        && !vinfo_reservoir_commit (self->reservoir, error))
      return FALSE;
  }
  return vinfo_reservoir_commit (self->reservoir, error);
}

static gint64
sum_of_part (VInfoStore *part, const VInfoReason *reasons, guint n)
{
  gint64 sum = 0;

  for (guint i = 0; i < n; i++) {
    g_autofree char *name
        = g_strconcat ("rejected-", vinfo_reason_to_string (reasons[i]), NULL);

    sum += vinfo_store_get_counter (part, name);
  }
  return sum;
}

static guint
count_of_part (const Merge *self, VInfoStore *part)
{
  guint n = 0;

  for (guint i = 0; i < self->items->len; i++)
    n += g_array_index (self->items, Item, i).part == part;
  return n;
}

static gboolean
has_one_version (const Merge *self)
{
  for (guint i = 1; i < self->items->len; i++) {
    if (g_array_index (self->items, Item, i).sample->score.version
        != g_array_index (self->items, Item, 0).sample->score.version)
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_embeddings (const Merge *self)
{
  for (guint i = 0; i < self->items->len; i++) {
    if (g_array_index (self->items, Item, i).sample->embedding)
      return TRUE;
  }
  return FALSE;
}

/* Whether @part was kept by another one than the new store is. */
static gboolean
differs (const Merge *self, VInfoStore *part, const char *name)
{
  return vinfo_store_get_counter (part, name)
         != vinfo_store_get_counter (self->store, name);
}

static void
doubt_part (const Merge *self, VInfoStore *part, JsonBuilder *builder)
{
  static const VInfoReason room[]
      = { VINFO_REASON_THRESHOLD, VINFO_REASON_EVICTED, VINFO_REASON_UNNEEDED };
  static const VInfoReason rules[]
      = { VINFO_REASON_NEAR_DUPLICATE, VINFO_REASON_QUOTA, VINFO_REASON_RATE,
          VINFO_REASON_EXPIRED, VINFO_REASON_DELETED, VINFO_REASON_TOO_LARGE };
  const char *name = vinfo_store_get_location (part);
  VInfoPolicyTraits traits = vinfo_policy_get_traits (self->config.policy);
  g_autofree char *text = NULL;

  if (differs (self, part, "rule"))
    text = g_strdup_printf ("%s: another policy or temperature", name);
  else if ((traits & VINFO_POLICY_DRAWS) && differs (self, part, "draw"))
    text = g_strdup_printf ("%s: another seed", name);
  else if (sum_of_part (part, rules, G_N_ELEMENTS (rules)) > 0)
    text = g_strdup_printf ("%s: refused frames as near-duplicates, for a "
                            "quota, a rate, by age or by hand",
        name);
  else if (sum_of_part (part, room, G_N_ELEMENTS (room)) > 0
           && count_of_part (self, part) < self->config.capacity)
    text = g_strdup_printf ("%s: had room for fewer samples", name);
  if (text)
    json_builder_add_string_value (builder, text);
}

static void
add_doubts (const Merge *self, JsonBuilder *builder)
{
  VInfoPolicyTraits traits = vinfo_policy_get_traits (self->config.policy);

  json_builder_set_member_name (builder, "doubts");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->parts->len; i++)
    doubt_part (self, self->parts->pdata[i], builder);
  if (traits & VINFO_POLICY_COMPARES)
    json_builder_add_string_value (
        builder, "samples are judged by one another");
  if ((traits & VINFO_POLICY_DIVERSE) && has_embeddings (self))
    json_builder_add_string_value (builder, "redundancy is discounted");
  if ((traits & VINFO_POLICY_SCORES) && !has_one_version (self))
    json_builder_add_string_value (builder, "scores of several versions");
  if ((traits & VINFO_POLICY_SCORES) && !has_one_predictor (self))
    json_builder_add_string_value (builder, "scores by several predictors");
  json_builder_end_array (builder);
}

static void
report (const Merge *self, JsonBuilder *builder)
{
  guint kept = vinfo_reservoir_get_size (self->reservoir);

  json_builder_begin_object (builder);
  json_add_int (builder, "parts", self->parts->len);
  json_add_int (builder, "samples", kept);
  json_add_int (builder, "dropped", self->kept_before - kept);
  add_doubts (self, builder);
  json_builder_end_object (builder);
}

/* Where a file system can't refuse to replace a file, a look has to do. */
static int
rename_to_free (const char *from, const char *to)
{
  int status = renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);

  if (status == 0 || (errno != EINVAL && errno != ENOSYS))
    return status;
  if (g_file_test (to, G_FILE_TEST_EXISTS)) {
    errno = EEXIST;
    return -1;
  }
  return g_rename (from, to);
}

/* Closed, so that it is one file; then it gets its name. */
static gboolean
finish (Merge *self, const char *out, GError **error)
{
  if (!vinfo_store_checkpoint (self->store, error))
    return FALSE;
  g_clear_object (&self->reservoir);
  g_clear_object (&self->store);
  if (rename_to_free (self->unfinished, out) == 0) {
    g_clear_pointer (&self->unfinished, g_free);
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
      "%s: merge: %s", out, g_strerror (errno));
  return FALSE;
}

static gboolean
merge (Merge *self, const MergeOptions *options, JsonBuilder *builder,
    GError **error)
{
  if (!list_parts (self, options->stores, error)
      || !create_store (self, options, error) || !add_names (self, error)
      || !add_counters (self, error) || !vinfo_store_commit (self->store, error)
      || !open_reservoir (self, options, error)
      || !adopt_all (self, options->duplicate_cosine, error))
    return FALSE;
  report (self, builder);
  return finish (self, options->out, error);
}

int
merge_main (int argc, char **argv)
{
  const VInfoReservoirConfig defaults = VINFO_RESERVOIR_CONFIG_INIT;
  g_auto (MergeOptions) options = { .temperature = defaults.temperature,
    .uniform_share = defaults.uniform_share,
    .duplicate_cosine = DEFAULT_DUPLICATE_COSINE };
  g_auto (Merge) self = { 0 };
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GError) error = NULL;

  if (!parse (&options, argc, argv, &error))
    return command_refuse ("merge", error);
  for (char **store = options.stores; *store; store++)
    location_to_store (store);
  if (!merge (&self, &options, builder, &error))
    return command_fail ("merge", error);
  json_print (builder, options.json);
  return EXIT_SUCCESS;
}
