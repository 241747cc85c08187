/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Puts the loop of `vinfo run` together.
 */
#include "pipeline.h"

#include <math.h>

#include "element.h"
#include "score/vinfo-worker.h"

/* Feed of recordings: the same whatever else is played before or after, so
 * that the same recording finds its own samples. */
#define RECORDINGS_FEED "main"

typedef struct {
  const char *property;
  double value; /* negative: not given */
} Number;

typedef struct {
  const char *property;
  const char *nick; /* NULL: not given */
} Choice;

static gboolean
set_numbers (GstElement *element, const Number *numbers, GError **error)
{
  for (; numbers->property; numbers++)
    if (numbers->value >= 0
        && !element_set_number (
            element, numbers->property, numbers->value, error))
      return FALSE;
  return TRUE;
}

static gboolean
set_choices (GstElement *element, const Choice *choices, GError **error)
{
  for (; choices->property; choices++)
    if (choices->nick
        && !element_set_nick (element, choices->property, choices->nick, error))
      return FALSE;
  return TRUE;
}

static void
set_string (GstElement *element, const char *property, const char *value)
{
  if (value)
    g_object_set (element, property, value, NULL);
}

/* What an earlier run left goes before --model, so that the same command again
 * continues. */
static const char *
choose_model (const Pipeline *self, const RunOptions *options)
{
  g_autofree char *latest = g_build_filename (self->predictor, "latest", NULL);

  return g_file_test (latest, G_FILE_TEST_EXISTS) ? self->predictor
                                                  : options->model;
}

static gboolean
set_up_predictor (GstElement *element, const Pipeline *self,
    const RunOptions *options, GError **error)
{
  const Number numbers[] = { { "seed", options->seed },
    { "max-regression", options->max_regression }, { NULL } };
  const Choice choices[] = { { "estimator", options->estimator }, { NULL } };

  set_string (element, "model", choose_model (self, options));
  set_string (element, "architecture",
      options->architecture ? options->architecture : "tiny");
  return set_numbers (element, numbers, error)
         && set_choices (element, choices, error);
}

static GstElement *
add_element (Pipeline *self, const char *factory, GError **error)
{
  GstElement *element = element_new (factory, error);

  if (element)
    gst_bin_add (GST_BIN (self->element), element);
  return element;
}

/* OptiDEL keeps frames for their crops, which need the source's resolution, and
 * trains on mosaics of them. */
static gboolean
wants_mosaics (const RunOptions *options)
{
  return g_strcmp0 (options->policy, "optidel") == 0;
}

/* Returns: (transfer none): what the trainer gets its pictures from */
static GstElement *
add_composer (Pipeline *self, const RunOptions *options, GError **error)
{
  const Choice choices[] = { { "dtype", options->dtype }, { NULL } };
  GstElement *composer;

  if (!wants_mosaics (options))
    return self->reservoir;
  composer = add_element (self, "vinfocompose", error);
  if (!composer || !set_up_predictor (composer, self, options, error)
      || !set_choices (composer, choices, error)
      || !gst_element_link (self->reservoir, composer))
    return NULL;
  return composer;
}

static gboolean
add_trainer (Pipeline *self, const RunOptions *options, GError **error)
{
  const Number numbers[] = { { "batch-size", options->batch_size },
    { "learning-rate", options->learning_rate },
    { "publish-interval", options->publish_interval },
    { "max-steps", options->max_steps }, { NULL } };
  const Choice choices[] = { { "weights", options->weights },
    { "dtype", options->dtype }, { NULL } };
  GstElement *source = add_composer (self, options, error);

  if (!source)
    return FALSE;
  self->trainer = add_element (self, "vinfotrainer", error);
  if (!self->trainer || !set_numbers (self->trainer, numbers, error)
      || !set_choices (self->trainer, choices, error)
      || !set_up_predictor (self->trainer, self, options, error))
    return FALSE;
  g_object_set (self->trainer, "location", self->predictor, NULL);
  return gst_element_link (source, self->trainer);
}

static gboolean
add_reservoir (
    Pipeline *self, const RunOptions *options, gboolean live, GError **error)
{
  const Number numbers[] = { { "capacity", options->capacity },
    { "max-bytes", options->max_bytes }, { "quality", options->quality },
    { "seed", options->seed },
    { "samples-per-frame", options->samples_per_frame }, { NULL } };
  const Choice choices[] = { { "mode", live ? "async" : "sync" },
    { "codec", options->codec }, { NULL } };

  self->reservoir = add_element (self, "vinforeservoir", error);
  if (!self->reservoir)
    return FALSE;
  g_object_set (self->reservoir, "location", self->store, NULL);
  if (!live) /* what a clock cuts short is not the same in every run */
    g_object_set (self->reservoir, "drain-timeout", GST_CLOCK_TIME_NONE, NULL);
  g_object_set (self->reservoir, "max-age",
      (guint64)(options->max_age * GST_SECOND), NULL);
  set_string (self->reservoir, "policy", options->policy);
  return set_numbers (self->reservoir, numbers, error)
         && set_choices (self->reservoir, choices, error);
}

static gboolean
set_up_scorer (const Pipeline *self, GstElement *scorer,
    const RunOptions *options, gboolean live, GError **error)
{
  const Number numbers[] = { { "masks", options->masks },
    { "frame-size", options->frame_size < 0 && wants_mosaics (options)
                        ? 0
                        : options->frame_size },
    { NULL } };
  const Choice choices[]
      = { { "mode", live ? "async" : "sync" }, { "score", options->score },
          { "scoring", options->scoring }, { "reference", options->reference },
          { "dtype", options->dtype }, { NULL } };

  set_string (scorer, "reference-model", options->reference_model);
  return set_up_predictor (scorer, self, options, error)
         && set_numbers (scorer, numbers, error)
         && set_choices (scorer, choices, error);
}

/* What holds for each feed is a property of the pad that it enters by. */
static void
limit_feed (GstElement *scorer, const RunOptions *options)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (scorer, "src");
  g_autoptr (GstPad) sink = gst_pad_get_peer (src);

  g_object_set (sink, "max-rate", options->max_rate, NULL);
}

static gboolean
add_feed (Pipeline *self, const RunOptions *options, GPtrArray *inputs,
    const char *feed, gboolean live, GError **error)
{
  GstElement *scorer = add_element (self, "vinfoscore", error);
  Playlist *playlist;

  if (!scorer)
    return FALSE;
  g_ptr_array_add (self->scorers, gst_object_ref (scorer));
  g_object_set (scorer, "feed", feed, NULL);
  if (!set_up_scorer (self, scorer, options, live, error))
    return FALSE;
  playlist = playlist_new (GST_BIN (self->element), inputs, live, error);
  if (!playlist)
    return FALSE;
  g_ptr_array_add (self->playlists, playlist);
  if (!gst_element_link_many (
          playlist_get_element (playlist), scorer, self->reservoir, NULL))
    return FALSE;
  limit_feed (scorer, options);
  return TRUE;
}

/* The input's name, numbered where an earlier one has the same. */
static char *
name_feed (GPtrArray *inputs, guint index)
{
  const Input *input = inputs->pdata[index];
  guint number = 1;

  for (guint i = 0; i < index; i++) {
    const Input *earlier = inputs->pdata[i];

    number += g_str_equal (earlier->name, input->name);
  }
  return number == 1 ? g_strdup (input->name)
                     : g_strdup_printf ("%s#%u", input->name, number);
}

/* Live feeds cannot wait for one another; each has a scorer of its own. */
static gboolean
add_live_feeds (Pipeline *self, const RunOptions *options, GPtrArray *inputs,
    GError **error)
{
  for (guint i = 0; i < inputs->len; i++) {
    g_autoptr (GPtrArray) alone = g_ptr_array_new ();
    g_autofree char *feed = name_feed (inputs, i);

    g_ptr_array_add (alone, inputs->pdata[i]);
    if (!add_feed (self, options, alone, feed, TRUE, error))
      return FALSE;
  }
  return TRUE;
}

static GPtrArray *
parse_inputs (char **arguments, gboolean *live, GError **error)
{
  g_autoptr (GPtrArray) inputs
      = g_ptr_array_new_with_free_func ((GDestroyNotify)input_free);

  for (; *arguments; arguments++) {
    Input *input = input_new (*arguments, error);

    if (!input)
      return NULL;
    g_ptr_array_add (inputs, input);
    *live |= input->live;
  }
  return g_steal_pointer (&inputs);
}

static gboolean
fill (Pipeline *self, const RunOptions *options, GError **error)
{
  gboolean live = options->live;
  g_autoptr (GPtrArray) inputs = parse_inputs (options->inputs, &live, error);

  live &= !options->offline;
  if (!inputs || !add_reservoir (self, options, live, error))
    return FALSE;
  self->inputs = g_ptr_array_ref (inputs);
  if (!options->no_train && !add_trainer (self, options, error))
    return FALSE;
  return live ? add_live_feeds (self, options, inputs, error)
              : add_feed (self, options, inputs, RECORDINGS_FEED, FALSE, error);
}

/* On the thread that posts. An input's error is the playlist's matter. */
static GstBusSyncReply
sift_errors (GstBus *bus, GstMessage *message, gpointer data)
{
  Pipeline *self = data;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return GST_BUS_PASS;
  for (guint i = 0; i < self->playlists->len; i++)
    if (playlist_take_error (self->playlists->pdata[i], message)) {
      gst_message_unref (message);
      return GST_BUS_DROP;
    }
  return GST_BUS_PASS;
}

Pipeline *
pipeline_new (const RunOptions *options, GError **error)
{
  g_autoptr (Pipeline) self = g_new0 (Pipeline, 1);
  g_autoptr (GstContext) context = NULL;
  g_autoptr (GstBus) bus = NULL;

  self->element = gst_object_ref_sink (gst_pipeline_new ("vinfo"));
  self->scorers = g_ptr_array_new_with_free_func (gst_object_unref);
  self->playlists
      = g_ptr_array_new_with_free_func ((GDestroyNotify)playlist_free);
  self->table = vinfo_predictor_table_new ();
  self->predictor = g_build_filename (options->out, "predictor", NULL);
  self->store = options->store
                    ? g_strdup (options->store)
                    : g_build_filename (options->out, "store.vinfo", NULL);
  context = vinfo_predictor_table_to_context (self->table);
  gst_element_set_context (self->element, context);
  if (!fill (self, options, error))
    return NULL;
  bus = gst_element_get_bus (self->element);
  gst_bus_set_sync_handler (bus, sift_errors, self, NULL);
  return g_steal_pointer (&self);
}

void
pipeline_free (Pipeline *self)
{
  if (!self)
    return;
  gst_element_set_state (self->element, GST_STATE_NULL);
  g_ptr_array_unref (self->playlists);
  g_ptr_array_unref (self->scorers);
  g_clear_pointer (&self->inputs, g_ptr_array_unref);
  gst_object_unref (self->element);
  g_object_unref (self->table);
  g_free (self->store);
  g_free (self->predictor);
  g_free (self);
}

VInfoPredictor *
pipeline_dup_predictor (Pipeline *self)
{
  g_autoptr (VInfoWorker) worker
      = vinfo_predictor_table_lookup (self->table, "default");

  return worker ? g_object_ref (vinfo_worker_get_predictor (worker)) : NULL;
}

double
pipeline_get_fraction (Pipeline *self)
{
  double least = 1;

  for (guint i = 0; i < self->playlists->len; i++) {
    double fraction = playlist_get_fraction (self->playlists->pdata[i]);

    if (isnan (fraction))
      return NAN;
    least = fmin (least, fraction);
  }
  return least;
}

const Input *
pipeline_find_input (Pipeline *self, GstObject *object)
{
  const Input *input = NULL;

  for (guint i = 0; i < self->playlists->len && !input; i++)
    input = playlist_find_input (self->playlists->pdata[i], object);
  return input;
}

static guint
count_failed (Pipeline *self)
{
  guint n = 0;

  for (guint i = 0; i < self->playlists->len; i++)
    n += playlist_get_n_failed (self->playlists->pdata[i]);
  return n;
}

void
pipeline_start (Pipeline *self)
{
  guint n_failed = 0, n;

  while (gst_element_set_state (self->element, GST_STATE_PLAYING)
             == GST_STATE_CHANGE_FAILURE
         && (n = count_failed (self)) > n_failed)
    n_failed = n;
}

void
pipeline_set_failed (
    Pipeline *self, PlaylistFailureFunc failed, gpointer user_data)
{
  for (guint i = 0; i < self->playlists->len; i++)
    playlist_set_failed (self->playlists->pdata[i], failed, user_data);
}

void
pipeline_tell_failures (Pipeline *self)
{
  for (guint i = 0; i < self->playlists->len; i++)
    playlist_tell_failures (self->playlists->pdata[i]);
}

void
pipeline_set_limit (Pipeline *self, GstClockTime limit,
    PlaylistLimitFunc reached, gpointer user_data)
{
  for (guint i = 0; i < self->playlists->len; i++)
    playlist_set_limit (self->playlists->pdata[i], limit, reached, user_data);
}

void
pipeline_stop (Pipeline *self)
{
  for (guint i = 0; i < self->playlists->len; i++)
    playlist_stop (self->playlists->pdata[i]);
}
