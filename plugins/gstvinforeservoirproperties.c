/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfofield.h"
#include "gstvinforeservoir.h"

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_POLICY,
  PROP_CAPACITY,
  PROP_MAX_BYTES,
  PROP_UNIFORM_SHARE,
  PROP_TEMPERATURE,
  PROP_SIMILARITY,
  PROP_MAX_AGE,
  PROP_SEED,
  PROP_CODEC,
  PROP_QUALITY,
  PROP_MODE,
  PROP_ORDER,
  PROP_SAMPLES_PER_FRAME,
  PROP_SAMPLES_PER_INSERT,
  PROP_ERROR_BUFFER,
  PROP_MIN_SAMPLES,
  PROP_MAX_VIEWS,
  PROP_NUM_EPOCHS,
  PROP_DRAIN_TIMEOUT,
  PROP_NUM_BUFFERS,
  PROP_QUEUE_SIZE,
  PROP_MODEL_ID,
  PROP_ASYNC,
  PROP_STATS
};

#define DEFAULT_MODE GST_VINFO_MODE_AUTO
#define DEFAULT_ORDER GST_VINFO_ORDER_MIX
#define DEFAULT_SAMPLES_PER_FRAME 16.
#define DEFAULT_MIN_SAMPLES 32
#define DEFAULT_MAX_VIEWS 200
#define DEFAULT_NUM_EPOCHS 1
#define DEFAULT_DRAIN_TIMEOUT (10 * GST_SECOND)
#define DEFAULT_NUM_BUFFERS -1
#define DEFAULT_QUEUE_SIZE 64

#define NEXT_START " (takes effect at the next NULL to READY)"

static const VInfoReservoirConfig default_config = VINFO_RESERVOIR_CONFIG_INIT;

#define GST_TYPE_VINFO_CODEC (gst_vinfo_codec_get_type ())

static GType
gst_vinfo_codec_get_type (void)
{
  static gsize type;
  static const GEnumValue codecs[] = {
    { VINFO_IMAGE_CODEC_PNG, "Lossless", "png" },
    { VINFO_IMAGE_CODEC_MJPEG, "Lossy, smaller", "mjpeg" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstVInfoCodec", codecs));

  return type;
}

static const GstVInfoField fields[PROP_STATS] = {
  [PROP_LOCATION] = GST_VINFO_FIELD (GstVInfoReservoir, location),
  [PROP_POLICY] = GST_VINFO_FIELD (GstVInfoReservoir, policy),
  [PROP_ASYNC] = GST_VINFO_FIELD (GstVInfoReservoir, async),
  [PROP_MODEL_ID] = GST_VINFO_FIELD (GstVInfoReservoir, model_id),
  [PROP_CAPACITY] = GST_VINFO_FIELD (GstVInfoReservoir, config.capacity),
  [PROP_MAX_BYTES] = GST_VINFO_FIELD (GstVInfoReservoir, config.capacity_bytes),
  [PROP_UNIFORM_SHARE]
  = GST_VINFO_FIELD (GstVInfoReservoir, config.uniform_share),
  [PROP_TEMPERATURE] = GST_VINFO_FIELD (GstVInfoReservoir, config.temperature),
  [PROP_SIMILARITY] = GST_VINFO_FIELD (GstVInfoReservoir, config.similarity),
  [PROP_MAX_AGE] = GST_VINFO_FIELD (GstVInfoReservoir, config.max_age),
  [PROP_SEED] = GST_VINFO_FIELD (GstVInfoReservoir, config.seed),
  [PROP_CODEC] = GST_VINFO_FIELD (GstVInfoReservoir, config.codec),
  [PROP_QUALITY] = GST_VINFO_FIELD (GstVInfoReservoir, config.quality),
  [PROP_MODE] = GST_VINFO_FIELD (GstVInfoReservoir, mode),
  [PROP_ORDER] = GST_VINFO_FIELD (GstVInfoReservoir, order),
  [PROP_SAMPLES_PER_FRAME]
  = GST_VINFO_FIELD (GstVInfoReservoir, samples_per_frame),
  [PROP_SAMPLES_PER_INSERT]
  = GST_VINFO_FIELD (GstVInfoReservoir, limiter.samples_per_insert),
  [PROP_ERROR_BUFFER]
  = GST_VINFO_FIELD (GstVInfoReservoir, limiter.error_buffer),
  [PROP_MIN_SAMPLES] = GST_VINFO_FIELD (GstVInfoReservoir, min_samples),
  [PROP_MAX_VIEWS] = GST_VINFO_FIELD (GstVInfoReservoir, max_views),
  [PROP_NUM_EPOCHS] = GST_VINFO_FIELD (GstVInfoReservoir, num_epochs),
  [PROP_DRAIN_TIMEOUT] = GST_VINFO_FIELD (GstVInfoReservoir, drain_timeout),
  [PROP_NUM_BUFFERS] = GST_VINFO_FIELD (GstVInfoReservoir, num_buffers),
  [PROP_QUEUE_SIZE] = GST_VINFO_FIELD (GstVInfoReservoir, queue_size),
};

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (object);

  g_mutex_lock (&self->lock);
  if (!gst_vinfo_fields_set (fields, PROP_STATS, self, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  g_cond_broadcast (&self->cond); /* limits may have moved */
  g_mutex_unlock (&self->lock);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstVInfoReservoir *self = GST_VINFO_RESERVOIR (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, gst_vinfo_reservoir_get_stats (self));
    return;
  }

  g_mutex_lock (&self->lock);
  if (!gst_vinfo_fields_get (fields, PROP_STATS, self, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  g_mutex_unlock (&self->lock);
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)

/* What is kept, and where. */
static void
install_keeping (GObjectClass *klass)
{
  g_autofree char *policy
      = g_strdup_printf ("What decides which samples stay: %s" NEXT_START,
          vinfo_policy_describe ());

  g_object_class_install_property (klass, PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "File to keep samples in (NULL: memory)" NEXT_START, NULL,
          FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_POLICY,
      g_param_spec_string ("policy", "Policy", g_intern_string (policy),
          default_config.policy, FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_MODEL_ID,
      g_param_spec_string ("model-id", "Model id",
          "Name of the shared predictor that kept samples are scored with "
          "anew after a publication (NULL: that of the scorers)",
          NULL, FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_ASYNC,
      g_param_spec_boolean ("async", "Async",
          "Go asynchronously to PAUSED: when the first data arrives, which "
          "then "
          "waits for PLAYING",
          TRUE, FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_CAPACITY,
      g_param_spec_uint ("capacity", "Capacity", "Most samples kept" NEXT_START,
          1, G_MAXINT, default_config.capacity,
          FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_MAX_BYTES,
      g_param_spec_uint64 ("max-bytes", "Maximum bytes",
          "Most bytes of encoded samples kept" NEXT_START, 1, G_MAXINT64,
          default_config.capacity_bytes, FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_UNIFORM_SHARE,
      g_param_spec_double ("uniform-share", "Uniform share",
          "Part of the capacity that is a uniform sample of the "
          "stream" NEXT_START,
          0, 1, default_config.uniform_share, FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_TEMPERATURE,
      g_param_spec_double ("temperature", "Temperature",
          "How softly scores decide: high is near uniform, low is near "
          "top-k" NEXT_START,
          0.005, G_MAXDOUBLE, default_config.temperature,
          FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_SIMILARITY,
      g_param_spec_double ("similarity", "Similarity",
          "Of two samples in a cluster whose embeddings have a larger cosine "
          "policy meddel drops one" NEXT_START,
          0.001, 1, default_config.similarity,
          FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_MAX_AGE,
      g_param_spec_uint64 ("max-age", "Maximum age",
          "Remove samples so long after they arrived, by the wall clock, "
          "nanoseconds (0: never)" NEXT_START,
          0, G_MAXUINT64, default_config.max_age,
          FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Of the draw and of the order of samples" NEXT_START, 0, G_MAXUINT64,
          default_config.seed, FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_CODEC,
      g_param_spec_enum ("codec", "Codec", "How samples are encoded" NEXT_START,
          GST_TYPE_VINFO_CODEC, default_config.codec,
          FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_QUALITY,
      g_param_spec_uint ("quality", "Quality",
          "Of lossy codecs, percent" NEXT_START, 1, 100, default_config.quality,
          FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_QUEUE_SIZE,
      g_param_spec_uint ("queue-size", "Queue size",
          "Results that may wait for the store; in async mode further ones "
          "are refused (takes effect at the next READY to PAUSED)",
          1, G_MAXUINT, DEFAULT_QUEUE_SIZE, FLAGS | GST_PARAM_MUTABLE_READY));
}

/* What is served, and when. */
static void
install_serving (GObjectClass *klass)
{
  g_object_class_install_property (klass, PROP_MODE,
      g_param_spec_enum ("mode", "Mode",
          "Whether each frame waits for its verdict and its samples",
          GST_TYPE_VINFO_MODE, DEFAULT_MODE, FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_ORDER,
      g_param_spec_enum ("order", "Order", "Which sample is served next",
          GST_TYPE_VINFO_ORDER, DEFAULT_ORDER,
          FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_SAMPLES_PER_FRAME,
      g_param_spec_double ("samples-per-frame", "Samples per frame",
          "Samples that may be served for each frame that arrived", 0,
          G_MAXUINT, DEFAULT_SAMPLES_PER_FRAME,
          FLAGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_SAMPLES_PER_INSERT,
      g_param_spec_double ("samples-per-insert", "Samples per insert",
          "Samples that are served for each that is admitted once min-samples "
          "are kept, instead of samples-per-frame (0: off)",
          0, G_MAXUINT, 0, FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_ERROR_BUFFER,
      g_param_spec_double ("error-buffer", "Error buffer",
          "How many samples may be served more or fewer than "
          "samples-per-insert says (at least 1 and samples-per-insert)",
          0, G_MAXDOUBLE, 0, FLAGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_MIN_SAMPLES,
      g_param_spec_uint ("min-samples", "Minimum samples",
          "Serve once so many are kept (or the capacity, if that is less)", 0,
          G_MAXUINT, DEFAULT_MIN_SAMPLES, FLAGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_MAX_VIEWS,
      g_param_spec_uint ("max-views", "Maximum views",
          "Pause after so many samples for each kept one without an admission",
          1, G_MAXUINT, DEFAULT_MAX_VIEWS, FLAGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_NUM_EPOCHS,
      g_param_spec_uint ("num-epochs", "Number of epochs",
          "Passes over all kept after all feeds ended, and of a replay", 0,
          G_MAXUINT - 1, DEFAULT_NUM_EPOCHS,
          FLAGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_DRAIN_TIMEOUT,
      g_param_spec_uint64 ("drain-timeout", "Drain timeout",
          "Longest time for the passes after all feeds ended, nanoseconds", 0,
          G_MAXUINT64, DEFAULT_DRAIN_TIMEOUT,
          FLAGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_NUM_BUFFERS,
      g_param_spec_int ("num-buffers", "Number of buffers",
          "Samples to serve before EOS (-1: no limit); of a replay, instead "
          "of num-epochs",
          -1, G_MAXINT, DEFAULT_NUM_BUFFERS, FLAGS | GST_PARAM_MUTABLE_READY));
}

void
gst_vinfo_reservoir_install_properties (GObjectClass *klass)
{
  klass->set_property = set_property;
  klass->get_property = get_property;
  install_keeping (klass);
  install_serving (klass);

  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "vinfo-reservoir-stats: offered, pending, owed, kept, kept-bytes, "
          "admitted, rejected, rejected-REASON, unscored, samples, mean-pvi, "
          "unreadable",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  gst_type_mark_as_plugin_api (GST_TYPE_VINFO_CODEC, 0);
}

void
gst_vinfo_reservoir_init_properties (GstVInfoReservoir *self)
{
  self->config = default_config;
  self->policy = g_strdup (default_config.policy);
  self->async = TRUE;
  self->mode = DEFAULT_MODE;
  self->order = DEFAULT_ORDER;
  self->samples_per_frame = DEFAULT_SAMPLES_PER_FRAME;
  self->min_samples = DEFAULT_MIN_SAMPLES;
  self->max_views = DEFAULT_MAX_VIEWS;
  self->num_epochs = DEFAULT_NUM_EPOCHS;
  self->drain_timeout = DEFAULT_DRAIN_TIMEOUT;
  self->num_buffers = DEFAULT_NUM_BUFFERS;
  self->queue_size = DEFAULT_QUEUE_SIZE;
}
