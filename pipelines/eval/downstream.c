/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "downstream.h"

#include "eval/vinfo-features.h"
#include "eval/vinfo-information.h"
#include "eval/vinfo-probe.h"
#include "eval/vinfo-segmentation.h"

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
  g_autoptr (GPtrArray) images = dataset_list_images (items);
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
measure_information (const Split *split, const VInfoMae *mae, MetricFunc func,
    gpointer user_data)
{
  g_autoptr (GPtrArray) panel = dataset_list_images (split->validation);
  g_autoptr (GPtrArray) test = dataset_list_images (split->test);
  VInfoInformation information;

  vinfo_information_measure (mae, panel->len, (VInfoImage **)panel->pdata,
      test->len, (VInfoImage **)test->pdata, &information);
  func ("iv", information.iv, user_data);
  func ("loss", information.loss, user_data);
}

static gboolean
measure_labels (const Experiment *experiment, const Split *split,
    guint n_classes, const VInfoMae *mae, MetricFunc func, gpointer user_data,
    GError **error)
{
  VInfoProbeSet training = encode (mae, split->probe);
  VInfoProbeSet test = encode (mae, split->test);
  double linear;
  gboolean done = vinfo_probe_linear (
      &training, &test, n_classes, experiment->penalty, &linear, error);

  if (done) {
    func ("linear", linear, user_data);
    func ("knn",
        vinfo_probe_neighbours (
            &training, &test, n_classes, experiment->neighbours, FALSE),
        user_data);
    func ("knn-whitened",
        vinfo_probe_neighbours (
            &training, &test, n_classes, experiment->neighbours, TRUE),
        user_data);
  }
  probe_set_finish (&training);
  probe_set_finish (&test);
  return done;
}

/* Returns: (transfer container) (element-type VInfoMask) */
static GPtrArray *
list_masks (GPtrArray *items)
{
  GPtrArray *masks = g_ptr_array_new ();

  for (guint i = 0; i < items->len; i++)
    g_ptr_array_add (masks, ((DatasetItem *)items->pdata[i])->mask);
  return masks;
}

static gboolean
measure_masks (const Experiment *experiment, const Split *split,
    const VInfoMae *mae, MetricFunc func, gpointer user_data, GError **error)
{
  g_autoptr (GPtrArray) images = dataset_list_images (split->probe);
  g_autoptr (GPtrArray) masks = list_masks (split->probe);
  g_autoptr (GPtrArray) test_images = dataset_list_images (split->test);
  g_autoptr (GPtrArray) test_masks = list_masks (split->test);
  VInfoSegmentationSet training = { images->len, (VInfoImage **)images->pdata,
    (const VInfoMask *const *)masks->pdata };
  VInfoSegmentationSet test
      = { test_images->len, (VInfoImage **)test_images->pdata,
          (const VInfoMask *const *)test_masks->pdata };
  VInfoSegmentation segmentation;

  if (!vinfo_segmentation_measure (
          mae, &training, &test, experiment->penalty, &segmentation, error))
    return FALSE;
  func ("miou", segmentation.mean_iou, user_data);
  func ("dice", segmentation.dice, user_data);
  return TRUE;
}

gboolean
downstream_measure (const Experiment *experiment, const Split *split,
    guint n_classes, const VInfoMae *mae, MetricFunc func, gpointer user_data,
    GError **error)
{
  gboolean done
      = experiment->task == TASK_SEGMENTATION
            ? measure_masks (experiment, split, mae, func, user_data, error)
            : measure_labels (
                experiment, split, n_classes, mae, func, user_data, error);

  if (done && mae)
    measure_information (split, mae, func, user_data);
  return done;
}
