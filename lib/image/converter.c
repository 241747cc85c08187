/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one way from other pixel formats to RGB, for raw video as for decoded
 * files: GstVideoConverter unpacks, crops, scales and brings chroma to the full
 * resolution; the colour matrix is ours (yuv.c says why). */
#include "image/converter-private.h"

#include "image/image-private.h"
#include "image/yuv-private.h"

struct _Converter {
  GstVideoConverter *converter;
  GstVideoInfo to;  /* RGB as an image has it, or Y444 */
  YuvMatrix matrix; /* for Y444 */
  guint8 *planes;   /* for Y444: [3, height, width] */
  guint8 *scratch;  /* [3, width] */
};

static gboolean
is_yuv (const Converter *converter)
{
  return GST_VIDEO_INFO_IS_YUV (&converter->to);
}

static gboolean
is_convertible (const GstVideoInfo *info)
{
  return GST_VIDEO_INFO_FORMAT (info) > GST_VIDEO_FORMAT_ENCODED
         && info->finfo->unpack_func != NULL
         && GST_VIDEO_INFO_INTERLACE_MODE (info)
                != GST_VIDEO_INTERLACE_MODE_ALTERNATE;
}

/* What the converter shall make of frames `from`: the same colorimetry, so that
 * it leaves colours alone. */
static gboolean
set_target (Converter *converter, const GstVideoInfo *from, guint width,
    guint height, GError **error)
{
  GstVideoInfo *to = &converter->to;
  gboolean rgb = GST_VIDEO_INFO_IS_RGB (from);

  if (!gst_video_info_set_format (to,
          rgb ? GST_VIDEO_FORMAT_RGB : GST_VIDEO_FORMAT_Y444, width, height)) {
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_SIZE,
        "%ux%u is too large", width, height);
    return FALSE;
  }
  /* It demands that these agree; only pixels are converted here. */
  to->interlace_mode = from->interlace_mode;
  to->fps_n = from->fps_n;
  to->fps_d = from->fps_d;
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (to); i++)
    to->stride[i] = rgb ? width * 3 : width;
  if (rgb)
    return TRUE;

  to->colorimetry = from->colorimetry;
  yuv_matrix_init (&converter->matrix, &from->colorimetry);
  converter->planes = g_try_malloc_n (width, (gsize)height * 3);
  converter->scratch = g_new (guint8, (gsize)width * 3);
  if (!converter->planes)
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_FAILED,
        "%ux%u: not enough memory", width, height);
  return converter->planes != NULL;
}

/* One thread, no dither, antialiased. */
static GstStructure *
new_config (const GstVideoRectangle *crop)
{
  return gst_structure_new ("vinfo-convert", GST_VIDEO_CONVERTER_OPT_THREADS,
      G_TYPE_UINT, 1, GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
      GST_TYPE_VIDEO_RESAMPLER_METHOD, GST_VIDEO_RESAMPLER_METHOD_LINEAR,
      GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD,
      GST_VIDEO_DITHER_NONE, GST_VIDEO_CONVERTER_OPT_SRC_X, G_TYPE_INT, crop->x,
      GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT, crop->y,
      GST_VIDEO_CONVERTER_OPT_SRC_WIDTH, G_TYPE_INT, crop->w,
      GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT, G_TYPE_INT, crop->h, NULL);
}

Converter *
converter_new (const GstVideoInfo *from, const GstVideoRectangle *crop,
    guint width, guint height, GError **error)
{
  g_autoptr (Converter) converter = NULL;

  if (!is_convertible (from)) {
    g_set_error_literal (error, VINFO_IMAGE_ERROR,
        VINFO_IMAGE_ERROR_UNSUPPORTED, "not raw video of whole frames");
    return NULL;
  }
  /* The library serves programs without a pipeline too. */
  if (!gst_is_initialized () && !gst_init_check (NULL, NULL, error))
    return NULL;

  converter = g_new0 (Converter, 1);
  if (!set_target (converter, from, width, height, error))
    return NULL;
  converter->converter
      = gst_video_converter_new (from, &converter->to, new_config (crop));
  if (!converter->converter) {
    g_set_error_literal (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_FAILED,
        "GStreamer has no conversion from it");
    return NULL;
  }
  return g_steal_pointer (&converter);
}

void
converter_free (Converter *converter)
{
  if (!converter)
    return;
  g_clear_pointer (&converter->converter, gst_video_converter_free);
  g_free (converter->planes);
  g_free (converter->scratch);
  g_free (converter);
}

static void
apply_matrix (const Converter *converter, VInfoImage *image)
{
  gsize width = image->width, plane = width * image->height;

  for (guint row = 0; row < image->height; row++) {
    const guint8 *y = converter->planes + row * width;

    yuv_row_to_rgb (&converter->matrix, y, y + plane, y + 2 * plane,
        image->pixels + row * width * 3, converter->scratch, width);
  }
}

VInfoImage *
converter_run (Converter *converter, const GstVideoFrame *frame, GError **error)
{
  VInfoImage *image
      = image_new_blank (converter->to.width, converter->to.height, error);
  GstVideoFrame out = { .info = converter->to, .flags = frame->flags };
  gsize plane;

  if (!image)
    return NULL;
  plane = (gsize)image->width * image->height;
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES (&out.info); i++)
    out.data[i]
        = is_yuv (converter) ? converter->planes + i * plane : image->pixels;
  gst_video_converter_frame (converter->converter, frame, &out);
  if (is_yuv (converter))
    apply_matrix (converter, image);
  return image;
}
