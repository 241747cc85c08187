/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo import`: data sets into a store.
 */
#include <math.h>
#include <stdlib.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "commands.h"
#include "exchange.h"
#include "input.h"
#include "json.h"
#include "location.h"
#include "sample-json.h"
#include "score/vinfo-result.h"
#include "store/vinfo-store.h"

static const char summary[]
    = "Reads WebDataset tar files (or a folder of them) and image folders "
      "into a\nstore, which is created where there is none.";

static const char description[]
    = "What `vinfo export` wrote comes back as it was, bytes, scores and all. "
      "Other\npictures become samples without a score: `vinfo run` scores "
      "them when it goes\non with the store. Samples that the store has are "
      "left as they are. All or\nnothing: after an error the store is as it "
      "was. An import is not bounded; the\nnext `vinfo run` evicts down to "
      "its capacity.\n\n"
      "Examples:\n"
      "  vinfo import shards --store copy.vinfo\n"
      "  vinfo import photos/ more.tar --store site.vinfo --feed album\n";

#define DEFAULT_FEED "import"

typedef struct {
  char **inputs;
  char *store;
  char *format;
  char *feed;
  gboolean json;
} ImportOptions;

static void
import_options_clear (ImportOptions *options)
{
  g_strfreev (options->inputs);
  g_free (options->store);
  g_free (options->format);
  g_free (options->feed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ImportOptions, import_options_clear)

static gboolean
parse (ImportOptions *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = { { "store", 's', 0, G_OPTION_ARG_FILENAME,
                                       &options->store,
                                       "Store to add to (required)", "FILE" },
    { "format", 'f', 0, G_OPTION_ARG_STRING, &options->format,
        "What the inputs are (told by their files)", "webdataset|imagefolder" },
    { "feed", 0, 0, G_OPTION_ARG_STRING, &options->feed,
        "Of pictures that name none (import)", "NAME" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json,
        "Say what was done as one JSON object", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->inputs,
        NULL, "INPUT..." },
    { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_set_prgname ("vinfo import");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (options->inputs && options->store)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "give INPUTs and --store FILE");
  return FALSE;
}

typedef struct {
  VInfoStore *store;
  const char *feed;
  GHashTable *known; /* guint64 *, owned */
  gboolean was_empty;
  gint64 rule; /* of the store's keys, 0: not known yet */
  gint64 now;
  guint64 arrival; /* the last one's */
  guint n_imported, n_known;
} Import;

/* Takes PNG and JPEG files as they are, anything else as a PNG of it. */
static gboolean
set_picture (VInfoSample *sample, const ExchangeItem *item, GError **error)
{
  static const guint8 jpeg[] = { 0xff, 0xd8 }, png[] = { 0x89, 'P', 'N', 'G' };
  g_autoptr (VInfoImage) image
      = vinfo_image_decode (item->picture, item->name, error);
  gsize size;
  gconstpointer data = g_bytes_get_data (item->picture, &size);

  if (!image)
    return FALSE;
  if (size >= sizeof jpeg && memcmp (data, jpeg, sizeof jpeg) == 0) {
    sample->codec = VINFO_IMAGE_CODEC_MJPEG;
    sample->blob = g_bytes_ref (item->picture);
  } else {
    sample->codec = VINFO_IMAGE_CODEC_PNG;
    sample->blob = size >= sizeof png && memcmp (data, png, sizeof png) == 0
                       ? g_bytes_ref (item->picture)
                       : vinfo_image_encode (image, sample->codec, 100, error);
  }
  if (!sample->blob)
    return FALSE;
  sample->blob_size = g_bytes_get_size (sample->blob);
  sample->width = vinfo_image_get_width (image);
  sample->height = vinfo_image_get_height (image);
  vinfo_image_thumbnail (image, sample->thumbnail);
  return TRUE;
}

/* Of a picture of which nothing is known: the next frame of a stream of them. */
static VInfoSample *
new_sample (Import *self, const ExchangeItem *item)
{
  VInfoSample *sample = vinfo_sample_new ();

  sample->feed = g_strdup (self->feed);
  sample->source = g_strdup (item->name);
  sample->caps = g_strdup ("");
  sample->pts = GST_CLOCK_TIME_NONE;
  sample->wall_time = self->now;
  sample->arrival = self->arrival + 1;
  sample->score = (VInfoScore){ .loss = NAN,
    .pvi = NAN,
    .gain = NAN,
    .value = NAN,
    .quantile = NAN,
    .ood = NAN,
    .region = NAN,
    .h_x = NAN,
    .h_null = NAN };
  sample->u = sample->key = sample->inclusion = NAN;
  sample->soft_inclusion = sample->uniform_inclusion = NAN;
  sample->first_loss = NAN;
  return sample;
}

static gboolean
set_json (
    VInfoSample *sample, const ExchangeItem *item, gint64 *rule, GError **error)
{
  g_autoptr (JsonNode) root = exchange_parse (item->json, error);

  if (root && JSON_NODE_HOLDS_OBJECT (root)
      && sample_set_json (sample, json_node_get_object (root), rule, error))
    return TRUE;
  if (error && !*error)
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "not a JSON object");
  g_prefix_error (error, "%s: metadata: ", item->name);
  return FALSE;
}

/* Keys of another rule than the store's say nothing there: the reservoir that
 * opens it makes them anew. */
static void
compare_rule (Import *self, VInfoSample *sample, gint64 rule)
{
  if (self->rule == 0 && self->was_empty && self->n_imported == 0)
    self->rule = rule;
  if (rule == 0 || rule != self->rule)
    sample->key = NAN;
  if (!isfinite (sample->score.quantile))
    sample->score.quantile = 0.5f;
}

static gboolean
import_item (const ExchangeItem *item, gpointer data, GError **error)
{
  Import *self = data;
  g_autoptr (VInfoSample) sample = new_sample (self, item);
  gint64 rule = 0;

  if (!set_picture (sample, item, error)
      || (item->json && !set_json (sample, item, &rule, error)))
    return FALSE;
  if (sample->id == 0)
    sample->id = vinfo_sample_id (sample->feed, sample->source, sample->pts, 0);
  if (g_hash_table_contains (self->known, &sample->id)) {
    self->n_known++;
    return TRUE;
  }
  compare_rule (self, sample, rule);
  if (!vinfo_store_put (self->store, sample, error))
    return FALSE;
  g_hash_table_add (self->known, g_memdup2 (&sample->id, sizeof sample->id));
  self->arrival = MAX (self->arrival, sample->arrival);
  self->n_imported++;
  return TRUE;
}

static gboolean
list_known (Import *self, GError **error)
{
  g_autoptr (GPtrArray) samples = NULL;

  samples = vinfo_store_list (self->store, error);
  for (guint i = 0; samples && i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    g_hash_table_add (self->known, g_memdup2 (&sample->id, sizeof sample->id));
    self->arrival = MAX (self->arrival, sample->arrival);
  }
  self->was_empty = samples && samples->len == 0;
  self->rule = vinfo_store_get_counter (self->store, "rule");
  return samples != NULL;
}

static gboolean
import_inputs (Import *self, const ImportOptions *options, GError **error)
{
  for (char **input = options->inputs; *input; input++) {
    const ExchangeFormat *format = options->format
                                       ? exchange_find (options->format, error)
                                       : exchange_guess (*input);

    if (!format || !format->read (*input, import_item, self, error))
      return FALSE;
  }
  if (self->was_empty && self->rule != 0
      && !vinfo_store_set_counter (self->store, "rule", self->rule, error))
    return FALSE;
  return vinfo_store_commit (self->store, error);
}

/* The file that this call has made and nothing else has written to, with what
 * SQLite keeps beside it: a failed import leaves things as they were. Before the
 * store is closed, which gives its lock up. */
static void
remove_new_store (const char *location)
{
  static const char *const suffixes[] = { "", "-wal", "-shm" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *file = g_strconcat (location, suffixes[i], NULL);

    g_unlink (file);
  }
}

static gboolean
import_all (const ImportOptions *options, JsonBuilder *builder, GError **error)
{
  gboolean is_new = !g_file_test (options->store, G_FILE_TEST_EXISTS);
  g_autoptr (VInfoStore) store = vinfo_store_open (options->store, error);
  g_autoptr (GHashTable) known
      = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  Import self = { .store = store,
    .feed = options->feed ? options->feed : DEFAULT_FEED,
    .known = known,
    .now = g_get_real_time () };

  if (!store)
    return FALSE;
  if (!vinfo_store_claim (store, error))
    return FALSE;
  if (!list_known (&self, error) || !import_inputs (&self, options, error)) {
    if (is_new && self.was_empty)
      remove_new_store (options->store);
    return FALSE;
  }
  json_builder_begin_object (builder);
  json_add_int (builder, "imported", self.n_imported);
  json_add_int (builder, "known", self.n_known);
  json_builder_end_object (builder);
  return TRUE;
}

int
import_main (int argc, char **argv)
{
  g_auto (ImportOptions) options = { 0 };
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GError) error = NULL;

  if (!parse (&options, argc, argv, &error))
    return command_refuse ("import", error);
  location_to_store (&options.store);
  if (!import_all (&options, builder, &error))
    return command_fail ("import", error);
  json_print (builder, options.json);
  return EXIT_SUCCESS;
}
