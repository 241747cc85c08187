/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfomodel.h"

#include "gstvinfocontext.h"

#define DEFAULT_MODEL_ID "default"

void
gst_vinfo_model_install_properties (GObjectClass *klass)
{
  const VInfoPredictorConfig defaults = VINFO_PREDICTOR_CONFIG_INIT;

  gst_type_mark_as_plugin_api (VINFO_TYPE_REFERENCE, 0);
  gst_type_mark_as_plugin_api (VINFO_TYPE_OOD_KIND, 0);
  gst_type_mark_as_plugin_api (VINFO_TYPE_ESTIMATOR, 0);
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "Hugging Face directory of a ViT masked autoencoder, or directory "
          "of its versions (NULL = a new model with random weights)",
          defaults.location, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_MODEL_ID,
      g_param_spec_string ("model-id", "Model id",
          "Name of the shared predictor; elements of the same name share one, "
          "and the first of them describes it",
          DEFAULT_MODEL_ID, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_ARCHITECTURE,
      g_param_spec_string ("architecture", "Architecture",
          "Shape of a new model: nano, tiny, small, base or large (nano is for "
          "a first look and slow machines; the program vinfo takes tiny)",
          defaults.architecture, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Of a new model's weights, of the masks and of the panel", 0,
          G_MAXUINT64, defaults.seed, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_MASKS,
      g_param_spec_uint ("masks", "Masks",
          "Complementary masks of a score (0 = 4 in sync mode, 1 in async)", 0,
          64, defaults.masks, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_REFERENCE,
      g_param_spec_enum ("reference", "Reference",
          "The better-informed predictor that gain is measured against",
          VINFO_TYPE_REFERENCE, defaults.reference, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_REFERENCE_MODEL,
      g_param_spec_string ("reference-model", "Reference model",
          "Hugging Face directory of the model for reference=checkpoint",
          defaults.reference_location, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_PANEL_SIZE,
      g_param_spec_uint ("panel-size", "Panel size",
          "Most frames that are set aside to calibrate the predictor", 0, 65536,
          defaults.panel_size, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_OOD,
      g_param_spec_enum ("ood", "Out of distribution",
          "How results tell that a frame is unlike what the predictor has seen",
          VINFO_TYPE_OOD_KIND, defaults.ood, GST_VINFO_PARAM_READY));
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_ESTIMATOR,
      g_param_spec_enum ("estimator", "Estimator",
          "Which variances and null V-information is computed with",
          VINFO_TYPE_ESTIMATOR, defaults.estimator, GST_VINFO_PARAM_READY));
}

static void
replace_string (const char **string, const char *value)
{
  g_free ((char *)*string);
  *string = g_strdup (value);
}

void
gst_vinfo_model_init (GstVInfoModel *model)
{
  model->model_id = g_strdup (DEFAULT_MODEL_ID);
  model->config = (VInfoPredictorConfig)VINFO_PREDICTOR_CONFIG_INIT;
  model->config.resume = TRUE;
  model->config.architecture = g_strdup (model->config.architecture);
}

void
gst_vinfo_model_finish (GstVInfoModel *model)
{
  g_free (model->model_id);
  replace_string (&model->config.location, NULL);
  replace_string (&model->config.architecture, NULL);
  replace_string (&model->config.reference_location, NULL);
}

/* NULL puts a name that must be there back to its default. */
static const char *
name_of_value (const GValue *value, const char *fallback)
{
  const char *name = g_value_get_string (value);

  return name ? name : fallback;
}

static void
set_property (GstVInfoModel *model, guint id, const GValue *value)
{
  const VInfoPredictorConfig defaults = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoPredictorConfig *config = &model->config;

  switch (id) {
  case GST_VINFO_MODEL_PROP_MODEL:
    replace_string (&config->location, g_value_get_string (value));
    break;
  case GST_VINFO_MODEL_PROP_MODEL_ID:
    replace_string ((const char **)&model->model_id,
        name_of_value (value, DEFAULT_MODEL_ID));
    break;
  case GST_VINFO_MODEL_PROP_ARCHITECTURE:
    replace_string (
        &config->architecture, name_of_value (value, defaults.architecture));
    break;
  case GST_VINFO_MODEL_PROP_SEED:
    config->seed = g_value_get_uint64 (value);
    break;
  case GST_VINFO_MODEL_PROP_MASKS:
    config->masks = g_value_get_uint (value);
    break;
  case GST_VINFO_MODEL_PROP_REFERENCE:
    config->reference = g_value_get_enum (value);
    break;
  case GST_VINFO_MODEL_PROP_REFERENCE_MODEL:
    replace_string (&config->reference_location, g_value_get_string (value));
    break;
  case GST_VINFO_MODEL_PROP_PANEL_SIZE:
    config->panel_size = g_value_get_uint (value);
    break;
  case GST_VINFO_MODEL_PROP_OOD:
    config->ood = g_value_get_enum (value);
    break;
  case GST_VINFO_MODEL_PROP_ESTIMATOR:
    config->estimator = g_value_get_enum (value);
    break;
  }
}

gboolean
gst_vinfo_model_set_property (
    GstVInfoModel *model, GstElement *element, guint id, const GValue *value)
{
  gboolean running;

  if (id >= GST_VINFO_MODEL_PROP_LAST)
    return FALSE;

  GST_OBJECT_LOCK (element);
  running = GST_STATE (element) > GST_STATE_READY;
  if (!running)
    set_property (model, id, value);
  GST_OBJECT_UNLOCK (element);
  if (running)
    g_warning ("%s: a model is chosen in NULL or READY, not while it runs",
        GST_OBJECT_NAME (element));

  return TRUE;
}

gboolean
gst_vinfo_model_get_property (
    GstVInfoModel *model, GstElement *element, guint id, GValue *value)
{
  const VInfoPredictorConfig *config = &model->config;

  if (id >= GST_VINFO_MODEL_PROP_LAST)
    return FALSE;

  GST_OBJECT_LOCK (element);
  switch (id) {
  case GST_VINFO_MODEL_PROP_MODEL:
    g_value_set_string (value, config->location);
    break;
  case GST_VINFO_MODEL_PROP_MODEL_ID:
    g_value_set_string (value, model->model_id);
    break;
  case GST_VINFO_MODEL_PROP_ARCHITECTURE:
    g_value_set_string (value, config->architecture);
    break;
  case GST_VINFO_MODEL_PROP_SEED:
    g_value_set_uint64 (value, config->seed);
    break;
  case GST_VINFO_MODEL_PROP_MASKS:
    g_value_set_uint (value, config->masks);
    break;
  case GST_VINFO_MODEL_PROP_REFERENCE:
    g_value_set_enum (value, config->reference);
    break;
  case GST_VINFO_MODEL_PROP_REFERENCE_MODEL:
    g_value_set_string (value, config->reference_location);
    break;
  case GST_VINFO_MODEL_PROP_PANEL_SIZE:
    g_value_set_uint (value, config->panel_size);
    break;
  case GST_VINFO_MODEL_PROP_OOD:
    g_value_set_enum (value, config->ood);
    break;
  case GST_VINFO_MODEL_PROP_ESTIMATOR:
    g_value_set_enum (value, config->estimator);
    break;
  }
  GST_OBJECT_UNLOCK (element);

  return TRUE;
}

/* Runs on the publisher's thread, with no lock held. */
static void
on_rejected (GstElement *element, const GError *why, VInfoPredictor *predictor)
{
  GST_ELEMENT_WARNING (element, RESOURCE, READ,
      ("New weights were rejected, the old ones stay: %s", why->message),
      (NULL));
}

static void
warn_of_rejections (GstElement *element, VInfoWorker *worker)
{
  VInfoPredictor *predictor = vinfo_worker_get_predictor (worker);

  gst_vinfo_model_close (element, worker);
  g_signal_connect_object (predictor, "rejected", G_CALLBACK (on_rejected),
      element, G_CONNECT_SWAPPED);
}

void
gst_vinfo_model_close (GstElement *element, VInfoWorker *worker)
{
  g_signal_handlers_disconnect_by_func (
      vinfo_worker_get_predictor (worker), on_rejected, element);
}

static void
post_error (GstElement *element, const GError *error)
{
  if (g_error_matches (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND))
    GST_ELEMENT_ERROR (
        element, RESOURCE, NOT_FOUND, ("%s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (element, RESOURCE, READ, ("%s", error->message), (NULL));
}

VInfoWorker *
gst_vinfo_model_open (
    GstVInfoModel *model, GstElement *element, guint batch_size, gboolean warn)
{
  g_autoptr (VInfoPredictorTable) table = gst_vinfo_context_acquire (element);
  g_autoptr (VInfoWorker) known = NULL;
  g_autoptr (GError) error = NULL;
  VInfoWorker *worker;

  /* getting a known one may reload its file, and that may be rejected */
  known = vinfo_predictor_table_lookup (table, model->model_id);
  if (known && warn)
    warn_of_rejections (element, known);

  worker = vinfo_predictor_table_get (
      table, model->model_id, &model->config, batch_size, NULL, &error);
  if (!worker)
    post_error (element, error);
  else if (warn)
    warn_of_rejections (element, worker);

  return worker;
}
