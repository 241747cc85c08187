/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frames.h"

#include <gio/gio.h>
#include <gst/app/app.h>

#include "element.h"
#include "image/vinfo-fitter.h"

typedef struct {
  guint side;
  GstCaps *caps; /* that the fitter is for */
  VInfoFitter *fitter;
  GPtrArray *images;
} Reader;

static gboolean
set_caps (Reader *self, GstCaps *caps, GError **error)
{
  GstVideoInfo info;

  if (self->caps && gst_caps_is_equal (self->caps, caps))
    return TRUE;
  gst_caps_replace (&self->caps, caps);
  g_clear_pointer (&self->fitter, vinfo_fitter_free);
  if (gst_video_info_from_caps (&info, caps))
    self->fitter = vinfo_fitter_new (&info, 0, error);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "frames of no known format");
  return self->fitter != NULL;
}

static gboolean
take (Reader *self, GstSample *sample, GError **error)
{
  g_autoptr (VInfoImage) image = NULL;

  if (!set_caps (self, gst_sample_get_caps (sample), error))
    return FALSE;
  image
      = vinfo_fitter_fit (self->fitter, gst_sample_get_buffer (sample), error);
  if (!image)
    return FALSE;
  g_ptr_array_add (self->images,
      vinfo_image_resize (image, 0, 0, 0, 0, self->side, self->side));
  return TRUE;
}

/* Why there are no more samples: FALSE where that is an error. */
static gboolean
check_end (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message
      = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);

  if (message)
    gst_message_parse_error (message, error, NULL);
  return message == NULL;
}

static gboolean
pull_all (Reader *self, GstElement *pipeline, GstAppSink *sink, GError **error)
{
  GstSample *sample;
  gboolean done = TRUE;

  if (gst_element_set_state (pipeline, GST_STATE_PLAYING)
      == GST_STATE_CHANGE_FAILURE) {
    if (check_end (pipeline, error))
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot be played");
    return FALSE;
  }
  while (done && (sample = gst_app_sink_pull_sample (sink))) {
    done = take (self, sample, error);
    gst_sample_unref (sample);
  }
  return done && check_end (pipeline, error);
}

GPtrArray *
frames_read (GstElement *pipeline, GstElement *tail, guint side, GError **error)
{
  Reader self = { .side = side,
    .images
    = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref) };
  GstElement *sink = element_new ("appsink", error);
  gboolean done;

  if (!sink) {
    g_ptr_array_unref (self.images);
    return NULL;
  }
  g_object_set (sink, "sync", FALSE, "max-buffers", 4, NULL);
  gst_bin_add (GST_BIN (pipeline), sink);
  gst_element_link (tail, sink);
  done = pull_all (&self, pipeline, GST_APP_SINK (sink), error);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_clear_pointer (&self.fitter, vinfo_fitter_free);
  gst_clear_caps (&self.caps);
  if (!done)
    g_clear_pointer (&self.images, g_ptr_array_unref);
  return self.images;
}
