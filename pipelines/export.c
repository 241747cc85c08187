/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo export`: a store as a data set that other tools read.
 */
#include <stdlib.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <glib/gstdio.h>

#include "commands.h"
#include "exchange.h"
#include "folder.h"
#include "json.h"
#include "location.h"
#include "store/vinfo-store.h"

static const char summary[]
    = "Writes the samples of STORE, as they are encoded, to a new or empty "
      "folder.\n\n"
      "webdataset: tar files of ID.png (or .jpg) and ID.json.\n"
      "imagefolder: pictures and metadata.jsonl, as Hugging Face's datasets "
      "read it.";

static const char description[]
    = "The JSON has all that the store knows of a sample, by the names of its\n"
      "columns, so that `vinfo import` makes the same store of it again. The "
      "store\nmay be written meanwhile: what is evicted before its turn is "
      "left out and\ncounted as gone; what is damaged is named, and the exit "
      "status is 1.\n\n"
      "Examples:\n"
      "  vinfo export results/store.vinfo --format webdataset --out shards\n"
      "  vinfo export results/store.vinfo --format imagefolder --out images\n";

#define DEFAULT_SHARD_SIZE 1000

typedef struct {
  char **stores;
  char *format;
  char *out;
  char *feed;
  gint shard_size;
  gboolean json;
} ExportOptions;

static void
export_options_clear (ExportOptions *options)
{
  g_strfreev (options->stores);
  g_free (options->format);
  g_free (options->out);
  g_free (options->feed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ExportOptions, export_options_clear)

static gboolean
parse (ExportOptions *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[]
      = { { "format", 'f', 0, G_OPTION_ARG_STRING, &options->format,
              "What to write (webdataset)", "webdataset|imagefolder" },
          { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options->out,
              "Folder to write to (required)", "DIR" },
          { "feed", 0, 0, G_OPTION_ARG_STRING, &options->feed,
              "Of this feed only", "NAME" },
          { "shard-size", 0, 0, G_OPTION_ARG_INT, &options->shard_size,
              "Samples of one tar file (1000)", "N" },
          { "json", 0, 0, G_OPTION_ARG_NONE, &options->json,
              "Say what was done as one JSON object", NULL },
          { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
              &options->stores, NULL, "STORE" },
          { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_set_prgname ("vinfo export");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (options->stores && g_strv_length (options->stores) == 1 && options->out
      && options->shard_size > 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s",
      options->shard_size <= 0 ? "--shard-size must be at least 1"
                               : "give one STORE and --out DIR");
  return FALSE;
}

/* An export among other files would be read together with them. */
static gboolean
make_empty_folder (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = NULL;

  if (!folder_make (folder, error))
    return FALSE;
  dir = g_dir_open (folder, 0, error);
  if (!dir || !g_dir_read_name (dir))
    return dir != NULL;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
      "%s: not empty; give a new folder", folder);
  return FALSE;
}

typedef struct {
  VInfoStore *store;
  const ExchangeFormat *format;
  ExchangeWriter *writer;
  gint64 rule;
  guint n_samples, n_gone, n_unreadable;
  guint64 bytes;
} Export;

/* The others are exported all the same. */
static void
note_damage (Export *self, const GError *damage)
{
  g_printerr ("vinfo: export: %s\n", damage->message);
  self->n_unreadable++;
}

static gboolean
export_sample (Export *self, guint64 id, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (VInfoSample) sample = vinfo_store_get (self->store, id, &problem);

  if (g_error_matches (
          problem, VINFO_STORE_ERROR, VINFO_STORE_ERROR_NOT_FOUND)) {
    self->n_gone++;
    return TRUE;
  }
  if (g_error_matches (problem, VINFO_STORE_ERROR, VINFO_STORE_ERROR_CORRUPT)) {
    note_damage (self, problem);
    return TRUE;
  }
  if (!sample) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  self->n_samples++;
  self->bytes += sample->blob_size;
  return self->format->add (self->writer, sample, self->rule, error);
}

/* A name that is misspelt must not look as if there were no pictures. */
static gboolean
has_feed (GPtrArray *samples, const ExportOptions *options, GError **error)
{
  if (!options->feed)
    return TRUE;
  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    if (g_str_equal (options->feed, sample->feed))
      return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "%s: no sample of a feed %s", options->stores[0], options->feed);
  return FALSE;
}

static gboolean
write_samples (Export *self, GPtrArray *samples, const ExportOptions *options,
    GPtrArray *files, GError **error)
{
  gboolean done = TRUE;

  self->writer = self->format->open (
      options->out, (guint)options->shard_size, files, error);
  if (!self->writer)
    return FALSE;
  for (guint i = 0; i < samples->len && done; i++) {
    const VInfoSample *sample = samples->pdata[i];

    if (!options->feed || g_str_equal (options->feed, sample->feed))
      done = export_sample (self, sample->id, error);
  }
  return self->format->close (self->writer, done ? error : NULL) && done;
}

/* Half an export reads like a whole one, and is in the way of the next. */
static void
remove_files (GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++)
    g_unlink (files->pdata[i]);
}

static gboolean
export_all (Export *self, const ExportOptions *options, GError **error)
{
  g_autoptr (GPtrArray) damage
      = g_ptr_array_new_with_free_func ((GDestroyNotify)g_error_free);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) samples
      = vinfo_store_list_sound (self->store, damage, error);

  if (!samples || !has_feed (samples, options, error)
      || !make_empty_folder (options->out, error))
    return FALSE;
  self->rule = vinfo_store_get_counter (self->store, "rule");
  for (guint i = 0; i < damage->len; i++)
    note_damage (self, damage->pdata[i]);
  if (write_samples (self, samples, options, files, error))
    return TRUE;
  remove_files (files);
  return FALSE;
}

static gboolean
export_store (const ExportOptions *options, JsonBuilder *builder,
    guint *n_unreadable, GError **error)
{
  Export self = { 0 };
  g_autoptr (VInfoStore) store = NULL;

  self.format
      = exchange_find (options->format ? options->format : "webdataset", error);
  if (!self.format)
    return FALSE;
  store = vinfo_store_open_existing (options->stores[0], error);
  self.store = store;
  if (!store || !export_all (&self, options, error))
    return FALSE;
  json_builder_begin_object (builder);
  json_add_int (builder, "exported", self.n_samples);
  json_add_int (builder, "bytes", (gint64)self.bytes);
  json_add_int (builder, "gone", self.n_gone);
  json_add_int (builder, "unreadable", self.n_unreadable);
  json_builder_end_object (builder);
  *n_unreadable = self.n_unreadable;
  return TRUE;
}

int
export_main (int argc, char **argv)
{
  g_auto (ExportOptions) options = { .shard_size = DEFAULT_SHARD_SIZE };
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  guint n_unreadable = 0;
  g_autoptr (GError) error = NULL;

  if (!parse (&options, argc, argv, &error))
    return command_refuse ("export", error);
  location_to_store (&options.stores[0]);
  if (!export_store (&options, builder, &n_unreadable, &error))
    return command_fail ("export", error);
  json_print (builder, options.json);
  return n_unreadable == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
