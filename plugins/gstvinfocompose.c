/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-vinfocompose
 * @title: vinfocompose
 *
 * Makes training images of kept frames as OptiDEL does: crops each frame where
 * the predictor that it shares with the vinfoscore elements of the same
 * `model-id` errs, scores each crop by that predictor's reconstruction error,
 * and tiles the four hardest crops of every `window` frames into one image. The
 * other crops of the window are dropped. At the end of the stream what is left
 * makes a last mosaic, of fewer crops if need be.
 *
 * Crops have the resolution that the frames come in, so keep those at the
 * source's: `frame-size=0` of vinfoscore. A mosaic is as large as the first
 * frame unless `width` and `height` say otherwise, has the time of the frame
 * that completed it, and carries a #VInfoResult whose parts are the ids of the
 * samples that it shows.
 *
 * The scoring happens on the thread that brings the frames; put the element
 * after a vinforeservoir, whose thread is its own, and never after a camera.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=video.mkv ! decodebin ! vinfoscore
 *     frame-size=0 ! vinforeservoir policy=optidel ! vinfocompose !
 *     vinfotrainer location=predictor
 * ]| Train on the hardest crops of a video while it is read.
 * |[
 * gst-launch-1.0 vinfosrc location=kept.vinfo ! vinfocompose
 *     model=predictor window=8 ! pngenc ! multifilesink location=mosaic-%03d.png
 * ]| Show the hardest crops of what was kept, of eight frames each.
 */
#include "gstvinfocompose.h"

#include <gst/video/video.h>

#include "gstvinfocontext.h"
#include "gstvinfofield.h"
#include "gstvinfomodel.h"
#include "gstvinfomosaic.h"
#include "image/vinfo-fitter.h"
#include "predictor/vinfo-composer.h"
#include "score/gstvinfometa.h"

GST_DEBUG_CATEGORY_STATIC (gst_vinfo_compose_debug);
#define GST_CAT_DEFAULT gst_vinfo_compose_debug

enum {
  PROP_WINDOW = GST_VINFO_MODEL_PROP_LAST,
  PROP_CROPS_PER_FRAME,
  PROP_WIDTH,
  PROP_HEIGHT,
  PROP_STATS
};

#define MIN_SIDE 2       /* of a mosaic */
#define MAX_CROPS 64     /* of a frame */
#define MAX_WINDOW 65536 /* frames */

typedef struct {
  guint64 frames, crops, mosaics;
} Counts;

struct _GstVInfoCompose {
  GstBaseTransform parent;

  GstVInfoModel model;
  VInfoComposerConfig config;
  guint width, height; /* 0: of the first frame */

  Counts counts; /* object lock */

  /* streaming thread */
  VInfoComposer *composer; /* between start and stop */
  VInfoFitter *fitter;     /* NULL where the format can't be read */
  GPtrArray *results;      /* of VInfoResult: of the window's frames */
  guint first_width;       /* of the first frame, 0 before */
  guint first_height;
  GstVideoInfo out_info;
  GstClockTime pts, duration; /* of the last frame */
};

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

static GstStaticPadTemplate src_template
    = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS ("video/x-raw, format=(string)RGB, "
                         "width=(int)[2, 32768], height=(int)[2, 32768], "
                         "framerate=(fraction)[0/1, max]"));

G_DEFINE_TYPE (GstVInfoCompose, gst_vinfo_compose, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (
    vinfocompose, "vinfocompose", GST_RANK_NONE, GST_TYPE_VINFO_COMPOSE)

/* Properties */

static const GstVInfoField fields[PROP_STATS] = {
  [PROP_WINDOW] = GST_VINFO_FIELD (GstVInfoCompose, config.window),
  [PROP_CROPS_PER_FRAME]
  = GST_VINFO_FIELD (GstVInfoCompose, config.max_regions),
  [PROP_WIDTH] = GST_VINFO_FIELD (GstVInfoCompose, width),
  [PROP_HEIGHT] = GST_VINFO_FIELD (GstVInfoCompose, height),
};

static void
gst_vinfo_compose_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstVInfoCompose *self = GST_VINFO_COMPOSE (object);

  if (gst_vinfo_model_set_property (
          &self->model, GST_ELEMENT (self), id, value))
    return;

  GST_OBJECT_LOCK (self);
  if (!gst_vinfo_fields_set (fields, PROP_STATS, self, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static GstStructure *
create_stats (const Counts *counts)
{
  return gst_structure_new ("vinfo-compose-stats", "frames", G_TYPE_UINT64,
      counts->frames, "crops", G_TYPE_UINT64, counts->crops, "mosaics",
      G_TYPE_UINT64, counts->mosaics, NULL);
}

static void
gst_vinfo_compose_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstVInfoCompose *self = GST_VINFO_COMPOSE (object);

  if (gst_vinfo_model_get_property (
          &self->model, GST_ELEMENT (self), id, value))
    return;

  GST_OBJECT_LOCK (self);
  if (id == PROP_STATS)
    g_value_take_boxed (value, create_stats (&self->counts));
  else if (!gst_vinfo_fields_get (fields, PROP_STATS, self, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

/* States */

static gboolean
gst_vinfo_compose_start (GstBaseTransform *trans)
{
  GstVInfoCompose *self = GST_VINFO_COMPOSE (trans);
  g_autoptr (VInfoWorker) worker = gst_vinfo_model_open (
      &self->model, GST_ELEMENT (self), GST_VINFO_MODEL_BATCH_SIZE, FALSE);

  if (!worker)
    return FALSE;

  self->composer
      = vinfo_composer_new (vinfo_worker_get_predictor (worker), &self->config);
  self->first_width = self->first_height = 0;
  GST_OBJECT_LOCK (self);
  self->counts = (Counts){ 0 };
  GST_OBJECT_UNLOCK (self);

  return TRUE;
}

static void
forget_window (GstVInfoCompose *self)
{
  vinfo_composer_clear (self->composer);
  g_ptr_array_set_size (self->results, 0);
}

static gboolean
gst_vinfo_compose_stop (GstBaseTransform *trans)
{
  GstVInfoCompose *self = GST_VINFO_COMPOSE (trans);

  forget_window (self);
  g_clear_pointer (&self->composer, vinfo_composer_free);
  g_clear_pointer (&self->fitter, vinfo_fitter_free);

  return TRUE;
}

static GstStateChangeReturn
gst_vinfo_compose_change_state (GstElement *element, GstStateChange transition)
{
  GstStateChangeReturn ret = GST_ELEMENT_CLASS (gst_vinfo_compose_parent_class)
                                 ->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_vinfo_model_release (&GST_VINFO_COMPOSE (element)->model);

  return ret;
}

/* Caps: either side has a size of its own */

static GstCaps *
gst_vinfo_compose_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCaps *others = gst_static_pad_template_get_caps (
      direction == GST_PAD_SINK ? &src_template : &sink_template);

  if (filter) {
    GstCaps *wanted
        = gst_caps_intersect_full (filter, others, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (others);
    others = wanted;
  }

  return others;
}

/* What is asked for, else what the first frame was, else what this one is. */
static gint
choose_side (guint asked, guint first, gint now)
{
  if (asked > 0)
    return (gint)asked;

  return first > 0 ? (gint)first : now;
}

static GstCaps *
gst_vinfo_compose_fixate_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *othercaps)
{
  GstVInfoCompose *self = GST_VINFO_COMPOSE (trans);
  GstStructure *structure;
  GstVideoInfo info;

  othercaps = gst_caps_make_writable (gst_caps_truncate (othercaps));
  structure = gst_caps_get_structure (othercaps, 0);
  if (direction == GST_PAD_SINK && gst_video_info_from_caps (&info, caps)) {
    gst_structure_fixate_field_nearest_int (structure, "width",
        choose_side (self->width, self->first_width, info.width));
    gst_structure_fixate_field_nearest_int (structure, "height",
        choose_side (self->height, self->first_height, info.height));
    gst_structure_fixate_field_nearest_fraction (structure, "framerate", 0, 1);
  }

  return gst_caps_fixate (othercaps);
}

static gboolean
gst_vinfo_compose_set_caps (
    GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  GstVInfoCompose *self = GST_VINFO_COMPOSE (trans);
  g_autoptr (GError) error = NULL;
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, incaps)
      || !gst_video_info_from_caps (&self->out_info, outcaps))
    return FALSE;

  g_clear_pointer (&self->fitter, vinfo_fitter_free);
  self->fitter = vinfo_fitter_new (&info, 0, &error);
  if (!self->fitter)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("Frames of this format can't be cropped: %s", error->message), (NULL));

  return TRUE;
}

static gboolean
gst_vinfo_compose_propose_allocation (
    GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query)
{
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_query_add_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE, NULL);

  return TRUE;
}

/* Frames */

static VInfoImage *
fit (GstVInfoCompose *self, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  VInfoImage *image;

  if (!self->fitter || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return NULL;

  image = vinfo_fitter_fit (self->fitter, buffer, &error);
  if (!image)
    GST_WARNING_OBJECT (self, "not composed: %s", error->message);

  return image;
}

/* Whose frame it is; a result of no sample where nobody says. */
static VInfoResult *
dup_result (GstBuffer *buffer)
{
  VInfoResult *result = gst_buffer_get_vinfo_result (buffer);

  return result ? vinfo_result_ref (result)
                : vinfo_result_new (0, "", "", "", GST_CLOCK_TIME_NONE, 0);
}

static void
settle_size (GstVInfoCompose *self, const VInfoImage *image)
{
  if (self->first_width > 0)
    return;
  self->first_width = vinfo_image_get_width (image);
  self->first_height = vinfo_image_get_height (image);
}

static void
gather (GstVInfoCompose *self, GstBuffer *buffer)
{
  g_autoptr (VInfoImage) image = fit (self, buffer);
  VInfoResult *result;
  guint n_crops;

  if (!image)
    return;

  settle_size (self, image);
  result = dup_result (buffer);
  g_ptr_array_add (self->results, result);
  n_crops = vinfo_composer_get_n_crops (self->composer);
  vinfo_composer_add (self->composer, image, vinfo_result_get_id (result));
  self->pts = GST_BUFFER_PTS (buffer);
  self->duration = GST_BUFFER_DURATION (buffer);

  GST_OBJECT_LOCK (self);
  self->counts.frames++;
  self->counts.crops += vinfo_composer_get_n_crops (self->composer) - n_crops;
  GST_OBJECT_UNLOCK (self);
}

/* Returns: (transfer full): the window's mosaic; NULL where nothing could be
 * cropped, or where there is no memory */
static GstBuffer *
compose (GstVInfoCompose *self)
{
  VInfoCrop crops[VINFO_COMPOSER_CROPS];
  g_autoptr (VInfoImage) mosaic = NULL;
  GstBuffer *buffer;
  guint64 version;
  guint n_crops;

  mosaic = vinfo_composer_take (self->composer,
      GST_VIDEO_INFO_WIDTH (&self->out_info),
      GST_VIDEO_INFO_HEIGHT (&self->out_info), crops, &n_crops, &version);
  buffer = mosaic ? gst_vinfo_mosaic_to_buffer (
               mosaic, crops, n_crops, version, self->results)
                  : NULL;
  g_ptr_array_set_size (self->results, 0);
  if (!buffer)
    return NULL;

  GST_BUFFER_PTS (buffer) = self->pts;
  GST_BUFFER_DURATION (buffer) = self->duration;
  GST_OBJECT_LOCK (self);
  self->counts.mosaics++;
  GST_OBJECT_UNLOCK (self);

  return buffer;
}

static GstFlowReturn
gst_vinfo_compose_generate_output (GstBaseTransform *trans, GstBuffer **out)
{
  GstVInfoCompose *self = GST_VINFO_COMPOSE (trans);
  g_autoptr (GstBuffer) in = g_steal_pointer (&trans->queued_buf);

  *out = NULL;
  if (!in)
    return GST_FLOW_OK;

  gather (self, in);
  if (vinfo_composer_is_full (self->composer))
    *out = compose (self);

  return GST_FLOW_OK;
}

static void
push_rest (GstVInfoCompose *self)
{
  GstBuffer *rest;

  if (vinfo_composer_get_n_frames (self->composer) == 0)
    return;
  rest = compose (self);
  if (rest)
    gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), rest);
}

static gboolean
gst_vinfo_compose_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstVInfoCompose *self = GST_VINFO_COMPOSE (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    push_rest (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    forget_window (self);

  return GST_BASE_TRANSFORM_CLASS (gst_vinfo_compose_parent_class)
      ->sink_event (trans, event);
}

static gboolean
gst_vinfo_compose_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  if (gst_vinfo_context_answer (GST_ELEMENT (trans), query))
    return TRUE;

  return GST_BASE_TRANSFORM_CLASS (gst_vinfo_compose_parent_class)
      ->query (trans, direction, query);
}

/* Object */

static void
gst_vinfo_compose_finalize (GObject *object)
{
  GstVInfoCompose *self = GST_VINFO_COMPOSE (object);

  gst_vinfo_model_finish (&self->model);
  g_ptr_array_unref (self->results);

  G_OBJECT_CLASS (gst_vinfo_compose_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  const VInfoComposerConfig defaults = VINFO_COMPOSER_CONFIG_INIT;

  gst_vinfo_model_install_properties (klass);
  gst_vinfo_model_install_dtype (klass);
  g_object_class_install_property (klass, PROP_WINDOW,
      g_param_spec_uint ("window", "Window",
          "Frames whose crops compete for a mosaic of four", 1, MAX_WINDOW,
          defaults.window, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_CROPS_PER_FRAME,
      g_param_spec_uint ("crops-per-frame", "Crops per frame",
          "Most crops that a frame has in the competition", 1, MAX_CROPS,
          defaults.max_regions, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_WIDTH,
      g_param_spec_uint ("width", "Width",
          "Of a mosaic, pixels (0 = the first frame's)", 0,
          VINFO_IMAGE_MAX_SIDE, 0, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_HEIGHT,
      g_param_spec_uint ("height", "Height",
          "Of a mosaic, pixels (0 = the first frame's)", 0,
          VINFO_IMAGE_MAX_SIDE, 0, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Frames seen, crops that competed, mosaics made", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_vinfo_compose_class_init (GstVInfoComposeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_vinfo_compose_debug, "vinfocompose", 0, "V-information mosaics");

  object_class->set_property = gst_vinfo_compose_set_property;
  object_class->get_property = gst_vinfo_compose_get_property;
  object_class->finalize = gst_vinfo_compose_finalize;
  install_properties (object_class);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "V-information mosaics",
      "Filter/Effect/Video",
      "Tiles the hardest crops of kept frames into training images: "
      "gst-launch-1.0 uridecodebin uri=URI ! vinfoscore frame-size=0 ! "
      "vinforeservoir policy=optidel ! vinfocompose ! vinfotrainer "
      "location=predictor",
      "The gst-vinfo authors");

  element_class->change_state
      = GST_DEBUG_FUNCPTR (gst_vinfo_compose_change_state);
  trans_class->start = GST_DEBUG_FUNCPTR (gst_vinfo_compose_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_vinfo_compose_stop);
  trans_class->transform_caps
      = GST_DEBUG_FUNCPTR (gst_vinfo_compose_transform_caps);
  trans_class->fixate_caps = GST_DEBUG_FUNCPTR (gst_vinfo_compose_fixate_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_vinfo_compose_set_caps);
  trans_class->propose_allocation
      = GST_DEBUG_FUNCPTR (gst_vinfo_compose_propose_allocation);
  trans_class->generate_output
      = GST_DEBUG_FUNCPTR (gst_vinfo_compose_generate_output);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_vinfo_compose_sink_event);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_vinfo_compose_query);
}

static void
gst_vinfo_compose_init (GstVInfoCompose *self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  gst_vinfo_model_init (&self->model);
  self->config = (VInfoComposerConfig)VINFO_COMPOSER_CONFIG_INIT;
  self->results
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_result_unref);

  gst_base_transform_set_gap_aware (trans, TRUE);
  gst_base_transform_set_qos_enabled (trans, FALSE);
}
