/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures of libavcodec from and to images. */
#include "image/avframe-private.h"

#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <string.h>

#include "image/converter-private.h"
#include "image/image-private.h"

/* The formats that image decoders give and GStreamer has too. All others are
 * read component by component. */
static const struct {
  enum AVPixelFormat av;
  GstVideoFormat gst;
} formats[] = {
  { AV_PIX_FMT_RGBA, GST_VIDEO_FORMAT_RGBA },
  { AV_PIX_FMT_BGRA, GST_VIDEO_FORMAT_BGRA },
  { AV_PIX_FMT_ARGB, GST_VIDEO_FORMAT_ARGB },
  { AV_PIX_FMT_RGB0, GST_VIDEO_FORMAT_RGBx },
  { AV_PIX_FMT_BGR0, GST_VIDEO_FORMAT_BGRx },
  { AV_PIX_FMT_BGR24, GST_VIDEO_FORMAT_BGR },
  { AV_PIX_FMT_GBRP, GST_VIDEO_FORMAT_GBR },
  { AV_PIX_FMT_GBRAP, GST_VIDEO_FORMAT_GBRA },
  { AV_PIX_FMT_YUV420P, GST_VIDEO_FORMAT_I420 },
  { AV_PIX_FMT_YUV422P, GST_VIDEO_FORMAT_Y42B },
  { AV_PIX_FMT_YUV444P, GST_VIDEO_FORMAT_Y444 },
  { AV_PIX_FMT_YUV411P, GST_VIDEO_FORMAT_Y41B },
  { AV_PIX_FMT_YUV410P, GST_VIDEO_FORMAT_YUV9 },
  { AV_PIX_FMT_YUVJ420P, GST_VIDEO_FORMAT_I420 },
  { AV_PIX_FMT_YUVJ422P, GST_VIDEO_FORMAT_Y42B },
  { AV_PIX_FMT_YUVJ444P, GST_VIDEO_FORMAT_Y444 },
  { AV_PIX_FMT_YUVJ411P, GST_VIDEO_FORMAT_Y41B },
  { AV_PIX_FMT_YUVA420P, GST_VIDEO_FORMAT_A420 },
};

static GstVideoFormat
find_format (enum AVPixelFormat av)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    if (formats[i].av == av)
      return formats[i].gst;
  }
  return GST_VIDEO_FORMAT_UNKNOWN;
}

/* JPEG and WebP both mean BT.601; JPEG in full range, and says so. */
static void
set_colorimetry (GstVideoInfo *info, const AVFrame *frame)
{
  if (!GST_VIDEO_INFO_IS_YUV (info))
    return;
  info->colorimetry.range = frame->color_range == AVCOL_RANGE_JPEG
                                ? GST_VIDEO_COLOR_RANGE_0_255
                                : GST_VIDEO_COLOR_RANGE_16_235;
  info->colorimetry.matrix = frame->colorspace == AVCOL_SPC_BT709
                                 ? GST_VIDEO_COLOR_MATRIX_BT709
                                 : GST_VIDEO_COLOR_MATRIX_BT601;
}

static VInfoImage *
convert (const AVFrame *frame, GstVideoFormat format, GError **error)
{
  g_autoptr (GstVideoConverter) converter = NULL;
  GstVideoInfo in, out;
  GstVideoFrame picture;

  gst_video_info_set_format (&in, format, frame->width, frame->height);
  set_colorimetry (&in, frame);
  rgb_info_init (&out, frame->width, frame->height);
  converter = converter_new (&in, NULL, &out, error);
  if (!converter)
    return NULL;
  frame_wrap (&picture, &in, frame->data, frame->linesize);
  return converter_to_image (
      converter, &picture, frame->width, frame->height, error);
}

/* in: [width] values of one component of `depth` bits; out: every third byte */
static void
put_component (
    guint8 *out, const guint16 *in, guint width, guint depth, gboolean inverted)
{
  guint max = (1u << depth) - 1;

  for (guint x = 0; x < width; x++) {
    guint8 value = (in[x] * 255u + max / 2) / max;

    out[3 * x] = inverted ? 255 - value : value;
  }
}

static void
put_palette (
    guint8 *out, const guint16 *in, guint width, const guint32 *palette)
{
  for (guint x = 0; x < width; x++, out += 3) {
    guint32 argb = palette[in[x] & 0xff];

    out[0] = argb >> 16;
    out[1] = argb >> 8;
    out[2] = argb;
  }
}

/* 16-bit and 1-bit depths, palettes, grey with alpha. */
static VInfoImage *
read_components (
    const AVFrame *frame, const AVPixFmtDescriptor *desc, GError **error)
{
  VInfoImage *image = image_new_blank (frame->width, frame->height, error);
  g_autofree guint16 *line = g_new (guint16, frame->width);
  gboolean colour = (desc->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  gboolean palette = (desc->flags & AV_PIX_FMT_FLAG_PAL) != 0;

  if (!image)
    return NULL;
  for (guint y = 0; y < image->height; y++) {
    guint8 *row = image->pixels + (gsize)y * image->width * 3;

    for (guint c = 0; c < 3; c++) {
      guint component = colour && !palette ? c : 0;

      av_read_image_line2 (line, (const uint8_t **)frame->data, frame->linesize,
          desc, 0, y, component, image->width, 0, 2);
      if (palette)
        put_palette (row, line, image->width, (const guint32 *)frame->data[1]);
      else
        put_component (row + c, line, image->width, desc->comp[component].depth,
            frame->format == AV_PIX_FMT_MONOWHITE);
    }
  }
  return image;
}

VInfoImage *
avframe_to_image (const AVFrame *frame, GError **error)
{
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get (frame->format);
  GstVideoFormat format = find_format (frame->format);
  VInfoImage *image;

  if (frame->format == AV_PIX_FMT_RGB24) {
    image = image_new_blank (frame->width, frame->height, error);
    if (image)
      av_image_copy_plane (image->pixels, image->width * 3, frame->data[0],
          frame->linesize[0], image->width * 3, image->height);
    return image;
  }
  if (format != GST_VIDEO_FORMAT_UNKNOWN)
    return convert (frame, format, error);
  if (desc && (desc->nb_components <= 2 || (desc->flags & AV_PIX_FMT_FLAG_RGB)))
    return read_components (frame, desc, error);
  g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_UNSUPPORTED,
      "its pixels are %s", desc ? desc->name : "unknown");
  return NULL;
}

static AVFrame *
new_frame (const VInfoImage *image, enum AVPixelFormat format, GError **error)
{
  AVFrame *frame = av_frame_alloc ();

  if (frame) {
    frame->format = format;
    frame->width = image->width;
    frame->height = image->height;
    if (av_frame_get_buffer (frame, 0) >= 0)
      return frame;
  }
  av_frame_free (&frame);
  g_set_error_literal (
      error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_FAILED, "not enough memory");
  return NULL;
}

AVFrame *
avframe_new_rgb (const VInfoImage *image, GError **error)
{
  AVFrame *frame = new_frame (image, AV_PIX_FMT_RGB24, error);

  if (frame)
    av_image_copy_plane (frame->data[0], frame->linesize[0], image->pixels,
        image->width * 3, image->width * 3, image->height);
  return frame;
}

AVFrame *
avframe_new_jpeg (const VInfoImage *image, GError **error)
{
  g_autoptr (GstVideoConverter) converter = NULL;
  AVFrame *frame;
  GstVideoInfo rgb, yuv;
  GstVideoFrame in, out;

  rgb_info_init (&rgb, image->width, image->height);
  gst_video_info_set_format (
      &yuv, GST_VIDEO_FORMAT_Y444, image->width, image->height);
  yuv.colorimetry = (GstVideoColorimetry){ GST_VIDEO_COLOR_RANGE_0_255,
    GST_VIDEO_COLOR_MATRIX_BT601, rgb.colorimetry.transfer,
    rgb.colorimetry.primaries };
  converter = converter_new (&rgb, NULL, &yuv, error);
  if (!converter)
    return NULL;

  frame = new_frame (image, AV_PIX_FMT_YUVJ444P, error);
  if (!frame)
    return NULL;
  frame->color_range = AVCOL_RANGE_JPEG;
  frame_wrap (&in, &rgb, (guint8 *[]){ (guint8 *)image->pixels }, rgb.stride);
  frame_wrap (&out, &yuv, frame->data, frame->linesize);
  gst_video_converter_frame (converter, &in, &out);
  return frame;
}
