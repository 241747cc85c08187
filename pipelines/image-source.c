/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A folder of images as a stream: decoded on the source's own thread, one at a
 * time, when downstream wants the next.
 */
#include "image-source.h"

#include <gst/app/app.h>
#include <gst/video/video.h>

#include "image/vinfo-image.h"
#include "input.h"

/* Side of the picture that stands for one that can't be decoded. */
#define PLACEHOLDER_SIDE 16

typedef struct {
  ImageSourceLoad load;
  gpointer user_data;
  GDestroyNotify destroy;
  guint n;
  guint next;
  guint n_decoded;
} ImageSource;

static void
image_source_free (gpointer data)
{
  ImageSource *self = data;

  if (self->destroy)
    self->destroy (self->user_data);
  g_free (self);
}

static VInfoImage *
load_file (gpointer files, guint number, GError **error)
{
  const char *file = g_ptr_array_index ((GPtrArray *)files, number);
  g_autoptr (GBytes) bytes = NULL;
  char *data;
  gsize size;

  if (!g_file_get_contents (file, &data, &size, error))
    return NULL;
  bytes = g_bytes_new_take (data, size);
  return vinfo_image_decode (bytes, file, error);
}

static VInfoImage *
new_placeholder (void)
{
  static const guint8 black[3 * PLACEHOLDER_SIDE * PLACEHOLDER_SIDE];

  return vinfo_image_new_from_data (
      PLACEHOLDER_SIDE, PLACEHOLDER_SIDE, 3 * PLACEHOLDER_SIDE, black);
}

/* Wraps @image's pixels, whose rows have no padding as GStreamer's have. */
static GstSample *
wrap_image (VInfoImage *image)
{
  guint width = vinfo_image_get_width (image);
  guint height = vinfo_image_get_height (image);
  gsize size = 3 * (gsize)width * height;
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 };
  gint strides[GST_VIDEO_MAX_PLANES] = { 3 * (gint)width };
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw", "format",
      G_TYPE_STRING, "RGB", "width", G_TYPE_INT, width, "height", G_TYPE_INT,
      height, "framerate", GST_TYPE_FRACTION, IMAGES_RATE, 1, NULL);

  gst_buffer_append_memory (
      buffer, gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY,
                  (gpointer)vinfo_image_get_pixels (image), size, 0, size,
                  vinfo_image_ref (image), (GDestroyNotify)vinfo_image_unref));
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_RGB, width, height, 1, offsets, strides);
  return gst_sample_new (buffer, caps, NULL, NULL);
}

/* What gave no picture at all failed, as a film without a frame does. */
static void
end (GstAppSrc *source, const ImageSource *self)
{
  if (self->n > 0 && self->n_decoded == 0)
    GST_ELEMENT_ERROR (source, STREAM, DECODE,
        ("nothing could be decoded: %u of %u pictures are unreadable", self->n,
            self->n),
        (NULL));
  gst_app_src_end_of_stream (source);
}

static void
push_next (GstAppSrc *source, guint length, gpointer data)
{
  ImageSource *self = data;
  guint number = self->next++;
  g_autoptr (VInfoImage) image = NULL;
  g_autoptr (GstSample) sample = NULL;
  g_autoptr (GError) error = NULL;
  GstBuffer *buffer;

  if (number >= self->n) {
    end (source, self);
    return;
  }
  image = self->load (self->user_data, number, &error);
  if (image) {
    self->n_decoded++;
  } else {
    GST_ELEMENT_WARNING (
        source, STREAM, DECODE, ("%s", error->message), (NULL));
    image = new_placeholder ();
  }
  sample = wrap_image (image);
  buffer = gst_sample_get_buffer (sample);
  GST_BUFFER_PTS (buffer)
      = gst_util_uint64_scale (number, GST_SECOND, IMAGES_RATE);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / IMAGES_RATE;
  if (error)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_CORRUPTED);
  gst_app_src_push_sample (source, sample);
}

GstElement *
image_source_new_full (
    guint n, ImageSourceLoad load, gpointer user_data, GDestroyNotify destroy)
{
  GstAppSrcCallbacks callbacks = { .need_data = push_next };
  GstElement *source = gst_element_factory_make ("appsrc", NULL);
  ImageSource *self;

  if (!source)
    return NULL;
  self = g_new (ImageSource, 1);
  *self = (ImageSource){ load, user_data, destroy, n, 0, 0 };
  g_object_set (source, "format", GST_FORMAT_TIME, "max-buffers", (guint64)1,
      "duration", gst_util_uint64_scale (n, GST_SECOND, IMAGES_RATE), NULL);
  gst_app_src_set_callbacks (
      GST_APP_SRC (source), &callbacks, self, image_source_free);
  return source;
}

GstElement *
image_source_new (GPtrArray *files)
{
  return image_source_new_full (files->len, load_file, g_ptr_array_ref (files),
      (GDestroyNotify)g_ptr_array_unref);
}
