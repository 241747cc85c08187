/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One input as a bin of raw video, whatever it is made of.
 */
#include "source.h"

#include "element.h"
#include "image-source.h"

/* Buffering of an RTSP source, ms. Its default of 2 s is for television. */
#define RTSP_LATENCY 200

static GstPadProbeReturn
name_stream (GstPad *pad, GstPadProbeInfo *info, gpointer uri)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstEvent *named;
  GstStreamFlags flags;
  guint group;

  if (GST_EVENT_TYPE (event) != GST_EVENT_STREAM_START)
    return GST_PAD_PROBE_OK;
  named = gst_event_new_stream_start (uri);
  gst_event_parse_stream_flags (event, &flags);
  gst_event_set_stream_flags (named, flags);
  if (gst_event_parse_group_id (event, &group))
    gst_event_set_group_id (named, group);
  gst_event_set_seqnum (named, gst_event_get_seqnum (event));
  gst_event_unref (event);
  GST_PAD_PROBE_INFO_DATA (info) = named;
  return GST_PAD_PROBE_OK;
}

void
source_name_stream (GstPad *pad, const char *id)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, name_stream,
      g_strdup (id), g_free);
}

static void
link_video (GstElement *decoder, GstPad *pad, gpointer data)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (data, "sink");
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);

  if (gst_pad_is_linked (sink) || gst_caps_is_empty (caps)
      || !gst_structure_has_name (
          gst_caps_get_structure (caps, 0), "video/x-raw"))
    return;
  gst_pad_link (pad, sink);
}

static void
check_video (GstElement *decoder, gpointer data)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (data, "sink");
  g_autoptr (GstObject) bin = NULL;

  if (gst_pad_is_linked (sink))
    return;
  bin = gst_object_get_parent (GST_OBJECT (decoder));
  GST_ELEMENT_ERROR (GST_ELEMENT (bin), STREAM, WRONG_TYPE,
      ("no video in it that can be decoded"), (NULL));
}

static void
set_up_source (GstElement *decoder, GstElement *source, gpointer data)
{
  GstElementFactory *factory = gst_element_get_factory (source);

  if (factory && g_str_equal (GST_OBJECT_NAME (factory), "rtspsrc"))
    g_object_set (source, "latency", RTSP_LATENCY, NULL);
}

static gboolean
add_decoder (GstBin *bin, const Input *input, GstElement *tail, GError **error)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-raw(ANY)");
  GstElement *decoder = element_new ("uridecodebin", error);

  if (!decoder)
    return FALSE;
  g_object_set (decoder, "uri", input->uri, "caps", caps, "expose-all-streams",
      FALSE, NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (link_video), tail);
  g_signal_connect (decoder, "no-more-pads", G_CALLBACK (check_video), tail);
  g_signal_connect (decoder, "source-setup", G_CALLBACK (set_up_source), NULL);
  gst_bin_add (bin, decoder);
  return TRUE;
}

static gboolean
add_images (GstBin *bin, const Input *input, GstElement *tail, GError **error)
{
  GstElement *source = image_source_new (input->files);

  if (!source) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "appsrc: no such element: install gstreamer1.0-plugins-base");
    return FALSE;
  }
  gst_bin_add (bin, source);
  return gst_element_link (source, tail);
}

static gboolean
add_pattern (GstBin *bin, const Input *input, gboolean live, GstElement *tail,
    GError **error)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw", "format",
      G_TYPE_STRING, "I420", "width", G_TYPE_INT, 640, "height", G_TYPE_INT,
      360, "framerate", GST_TYPE_FRACTION, PATTERN_RATE, 1, NULL);
  GstElement *source = element_new ("videotestsrc", error);

  if (!source)
    return FALSE;
  gst_bin_add (bin, source);
  if (!element_set_nick (source, "pattern", input->pattern, error))
    return FALSE;
  g_object_set (source, "is-live", live, "num-buffers", input->n_frames, NULL);
  return gst_element_link_filtered (source, tail, caps);
}

static gboolean
fill_bin (GstBin *bin, const Input *input, gboolean paced, GstElement *tail,
    GError **error)
{
  switch (input->kind) {
  case INPUT_URI:
    return add_decoder (bin, input, tail, error);
  case INPUT_IMAGES:
    return add_images (bin, input, tail, error);
  case INPUT_PATTERN:
    return add_pattern (bin, input, paced, tail, error);
  }
  g_return_val_if_reached (FALSE);
}

GstElement *
source_new (const Input *input, gboolean paced, GError **error)
{
  GstElement *bin = gst_bin_new (NULL);
  GstElement *tail = element_new ("clocksync", error);
  g_autoptr (GstPad) pad = NULL;

  if (!tail || !gst_bin_add (GST_BIN (bin), tail)
      || !fill_bin (GST_BIN (bin), input, paced, tail, error)) {
    gst_object_unref (bin);
    return NULL;
  }
  g_object_set (tail, "sync", paced && !input->live, NULL);
  pad = gst_element_get_static_pad (tail, "src");
  source_name_stream (pad, input->source);
  gst_element_add_pad (bin, gst_ghost_pad_new ("src", pad));
  return bin;
}
