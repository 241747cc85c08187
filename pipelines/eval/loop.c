/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The elements as a user would string them together, over a stream in memory.
 */
#include "loop.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "element.h"
#include "folder.h"
#include "frames.h"
#include "image-source.h"
#include "input.h"
#include "score/gstvinfometa.h"
#include "source.h"
#include "store/vinfo-store.h"

typedef struct {
  const char *name; /* as the key file calls it */
  const char *factory;
  GstElement *element;
} Part;

static VInfoImage *
load_frame (gpointer stream, guint number, GError **error)
{
  return vinfo_image_ref (
      g_array_index ((GArray *)stream, StreamFrame, number).image);
}

static gboolean
set_property (
    const Part *part, const char *property, const char *value, GError **error)
{
  GParamSpec *spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (part->element), property);

  if (!spec) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "%s has no property %s", part->factory, property);
    return FALSE;
  }
  if (G_IS_PARAM_SPEC_ENUM (spec))
    return element_set_nick (part->element, property, value, error);
  gst_util_set_object_arg (G_OBJECT (part->element), property, value);
  return TRUE;
}

static gboolean
set_properties (const Part *part, const Arm *arm, GError **error)
{
  GHashTableIter iter;
  gpointer key, value;
  gsize length = strlen (part->name);

  g_hash_table_iter_init (&iter, arm->properties);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const char *name = key;

    if (strncmp (name, part->name, length) == 0 && name[length] == '.'
        && !set_property (part, name + length + 1, value, error))
      return FALSE;
  }
  return TRUE;
}

enum { SCORER, RESERVOIR, COMPOSER, TRAINER, N_PARTS };

/* The whole, and where it leaves its files. */
typedef struct {
  const Arm *arm;
  const Setting *setting;
  GstElement *pipeline;
  Part parts[N_PARTS]; /* without an element where not wanted */
  char *store;
  char *predictor; /* of the trainer, where that is to be kept */
} Loop;

static void
loop_clear (Loop *self)
{
  gst_clear_object (&self->pipeline);
  g_unlink (self->store);
  g_free (self->store);
  g_free (self->predictor);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Loop, loop_clear)

static GstElement *
add_source (Loop *self, GError **error)
{
  GArray *stream = self->setting->stream;
  GstElement *source = image_source_new_full (stream->len, load_frame,
      g_array_ref (stream), (GDestroyNotify)g_array_unref);
  g_autoptr (GstPad) pad = NULL;

  if (!source) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no appsrc");
    return NULL;
  }
  gst_bin_add (GST_BIN (self->pipeline), source);
  pad = gst_element_get_static_pad (source, "src");
  source_name_stream (pad, "eval");
  return source;
}

/* What every arm has; the default feed, the element's name, counts what came
 * before. */
static void
set_up_part (const Loop *self, guint number)
{
  GstElement *element = self->parts[number].element;

  if (number == RESERVOIR)
    g_object_set (element, "capacity", self->setting->capacity, "location",
        self->store, NULL);
  else
    g_object_set (element, "model", self->setting->model, NULL);
  if (number == SCORER)
    g_object_set (element, "frame-size", 0, "feed", "eval", NULL);
  if (number == SCORER && self->setting->reference)
    g_object_set (element, "reference-model", self->setting->reference, NULL);
  if (number == TRAINER && self->predictor)
    g_object_set (element, "location", self->predictor, NULL);
  if (number == SCORER || number == RESERVOIR)
    gst_util_set_object_arg (G_OBJECT (element), "mode", "sync");
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "seed"))
    g_object_set (element, "seed", (guint64)self->setting->seed, NULL);
}

static gboolean
add_part (Loop *self, guint number, GError **error)
{
  Part *part = &self->parts[number];

  if ((number == COMPOSER && !self->arm->composes)
      || (number == TRAINER && !self->arm->trains))
    return TRUE;
  part->element = element_new (part->factory, error);
  if (!part->element)
    return FALSE;
  gst_bin_add (GST_BIN (self->pipeline), part->element);
  set_up_part (self, number);
  return set_properties (part, self->arm, error);
}

/* Notes the gain of a frame that the scorer passes on, which in lock-step has
 * its score. */
static GstPadProbeReturn
note_gain (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const Setting *setting = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  VInfoResult *result = gst_buffer_get_vinfo_result (buffer);
  guint frame = (guint)gst_util_uint64_scale_round (
      GST_BUFFER_PTS (buffer), IMAGES_RATE, GST_SECOND);
  VInfoScore score;

  if (result && vinfo_result_get_score (result, &score))
    setting->gains[frame] = score.gain;
  return GST_PAD_PROBE_OK;
}

static void
watch_gains (Loop *self)
{
  g_autoptr (GstPad) pad
      = gst_element_get_static_pad (self->parts[SCORER].element, "src");

  for (guint i = 0; i < self->setting->stream->len; i++)
    self->setting->gains[i] = NAN;
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, note_gain, (gpointer)self->setting, NULL);
}

/* appsrc ! vinfoscore ! vinforeservoir [! vinfocompose] [! vinfotrainer] */
static gboolean
build (Loop *self, GError **error)
{
  GstElement *last = add_source (self, error);

  for (guint i = 0; last && i < N_PARTS; i++) {
    if (!add_part (self, i, error))
      return FALSE;
    if (!self->parts[i].element)
      continue;
    gst_element_link (last, self->parts[i].element);
    last = self->parts[i].element;
  }
  if (last && self->setting->gains)
    watch_gains (self);
  return last != NULL;
}

static gboolean
run (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, error, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
}

static gboolean
list_kept (const char *file, guint n, GArray *frames, GError **error)
{
  g_autoptr (VInfoStore) store = vinfo_store_open_existing (file, error);
  g_autoptr (GPtrArray) kept = store ? vinfo_store_list (store, error) : NULL;

  if (!kept)
    return FALSE;
  for (guint i = 0; i < kept->len; i++) {
    const VInfoSample *sample = kept->pdata[i];
    guint frame = (guint)gst_util_uint64_scale_round (
        sample->pts, IMAGES_RATE, GST_SECOND);

    g_return_val_if_fail (frame < n, FALSE);
    g_array_append_val (frames, frame);
  }
  return TRUE;
}

/* The kept frames once more through vinfocompose, with the newest predictor. */
static gboolean
compose_kept (Loop *self, Selection *selection, GError **error)
{
  g_autoptr (GstElement) pipeline
      = gst_object_ref_sink (gst_pipeline_new (NULL));
  Part composer = { "composer", "vinfocompose", NULL };
  GstElement *source = element_new ("vinfosrc", error);
  const StreamFrame *first
      = &g_array_index (self->setting->stream, StreamFrame, 0);

  if (!source)
    return FALSE;
  gst_bin_add (GST_BIN (pipeline), source);
  composer.element = element_new (composer.factory, error);
  if (!composer.element)
    return FALSE;
  gst_bin_add (GST_BIN (pipeline), composer.element);
  g_object_set (source, "location", self->store, NULL);
  gst_util_set_object_arg (G_OBJECT (source), "order", "time");
  g_object_set (composer.element, "model", self->predictor, "seed",
      (guint64)self->setting->seed, NULL);
  if (!set_properties (&composer, self->arm, error))
    return FALSE;
  gst_element_link (source, composer.element);
  selection->mosaics = frames_read (
      pipeline, composer.element, vinfo_image_get_width (first->image), error);
  return selection->mosaics != NULL;
}

static gboolean
play (Loop *self, Selection *selection, GError **error)
{
  g_autoptr (GstStructure) stats = NULL;

  if (!build (self, error) || !run (self->pipeline, error))
    return FALSE;
  g_object_get (self->parts[SCORER].element, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "scored", &selection->scored);
  return list_kept (
             self->store, self->setting->stream->len, selection->frames, error)
         && (!self->arm->composes || compose_kept (self, selection, error));
}

gboolean
loop_run (const Arm *arm, const Setting *setting, Selection *selection,
    GError **error)
{
  g_auto (Loop) self = { .arm = arm,
    .setting = setting,
    .pipeline = gst_object_ref_sink (gst_pipeline_new (NULL)),
    .parts = { { "scorer", "vinfoscore", NULL },
        { "reservoir", "vinforeservoir", NULL },
        { "composer", "vinfocompose", NULL },
        { "trainer", "vinfotrainer", NULL } },
    .store = g_build_filename (setting->scratch, "store.vinfo", NULL) };

  if (arm->composes || setting->keeps_predictor)
    self.predictor = g_build_filename (setting->scratch, "predictor", NULL);
  if (self.predictor)
    folder_remove (self.predictor);
  g_unlink (self.store);
  return play (&self, selection, error);
}
