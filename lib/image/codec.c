/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Image files by libavcodec. */
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <string.h>

#include "image/avframe-private.h"
#include "image/format-private.h"
#include "image/image-private.h"

/* Of a natural 910x512 picture: 641 KB in 14 ms; without a filter 1206 KB in
 * 27 ms, at level 6 586 KB in 148 ms. */
#define PNG_FILTER "avg"
#define PNG_COMPRESSION 1

/* Each failure is told once, by the GError. libavcodec's own lines about it
 * come without a context too, so only the level for the process can silence
 * them; an application that has chosen one keeps it. */
static void
silence_libav (void)
{
  static gsize done = 0;

  if (!g_once_init_enter (&done))
    return;
  if (av_log_get_level () == AV_LOG_INFO)
    av_log_set_level (AV_LOG_QUIET);
  g_once_init_leave (&done, 1);
}

static void
context_free (AVCodecContext *context)
{
  avcodec_free_context (&context);
}

static void
frame_free (AVFrame *frame)
{
  av_frame_free (&frame);
}

static void
packet_free (AVPacket *packet)
{
  av_packet_free (&packet);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AVCodecContext, context_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AVFrame, frame_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AVPacket, packet_free)

static void
set_libav_error (GError **error, int status)
{
  char text[AV_ERROR_MAX_STRING_SIZE];
  VInfoImageError code = VINFO_IMAGE_ERROR_CORRUPT;

  if (status == -1) /* from some decoders; not meant as EPERM */
    status = AVERROR_INVALIDDATA;
  if (status == AVERROR (ENOMEM))
    code = VINFO_IMAGE_ERROR_FAILED;
  else if (status == AVERROR_PATCHWELCOME || status == AVERROR (ENOSYS))
    code = VINFO_IMAGE_ERROR_UNSUPPORTED;
  av_make_error_string (text, sizeof text, status);
  g_set_error_literal (error, VINFO_IMAGE_ERROR, code, text);
}

static AVCodecContext *
new_context (const AVCodec *codec, GError **error)
{
  AVCodecContext *context;

  silence_libav ();
  if (!codec) {
    g_set_error_literal (error, VINFO_IMAGE_ERROR,
        VINFO_IMAGE_ERROR_UNSUPPORTED, "this libavcodec is built without it");
    return NULL;
  }
  context = avcodec_alloc_context3 (codec);
  if (!context) {
    set_libav_error (error, AVERROR (ENOMEM));
    return NULL;
  }
  context->thread_count = 1;
  return context;
}

static gboolean
open_context (AVCodecContext *context, GError **error)
{
  int status = avcodec_open2 (context, NULL, NULL);

  if (status < 0)
    set_libav_error (error, status);
  return status >= 0;
}

/* Of one decoding. */
typedef struct {
  guint max_pixels;
  gboolean exceeded;
} SizeLimit;

/* libavcodec holds a width that it has rounded up against its own limit, which
 * is there for decoders that spend memory before they ask for a buffer. */
#define LIBAV_SLACK (64 * VINFO_IMAGE_MAX_SIDE)

static gboolean
size_fits (guint64 width, guint64 height, guint max_pixels)
{
  return MIN (width, height) > 0 && MAX (width, height) <= VINFO_IMAGE_MAX_SIDE
         && width * height <= max_pixels;
}

/* Refuses a picture before memory is spent on it. */
static int
get_buffer (AVCodecContext *context, AVFrame *frame, int flags)
{
  SizeLimit *limit = context->opaque;

  limit->exceeded = !size_fits (frame->width, frame->height, limit->max_pixels);
  if (limit->exceeded)
    return AVERROR_INVALIDDATA;
  return avcodec_default_get_buffer2 (context, frame, flags);
}

static gboolean
refuse_size (GError **error, guint max_pixels)
{
  g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_SIZE,
      "a side of 0 or of more than %d pixels, or more than %u pixels in all",
      VINFO_IMAGE_MAX_SIDE, max_pixels);
  return FALSE;
}

/* Before anything is decoded, as far as the file tells. */
static gboolean
check_size (const ImageFormat *format, const guint8 *data, gsize size,
    guint max_pixels, GError **error)
{
  guint64 width, height;

  if (size > VINFO_IMAGE_MAX_BYTES) {
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_SIZE,
        "the file is larger than %u MiB", VINFO_IMAGE_MAX_BYTES >> 20);
    return FALSE;
  }
  if (!format->header_size || !format->header_size (data, size, &width, &height)
      || size_fits (width, height, max_pixels))
    return TRUE;
  return refuse_size (error, max_pixels);
}

/* A copy, since decoders read some bytes past the end. */
static AVPacket *
new_packet (GBytes *bytes, GError **error)
{
  gsize size = g_bytes_get_size (bytes);
  g_autoptr (AVPacket) packet = av_packet_alloc ();

  if (!packet || size > G_MAXINT - AV_INPUT_BUFFER_PADDING_SIZE
      || av_new_packet (packet, size) < 0) {
    set_libav_error (error, AVERROR (ENOMEM));
    return NULL;
  }
  memcpy (packet->data, g_bytes_get_data (bytes, NULL), size);
  return g_steal_pointer (&packet);
}

static int
receive_one_frame (
    AVCodecContext *context, const AVPacket *packet, AVFrame *frame)
{
  int status = avcodec_send_packet (context, packet);

  if (status >= 0)
    status = avcodec_send_packet (context, NULL);
  if (status >= 0)
    status = avcodec_receive_frame (context, frame);
  if (status >= 0
      && (frame->decode_error_flags != 0
          || (frame->flags & AV_FRAME_FLAG_CORRUPT)))
    status = AVERROR_INVALIDDATA;
  return status;
}

static AVFrame *
decode_packet (const ImageFormat *format, const AVPacket *packet,
    guint max_pixels, GError **error)
{
  g_autoptr (AVCodecContext) context
      = new_context (avcodec_find_decoder (format->codec), error);
  g_autoptr (AVFrame) frame = av_frame_alloc ();
  SizeLimit limit = { max_pixels, FALSE };
  int status;

  if (!context)
    return NULL;
  context->err_recognition = format->err_recognition;
  context->max_pixels = (gint64)max_pixels + LIBAV_SLACK;
  context->get_buffer2 = get_buffer;
  context->opaque = &limit;
  if (!open_context (context, error))
    return NULL;

  status
      = frame ? receive_one_frame (context, packet, frame) : AVERROR (ENOMEM);
  if (status >= 0)
    return g_steal_pointer (&frame);
  if (limit.exceeded)
    refuse_size (error, max_pixels);
  else if (status == AVERROR (EINVAL)) /* of sizes, and of much else */
    g_set_error_literal (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_CORRUPT,
        "its header holds what libavcodec refuses, perhaps its size");
  else
    set_libav_error (error, status);
  return NULL;
}

static VInfoImage *
decode (
    const ImageFormat *format, GBytes *bytes, guint max_pixels, GError **error)
{
  g_autoptr (AVPacket) packet = NULL;
  g_autoptr (AVFrame) frame = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!check_size (format, data, size, max_pixels, error))
    return NULL;
  if (!format->is_complete (data, size)) {
    g_set_error_literal (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_CORRUPT,
        "the file ends early");
    return NULL;
  }
  packet = new_packet (bytes, error);
  if (packet)
    frame = decode_packet (format, packet, max_pixels, error);
  return frame ? avframe_to_image (frame, error) : NULL;
}

VInfoImage *
image_decode_limited (
    GBytes *bytes, const char *name, guint max_pixels, GError **error)
{
  const ImageFormat *format;
  VInfoImage *image;
  gsize size;
  const guint8 *data;

  g_return_val_if_fail (bytes != NULL, NULL);

  data = g_bytes_get_data (bytes, &size);
  format = image_format_of (data, size);
  if (!format) {
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_UNSUPPORTED,
        "%s: decode: not a PNG, JPEG, BMP, TIFF or WebP file",
        name ? name : "image");
    return NULL;
  }
  image = decode (format, bytes, max_pixels, error);
  if (!image)
    g_prefix_error (
        error, "%s: decode %s: ", name ? name : "image", format->name);
  return image;
}

VInfoImage *
vinfo_image_decode (GBytes *bytes, const char *name, GError **error)
{
  return image_decode_limited (bytes, name, VINFO_IMAGE_MAX_PIXELS, error);
}

/* libavcodec's quantiser step, 1 to 31, for a quality as libjpeg means it. */
static gint
quantiser (guint quality)
{
  gdouble percent;

  quality = CLAMP (quality, 1, 100);
  percent = quality < 50 ? 5000.0 / quality : 200.0 - 2.0 * quality;
  return CLAMP ((gint)(percent * 0.13 + 0.5), 1, 31);
}

static AVCodecContext *
new_encoder (
    const AVFrame *frame, enum AVCodecID id, guint quality, GError **error)
{
  g_autoptr (AVCodecContext) context
      = new_context (avcodec_find_encoder (id), error);

  if (!context)
    return NULL;
  context->width = frame->width;
  context->height = frame->height;
  context->pix_fmt = frame->format;
  context->color_range = frame->color_range;
  context->time_base = (AVRational){ 1, 25 };
  context->flags |= AV_CODEC_FLAG_BITEXACT;
  if (id == AV_CODEC_ID_MJPEG) {
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->qmin = 1;
    context->global_quality = quantiser (quality) * FF_QP2LAMBDA;
  } else {
    context->compression_level = PNG_COMPRESSION;
    av_opt_set (context->priv_data, "pred", PNG_FILTER, 0);
  }
  return open_context (context, error) ? g_steal_pointer (&context) : NULL;
}

static void
free_encoded (gpointer packet)
{
  packet_free (packet);
}

static GBytes *
encode_frame (AVFrame *frame, enum AVCodecID id, guint quality, GError **error)
{
  g_autoptr (AVCodecContext) context = new_encoder (frame, id, quality, error);
  g_autoptr (AVPacket) packet = av_packet_alloc ();
  AVPacket *kept;
  int status;

  if (!context)
    return NULL;
  frame->quality = context->global_quality;
  status = packet ? avcodec_send_frame (context, frame) : AVERROR (ENOMEM);
  if (status >= 0)
    status = avcodec_receive_packet (context, packet);
  if (status < 0) {
    set_libav_error (error, status);
    return NULL;
  }
  kept = g_steal_pointer (&packet);
  return g_bytes_new_with_free_func (
      kept->data, kept->size, free_encoded, kept);
}

GBytes *
vinfo_image_encode (const VInfoImage *image, VInfoImageCodec codec,
    guint quality, GError **error)
{
  g_autoptr (AVFrame) frame = NULL;
  GBytes *bytes = NULL;
  gboolean png = codec == VINFO_IMAGE_CODEC_PNG;

  g_return_val_if_fail (image != NULL, NULL);

  frame
      = png ? avframe_new_rgb (image, error) : avframe_new_jpeg (image, error);
  if (frame)
    bytes = encode_frame (
        frame, png ? AV_CODEC_ID_PNG : AV_CODEC_ID_MJPEG, quality, error);
  if (!bytes)
    g_prefix_error (error, "image %ux%u: encode %s: ", image->width,
        image->height, png ? "PNG" : "JPEG");
  return bytes;
}
