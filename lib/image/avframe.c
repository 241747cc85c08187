/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures of libavcodec from and to images. */
#include "image/avframe-private.h"

#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <string.h>

#include "image/converter-private.h"
#include "image/image-private.h"
#include "image/yuv-private.h"

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
convert (const AVFrame *frame, GstVideoFormat format, guint8 *const *planes,
    const gint *strides, GError **error)
{
  const GstVideoRectangle all = { 0, 0, frame->width, frame->height };
  g_autoptr (Converter) converter = NULL;
  GstVideoFrame picture = { 0 };

  gst_video_info_set_format (
      &picture.info, format, frame->width, frame->height);
  set_colorimetry (&picture.info, frame);
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (&picture.info); i++) {
    picture.data[i] = planes[i];
    picture.info.stride[i] = strides[i];
  }
  converter
      = converter_new (&picture.info, &all, frame->width, frame->height, error);
  return converter ? converter_run (converter, &picture, error) : NULL;
}

/* 4:4:0, which a 4:2:2 JPEG becomes when it is rotated without loss: GStreamer
 * has no such format, so each row of chroma is repeated. */
static VInfoImage *
convert_440 (const AVFrame *frame, GError **error)
{
  gsize width = frame->width, size = width * frame->height;
  g_autofree guint8 *chroma = g_try_malloc (2 * size);
  guint8 *planes[] = { frame->data[0], chroma, chroma + size };
  const gint strides[] = { frame->linesize[0], width, width };

  if (!chroma) {
    g_set_error_literal (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_FAILED,
        "not enough memory");
    return NULL;
  }
  for (guint plane = 1; plane < 3; plane++) {
    for (gint y = 0; y < frame->height; y++)
      memcpy (planes[plane] + y * width,
          frame->data[plane] + y / 2 * frame->linesize[plane], width);
  }
  return convert (frame, GST_VIDEO_FORMAT_Y444, planes, strides, error);
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

static void
read_row (guint8 *out, guint16 *line, const AVFrame *frame,
    const AVPixFmtDescriptor *desc, guint y)
{
  gboolean palette = (desc->flags & AV_PIX_FMT_FLAG_PAL) != 0;
  gboolean colour = (desc->flags & AV_PIX_FMT_FLAG_RGB) != 0 && !palette;

  for (guint c = 0; c < 3; c++) {
    if (c == 0 || colour)
      av_read_image_line2 (line, (const uint8_t **)frame->data, frame->linesize,
          desc, 0, y, c, frame->width, 0, sizeof *line);
    if (!palette)
      put_component (out + c, line, frame->width,
          desc->comp[colour ? c : 0].depth,
          frame->format == AV_PIX_FMT_MONOWHITE);
  }
  if (palette)
    put_palette (out, line, frame->width, (const guint32 *)frame->data[1]);
}

/* 16-bit and 1-bit depths, palettes, grey with alpha */
static VInfoImage *
read_components (
    const AVFrame *frame, const AVPixFmtDescriptor *desc, GError **error)
{
  VInfoImage *image = image_new_blank (frame->width, frame->height, error);
  g_autofree guint16 *line = NULL;

  if (!image)
    return NULL;
  line = g_new (guint16, image->width);
  for (guint y = 0; y < image->height; y++)
    read_row (
        image->pixels + (gsize)y * image->width * 3, line, frame, desc, y);
  return image;
}

static VInfoImage *
copy_rgb (const AVFrame *frame, GError **error)
{
  VInfoImage *image = image_new_blank (frame->width, frame->height, error);

  if (image)
    av_image_copy_plane (image->pixels, image->width * 3, frame->data[0],
        frame->linesize[0], image->width * 3, image->height);
  return image;
}

VInfoImage *
avframe_to_image (const AVFrame *frame, GError **error)
{
  const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get (frame->format);
  GstVideoFormat format = find_format (frame->format);

  if (frame->format == AV_PIX_FMT_RGB24)
    return copy_rgb (frame, error);
  if (frame->format == AV_PIX_FMT_YUVJ440P
      || frame->format == AV_PIX_FMT_YUV440P)
    return convert_440 (frame, error);
  if (format != GST_VIDEO_FORMAT_UNKNOWN)
    return convert (frame, format, frame->data, frame->linesize, error);
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
  AVFrame *frame = new_frame (image, AV_PIX_FMT_YUVJ444P, error);

  if (!frame)
    return NULL;
  frame->color_range = AVCOL_RANGE_JPEG;
  for (gint y = 0; y < frame->height; y++)
    yuv_row_from_rgb (image->pixels + (gsize)y * image->width * 3,
        frame->data[0] + y * frame->linesize[0],
        frame->data[1] + y * frame->linesize[1],
        frame->data[2] + y * frame->linesize[2], image->width);
  return frame;
}
