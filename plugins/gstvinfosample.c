/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfosample.h"

#include <gst/video/video.h>

#include "score/gstvinfometa.h"

GstClockTime
gst_vinfo_sample_time (guint64 number)
{
  return gst_util_uint64_scale (number, GST_SECOND, GST_VINFO_SAMPLE_RATE);
}

GstCaps *
gst_vinfo_sample_caps (guint width, guint height)
{
  GstVideoInfo info;

  if (!gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, width, height))
    return NULL;
  GST_VIDEO_INFO_FPS_N (&info) = GST_VINFO_SAMPLE_RATE;
  GST_VIDEO_INFO_FPS_D (&info) = 1;

  return gst_video_info_to_caps (&info);
}

static VInfoResult *
result_of_sample (const VInfoSample *sample)
{
  VInfoResult *result = vinfo_result_new (sample->id, sample->feed,
      sample->source, sample->caps, sample->pts, sample->wall_time);

  vinfo_result_set_replayed (result, &sample->score, sample->thumbnail,
      sample->embedding, sample->embedding_size, sample->inclusion);

  return result;
}

GstBuffer *
gst_vinfo_image_to_buffer (VInfoImage *image)
{
  guint height = vinfo_image_get_height (image);
  gsize row = 3 * (gsize)vinfo_image_get_width (image);
  gsize stride = GST_ROUND_UP_4 (row);
  const guint8 *pixels = vinfo_image_get_pixels (image);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, stride * height, NULL);
  GstMapInfo map;

  if (!buffer || !gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    gst_clear_buffer (&buffer);
    return NULL;
  }
  for (guint y = 0; y < height; y++) {
    memcpy (map.data + y * stride, pixels + y * row, row);
    memset (map.data + y * stride + row, 0, stride - row);
  }
  gst_buffer_unmap (buffer, &map);

  return buffer;
}

GstBuffer *
gst_vinfo_sample_to_buffer (
    const VInfoSample *sample, VInfoImage *image, guint64 number)
{
  g_autoptr (VInfoResult) result = result_of_sample (sample);
  GstBuffer *buffer = gst_vinfo_image_to_buffer (image);

  if (!buffer)
    return NULL;
  GST_BUFFER_PTS (buffer) = gst_vinfo_sample_time (number);
  GST_BUFFER_DURATION (buffer) = gst_vinfo_sample_time (1);
  GST_BUFFER_OFFSET (buffer) = number;
  gst_buffer_add_vinfo_result (buffer, result);

  return buffer;
}
