/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/vinfo-fitter.h"

#include <string.h>

#include "image/converter-private.h"

/* The part of a frame that is shown. The frame may be larger than the caps say
 * (GstVideoMeta), and both may change from buffer to buffer. */
typedef struct {
  gint width, height; /* of the frame in memory */
  GstVideoRectangle crop;
} Window;

struct _VInfoFitter {
  GstVideoInfo info;
  guint frame_size;
  Window window; /* that the converter is made for */
  GstVideoConverter *converter;
  guint width, height; /* that it gives */
};

static guint
fit_side (guint side, guint short_side, guint frame_size)
{
  if (frame_size == 0 || short_side <= frame_size)
    return side;
  return ((guint64)side * frame_size + short_side / 2) / short_side;
}

static Window
window_of_info (const GstVideoInfo *info)
{
  return (
      Window){ info->width, info->height, { 0, 0, info->width, info->height } };
}

static void
prefix_format (const GstVideoInfo *info, const char *what, GError **error)
{
  g_prefix_error (error, "%s %dx%d: %s: ", GST_VIDEO_INFO_NAME (info),
      info->width, info->height, what);
}

/* Makes the converter for a window, where it isn't the one of the frame before.
 */
static gboolean
fitter_aim (VInfoFitter *fitter, const Window *window, GError **error)
{
  guint width = window->crop.w, height = window->crop.h;
  guint short_side = MIN (width, height);
  GstVideoInfo in = fitter->info, out;
  GstVideoConverter *converter;

  if (fitter->converter
      && memcmp (window, &fitter->window, sizeof *window) == 0)
    return TRUE;

  width = fit_side (width, short_side, fitter->frame_size);
  height = fit_side (height, short_side, fitter->frame_size);
  if (MAX (width, height) > VINFO_IMAGE_MAX_SIDE) {
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_SIZE,
        "%ux%u: a side is longer than %d pixels", width, height,
        VINFO_IMAGE_MAX_SIDE);
    return FALSE;
  }
  in.width = window->width;
  in.height = window->height;
  rgb_info_init (&out, width, height);
  converter = converter_new (&in, &window->crop, &out, error);
  if (!converter)
    return FALSE;

  g_clear_pointer (&fitter->converter, gst_video_converter_free);
  fitter->converter = converter;
  fitter->window = *window;
  fitter->width = width;
  fitter->height = height;
  return TRUE;
}

static gboolean
can_fit (const GstVideoInfo *info, GError **error)
{
  if (!format_is_convertible (GST_VIDEO_INFO_FORMAT (info))
      || GST_VIDEO_INFO_INTERLACE_MODE (info)
             == GST_VIDEO_INTERLACE_MODE_ALTERNATE) {
    g_set_error_literal (error, VINFO_IMAGE_ERROR,
        VINFO_IMAGE_ERROR_UNSUPPORTED, "not raw video of whole frames");
    return FALSE;
  }
  if (info->width < 1 || info->height < 1
      || MAX (info->width, info->height) > 2 * VINFO_IMAGE_MAX_SIDE) {
    g_set_error_literal (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_SIZE,
        "the frame is empty or too large");
    return FALSE;
  }
  return TRUE;
}

VInfoFitter *
vinfo_fitter_new (const GstVideoInfo *info, guint frame_size, GError **error)
{
  g_autoptr (VInfoFitter) fitter = NULL;
  Window window;

  g_return_val_if_fail (info != NULL && info->finfo != NULL, NULL);

  fitter = g_new0 (VInfoFitter, 1);
  fitter->info = *info;
  fitter->frame_size = frame_size;
  window = window_of_info (info);
  if (!can_fit (info, error) || !fitter_aim (fitter, &window, error)) {
    prefix_format (info, "convert", error);
    return NULL;
  }
  return g_steal_pointer (&fitter);
}

void
vinfo_fitter_free (VInfoFitter *fitter)
{
  if (!fitter)
    return;
  g_clear_pointer (&fitter->converter, gst_video_converter_free);
  g_free (fitter);
}

/* gst_video_frame_map() answers a meta that contradicts the caps with criticals
 * rather than with an error. */
static gboolean
meta_is_consistent (const GstVideoMeta *meta, const GstVideoInfo *info)
{
  return meta->format == GST_VIDEO_INFO_FORMAT (info)
         && meta->n_planes == GST_VIDEO_INFO_N_PLANES (info)
         && meta->width >= (guint)info->width
         && meta->height >= (guint)info->height
         && MAX (meta->width, meta->height) <= 2 * VINFO_IMAGE_MAX_SIDE;
}

static gboolean
find_window (const VInfoFitter *fitter, GstBuffer *buffer, Window *window,
    GError **error)
{
  const GstVideoMeta *video = gst_buffer_get_video_meta (buffer);
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);

  *window = window_of_info (&fitter->info);
  if (video && !meta_is_consistent (video, &fitter->info)) {
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_FAILED,
        "its video meta says %s %ux%u",
        gst_video_format_to_string (video->format), video->width,
        video->height);
    return FALSE;
  }
  if (video) {
    window->width = video->width;
    window->height = video->height;
  }
  if (!crop)
    return TRUE;

  if (crop->width == 0 || crop->height == 0
      || (guint64)crop->x + crop->width > (guint)window->width
      || (guint64)crop->y + crop->height > (guint)window->height) {
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_SIZE,
        "its crop meta says %ux%u pixels at %u,%u of %dx%d", crop->width,
        crop->height, crop->x, crop->y, window->width, window->height);
    return FALSE;
  }
  window->crop
      = (GstVideoRectangle){ crop->x, crop->y, crop->width, crop->height };
  return TRUE;
}

/* A meta's strides are upstream's word only: the rows they promise must lie in
 * what was mapped. */
static gboolean
plane_is_inside (const GstVideoFrame *frame, guint plane)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  gint components[GST_VIDEO_MAX_COMPONENTS];
  gint64 stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  gint64 first, last, row, pixel;

  gst_video_format_info_component (format, plane, components);
  if (GST_VIDEO_FORMAT_INFO_IS_TILED (format) || components[0] < 0)
    return TRUE; /* no rows, or a palette */

  pixel = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, components[0]);
  row = GST_VIDEO_FRAME_COMP_WIDTH (frame, components[0]) * pixel;
  if (pixel == 0 || row > ABS (stride))
    row = ABS (stride);
  first = (guint8 *)frame->data[plane] - frame->map[plane].data;
  last = first
         + stride * (GST_VIDEO_FRAME_COMP_HEIGHT (frame, components[0]) - 1);
  return MIN (first, last) >= 0
         && MAX (first, last) + row <= (gint64)frame->map[plane].size;
}

static gboolean
frame_is_inside (const GstVideoFrame *frame)
{
  /* Without a meta, the map has checked the size. */
  if (!frame->meta)
    return TRUE;
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    if (!plane_is_inside (frame, i))
      return FALSE;
  }
  return TRUE;
}

static VInfoImage *
fit (VInfoFitter *fitter, GstBuffer *buffer, GError **error)
{
  VInfoImage *image = NULL;
  GstVideoFrame frame;
  Window window;

  if (!find_window (fitter, buffer, &window, error)
      || !fitter_aim (fitter, &window, error))
    return NULL;
  if (!gst_video_frame_map (&frame, &fitter->info, buffer, GST_MAP_READ)) {
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_FAILED,
        "%" G_GSIZE_FORMAT " bytes can't be mapped as one",
        gst_buffer_get_size (buffer));
    return NULL;
  }
  if (frame_is_inside (&frame))
    image = converter_to_image (
        fitter->converter, &frame, fitter->width, fitter->height, error);
  else
    g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_FAILED,
        "the strides of its video meta lead out of its %" G_GSIZE_FORMAT
        " bytes",
        gst_buffer_get_size (buffer));
  gst_video_frame_unmap (&frame);
  return image;
}

VInfoImage *
vinfo_fitter_fit (VInfoFitter *fitter, GstBuffer *buffer, GError **error)
{
  VInfoImage *image;

  g_return_val_if_fail (fitter != NULL && GST_IS_BUFFER (buffer), NULL);

  image = fit (fitter, buffer, error);
  if (!image)
    prefix_format (&fitter->info, "frame", error);
  return image;
}
