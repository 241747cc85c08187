/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recordings.h"

#include <string.h>

#include "disturbance.h"
#include "frames.h"
#include "input.h"
#include "source.h"

#define JUNK_SEED 1

static void
recording_free (gpointer data)
{
  Recording *self = data;

  g_free (self->name);
  g_ptr_array_unref (self->images);
  g_free (self);
}

static Recording *
add_recording (GPtrArray *recordings, const char *name, gboolean junk)
{
  Recording *self = g_new (Recording, 1);

  *self = (Recording){ g_strdup (name),
    g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref), junk };
  g_ptr_array_add (recordings, self);
  return self;
}

static GPtrArray *
read_frames (const char *path, guint side, GError **error)
{
  g_autoptr (GstElement) pipeline
      = gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr (Input) input = input_new (path, error);
  GstElement *source = input ? source_new (input, FALSE, error) : NULL;

  if (!source)
    return NULL;
  gst_bin_add (GST_BIN (pipeline), source);
  return frames_read (pipeline, source, side, error);
}

static gboolean
load_recording (GPtrArray *recordings, const char *folder, const char *name,
    guint n, guint side, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GPtrArray) images = read_frames (path, side, error);
  Recording *self;

  if (!images) {
    g_prefix_error (error, "%s: ", path);
    return FALSE;
  }
  if (images->len < n) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: it has %u frames, %u are wanted", path, images->len, n);
    return FALSE;
  }
  self = add_recording (recordings, name, FALSE);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (self->images,
        vinfo_image_ref (images->pdata[(guint64)i * images->len / n]));
  return TRUE;
}

static gboolean
make_junk (GPtrArray *recordings, const char *name, guint n, guint side,
    GError **error)
{
  gboolean noise = g_str_equal (name, "noise");
  GRand *random;
  Recording *self;

  if (!noise && !g_str_equal (name, "flat")) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "[feeds] junk: %s: not one of noise, flat", name);
    return FALSE;
  }
  random = g_rand_new_with_seed (JUNK_SEED);
  self = add_recording (recordings, name, TRUE);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (self->images, noise ? disturbance_noise (side, random)
                                         : disturbance_flat (side, random));
  g_rand_free (random);
  return TRUE;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* Returns: (transfer full) (element-type filename): sorted */
static GPtrArray *
list_names (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  GPtrArray *names;
  const char *name;

  if (!dir)
    return NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

GPtrArray *
recordings_load (
    const char *folder, guint n, guint side, char *const *junk, GError **error)
{
  g_autoptr (GPtrArray) recordings
      = g_ptr_array_new_with_free_func (recording_free);
  g_autoptr (GPtrArray) names = list_names (folder, error);

  for (guint i = 0; names && i < names->len; i++) {
    if (!load_recording (recordings, folder, names->pdata[i], n, side, error))
      return NULL;
  }
  for (; names && junk && *junk; junk++) {
    if (!make_junk (recordings, *junk, n, side, error))
      return NULL;
  }
  if (names && recordings->len >= 2)
    return g_steal_pointer (&recordings);
  if (names)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: fewer than two feeds", folder);
  return NULL;
}

void
recording_take (
    const Recording *self, double from, double to, GPtrArray *images)
{
  guint n = self->images->len;

  for (guint i = (guint)(from * n); i < (guint)(to * n); i++)
    g_ptr_array_add (images, self->images->pdata[i]);
}
