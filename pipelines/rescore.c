/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo rescore`: all samples of a store under one predictor.
 */
#include <math.h>
#include <stdlib.h>

#include <gio/gio.h>

#include "choice.h"
#include "commands.h"
#include "json.h"
#include "location.h"
#include "predictor/vinfo-predictor.h"
#include "reservoir/vinfo-policy.h"
#include "reservoir/vinfo-reservoir.h"

static const char summary[] = "Scores and embeds all samples of STORE anew "
                              "under a predictor, whatever\n"
                              "scored them last.";

static const char description[]
    = "Commits now and then: what was stopped goes on where it was when the "
      "same\ncommand is given again, and samples and place never disagree. A "
      "picture that\ncan't be read is named and keeps the score that it "
      "has.\n\n"
      "Keys are those of --policy and --temperature, which must be what the "
      "store was\nkept with.\n\n"
      "Examples:\n"
      "  vinfo rescore results/store.vinfo --model results/predictor\n"
      "  vinfo rescore site.vinfo --model vit-mae-base --score loss --masks "
      "1\n";

#define DEFAULT_MASKS 4
#define COMMIT_INTERVAL 64 /* samples */

/* The counters that say where to go on, and with which predictor. */
#define MODEL_COUNTER "rescore-model"
#define PLACE_COUNTER "rescore-arrival"

typedef struct {
  char **stores;
  char *model, *reference_model;
  char *score;
  VInfoScoreKind kind;
  char *policy;
  gdouble temperature;
  gint masks;
  gboolean quiet, json;
} RescoreOptions;

typedef struct {
  VInfoStore *store;
  VInfoReservoir *reservoir;
  VInfoPredictor *predictor;
  VInfoSnapshot *snapshot;
  VInfoScorer *scorer;
  GPtrArray *samples; /* of VInfoSample, by arrival */
  gint64 model;       /* names what scores, and how */
  guint first;        /* of the samples that are left */
  guint n_unreadable;
} Rescore;

static void
rescore_options_clear (RescoreOptions *options)
{
  g_strfreev (options->stores);
  g_free (options->model);
  g_free (options->reference_model);
  g_free (options->score);
  g_free (options->policy);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RescoreOptions, rescore_options_clear)

static void
rescore_clear (Rescore *self)
{
  g_clear_pointer (&self->samples, g_ptr_array_unref);
  g_clear_pointer (&self->scorer, vinfo_scorer_free);
  g_clear_pointer (&self->snapshot, vinfo_snapshot_unref);
  g_clear_object (&self->predictor);
  g_clear_object (&self->reservoir);
  g_clear_object (&self->store);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rescore, rescore_clear)

static gboolean
parse_kind (RescoreOptions *options, GError **error)
{
  return choice_parse (VINFO_TYPE_SCORE_KIND, "score",
      options->score ? options->score : "gain", (gint *)&options->kind, error);
}

static gboolean
parse (RescoreOptions *o, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = { { "model", 'm', 0, G_OPTION_ARG_FILENAME,
                                       &o->model,
                                       "Predictor: a Hugging Face directory, "
                                       "or one of versions",
                                       "DIR" },
    { "reference-model", 0, 0, G_OPTION_ARG_FILENAME, &o->reference_model,
        "Predictor that gain is against", "DIR" },
    { "score", 's', 0, G_OPTION_ARG_STRING, &o->score,
        "What ranks: gain, pvi, loss, loss-easy, random, region (gain)",
        "KIND" },
    { "masks", 0, 0, G_OPTION_ARG_INT, &o->masks, "Masks of a score (4)", "M" },
    { "policy", 0, 0, G_OPTION_ARG_STRING, &o->policy,
        "Policy that the store was kept by (vinfo)", "POLICY" },
    { "temperature", 0, 0, G_OPTION_ARG_DOUBLE, &o->temperature,
        "T of w = exp(q/T), the same (0.25)", "T" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet, "No progress", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o->json,
        "Say what was done as one JSON object", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->stores, NULL,
        "STORE" },
    { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_set_prgname ("vinfo rescore");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (o->stores && g_strv_length (o->stores) == 1 && o->model && o->masks >= 0)
    return parse_kind (o, error)
           && choice_check (
               vinfo_policy_get_names (), "policy", o->policy, error);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s",
      o->masks < 0 ? "--masks must be positive" : "give one STORE and --model");
  return FALSE;
}

static gboolean
open_predictor (Rescore *self, const RescoreOptions *options, GError **error)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;

  config.location = options->model;
  config.masks = options->masks;
  if (options->reference_model) {
    config.reference = VINFO_REFERENCE_CHECKPOINT;
    config.reference_location = options->reference_model;
  }
  self->predictor = vinfo_predictor_new (&config, error);
  if (!self->predictor)
    return FALSE;
  vinfo_predictor_settle_masks (self->predictor, DEFAULT_MASKS);
  self->snapshot = vinfo_predictor_get_snapshot (self->predictor);
  self->scorer = vinfo_scorer_new ();
  return TRUE;
}

/* A picture of two slopes. */
static VInfoImage *
make_test_picture (void)
{
  const guint side = 64;
  g_autofree guint8 *pixels = g_malloc (3 * side * side);

  for (guint i = 0; i < side * side; i++) {
    pixels[3 * i] = (guint8)(4 * (i % side));
    pixels[3 * i + 1] = (guint8)(4 * (i / side));
    pixels[3 * i + 2] = 128;
  }
  return vinfo_image_new_from_data (side, side, 3 * side, pixels);
}

/* What gives one picture the same scores is the same predictor. */
static gint64
name_model (Rescore *self, VInfoScoreKind kind)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (VInfoImage) image = make_test_picture ();
  const guint64 id = 0;
  guint8 digest[32];
  gsize size = sizeof digest;
  VInfoScore score;
  gint64 name;
  g_autofree char *text = NULL;

  vinfo_scorer_score (
      self->scorer, self->snapshot, kind, 1, &image, &id, &score, NULL);
  text = g_strdup_printf ("%.9g %.9g %.9g %.9g %u %d %" G_GUINT64_FORMAT,
      score.loss, score.pvi, score.gain, score.quantile, score.masks, kind,
      score.version);
  g_checksum_update (checksum, (const guchar *)text, -1);
  g_checksum_get_digest (checksum, digest, &size);
  memcpy (&name, digest, sizeof name);
  return GINT64_FROM_LE (name);
}

/* Nothing is to be evicted: it takes whatever there is. */
static gboolean
open_reservoir (Rescore *self, const RescoreOptions *options, GError **error)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.capacity = G_MAXINT;
  config.capacity_bytes = G_MAXINT64;
  config.temperature = options->temperature;
  if (options->policy)
    config.policy = options->policy;
  self->store = vinfo_store_open_existing (options->stores[0], error);
  if (self->store)
    self->reservoir = vinfo_reservoir_new (&config, self->store, error);
  if (!self->reservoir)
    return FALSE;
  if (vinfo_reservoir_fits_store (self->reservoir))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s: was not kept with policy %s and temperature %g; see --policy and "
      "--temperature",
      options->stores[0], config.policy, config.temperature);
  return FALSE;
}

static void
find_place (Rescore *self)
{
  guint64 place = vinfo_store_get_counter (self->store, PLACE_COUNTER);

  self->samples = vinfo_reservoir_list (self->reservoir);
  if (vinfo_store_get_counter (self->store, MODEL_COUNTER) != self->model)
    return;
  while (
      self->first < self->samples->len
      && ((VInfoSample *)self->samples->pdata[self->first])->arrival <= place)
    self->first++;
}

/* With the place, in one transaction. */
static gboolean
commit (Rescore *self, guint done, GError **error)
{
  gboolean all = done == self->samples->len;
  gint64 place
      = all || done == 0
            ? 0
            : (gint64)((VInfoSample *)self->samples->pdata[done - 1])->arrival;

  return vinfo_store_set_counter (
             self->store, MODEL_COUNTER, all ? 0 : self->model, error)
         && vinfo_store_set_counter (self->store, PLACE_COUNTER, place, error)
         && vinfo_reservoir_commit (self->reservoir, error);
}

/* Samples that arrived together are committed together. */
static gboolean
is_place_to_commit (const Rescore *self, guint done)
{
  const VInfoSample *last = self->samples->pdata[done - 1];

  if (done == self->samples->len)
    return TRUE;
  return done % COMMIT_INTERVAL == 0
         && ((VInfoSample *)self->samples->pdata[done])->arrival
                != last->arrival;
}

static gboolean
rescore_all (Rescore *self, const RescoreOptions *options, GError **error)
{
  guint n = self->samples->len;

  for (guint i = self->first; i < n; i++) {
    const VInfoSample *sample = self->samples->pdata[i];
    g_autoptr (GError) unreadable = NULL;

    if (!vinfo_reservoir_judge (self->reservoir, sample->id, self->scorer,
            self->snapshot, options->kind, &unreadable)) {
      g_printerr ("vinfo: %s: %" VINFO_ID_FORMAT ": %s\n", options->stores[0],
          sample->id, unreadable->message);
      self->n_unreadable++;
    }
    if (!is_place_to_commit (self, i + 1))
      continue;
    if (!commit (self, i + 1, error))
      return FALSE;
    if (!options->quiet)
      g_printerr ("rescored %u of %u\n", i + 1, n);
  }
  return TRUE;
}

static void
report (const Rescore *self, gboolean json)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_add_int (builder, "rescored",
      self->samples->len - self->first - self->n_unreadable);
  json_add_int (builder, "before", self->first);
  json_add_int (builder, "unreadable", self->n_unreadable);
  json_builder_end_object (builder);
  json_print (builder, json);
}

int
rescore_main (int argc, char **argv)
{
  g_auto (RescoreOptions) options
      = { .temperature
          = ((VInfoReservoirConfig)VINFO_RESERVOIR_CONFIG_INIT).temperature };
  g_auto (Rescore) self = { 0 };
  g_autoptr (GError) error = NULL;

  if (!parse (&options, argc, argv, &error))
    return command_refuse ("rescore", error);
  location_to_store (&options.stores[0]);
  location_to_predictor (&options.model);
  location_to_predictor (&options.reference_model);
  if (open_predictor (&self, &options, &error)
      && open_reservoir (&self, &options, &error)) {
    self.model = name_model (&self, options.kind);
    find_place (&self);
    if (rescore_all (&self, &options, &error)) {
      report (&self, options.json);
      return self.n_unreadable == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
  }
  return command_fail ("rescore", error);
}
