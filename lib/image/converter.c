/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one way from other pixel formats to RGB and back: GstVideoConverter, set
 * up equally for raw video and for decoded files. */
#include "image/converter-private.h"

#include "image/image-private.h"

void
rgb_info_init (GstVideoInfo *info, guint width, guint height)
{
  gst_video_info_set_format (info, GST_VIDEO_FORMAT_RGB, width, height);
  info->stride[0] = width * 3;
  info->size = (gsize)info->stride[0] * height;
}

void
frame_wrap (GstVideoFrame *frame, const GstVideoInfo *info,
    guint8 *const *planes, const gint *strides)
{
  *frame = (GstVideoFrame){ .info = *info };
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (info); i++) {
    frame->data[i] = planes[i];
    frame->info.stride[i] = strides[i];
  }
}

gboolean
format_is_convertible (GstVideoFormat format)
{
  const GstVideoFormatInfo *info;

  if (format <= GST_VIDEO_FORMAT_ENCODED)
    return FALSE;
  info = gst_video_format_get_info (format);
  return info && info->unpack_func != NULL;
}

GstVideoConverter *
converter_new (const GstVideoInfo *in, const GstVideoRectangle *crop,
    const GstVideoInfo *out, GError **error)
{
  GstVideoInfo from = *in, to = *out;
  GstStructure *config;
  GstVideoConverter *converter;

  /* The library serves programs without a pipeline too. */
  if (!gst_is_initialized () && !gst_init_check (NULL, NULL, error))
    return NULL;

  /* It demands that these agree; only pixels are converted here. */
  to.interlace_mode = from.interlace_mode;
  to.fps_n = from.fps_n;
  to.fps_d = from.fps_d;

  config = gst_structure_new ("vinfo-convert", GST_VIDEO_CONVERTER_OPT_THREADS,
      G_TYPE_UINT, 1, GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
      GST_TYPE_VIDEO_RESAMPLER_METHOD, GST_VIDEO_RESAMPLER_METHOD_LINEAR,
      GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD,
      GST_VIDEO_DITHER_NONE, NULL);
  if (crop)
    gst_structure_set (config, GST_VIDEO_CONVERTER_OPT_SRC_X, G_TYPE_INT,
        crop->x, GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT, crop->y,
        GST_VIDEO_CONVERTER_OPT_SRC_WIDTH, G_TYPE_INT, crop->w,
        GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT, G_TYPE_INT, crop->h, NULL);
  converter = gst_video_converter_new (&from, &to, config);
  if (!converter)
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_FAILED,
        "no conversion from %s to %s", GST_VIDEO_INFO_NAME (in),
        GST_VIDEO_INFO_NAME (out));
  return converter;
}

VInfoImage *
converter_to_image (GstVideoConverter *converter, const GstVideoFrame *frame,
    guint width, guint height, GError **error)
{
  VInfoImage *image = image_new_blank (width, height, error);
  GstVideoInfo info;
  GstVideoFrame out;

  if (!image)
    return NULL;
  rgb_info_init (&info, width, height);
  frame_wrap (&out, &info, (guint8 *[]){ image->pixels }, info.stride);
  out.flags = frame->flags;
  gst_video_converter_frame (converter, frame, &out);
  return image;
}
