/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-vinfotrainer
 * @title: vinfotrainer
 *
 * Continues the pre-training of the predictor that it shares with the
 * vinfoscore elements of the same `model-id`, on the pictures that it gets, and
 * publishes the weights to them as it goes. With a `location` it saves each
 * publication there, and continues from the newest when it starts.
 *
 * Training runs on a thread of its own. A buffer that completes a batch is held
 * until the step is taken, so feed it from a vinforeservoir and never from a
 * camera directly.
 *
 * Posts the element messages `vinfo-step`, `vinfo-update`, `vinfo-checkpoint`
 * and `vinfo-stats`, at most ten a second; steps and stats are left out beyond
 * that. Updates and checkpoints never are: only where these alone come faster than
 * that are there more.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=video.mkv ! decodebin ! vinfoscore !
 *     vinforeservoir ! vinfotrainer location=predictor
 * ]| Train on the best frames of a video while it is read.
 */
#include "gstvinfotrainer.h"

#include <math.h>

#include <gst/video/video.h>

#include "gstvinfocontext.h"
#include "gstvinfofield.h"
#include "gstvinfomodel.h"
#include "gstvinfotraining.h"
#include "image/vinfo-fitter.h"
#include "score/gstvinfometa.h"
#include "trainer/vinfo-weighting.h"

GST_DEBUG_CATEGORY_STATIC (gst_vinfo_trainer_debug);
#define GST_CAT_DEFAULT gst_vinfo_trainer_debug

enum { SIGNAL_CHECKPOINT, SIGNAL_CLEAR, N_SIGNALS };

enum {
  PROP_LOCATION = GST_VINFO_MODEL_PROP_LAST,
  PROP_KEEP_VERSIONS,
  PROP_BATCH_SIZE,
  PROP_LEARNING_RATE,
  PROP_WEIGHT_DECAY,
  PROP_WARMUP_STEPS,
  PROP_MIN_CROP,
  PROP_MICRO_BATCH_SIZE,
  PROP_EMA_DECAY,
  PROP_SCHEDULE,
  PROP_TOTAL_STEPS,
  PROP_DTYPE,
  PROP_WEIGHTS,
  PROP_FIRST_PUBLISH,
  PROP_PUBLISH_INTERVAL,
  PROP_MAX_STEPS,
  PROP_STATS
};

#define DEFAULT_KEEP_VERSIONS 3
#define DEFAULT_FIRST_PUBLISH 50
#define DEFAULT_PUBLISH_INTERVAL 200

struct _GstVInfoTrainer {
  GstBaseSink parent;

  GstVInfoModel model;
  GstVInfoTrainingConfig config; /* object lock */
  VInfoWeighting weighting;      /* the same */

  GstVInfoTraining *training; /* from PAUSED on; object lock */
  GstStructure *last_stats;   /* of the last run; object lock */

  /* as the properties were at the start */
  guint batch_size;
  VInfoWeighting weigh_by;

  /* streaming thread */
  VInfoFitter *fitter; /* NULL where the format can't be read */
  GPtrArray *batch;    /* of VInfoImage: what waits for a whole batch */
  GArray *weights;     /* gfloat, of them */
};

static guint signals[N_SIGNALS];

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

G_DEFINE_TYPE (GstVInfoTrainer, gst_vinfo_trainer, GST_TYPE_BASE_SINK)
GST_ELEMENT_REGISTER_DEFINE (
    vinfotrainer, "vinfotrainer", GST_RANK_NONE, GST_TYPE_VINFO_TRAINER)

/* Properties */

static const GstVInfoField fields[PROP_STATS] = {
  [PROP_LOCATION] = GST_VINFO_FIELD (GstVInfoTrainer, config.location),
  [PROP_KEEP_VERSIONS]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.keep_versions),
  [PROP_BATCH_SIZE]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.batch_size),
  [PROP_LEARNING_RATE]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.learning_rate),
  [PROP_WEIGHT_DECAY]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.weight_decay),
  [PROP_WARMUP_STEPS]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.warmup_steps),
  [PROP_MIN_CROP] = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.min_crop),
  [PROP_MICRO_BATCH_SIZE]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.micro_batch),
  [PROP_EMA_DECAY]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.ema_decay),
  [PROP_SCHEDULE] = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.schedule),
  [PROP_TOTAL_STEPS]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.total_steps),
  [PROP_DTYPE] = GST_VINFO_FIELD (GstVInfoTrainer, config.trainer.dtype),
  [PROP_WEIGHTS] = GST_VINFO_FIELD (GstVInfoTrainer, weighting),
  [PROP_FIRST_PUBLISH]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.first_publish),
  [PROP_PUBLISH_INTERVAL]
  = GST_VINFO_FIELD (GstVInfoTrainer, config.publish_interval),
  [PROP_MAX_STEPS] = GST_VINFO_FIELD (GstVInfoTrainer, config.max_steps),
};

static void
gst_vinfo_trainer_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstVInfoTrainer *self = GST_VINFO_TRAINER (object);

  if (gst_vinfo_model_set_property (
          &self->model, GST_ELEMENT (self), id, value))
    return;

  GST_OBJECT_LOCK (self);
  if (!gst_vinfo_fields_set (fields, PROP_STATS, self, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

/* Object lock held. */
static GstStructure *
create_stats (GstVInfoTrainer *self)
{
  if (self->training)
    return gst_vinfo_training_get_stats (self->training);

  return self->last_stats ? gst_structure_copy (self->last_stats) : NULL;
}

static void
gst_vinfo_trainer_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstVInfoTrainer *self = GST_VINFO_TRAINER (object);

  if (gst_vinfo_model_get_property (
          &self->model, GST_ELEMENT (self), id, value))
    return;

  GST_OBJECT_LOCK (self);
  if (id == PROP_STATS)
    g_value_take_boxed (value, create_stats (self));
  else if (!gst_vinfo_fields_get (fields, PROP_STATS, self, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

/* Action signals */

typedef void (*RequestFunc) (GstVInfoTraining *training);

static void
request (GstVInfoTrainer *self, RequestFunc func)
{
  gboolean running;

  GST_OBJECT_LOCK (self);
  running = self->training != NULL;
  if (running)
    func (self->training);
  GST_OBJECT_UNLOCK (self);

  if (!running)
    GST_WARNING_OBJECT (self, "not running: nothing to checkpoint or clear");
}

static void
gst_vinfo_trainer_checkpoint (GstVInfoTrainer *self)
{
  request (self, gst_vinfo_training_request_save);
}

static void
gst_vinfo_trainer_clear (GstVInfoTrainer *self)
{
  request (self, gst_vinfo_training_request_reset);
}

/* States */

/* Its location is the caller's. */
static GstVInfoTrainingConfig
take_properties (GstVInfoTrainer *self)
{
  GstVInfoTrainingConfig config;

  GST_OBJECT_LOCK (self);
  config = self->config;
  config.location = g_strdup (self->config.location);
  config.trainer.seed = self->model.config.seed;
  self->batch_size = config.trainer.batch_size;
  self->weigh_by = self->weighting;
  GST_OBJECT_UNLOCK (self);

  return config;
}

static gboolean
start (GstVInfoTrainer *self)
{
  GstVInfoTrainingConfig config = take_properties (self);
  g_autofree char *location = config.location;
  g_autoptr (VInfoWorker) worker = NULL;
  g_autoptr (GError) error = NULL;
  GstVInfoTraining *training;

  worker = gst_vinfo_model_open (
      &self->model, GST_ELEMENT (self), GST_VINFO_MODEL_BATCH_SIZE, FALSE);
  if (!worker)
    return FALSE;

  training = gst_vinfo_training_new (
      GST_ELEMENT (self), vinfo_worker_get_predictor (worker), &config, &error);
  if (!training) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("%s", error->message), (NULL));
    return FALSE;
  }

  GST_OBJECT_LOCK (self);
  self->training = training;
  GST_OBJECT_UNLOCK (self);

  return TRUE;
}

static void
forget_batch (GstVInfoTrainer *self)
{
  g_ptr_array_set_size (self->batch, 0);
  g_array_set_size (self->weights, 0);
}

static void
stop (GstVInfoTrainer *self)
{
  GstVInfoTraining *training;

  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->last_stats, gst_structure_free);
  self->last_stats = create_stats (self);
  training = g_steal_pointer (&self->training);
  GST_OBJECT_UNLOCK (self);

  g_clear_pointer (&training, gst_vinfo_training_free);
  g_clear_pointer (&self->fitter, vinfo_fitter_free);
  forget_batch (self);
}

/* Base class's start() comes in NULL to READY, before the scorers made the
 * predictor; so this starts one state later. */
static GstStateChangeReturn
gst_vinfo_trainer_change_state (GstElement *element, GstStateChange transition)
{
  GstVInfoTrainer *self = GST_VINFO_TRAINER (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;

  ret = GST_ELEMENT_CLASS (gst_vinfo_trainer_parent_class)
            ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_vinfo_model_release (&self->model);

  return ret;
}

static void
set_interrupted (GstVInfoTrainer *self, gboolean interrupted)
{
  GST_OBJECT_LOCK (self);
  if (self->training)
    gst_vinfo_training_set_interrupted (self->training, interrupted);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_vinfo_trainer_unlock (GstBaseSink *sink)
{
  set_interrupted (GST_VINFO_TRAINER (sink), TRUE);
  return TRUE;
}

static gboolean
gst_vinfo_trainer_unlock_stop (GstBaseSink *sink)
{
  set_interrupted (GST_VINFO_TRAINER (sink), FALSE);
  return TRUE;
}

/* Pictures */

static gboolean
gst_vinfo_trainer_set_caps (GstBaseSink *sink, GstCaps *caps)
{
  GstVInfoTrainer *self = GST_VINFO_TRAINER (sink);
  g_autoptr (GError) error = NULL;
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps))
    return FALSE;

  g_clear_pointer (&self->fitter, vinfo_fitter_free);
  self->fitter = vinfo_fitter_new (&info, 0, &error);
  if (!self->fitter)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("Can't train on this format: %s", error->message), (NULL));

  return TRUE;
}

static gboolean
gst_vinfo_trainer_propose_allocation (GstBaseSink *sink, GstQuery *query)
{
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_query_add_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE, NULL);

  return TRUE;
}

/* Trains on what was gathered. Paused on the way, it goes on when we play. */
static GstFlowReturn
train (GstVInfoTrainer *self)
{
  GstFlowReturn ret = GST_FLOW_OK;

  while (
      ret == GST_FLOW_OK
      && !gst_vinfo_training_train (self->training, self->batch, self->weights))
    ret = gst_base_sink_wait_preroll (GST_BASE_SINK (self));

  return ret;
}

/* What is not of a reservoir weighs 1. */
static gfloat
weigh (GstVInfoTrainer *self, GstBuffer *buffer)
{
  VInfoResult *result = gst_buffer_get_vinfo_result (buffer);

  return vinfo_weighting_weigh (
      self->weigh_by, result ? vinfo_result_get_inclusion (result) : NAN);
}

static GstFlowReturn
gst_vinfo_trainer_render (GstBaseSink *sink, GstBuffer *buffer)
{
  GstVInfoTrainer *self = GST_VINFO_TRAINER (sink);
  g_autoptr (GError) error = NULL;
  VInfoImage *image;
  gfloat weight;

  if (!self->fitter
      || GST_BUFFER_FLAG_IS_SET (
          buffer, GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_CORRUPTED))
    return GST_FLOW_OK;

  image = vinfo_fitter_fit (self->fitter, buffer, &error);
  if (!image) {
    GST_WARNING_OBJECT (self, "not trained on: %s", error->message);
    return GST_FLOW_OK;
  }
  weight = weigh (self, buffer);
  g_ptr_array_add (self->batch, image);
  g_array_append_val (self->weights, weight);
  if (self->batch->len < self->batch_size)
    return GST_FLOW_OK;

  return train (self);
}

/* Before EOS is posted, what was learnt is trained to the end and published. */
static GstFlowReturn
gst_vinfo_trainer_wait_event (GstBaseSink *sink, GstEvent *event)
{
  GstVInfoTrainer *self = GST_VINFO_TRAINER (sink);
  GstFlowReturn ret = GST_BASE_SINK_CLASS (gst_vinfo_trainer_parent_class)
                          ->wait_event (sink, event);

  if (ret != GST_FLOW_OK || GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return ret;

  ret = train (self);
  if (ret != GST_FLOW_OK)
    return ret;
  gst_vinfo_training_request_publication (self->training);

  return train (self);
}

static gboolean
gst_vinfo_trainer_event (GstBaseSink *sink, GstEvent *event)
{
  GstVInfoTrainer *self = GST_VINFO_TRAINER (sink);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    forget_batch (self);

  return GST_BASE_SINK_CLASS (gst_vinfo_trainer_parent_class)
      ->event (sink, event);
}

static gboolean
gst_vinfo_trainer_query (GstBaseSink *sink, GstQuery *query)
{
  if (gst_vinfo_context_answer (GST_ELEMENT (sink), query))
    return TRUE;

  return GST_BASE_SINK_CLASS (gst_vinfo_trainer_parent_class)
      ->query (sink, query);
}

static void
gst_vinfo_trainer_finalize (GObject *object)
{
  GstVInfoTrainer *self = GST_VINFO_TRAINER (object);

  gst_vinfo_model_finish (&self->model);
  g_free (self->config.location);
  g_clear_pointer (&self->last_stats, gst_structure_free);
  g_ptr_array_unref (self->batch);
  g_array_unref (self->weights);

  G_OBJECT_CLASS (gst_vinfo_trainer_parent_class)->finalize (object);
}

static void
install_file_properties (GObjectClass *klass)
{
  g_object_class_install_property (klass, PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "Directory of versions to continue from and to save to (NULL = no "
          "files)",
          NULL, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_KEEP_VERSIONS,
      g_param_spec_uint ("keep-versions", "Keep versions",
          "Newest versions to keep at the location (0 = all)", 0, G_MAXUINT,
          DEFAULT_KEEP_VERSIONS, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_FIRST_PUBLISH,
      g_param_spec_uint ("first-publish", "First publication",
          "Steps before weights are published for the first time", 1, G_MAXUINT,
          DEFAULT_FIRST_PUBLISH, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_PUBLISH_INTERVAL,
      g_param_spec_uint ("publish-interval", "Publish interval",
          "Steps from one publication to the next", 1, G_MAXUINT,
          DEFAULT_PUBLISH_INTERVAL, GST_VINFO_PARAM_READY));
}

static void
install_training_properties (GObjectClass *klass)
{
  const VInfoTrainerConfig defaults = VINFO_TRAINER_CONFIG_INIT;

  gst_type_mark_as_plugin_api (VINFO_TYPE_DTYPE, 0);
  g_object_class_install_property (klass, PROP_BATCH_SIZE,
      g_param_spec_uint ("batch-size", "Batch size", "Pictures of a step", 1,
          4096, defaults.batch_size, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_LEARNING_RATE,
      g_param_spec_double ("learning-rate", "Learning rate",
          "AdamW's learning rate after the warm-up", 0, 1,
          defaults.learning_rate, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_WEIGHT_DECAY,
      g_param_spec_double ("weight-decay", "Weight decay",
          "AdamW's weight decay, on matrices only", 0, 1, defaults.weight_decay,
          GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_WARMUP_STEPS,
      g_param_spec_uint ("warmup-steps", "Warm-up steps",
          "Steps over which the learning rate rises from 0", 0, G_MAXUINT,
          defaults.warmup_steps, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_MIN_CROP,
      g_param_spec_double ("min-crop", "Min. crop",
          "Smallest share of a picture's area that a random crop takes (0.2 = "
          "as MAE's pre-training, 1 = no crop)",
          0.01, 1, defaults.min_crop, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_MICRO_BATCH_SIZE,
      g_param_spec_uint ("micro-batch-size", "Micro-batch size",
          "Images that go through the model together; a step adds up the "
          "gradients of as many micro-batches as it takes (0 = all at once)",
          0, 65536, defaults.micro_batch, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_EMA_DECAY,
      g_param_spec_double ("ema-decay", "EMA decay",
          "Publish the exponential moving average of the weights with this "
          "decay (0 = the weights themselves)",
          0, 0.999999, defaults.ema_decay, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_SCHEDULE,
      g_param_spec_enum ("schedule", "Schedule",
          "How the learning rate goes on after the warm-up",
          VINFO_TYPE_SCHEDULE_KIND, (gint)defaults.schedule,
          GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_TOTAL_STEPS,
      g_param_spec_uint64 ("total-steps", "Total steps",
          "Where a schedule with an end has it", 0, G_MAXUINT64,
          defaults.total_steps, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_DTYPE,
      g_param_spec_enum ("dtype", "Dtype",
          "What linear layers multiply in a step (weights, optimiser and all "
          "else are floats)",
          VINFO_TYPE_DTYPE, (gint)defaults.dtype, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_WEIGHTS,
      g_param_spec_enum ("weights", "Weights",
          "How kept samples weigh in the loss", VINFO_TYPE_WEIGHTING,
          VINFO_WEIGHTING_NONE, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_MAX_STEPS,
      g_param_spec_uint64 ("max-steps", "Max. steps",
          "Steps after which weights are published and no more are taken (0 = "
          "no limit)",
          0, G_MAXUINT64, 0, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Steps, samples, updates, checkpoints, those that failed, loss, "
          "V-information of the panel, version",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_signals (GType type)
{
  /**
   * GstVInfoTrainer::checkpoint:
   *
   * Saves to the location soon, on the training thread; `vinfo-checkpoint`
   * says when it is done.
   */
  signals[SIGNAL_CHECKPOINT] = g_signal_new_class_handler ("checkpoint", type,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_vinfo_trainer_checkpoint), NULL, NULL, NULL, G_TYPE_NONE,
      0);
  /**
   * GstVInfoTrainer::clear:
   *
   * Forgets the optimiser's state and the step count, not the weights.
   */
  signals[SIGNAL_CLEAR] = g_signal_new_class_handler ("clear", type,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (gst_vinfo_trainer_clear),
      NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
gst_vinfo_trainer_class_init (GstVInfoTrainerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_vinfo_trainer_debug, "vinfotrainer", 0, "V-information trainer");

  object_class->set_property = gst_vinfo_trainer_set_property;
  object_class->get_property = gst_vinfo_trainer_get_property;
  object_class->finalize = gst_vinfo_trainer_finalize;
  gst_vinfo_model_install_properties (object_class);
  install_file_properties (object_class);
  install_training_properties (object_class);
  install_signals (G_TYPE_FROM_CLASS (klass));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "V-information trainer",
      "Sink/Analyzer/Video",
      "Trains the shared masked autoencoder on the frames it gets: "
      "gst-launch-1.0 uridecodebin uri=URI ! vinfoscore ! vinforeservoir ! "
      "vinfotrainer location=predictor",
      "The gst-vinfo authors");

  element_class->change_state
      = GST_DEBUG_FUNCPTR (gst_vinfo_trainer_change_state);
  sink_class->unlock = GST_DEBUG_FUNCPTR (gst_vinfo_trainer_unlock);
  sink_class->unlock_stop = GST_DEBUG_FUNCPTR (gst_vinfo_trainer_unlock_stop);
  sink_class->set_caps = GST_DEBUG_FUNCPTR (gst_vinfo_trainer_set_caps);
  sink_class->propose_allocation
      = GST_DEBUG_FUNCPTR (gst_vinfo_trainer_propose_allocation);
  sink_class->render = GST_DEBUG_FUNCPTR (gst_vinfo_trainer_render);
  sink_class->wait_event = GST_DEBUG_FUNCPTR (gst_vinfo_trainer_wait_event);
  sink_class->event = GST_DEBUG_FUNCPTR (gst_vinfo_trainer_event);
  sink_class->query = GST_DEBUG_FUNCPTR (gst_vinfo_trainer_query);
}

static void
gst_vinfo_trainer_init (GstVInfoTrainer *self)
{
  GstBaseSink *sink = GST_BASE_SINK (self);

  gst_vinfo_model_init (&self->model);
  self->config = (GstVInfoTrainingConfig){
    .trainer = VINFO_TRAINER_CONFIG_INIT,
    .keep_versions = DEFAULT_KEEP_VERSIONS,
    .first_publish = DEFAULT_FIRST_PUBLISH,
    .publish_interval = DEFAULT_PUBLISH_INTERVAL,
  };
  self->batch
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  self->weights = g_array_new (FALSE, FALSE, sizeof (gfloat));

  gst_base_sink_set_sync (sink, FALSE);
  gst_base_sink_set_qos_enabled (sink, FALSE);
  gst_base_sink_set_last_sample_enabled (sink, FALSE);
}
