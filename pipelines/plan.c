/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * `vinfo plan`: what a reservoir takes, before one starts it.
 */
#include <math.h>
#include <stdlib.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "commands.h"
#include "json.h"
#include "location.h"
#include "sample-picture.h"
#include "store/vinfo-store.h"
#include "units.h"

static const char summary[]
    = "Says how many bytes a capacity takes at a frame size and codec, and how "
      "long it\nlasts.";

static const char description[]
    = "Bytes are measured: pictures are encoded at the wanted size and written "
      "to a\nstore. --like gives the pictures, an image or a store of the same "
      "scene; without\nit they are made up, with detail at every scale as "
      "photographs have it.\n\n"
      "With --json, exact:\n"
      "  sample_bytes  of one picture\n"
      "  samples       as many as fit into both bounds\n"
      "  bytes         of their pictures; file_bytes with all that the store "
      "adds\n"
      "  days_full     until so many frames have come\n"
      "  days_share    until the samples are the wanted share of all frames\n"
      "  day_bytes     written on the last day before that (a uniform draw;\n"
      "                more where scores rise, fewer where scenes stand "
      "still)\n\n"
      "Examples:\n"
      "  vinfo plan --capacity 10000 --size 910x512 --codec mjpeg\n"
      "  vinfo plan --max-bytes 2000000000 --size 640x360 --like frame.png "
      "--feeds 8\n";

#define N_PICTURES 8
#define MIN_BYTES (2u << 20) /* of blobs */

typedef struct {
  gint64 capacity, max_bytes;
  char *size;
  char *codec;
  gint quality;
  char *like;
  double rate, share;
  gint feeds;
  gboolean json;
} PlanOptions;

static void
plan_options_clear (PlanOptions *options)
{
  g_free (options->size);
  g_free (options->codec);
  g_free (options->like);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PlanOptions, plan_options_clear)

typedef struct {
  guint width, height;
  VInfoImageCodec codec;
} Encoding;

static const char *
find_fault (const PlanOptions *options)
{
  if (options->capacity < 1)
    return "--capacity must be at least 1";
  if (options->max_bytes < 1)
    return "--max-bytes must be at least 1";
  if (options->quality < 1 || options->quality > 100)
    return "--quality must be 1 to 100";
  if (!(options->rate > 0) || options->feeds < 1)
    return "--rate and --feeds must be more than 0";
  if (!(options->share > 0 && options->share <= 1))
    return "--share must be more than 0 and at most 1";
  return NULL;
}

static gboolean
parse_size (const char *text, Encoding *encoding)
{
  char *end = NULL;
  guint64 width = g_ascii_strtoull (text, &end, 10), height = 0;

  if (*end == 'x')
    height = g_ascii_strtoull (end + 1, &end, 10);
  if (*end != '\0' || MIN (width, height) < 1
      || MAX (width, height) > VINFO_IMAGE_MAX_SIDE)
    return FALSE;
  encoding->width = width;
  encoding->height = height;
  return TRUE;
}

static gboolean
parse_encoding (const PlanOptions *options, Encoding *encoding)
{
  const char *codec = options->codec ? options->codec : "png";

  encoding->codec = g_str_equal (codec, "mjpeg") ? VINFO_IMAGE_CODEC_MJPEG
                                                 : VINFO_IMAGE_CODEC_PNG;
  return (g_str_equal (codec, "png") || g_str_equal (codec, "mjpeg"))
         && parse_size (options->size ? options->size : "910x512", encoding);
}

static gboolean
parse (
    PlanOptions *o, Encoding *encoding, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = { { "capacity", 'c', 0, G_OPTION_ARG_INT64,
                                       &o->capacity, "Most frames kept (512)",
                                       "N" },
    { "max-bytes", 0, 0, G_OPTION_ARG_INT64, &o->max_bytes,
        "Most bytes of encoded frames kept (1 GiB)", "N" },
    { "size", 0, 0, G_OPTION_ARG_STRING, &o->size,
        "Of the kept frames (910x512)", "WxH" },
    { "codec", 0, 0, G_OPTION_ARG_STRING, &o->codec,
        "How they are encoded (png)", "png|mjpeg" },
    { "quality", 0, 0, G_OPTION_ARG_INT, &o->quality, "1 to 100, of mjpeg (90)",
        "N" },
    { "like", 0, 0, G_OPTION_ARG_FILENAME, &o->like,
        "Measure with these pictures", "IMAGE|STORE" },
    { "rate", 0, 0, G_OPTION_ARG_DOUBLE, &o->rate,
        "Frames a second of each feed (30)", "FPS" },
    { "feeds", 0, 0, G_OPTION_ARG_INT, &o->feeds, "Feeds (1)", "N" },
    { "share", 0, 0, G_OPTION_ARG_DOUBLE, &o->share,
        "Part of all frames that shall still be kept (0.01)", "SHARE" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o->json, "One JSON object", NULL },
    { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  const char *fault;

  g_set_prgname ("vinfo plan");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  fault = argc > 1 ? "no argument is wanted" : find_fault (o);
  if (!fault && !parse_encoding (o, encoding))
    fault = "give --size WxH and --codec png or mjpeg";
  if (fault)
    g_set_error_literal (
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, fault);
  return !fault;
}

typedef struct {
  double blob; /* bytes of one sample's picture */
  double file; /* bytes by which it makes the store's file grow */
} Cost;

/* As the JSON names them. */
typedef struct {
  gint64 sample_bytes, samples, bytes, file_bytes;
  double days_full, days_share;
  gint64 day_bytes;
} Plan;

/* Pictures to measure with, as many as there are up to N_PICTURES. */
static GPtrArray *
get_pictures (const char *like, const Encoding *encoding, GError **error)
{
  return like ? sample_picture_load (like, N_PICTURES, error)
              : sample_picture_make (
                  N_PICTURES, encoding->width, encoding->height);
}

/* (transfer full) (element-type GBytes) */
static GPtrArray *
encode_all (GPtrArray *pictures, const Encoding *encoding, guint quality,
    GError **error)
{
  g_autoptr (GPtrArray) blobs
      = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);

  for (guint i = 0; i < pictures->len; i++) {
    g_autoptr (VInfoImage) sized = vinfo_image_resize (
        pictures->pdata[i], 0, 0, 0, 0, encoding->width, encoding->height);
    GBytes *blob = vinfo_image_encode (sized, encoding->codec, quality, error);

    if (!blob)
      return NULL;
    g_ptr_array_add (blobs, blob);
  }
  return g_steal_pointer (&blobs);
}

static gboolean
put_blob (VInfoStore *store, GBytes *blob, guint64 id, const Encoding *encoding,
    GError **error)
{
  g_autoptr (VInfoSample) sample = vinfo_sample_new ();

  sample->id = id;
  sample->feed = g_strdup ("main");
  sample->source = g_strdup ("file:///recordings/2026-11-24.mp4");
  sample->caps = g_strdup ("video/x-raw, format=(string)I420");
  sample->codec = encoding->codec;
  sample->blob = g_bytes_ref (blob);
  sample->blob_size = g_bytes_get_size (blob);
  sample->width = encoding->width;
  sample->height = encoding->height;
  sample->embedding_size = 192; /* of the architecture tiny */
  sample->embedding = g_new0 (gfloat, sample->embedding_size);
  return vinfo_store_put (store, sample, error);
}

/* As often as it takes for a file, which grows by pages, to tell. */
static gboolean
put_all (VInfoStore *store, GPtrArray *blobs, const Encoding *encoding,
    guint *n, guint64 *bytes, GError **error)
{
  for (*n = 0, *bytes = 0; *n < blobs->len || *bytes < MIN_BYTES; ++*n) {
    GBytes *blob = blobs->pdata[*n % blobs->len];

    if (!put_blob (store, blob, *n + 1, encoding, error))
      return FALSE;
    *bytes += g_bytes_get_size (blob);
  }
  return TRUE;
}

static goffset
get_file_size (const char *file)
{
  GStatBuf status;

  return g_stat (file, &status) == 0 ? status.st_size : 0;
}

/* Writes @blobs to the store @file. */
static gboolean
measure_in (const char *file, GPtrArray *blobs, const Encoding *encoding,
    Cost *cost, GError **error)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (file, error);
  goffset empty;
  guint64 bytes;
  guint n;

  if (!store || !vinfo_store_purge (store, error))
    return FALSE;
  empty = get_file_size (file);
  if (!put_all (store, blobs, encoding, &n, &bytes, error)
      || !vinfo_store_purge (store, error))
    return FALSE;
  cost->blob = (double)bytes / n;
  cost->file = (double)(get_file_size (file) - empty) / n;
  return TRUE;
}

static gboolean
measure (const PlanOptions *options, const Encoding *encoding, Cost *cost,
    GError **error)
{
  g_autoptr (GPtrArray) pictures
      = get_pictures (options->like, encoding, error);
  g_autoptr (GPtrArray) blobs = pictures ? encode_all (pictures, encoding,
                                    (guint)options->quality, error)
                                         : NULL;
  g_autofree char *folder
      = blobs ? g_dir_make_tmp ("vinfo-plan-XXXXXX", error) : NULL;
  g_autofree char *file = NULL;
  gboolean done;

  if (!folder)
    return FALSE;
  file = g_build_filename (folder, "store.vinfo", NULL);
  done = measure_in (file, blobs, encoding, cost, error);
  g_remove (file);
  g_rmdir (folder);
  return done;
}

static Plan
make_plan (const PlanOptions *options, const Cost *cost)
{
  double samples = MAX (1,
      floor (MIN ((double)options->capacity, options->max_bytes / cost->blob)));
  double frames_a_day = options->rate * options->feeds * 86400;
  double frames = samples / options->share;
  double day = MIN (frames_a_day, frames);
  /* frame n is admitted with probability K/n once n is more than K */
  double admitted = frames > day ? samples * log (frames / (frames - day)) : 0;

  if (frames - day < samples)
    admitted = MAX (0, samples - (frames - day))
               + samples * log (frames / MAX (samples, frames - day));
  return (Plan){ .sample_bytes = llround (cost->blob),
    .samples = llround (samples),
    .bytes = llround (samples * cost->blob),
    .file_bytes = llround (samples * cost->file),
    .days_full = samples / frames_a_day,
    .days_share = frames / frames_a_day,
    .day_bytes = llround (admitted * cost->file) };
}

static void
print_json (const Plan *plan)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_add_int (builder, "sample_bytes", plan->sample_bytes);
  json_add_int (builder, "samples", plan->samples);
  json_add_int (builder, "bytes", plan->bytes);
  json_add_int (builder, "file_bytes", plan->file_bytes);
  json_add_number (builder, "days_full", plan->days_full);
  json_add_number (builder, "days_share", plan->days_share);
  json_add_int (builder, "day_bytes", plan->day_bytes);
  json_builder_end_object (builder);
  json_print (builder, TRUE);
}

static void
print_text (
    const Plan *plan, const PlanOptions *options, const Encoding *encoding)
{
  g_autofree char *sample = units_of_bytes ((guint64)plan->sample_bytes);
  g_autofree char *pictures = units_of_bytes ((guint64)plan->bytes);
  g_autofree char *file = units_of_bytes ((guint64)plan->file_bytes);
  g_autofree char *day = units_of_bytes ((guint64)plan->day_bytes);
  g_autofree char *full = units_of_seconds (plan->days_full * 86400);
  g_autofree char *share = units_of_seconds (plan->days_share * 86400);

  g_print ("%" G_GINT64_FORMAT " frames of %ux%u as %s, %s each\n",
      plan->samples, encoding->width, encoding->height,
      encoding->codec == VINFO_IMAGE_CODEC_PNG ? "png" : "mjpeg", sample);
  g_print ("  pictures    %s\n", pictures);
  g_print ("  store       %s on disk, with all that it adds\n", file);
  g_print ("  full        after %s of %d x %g frames/s\n", full, options->feeds,
      options->rate);
  g_print ("  kept        at least %g%% of all frames until %s have passed\n",
      100 * options->share, share);
  g_print ("  written     %s on the last day before that\n", day);
}

int
plan_main (int argc, char **argv)
{
  g_auto (PlanOptions) options = { .capacity = 512,
    .max_bytes = G_GINT64_CONSTANT (1) << 30,
    .quality = 90,
    .rate = 30,
    .share = 0.01,
    .feeds = 1 };
  g_autoptr (GError) error = NULL;
  Encoding encoding;
  Cost cost = { 0 };
  Plan plan;

  if (!parse (&options, &encoding, argc, argv, &error))
    return command_refuse ("plan", error);
  location_to_store (&options.like);
  if (!measure (&options, &encoding, &cost, &error))
    return command_fail ("plan", error);
  plan = make_plan (&options, &cost);
  if (options.json)
    print_json (&plan);
  else
    print_text (&plan, &options, &encoding);
  return EXIT_SUCCESS;
}
