/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "downstream.h"

#include "eval/vinfo-features.h"
#include "eval/vinfo-information.h"
#include "eval/vinfo-probe.h"

void
split_finish (Split *self)
{
  g_clear_pointer (&self->stream, g_ptr_array_unref);
  g_clear_pointer (&self->probe, g_ptr_array_unref);
  g_clear_pointer (&self->validation, g_ptr_array_unref);
  g_clear_pointer (&self->test, g_ptr_array_unref);
}

/* Every picture that is no test picture, in random order. */
static GPtrArray *
shuffle_training (
    const Experiment *experiment, Dataset *dataset, guint32 seed, Split *split)
{
  GPtrArray *pictures = g_ptr_array_new ();
  GRand *random = g_rand_new_with_seed (seed);

  for (guint i = 0; i < dataset->items->len; i++) {
    DatasetItem *item = dataset->items->pdata[i];

    g_ptr_array_add (g_strcmp0 (item->split, experiment->test_split) == 0
                         ? split->test
                         : pictures,
        item);
  }
  for (guint i = pictures->len; i > 1; i--) {
    guint j = (guint)g_rand_int_range (random, 0, (gint32)i);
    gpointer swapped = pictures->pdata[i - 1];

    pictures->pdata[i - 1] = pictures->pdata[j];
    pictures->pdata[j] = swapped;
  }
  g_rand_free (random);
  return pictures;
}

/* Leaves n of the items: their order may go class by class. */
static void
take_evenly (GPtrArray *items, guint n)
{
  for (guint i = 0; i < n; i++)
    items->pdata[i] = items->pdata[(guint64)i * items->len / n];
  g_ptr_array_set_size (items, (gint)n);
}

gboolean
split_make (const Experiment *e, Dataset *dataset, guint32 seed, Split *split,
    GError **error)
{
  g_autoptr (GPtrArray) pictures = NULL;
  guint probe = e->stream_pictures, validation = probe + e->probe_pictures;
  guint rest = validation + e->validation_pictures;

  *split = (Split){ g_ptr_array_new (), g_ptr_array_new (), g_ptr_array_new (),
    g_ptr_array_new () };
  pictures = shuffle_training (e, dataset, seed, split);
  for (guint i = 0; i < pictures->len; i++)
    g_ptr_array_add (i < probe        ? split->stream
                     : i < validation ? split->probe
                     : i < rest       ? split->validation
                                      : split->test,
        pictures->pdata[i]);
  if (pictures->len >= rest && split->test->len > 0) {
    if (e->test_pictures > 0 && e->test_pictures < split->test->len)
      take_evenly (split->test, e->test_pictures);
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: %u pictures to train on and %u to test on; the split wants %u and "
      "one at least",
      e->data, pictures->len, split->test->len, rest);
  split_finish (split);
  return FALSE;
}

/* Returns: (transfer container) (element-type VInfoImage) */
static GPtrArray *
list_images (GPtrArray *items)
{
  GPtrArray *images = g_ptr_array_new ();

  for (guint i = 0; i < items->len; i++)
    g_ptr_array_add (images, ((DatasetItem *)items->pdata[i])->image);
  return images;
}

/* Pictures of one size, as the dataset holds them, as rows of pixels. */
static float *
copy_pixels (GPtrArray *images, guint *width)
{
  const VInfoImage *first = images->pdata[0];
  float *rows;

  *width = 3 * vinfo_image_get_width (first) * vinfo_image_get_height (first);
  rows = g_new (float, (gsize)images->len **width);
  for (guint i = 0; i < images->len; i++) {
    const guint8 *pixels = vinfo_image_get_pixels (images->pdata[i]);

    for (guint j = 0; j < *width; j++)
      rows[(gsize)i * *width + j] = pixels[j];
  }
  return rows;
}

static VInfoProbeSet
encode (const VInfoMae *mae, GPtrArray *items)
{
  g_autoptr (GPtrArray) images = list_images (items);
  guint *labels = g_new (guint, items->len);
  guint width;
  float *rows;

  if (mae) {
    width = vinfo_mae_get_config (mae)->hidden_size;
    rows = g_new (float, (gsize)items->len *width);
    vinfo_features_encode (
        mae, images->len, (VInfoImage **)images->pdata, rows, NULL);
  } else {
    rows = copy_pixels (images, &width);
  }
  for (guint i = 0; i < items->len; i++)
    labels[i] = ((DatasetItem *)items->pdata[i])->label;
  return (VInfoProbeSet){ items->len, width, rows, labels };
}

static void
probe_set_finish (VInfoProbeSet *self)
{
  g_free ((gpointer)self->rows);
  g_free ((gpointer)self->labels);
}

static void
measure_information (
    const Split *split, const VInfoMae *mae, Downstream *downstream)
{
  g_autoptr (GPtrArray) panel = list_images (split->validation);
  g_autoptr (GPtrArray) test = list_images (split->test);
  VInfoInformation information;

  vinfo_information_measure (mae, panel->len, (VInfoImage **)panel->pdata,
      test->len, (VInfoImage **)test->pdata, &information);
  downstream->iv = information.iv;
  downstream->loss = information.loss;
}

gboolean
downstream_measure (const Experiment *experiment, const Split *split,
    guint n_classes, const VInfoMae *mae, Downstream *downstream,
    GError **error)
{
  VInfoProbeSet training = encode (mae, split->probe);
  VInfoProbeSet test = encode (mae, split->test);
  gboolean done = vinfo_probe_linear (&training, &test, n_classes,
      experiment->penalty, &downstream->linear, error);

  downstream->neighbours = vinfo_probe_neighbours (
      &training, &test, n_classes, experiment->neighbours, FALSE);
  downstream->whitened = vinfo_probe_neighbours (
      &training, &test, n_classes, experiment->neighbours, TRUE);
  probe_set_finish (&training);
  probe_set_finish (&test);
  if (mae)
    measure_information (split, mae, downstream);
  return done;
}
