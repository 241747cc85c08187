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
  Converter *converter;
  GstVideoRectangle cut; /* of the converter's image; zeros: all of it */
  guint width, height;   /* of the result */
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

/* The smallest part of the frame around `crop` that begins and ends between two
 * samples of chroma. */
static GstVideoRectangle
align_crop (
    const VInfoFitter *fitter, const Window *window, GstVideoRectangle crop)
{
  const GstVideoFormatInfo *format = fitter->info.finfo;
  gint x_mask = 0, y_mask = 0, right, bottom;

  for (guint i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); i++) {
    x_mask |= (1 << GST_VIDEO_FORMAT_INFO_W_SUB (format, i)) - 1;
    y_mask |= (1 << GST_VIDEO_FORMAT_INFO_H_SUB (format, i)) - 1;
  }
  right = MIN ((crop.x + crop.w + x_mask) & ~x_mask, window->width);
  bottom = MIN ((crop.y + crop.h + y_mask) & ~y_mask, window->height);
  crop.x &= ~x_mask;
  crop.y &= ~y_mask;
  crop.w = right - crop.x;
  crop.h = bottom - crop.y;
  return crop;
}

static gboolean
fitter_set_size (VInfoFitter *fitter, GstVideoRectangle crop, GError **error)
{
  guint short_side = MIN (crop.w, crop.h);

  fitter->width = fit_side (crop.w, short_side, fitter->frame_size);
  fitter->height = fit_side (crop.h, short_side, fitter->frame_size);
  if (MIN (fitter->width, fitter->height) >= 1
      && MAX (fitter->width, fitter->height) <= VINFO_IMAGE_MAX_SIDE)
    return TRUE;
  g_set_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_SIZE,
      "%ux%u: a side must be 1 to %d pixels", fitter->width, fitter->height,
      VINFO_IMAGE_MAX_SIDE);
  return FALSE;
}

/* Makes the converter for a window, where it isn't the one of the frame before.
 *
 * GStreamer crops chroma to whole samples only. A crop that cuts through them
 * is taken with a margin, without scaling, and cut out of the image. */
static gboolean
fitter_aim (VInfoFitter *fitter, const Window *window, GError **error)
{
  const GstVideoRectangle crop = window->crop;
  GstVideoRectangle taken = align_crop (fitter, window, crop);
  gboolean whole = memcmp (&taken, &crop, sizeof crop) == 0;
  GstVideoInfo in = fitter->info;

  if (fitter->converter
      && memcmp (window, &fitter->window, sizeof *window) == 0)
    return TRUE;

  g_clear_pointer (&fitter->converter, converter_free);
  if (!fitter_set_size (fitter, crop, error))
    return FALSE;
  in.width = window->width;
  in.height = window->height;
  fitter->window = *window;
  fitter->cut = whole ? (GstVideoRectangle){ 0 }
                      : (GstVideoRectangle){ crop.x - taken.x, crop.y - taken.y,
                          crop.w, crop.h };
  fitter->converter
      = converter_new (&in, &taken, whole ? fitter->width : (guint)taken.w,
          whole ? fitter->height : (guint)taken.h, error);
  return fitter->converter != NULL;
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
  if (!fitter_aim (fitter, &window, error)) {
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
  g_clear_pointer (&fitter->converter, converter_free);
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
convert (VInfoFitter *fitter, const GstVideoFrame *frame, GError **error)
{
  g_autoptr (VInfoImage) image
      = converter_run (fitter->converter, frame, error);
  const GstVideoRectangle *cut = &fitter->cut;

  return image ? vinfo_image_resize (image, cut->x, cut->y, cut->w, cut->h,
             fitter->width, fitter->height)
               : NULL;
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
    image = convert (fitter, &frame, error);
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
