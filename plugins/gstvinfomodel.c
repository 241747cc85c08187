/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfomodel.h"

#include "gstvinfocontext.h"
#include "gstvinfofield.h"

#define DEFAULT_MODEL_ID "default"

static const GstVInfoField fields[GST_VINFO_MODEL_PROP_LAST] = {
  [GST_VINFO_MODEL_PROP_MODEL]
  = GST_VINFO_FIELD (GstVInfoModel, config.location),
  [GST_VINFO_MODEL_PROP_MODEL_ID] = GST_VINFO_FIELD (GstVInfoModel, model_id),
  [GST_VINFO_MODEL_PROP_ARCHITECTURE]
  = GST_VINFO_FIELD (GstVInfoModel, config.architecture),
  [GST_VINFO_MODEL_PROP_SEED] = GST_VINFO_FIELD (GstVInfoModel, config.seed),
  [GST_VINFO_MODEL_PROP_MASKS] = GST_VINFO_FIELD (GstVInfoModel, config.masks),
  [GST_VINFO_MODEL_PROP_REFERENCE]
  = GST_VINFO_FIELD (GstVInfoModel, config.reference),
  [GST_VINFO_MODEL_PROP_REFERENCE_MODEL]
  = GST_VINFO_FIELD (GstVInfoModel, config.reference_location),
  [GST_VINFO_MODEL_PROP_PANEL_SIZE]
  = GST_VINFO_FIELD (GstVInfoModel, config.panel_size),
  [GST_VINFO_MODEL_PROP_OOD] = GST_VINFO_FIELD (GstVInfoModel, config.ood),
  [GST_VINFO_MODEL_PROP_ESTIMATOR]
  = GST_VINFO_FIELD (GstVInfoModel, config.estimator),
  [GST_VINFO_MODEL_PROP_MAX_REGRESSION]
  = GST_VINFO_FIELD (GstVInfoModel, config.max_regression),
  [GST_VINFO_MODEL_PROP_DTYPE] = GST_VINFO_FIELD (GstVInfoModel, config.dtype),
};

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
          "which the first of them describes, until all of them are in NULL",
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
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_MAX_REGRESSION,
      g_param_spec_double ("max-regression", "Max. regression",
          "New weights are rejected where they know the panel worse than the "
          "old ones by more than this, in nats per pixel value",
          0, G_MAXDOUBLE, defaults.max_regression, GST_VINFO_PARAM_READY));
}

void
gst_vinfo_model_install_dtype (GObjectClass *klass)
{
  const VInfoPredictorConfig defaults = VINFO_PREDICTOR_CONFIG_INIT;

  gst_type_mark_as_plugin_api (VINFO_TYPE_DTYPE, 0);
  g_object_class_install_property (klass, GST_VINFO_MODEL_PROP_DTYPE,
      g_param_spec_enum ("dtype", "Dtype",
          "What linear layers multiply, of scores and of the panel's "
          "calibration (all else is floats)",
          VINFO_TYPE_DTYPE, (gint)defaults.dtype, GST_VINFO_PARAM_READY));
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
  gst_vinfo_model_release (model);
  g_free (model->model_id);
  replace_string (&model->config.location, NULL);
  replace_string (&model->config.architecture, NULL);
  replace_string (&model->config.reference_location, NULL);
}

/* NULL puts a name that must be there back to its default. */
static void
restore_names (GstVInfoModel *model)
{
  const VInfoPredictorConfig defaults = VINFO_PREDICTOR_CONFIG_INIT;

  if (!model->model_id)
    model->model_id = g_strdup (DEFAULT_MODEL_ID);
  if (!model->config.architecture)
    model->config.architecture = g_strdup (defaults.architecture);
}

/* Returns: whether that changed anything */
static gboolean
set_field (GstVInfoModel *model, guint id, const GValue *value)
{
  g_auto (GValue) before = G_VALUE_INIT;
  g_auto (GValue) after = G_VALUE_INIT;

  g_value_init (&before, G_VALUE_TYPE (value));
  g_value_init (&after, G_VALUE_TYPE (value));
  gst_vinfo_fields_get (fields, G_N_ELEMENTS (fields), model, id, &before);
  gst_vinfo_fields_set (fields, G_N_ELEMENTS (fields), model, id, value);
  restore_names (model);
  gst_vinfo_fields_get (fields, G_N_ELEMENTS (fields), model, id, &after);

  return gst_value_compare (&before, &after) != GST_VALUE_EQUAL;
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
    model->changed |= set_field (model, id, value);
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
  if (id >= GST_VINFO_MODEL_PROP_LAST)
    return FALSE;

  GST_OBJECT_LOCK (element);
  gst_vinfo_fields_get (fields, G_N_ELEMENTS (fields), model, id, value);
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

/* Wishes that are not met ------------------------------------------------- */

static gboolean
is_same_path (const char *a, const char *b)
{
  g_autofree char *full_a = a ? g_canonicalize_filename (a, NULL) : NULL;
  g_autofree char *full_b = b ? g_canonicalize_filename (b, NULL) : NULL;

  return g_strcmp0 (full_a, full_b) == 0;
}

/* What is in use in the place of what @asked says; strings are the owners'. A
 * model's files say of what shape it is, whatever architecture is asked for. */
static GstVInfoModel
describe_used (VInfoPredictor *predictor, const VInfoPredictorConfig *asked)
{
  GstVInfoModel used = { .config = *vinfo_predictor_get_config (predictor) };

  used.config.masks = vinfo_predictor_get_masks (predictor);
  if (asked->location)
    used.config.architecture = asked->architecture;
  else if (used.config.location)
    used.config.architecture = used.config.location;
  if (is_same_path (asked->location, used.config.location))
    used.config.location = asked->location;

  return used;
}

static void
add_unmet (
    GString *unmet, const char *name, const char *asked, const char *used)
{
  g_string_append_printf (unmet, "%s%s=%s (%s is used)",
      unmet->len > 0 ? ", " : "", name, asked, used);
}

static void
compare_property (GString *unmet, GstElement *element,
    const GstVInfoModel *used, const char *name)
{
  GParamSpec *pspec
      = g_object_class_find_property (G_OBJECT_GET_CLASS (element), name);
  g_auto (GValue) asked = G_VALUE_INIT;
  g_auto (GValue) in_use = G_VALUE_INIT;
  g_autofree char *asked_text = NULL;
  g_autofree char *used_text = NULL;

  if (!pspec || pspec->param_id >= GST_VINFO_MODEL_PROP_LAST)
    return; /* the model's, but not of every element */
  g_value_init (&asked, pspec->value_type);
  g_value_init (&in_use, pspec->value_type);
  g_object_get_property (G_OBJECT (element), name, &asked);
  gst_vinfo_fields_get (
      fields, G_N_ELEMENTS (fields), used, pspec->param_id, &in_use);
  if (g_param_value_defaults (pspec, &asked)
      || g_param_values_cmp (pspec, &asked, &in_use) == 0)
    return;

  asked_text = gst_value_serialize (&asked);
  used_text = gst_value_serialize (&in_use);
  add_unmet (unmet, name, asked_text, used_text);
}

static void
compare_batch_size (GString *unmet, guint asked, guint used)
{
  g_autofree char *asked_text = g_strdup_printf ("%u", asked);
  g_autofree char *used_text = g_strdup_printf ("%u", used);

  if (asked != GST_VINFO_MODEL_BATCH_SIZE && asked != used)
    add_unmet (unmet, "batch-size", asked_text, used_text);
}

/* A property at its default asks for nothing. */
static void
warn_of_unmet (const GstVInfoModel *model, GstElement *element,
    VInfoWorker *worker, guint batch_size)
{
  static const char *const names[] = { "model", "architecture", "seed", "masks",
    "reference", "reference-model", "panel-size", "ood", "estimator",
    "max-regression", "dtype" };
  VInfoPredictor *predictor = vinfo_worker_get_predictor (worker);
  GstVInfoModel used = describe_used (predictor, &model->config);
  g_autoptr (GString) unmet = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    compare_property (unmet, element, &used, names[i]);
  compare_batch_size (unmet, batch_size, vinfo_worker_get_batch_size (worker));
  if (unmet->len > 0)
    GST_ELEMENT_WARNING (element, RESOURCE, SETTINGS,
        ("Ignored, as predictor \"%s\" is there already: %s", model->model_id,
            unmet->str),
        ("The first element of a model-id describes its predictor."));
}

/* Sharing ----------------------------------------------------------------- */

/* Described anew in READY, it is made anew, unless others use it too. */
static void
let_go_if_changed (GstVInfoModel *model, GstElement *element, guint batch_size)
{
  gboolean changed;

  GST_OBJECT_LOCK (element);
  changed = model->changed || model->batch_size != batch_size;
  model->changed = FALSE;
  model->batch_size = batch_size;
  GST_OBJECT_UNLOCK (element);
  if (changed)
    gst_vinfo_model_release (model);
}

VInfoWorker *
gst_vinfo_model_open (
    GstVInfoModel *model, GstElement *element, guint batch_size, gboolean warn)
{
  g_autoptr (VInfoPredictorTable) table = gst_vinfo_context_acquire (element);
  g_autoptr (VInfoWorker) known = NULL;
  g_autoptr (GError) error = NULL;
  VInfoWorker *worker;
  gboolean created;

  let_go_if_changed (model, element, batch_size);
  /* getting a known one may reload its file, and that may be rejected */
  known = vinfo_predictor_table_lookup (table, model->model_id);
  if (known && warn)
    warn_of_rejections (element, known);

  worker = vinfo_predictor_table_get (
      table, model->model_id, &model->config, batch_size, &created, &error);
  if (!worker) {
    post_error (element, error);
    return NULL;
  }
  if (warn)
    warn_of_rejections (element, worker);
  if (model->config.masks) /* where nobody asked for others before */
    vinfo_predictor_settle_masks (
        vinfo_worker_get_predictor (worker), model->config.masks);
  if (!created && worker != model->worker)
    warn_of_unmet (model, element, worker, batch_size);
  g_set_object (&model->worker, worker);

  return worker;
}

void
gst_vinfo_model_release (GstVInfoModel *model)
{
  g_clear_object (&model->worker);
}
