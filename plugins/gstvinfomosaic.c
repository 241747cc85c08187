/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfomosaic.h"

#include <math.h>

#include "gstvinfosample.h"
#include "score/gstvinfometa.h"

#define FEED "mosaic"

static VInfoResult *
result_of (const VInfoCrop *crop, GPtrArray *results)
{
  return g_ptr_array_index (results, crop->frame);
}

/* The same crops always make the same id. */
static guint64
compute_id (const VInfoCrop *crops, guint n_crops)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < n_crops; i++)
    g_string_append_printf (names, "%" G_GINT64_MODIFIER "x@%u,%u ",
        crops[i].id, crops[i].x, crops[i].y);
  return vinfo_sample_id (FEED, names->str, 0, 0);
}

static VInfoScore
mean_score (const VInfoCrop *crops, guint n_crops, guint64 version)
{
  gfloat sum = 0;

  for (guint i = 0; i < n_crops; i++)
    sum += crops[i].error;
  return (VInfoScore){ .loss = sum / n_crops,
    .pvi = NAN,
    .gain = NAN,
    .region = NAN,
    .h_x = NAN,
    .h_null = NAN,
    .value = sum / n_crops,
    .quantile = 0.5f,
    .ood = NAN,
    .version = version,
    .kind = VINFO_SCORE_LOSS };
}

/* 1/p of the mosaic is the mean of its samples' 1/p; one that isn't known is
 * as good as 1. */
static gdouble
mean_inclusion (const VInfoCrop *crops, guint n_crops, GPtrArray *results)
{
  gdouble weights = 0;

  for (guint i = 0; i < n_crops; i++) {
    gdouble p = vinfo_result_get_inclusion (result_of (&crops[i], results));

    weights += p > 0 && p <= 1 ? 1 / p : 1;
  }
  return n_crops / weights;
}

static gint64
latest_wall_time (const VInfoCrop *crops, guint n_crops, GPtrArray *results)
{
  gint64 latest = 0;

  for (guint i = 0; i < n_crops; i++)
    latest = MAX (
        latest, vinfo_result_get_wall_time (result_of (&crops[i], results)));
  return latest;
}

static VInfoResult *
new_result (VInfoImage *mosaic, const VInfoCrop *crops, guint n_crops,
    guint64 version, GPtrArray *results)
{
  VInfoScore score = mean_score (crops, n_crops, version);
  g_autofree guint64 *parts = g_new (guint64, n_crops);
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE];
  VInfoResult *result = vinfo_result_new (compute_id (crops, n_crops), FEED, "",
      "", GST_CLOCK_TIME_NONE, latest_wall_time (crops, n_crops, results));

  for (guint i = 0; i < n_crops; i++)
    parts[i] = crops[i].id;
  vinfo_result_set_parts (result, parts, n_crops);
  vinfo_image_thumbnail (mosaic, thumbnail);
  vinfo_result_set_replayed (result, &score, thumbnail, NULL, 0,
      mean_inclusion (crops, n_crops, results));
  return result;
}

GstBuffer *
gst_vinfo_mosaic_to_buffer (VInfoImage *mosaic, const VInfoCrop *crops,
    guint n_crops, guint64 version, GPtrArray *results)
{
  g_autoptr (VInfoResult) result
      = new_result (mosaic, crops, n_crops, version, results);
  GstBuffer *buffer = gst_vinfo_image_to_buffer (mosaic);

  if (buffer)
    gst_buffer_add_vinfo_result (buffer, result);
  return buffer;
}
