/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "selection.h"

#include <glib/gstdio.h>
#include <string.h>

#include "element.h"
#include "image-source.h"
#include "input.h"
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

/* appsrc ! vinfoscore ! vinforeservoir ! vinfotrainer, in lock-step */
static GstElement *
build (const Arm *arm, GArray *stream, guint capacity, const char *model,
    const char *store, guint32 seed, GstElement **scorer, GError **error)
{
  Part parts[] = { { "scorer", "vinfoscore" },
    { "reservoir", "vinforeservoir" }, { "trainer", "vinfotrainer" } };
  g_autoptr (GstElement) pipeline
      = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *source = image_source_new_full (stream->len, load_frame,
      g_array_ref (stream), (GDestroyNotify)g_array_unref);
  g_autoptr (GstPad) pad = NULL;

  if (!source) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no appsrc");
    return NULL;
  }
  gst_bin_add (GST_BIN (pipeline), source);
  pad = gst_element_get_static_pad (source, "src");
  source_name_stream (pad, "eval");
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    parts[i].element = element_new (parts[i].factory, error);
    if (!parts[i].element)
      return NULL;
    gst_bin_add (GST_BIN (pipeline), parts[i].element);
  }
  *scorer = parts[0].element;
  /* the default feed, the element's name, counts what came before */
  g_object_set (
      parts[0].element, "model", model, "frame-size", 0, "feed", "eval", NULL);
  g_object_set (parts[2].element, "model", model, NULL);
  g_object_set (
      parts[1].element, "capacity", capacity, "location", store, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    if (g_object_class_find_property (
            G_OBJECT_GET_CLASS (parts[i].element), "seed"))
      g_object_set (parts[i].element, "seed", (guint64)seed, NULL);
  }
  gst_util_set_object_arg (G_OBJECT (parts[0].element), "mode", "sync");
  gst_util_set_object_arg (G_OBJECT (parts[1].element), "mode", "sync");
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    if (!set_properties (&parts[i], arm, error))
      return NULL;
  }
  gst_element_link_many (
      source, parts[0].element, parts[1].element, parts[2].element, NULL);
  return g_steal_pointer (&pipeline);
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

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  guint first = *(const guint *)a, second = *(const guint *)b;

  return (first > second) - (first < second);
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
  g_array_sort (frames, compare_numbers);
  return TRUE;
}

static gboolean
select_by_elements (const Arm *arm, GArray *stream, guint capacity,
    const char *model, const char *scratch, guint32 seed, Selection *selection,
    GError **error)
{
  g_autofree char *store = g_build_filename (scratch, "store.vinfo", NULL);
  GstElement *scorer;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstStructure) stats = NULL;
  gboolean done;

  g_unlink (store);
  pipeline = build (arm, stream, capacity, model, store, seed, &scorer, error);
  if (!pipeline || !run (pipeline, error))
    return FALSE;
  g_object_get (scorer, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "scored", &selection->scored);
  done = list_kept (store, stream->len, selection->frames, error);
  g_unlink (store);
  return done;
}

static void
select_all (GArray *stream, gboolean clean, GArray *frames)
{
  for (guint i = 0; i < stream->len; i++) {
    FrameKind kind = g_array_index (stream, StreamFrame, i).kind;

    if (!clean || !frame_kind_is_junk (kind))
      g_array_append_val (frames, i);
  }
}

/* Algorithm R over the first frames of the events' pictures. */
static void
select_oracle (GArray *stream, guint capacity, guint32 seed, GArray *frames)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GRand *random = g_rand_new_with_seed (seed);
  guint n = 0;

  for (guint i = 0; i < stream->len; i++) {
    const StreamFrame *frame = &g_array_index (stream, StreamFrame, i);
    guint at;

    if (frame->kind != FRAME_EVENT
        || !g_hash_table_add (seen, GUINT_TO_POINTER (frame->source)))
      continue;
    at = (guint)g_rand_int_range (random, 0, (gint32)++n);
    if (frames->len < capacity)
      g_array_append_val (frames, i);
    else if (at < capacity)
      g_array_index (frames, guint, at) = i;
  }
  g_rand_free (random);
  g_array_sort (frames, compare_numbers);
}

gboolean
selection_make (const Arm *arm, GArray *stream, guint capacity,
    const char *model, const char *scratch, guint32 seed, Selection *selection,
    GError **error)
{
  gint64 start = g_get_monotonic_time ();
  gboolean done = TRUE;

  *selection = (Selection){ g_array_new (FALSE, FALSE, sizeof (guint)), 0, 0 };
  if (arm->select == SELECT_ELEMENTS)
    done = select_by_elements (
        arm, stream, capacity, model, scratch, seed, selection, error);
  else if (arm->select == SELECT_ORACLE)
    select_oracle (stream, capacity, seed, selection->frames);
  else if (arm->select == SELECT_ALL || arm->select == SELECT_CLEANED)
    select_all (stream, arm->select == SELECT_CLEANED, selection->frames);
  selection->seconds = (g_get_monotonic_time () - start) / 1e6;
  if (!done)
    selection_finish (selection);
  return done;
}

void
selection_finish (Selection *self)
{
  g_clear_pointer (&self->frames, g_array_unref);
}
