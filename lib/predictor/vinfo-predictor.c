/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/vinfo-predictor.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "mae/checkpoint-private.h"
#include "predictor/exemplars-private.h"
#include "predictor/predictor-file-private.h"
#include "predictor/watch-private.h"
#include "predictor/predictor-private.h"

/* What is wrong with finite weights that are too large to compute with. */
#define OVERFLOWS "its predictions are no numbers"

enum { SIGNAL_UPDATED, SIGNAL_REJECTED, N_SIGNALS };

static guint signals[N_SIGNALS];

struct _VInfoPredictor {
  GObject parent_instance;

  /* Set by the constructor. */
  VInfoPredictorConfig config; /* its strings are owned */
  VInfoMae *checkpoint;        /* reference given by the user, or NULL */

  /* One publication at a time; taken before `lock`. */
  GMutex publish_lock;
  char *loaded; /* which file the location's weights came from */

  GMutex watch_lock; /* protects what follows */
  Watch *watch;      /* while somebody wants it */
  guint n_watchers;

  GMutex lock; /* protects what follows */
  VInfoSnapshot *snapshot;
  VInfoMae *newest;
  Heads *newest_heads; /* or NULL: estimator=closed */
  gboolean masks_open; /* M may still be settled */
  guint n_masks;
  Masks *masks;
  GBytes *mu;
  Panel *panel;
  Exemplars *exemplars;
  guint64 n_updates;
  guint64 n_rejected;
  gboolean taught; /* by an accepted publication of this process */
};

G_DEFINE_FINAL_TYPE (VInfoPredictor, vinfo_predictor, G_TYPE_OBJECT)
G_DEFINE_QUARK (vinfo_predictor_error_quark, vinfo_predictor_error)

static void
dup_strings (VInfoPredictorConfig *config)
{
  config->location = g_strdup (config->location);
  config->architecture = g_strdup (config->architecture);
  config->reference_location = g_strdup (config->reference_location);
}

static void
free_strings (VInfoPredictorConfig *config)
{
  g_free ((char *)config->location);
  g_free ((char *)config->architecture);
  g_free ((char *)config->reference_location);
}

static void
vinfo_predictor_finalize (GObject *object)
{
  VInfoPredictor *self = VINFO_PREDICTOR (object);

  watch_free (self->watch);
  free_strings (&self->config);
  g_free (self->loaded);
  g_clear_pointer (&self->checkpoint, vinfo_mae_unref);
  g_clear_pointer (&self->snapshot, vinfo_snapshot_unref);
  g_clear_pointer (&self->newest, vinfo_mae_unref);
  g_clear_pointer (&self->newest_heads, heads_unref);
  g_clear_pointer (&self->masks, masks_unref);
  g_clear_pointer (&self->mu, g_bytes_unref);
  panel_free (self->panel);
  exemplars_free (self->exemplars);
  g_mutex_clear (&self->watch_lock);
  g_mutex_clear (&self->publish_lock);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (vinfo_predictor_parent_class)->finalize (object);
}

static void
vinfo_predictor_class_init (VInfoPredictorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vinfo_predictor_finalize;

  signals[SIGNAL_UPDATED] = g_signal_new ("updated", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
  signals[SIGNAL_REJECTED]
      = g_signal_new ("rejected", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
          0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
vinfo_predictor_init (VInfoPredictor *self)
{
  g_mutex_init (&self->watch_lock);
  g_mutex_init (&self->publish_lock);
  g_mutex_init (&self->lock);
}

/* Which bytes a location means now: path, size and time of its weights. */
static char *
identify (const char *directory)
{
  g_autofree char *path
      = g_build_filename (directory, "model.safetensors", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = g_file_query_info (file,
      G_FILE_ATTRIBUTE_TIME_MODIFIED "," G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC
                                     "," G_FILE_ATTRIBUTE_STANDARD_SIZE
                                     "," G_FILE_ATTRIBUTE_UNIX_INODE,
      G_FILE_QUERY_INFO_NONE, NULL, NULL);

  if (!info)
    return g_strdup (path);
  return g_strdup_printf ("%s %" G_GOFFSET_FORMAT " %" G_GUINT64_FORMAT
                          ".%06u %" G_GUINT64_FORMAT,
      path, g_file_info_get_size (info),
      g_file_info_get_attribute_uint64 (info, G_FILE_ATTRIBUTE_TIME_MODIFIED),
      g_file_info_get_attribute_uint32 (
          info, G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC),
      g_file_info_get_attribute_uint64 (info, G_FILE_ATTRIBUTE_UNIX_INODE));
}

static VInfoMae *
load_weights (const char *location, char **directory, GError **error)
{
  *directory = checkpoint_resolve (location, error);
  return *directory ? vinfo_mae_load (*directory, error) : NULL;
}

/* Weights, panel, masks and μ of a location, or new ones. */
static gboolean
load_or_create (VInfoPredictor *self, const VInfoPredictorConfig *config,
    PredictorFile **file, GError **error)
{
  g_autofree char *directory = NULL;
  VInfoMaeConfig shape;

  if (!config->location) {
    if (!vinfo_mae_config_named (config->architecture, &shape, error))
      return FALSE;
    self->newest = vinfo_mae_new (&shape, config->seed);
  } else {
    self->newest = load_weights (config->location, &directory, error);
    if (!self->newest)
      return FALSE;
    self->loaded = identify (directory);
    if (!predictor_file_read (directory, vinfo_mae_get_config (self->newest),
            config->panel_size, config->seed, file, error))
      return FALSE;
  }
  if (!*file)
    *file = predictor_file_new (vinfo_mae_get_config (self->newest), 0,
        config->panel_size, config->seed);
  return TRUE;
}

/* The publication before the newest, where a run is continued; NULL where there
 * is none that fits. file: what is beside it, where that can be read. */
static VInfoMae *
load_previous (VInfoPredictor *self, const VInfoPredictorConfig *config,
    PredictorFile **file)
{
  g_autofree char *directory = NULL;
  g_autofree char *previous = NULL;
  g_autoptr (VInfoMae) mae = NULL;

  if (!config->resume || !config->location
      || self->config.reference != VINFO_REFERENCE_PROGRESS)
    return NULL;
  directory = checkpoint_resolve (config->location, NULL);
  if (directory && strcmp (directory, config->location) != 0)
    previous = checkpoint_previous (directory);
  if (previous)
    mae = vinfo_mae_load (previous, NULL);
  if (!mae
      || !vinfo_mae_config_equal (
          vinfo_mae_get_config (mae), vinfo_mae_get_config (self->newest)))
    return NULL;
  predictor_file_read (previous, vinfo_mae_get_config (mae), config->panel_size,
      config->seed, file, NULL);
  return g_steal_pointer (&mae);
}

static gboolean
load_checkpoint (
    VInfoPredictor *self, const VInfoPredictorConfig *config, GError **error)
{
  g_autofree char *directory = NULL;

  if (self->config.reference != VINFO_REFERENCE_CHECKPOINT)
    return TRUE;
  if (!config->reference_location) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND,
        "reference=checkpoint: no reference model is given");
    return FALSE;
  }
  self->checkpoint
      = load_weights (config->reference_location, &directory, error);
  if (!self->checkpoint)
    return FALSE;
  if (!vinfo_mae_config_equal (vinfo_mae_get_config (self->checkpoint),
          vinfo_mae_get_config (self->newest))) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
        "%s: reference model: another shape or other pixel statistics than the "
        "model it is to score with",
        directory);
    return FALSE;
  }
  return TRUE;
}

static GPtrArray *
dup_exemplars (VInfoPredictor *self)
{
  GPtrArray *images
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);

  exemplars_append_to (self->exemplars, images);
  return images;
}

/* What the current state says a snapshot is to be made of; lock held. Pictures
 * are copied, so that calibration needs no lock. */
static SnapshotParts
describe_parts (
    VInfoPredictor *self, VInfoMae *live, VInfoMae *reference, Heads *heads)
{
  return (SnapshotParts){
    .version = self->snapshot ? self->snapshot->version + 1 : 0,
    .seed = self->config.seed,
    .mode = self->config.reference,
    .live = live,
    .reference = reference,
    .heads = heads,
    .masks = self->masks,
    .n_masks = self->n_masks ? self->n_masks : self->masks->n_groups,
    .mu = self->mu,
    .panel = panel_dup_images (self->panel),
    .dtype = self->config.dtype,
    .ood_kind = self->config.ood,
    .exemplars = dup_exemplars (self),
    .before = self->snapshot ? vinfo_snapshot_ref (self->snapshot) : NULL,
  };
}

static void
clear_parts (SnapshotParts *parts)
{
  g_clear_pointer (&parts->panel, g_ptr_array_unref);
  g_clear_pointer (&parts->exemplars, g_ptr_array_unref);
  g_clear_pointer (&parts->before, vinfo_snapshot_unref);
}

static VInfoSnapshot *
calibrate (SnapshotParts *parts)
{
  VInfoSnapshot *snapshot = snapshot_calibrate (parts);

  clear_parts (parts);
  return snapshot;
}

/* Statistics that a file has of its weights, where scores take as many masks
 * now as they did then. */
static Ood *
saved_ood (const VInfoPredictor *self, const PredictorFile *file)
{
  return file && file->n_masks == self->n_masks ? file->ood : NULL;
}

/* (transfer full): what goes with weights of mae's shape */
static Heads *
own_heads (const VInfoPredictor *self, const VInfoMae *mae, Heads *heads)
{
  if (self->config.estimator != VINFO_ESTIMATOR_LEARNED)
    return NULL;
  return heads ? heads_ref (heads) : heads_new (vinfo_mae_get_config (mae));
}

VInfoPredictor *
vinfo_predictor_new (const VInfoPredictorConfig *config, GError **error)
{
  g_autoptr (VInfoPredictor) self = g_object_new (VINFO_TYPE_PREDICTOR, NULL);
  g_autoptr (PredictorFile) file = NULL;
  g_autoptr (PredictorFile) previous_file = NULL;
  g_autoptr (VInfoMae) previous = NULL;
  SnapshotParts parts;

  self->config = *config;
  dup_strings (&self->config);
  if (!load_or_create (self, config, &file, error)
      || !load_checkpoint (self, config, error))
    return NULL;

  self->n_masks = config->masks ? config->masks : file->n_masks;
  self->masks_open = config->masks == 0;
  if (self->n_masks > file->masks->n_groups) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
        "masks=%u: this model has %u complementary masks", self->n_masks,
        file->masks->n_groups);
    return NULL;
  }
  self->masks = g_steal_pointer (&file->masks);
  self->mu = g_steal_pointer (&file->mu);
  self->panel = g_steal_pointer (&file->panel);
  self->exemplars = exemplars_new (
      config->panel_size, vinfo_mae_get_config (self->newest)->image_size);

  self->newest_heads = own_heads (self, self->newest, file->heads);

  previous = load_previous (self, config, &previous_file);
  if (previous)
    parts = describe_parts (self, previous, self->newest, self->newest_heads);
  else
    parts = describe_parts (
        self, self->newest, self->checkpoint, self->newest_heads);
  parts.version = file->version;
  parts.ood = saved_ood (self, previous ? previous_file : file);
  self->snapshot = calibrate (&parts);
  if (!snapshot_is_finite (self->snapshot)) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NON_FINITE,
        "%s: " OVERFLOWS, config->location);
    return NULL;
  }
  return g_steal_pointer (&self);
}

VInfoSnapshot *
vinfo_predictor_get_snapshot (VInfoPredictor *self)
{
  VInfoSnapshot *snapshot;

  g_mutex_lock (&self->lock);
  snapshot = vinfo_snapshot_ref (self->snapshot);
  g_mutex_unlock (&self->lock);
  return snapshot;
}

VInfoMae *
vinfo_predictor_get_newest (VInfoPredictor *self)
{
  VInfoMae *newest;

  g_mutex_lock (&self->lock);
  newest = vinfo_mae_ref (self->newest);
  g_mutex_unlock (&self->lock);
  return newest;
}

Heads *
predictor_get_newest_heads (VInfoPredictor *self)
{
  Heads *heads;

  g_mutex_lock (&self->lock);
  heads = self->newest_heads ? heads_ref (self->newest_heads) : NULL;
  g_mutex_unlock (&self->lock);
  return heads;
}

/* Makes snapshot the current one; publish_lock held. */
static void
swap (VInfoPredictor *self, VInfoSnapshot *snapshot, VInfoMae *newest,
    Heads *heads)
{
  g_autoptr (VInfoSnapshot) old_snapshot = NULL;
  g_autoptr (VInfoMae) old_newest = NULL;
  g_autoptr (Heads) old_heads = NULL;

  vinfo_mae_ref (newest);
  if (heads)
    heads_ref (heads);
  g_mutex_lock (&self->lock);
  old_snapshot = self->snapshot;
  old_newest = self->newest;
  old_heads = self->newest_heads;
  self->snapshot = snapshot;
  self->newest = newest;
  self->newest_heads = heads;
  g_mutex_unlock (&self->lock);
}

/* Measures the current weights anew, as a version of their own where frames may
 * have been scored by what was measured before; publish_lock held. */
static void
recalibrate (VInfoPredictor *self, gboolean new_version)
{
  SnapshotParts parts;

  g_mutex_lock (&self->lock);
  parts = describe_parts (self, self->snapshot->live, self->snapshot->reference,
      self->newest_heads);
  if (!new_version)
    parts.version = self->snapshot->version;
  g_mutex_unlock (&self->lock);
  swap (self, calibrate (&parts), self->newest, self->newest_heads);
}

/* Returns: whether it was open */
static gboolean
choose_masks (VInfoPredictor *self, guint masks)
{
  gboolean open;

  g_mutex_lock (&self->lock);
  open = self->masks_open;
  if (open)
    self->n_masks = CLAMP (masks, 1, self->masks->n_groups);
  self->masks_open = FALSE;
  g_mutex_unlock (&self->lock);
  return open;
}

void
vinfo_predictor_choose_masks (VInfoPredictor *self, guint masks)
{
  choose_masks (self, masks);
}

void
vinfo_predictor_settle_masks (VInfoPredictor *self, guint masks)
{
  /* who comes later doesn't wait for a publication */
  if (choose_masks (self, masks))
    vinfo_snapshot_unref (vinfo_predictor_get_settled_snapshot (self));
}

guint
vinfo_predictor_get_masks (VInfoPredictor *self)
{
  guint masks;

  g_mutex_lock (&self->lock);
  masks = self->n_masks ? self->n_masks : self->snapshot->n_masks;
  g_mutex_unlock (&self->lock);
  return masks;
}

static gboolean
is_settled (VInfoPredictor *self)
{
  gboolean settled;

  g_mutex_lock (&self->lock);
  settled = !self->n_masks || self->snapshot->n_masks == self->n_masks;
  g_mutex_unlock (&self->lock);
  return settled;
}

VInfoSnapshot *
vinfo_predictor_get_settled_snapshot (VInfoPredictor *self)
{
  if (!is_settled (self)) {
    g_mutex_lock (&self->publish_lock);
    if (!is_settled (self)) /* nobody scores before masks are settled */
      recalibrate (self, FALSE);
    g_mutex_unlock (&self->publish_lock);
  }
  return vinfo_predictor_get_snapshot (self);
}

/* The panel's 32nd frame freezes μ. */
static void
freeze_mu (VInfoPredictor *self)
{
  g_autoptr (GPtrArray) panel = NULL;
  GBytes *mu;

  g_mutex_lock (&self->publish_lock);
  if (!self->mu) {
    g_mutex_lock (&self->lock);
    panel = panel_dup_images (self->panel);
    g_mutex_unlock (&self->lock);

    mu = snapshot_compute_mu (vinfo_mae_get_config (self->newest), panel);
    g_mutex_lock (&self->lock);
    self->mu = mu;
    g_mutex_unlock (&self->lock);
    recalibrate (self, TRUE);
  }
  g_mutex_unlock (&self->publish_lock);
}

/* Whether μ can be frozen, and is not yet; lock held. */
static gboolean
is_complete (const VInfoPredictor *self)
{
  return !self->mu && self->panel->frames->len >= PANEL_MIN;
}

gboolean
vinfo_predictor_observe (VInfoPredictor *self, guint64 id, VInfoImage *image)
{
  gboolean taken, complete;

  g_mutex_lock (&self->lock);
  taken = panel_offer (self->panel, id, image);
  complete = taken && is_complete (self);
  g_mutex_unlock (&self->lock);

  if (complete)
    freeze_mu (self);
  return taken;
}

void
vinfo_predictor_hold_out (VInfoPredictor *self, guint64 id, VInfoImage *image)
{
  gboolean complete;

  g_mutex_lock (&self->lock);
  panel_hold_out (self->panel, id, image);
  complete = is_complete (self);
  g_mutex_unlock (&self->lock);

  if (complete)
    freeze_mu (self);
}

gboolean
vinfo_predictor_holds_out (VInfoPredictor *self, guint64 id, VInfoImage *image)
{
  gboolean has;

  g_mutex_lock (&self->lock);
  has = panel_has (self->panel, id, image);
  g_mutex_unlock (&self->lock);
  return has;
}

guint
vinfo_predictor_get_panel_size (VInfoPredictor *self, guint *wanted)
{
  guint size;

  g_mutex_lock (&self->lock);
  size = self->panel->frames->len;
  g_mutex_unlock (&self->lock);

  *wanted = PANEL_MIN;
  return size;
}

void
vinfo_predictor_remember (VInfoPredictor *self, VInfoImage *image)
{
  g_autoptr (VInfoImage) square = NULL;
  guint side = self->exemplars->side;

  if (self->config.ood == VINFO_OOD_NONE || self->exemplars->capacity == 0)
    return;
  square = vinfo_image_resize (image, 0, 0, 0, 0, side, side);
  g_mutex_lock (&self->lock);
  exemplars_add (self->exemplars, square);
  g_mutex_unlock (&self->lock);
}

static gboolean
check_weights (VInfoPredictor *self, VInfoMae *mae, GError **error)
{
  if (!vinfo_mae_config_equal (
          vinfo_mae_get_config (mae), vinfo_mae_get_config (self->newest))) {
    g_set_error (error, VINFO_PREDICTOR_ERROR, VINFO_PREDICTOR_ERROR_SHAPE,
        "new predictor: another shape or other pixel statistics than the "
        "running one");
    return FALSE;
  }
  if (!vinfo_mae_is_finite (mae)) {
    g_set_error (error, VINFO_PREDICTOR_ERROR, VINFO_PREDICTOR_ERROR_NON_FINITE,
        "new predictor: its weights hold NaN or infinity");
    return FALSE;
  }
  return TRUE;
}

/* Where a model knows little α takes what it gets worse by away: h_X is that of
 * the mean picture then, and no more is lost. The error itself shows it. */
static gboolean
check_regression (
    VInfoPredictor *self, const Uncertainty *worse, GError **error)
{
  double limit = self->config.max_regression;
  gboolean calibrated = worse->calibrated > limit;

  if (!calibrated && !(worse->plain > limit))
    return TRUE;
  g_set_error (error, VINFO_PREDICTOR_ERROR, VINFO_PREDICTOR_ERROR_WORSE,
      "new predictor: its %s on the panel is %.4f nats per pixel value above "
      "the running one's: at most %.4f is allowed",
      calibrated ? "h_X" : "h_X without calibration",
      calibrated ? worse->calibrated : worse->plain, limit);
  return FALSE;
}

/* Calibrates and judges, old weights and new on the same panel; publish_lock
 * held. */
static gboolean
publish_checked (
    VInfoPredictor *self, VInfoMae *mae, Heads *heads, GError **error)
{
  SnapshotParts parts;
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  Uncertainty worse;

  g_mutex_lock (&self->lock);
  if (self->config.reference == VINFO_REFERENCE_PROGRESS)
    parts = describe_parts (self, self->newest, mae, heads);
  else
    parts = describe_parts (self, mae, self->checkpoint, heads);
  g_mutex_unlock (&self->lock);

  snapshot = snapshot_calibrate (&parts);
  worse = snapshot_h_x_change (snapshot, &parts, self->newest);
  clear_parts (&parts);
  if (!snapshot_is_finite (snapshot)) {
    g_set_error (error, VINFO_PREDICTOR_ERROR, VINFO_PREDICTOR_ERROR_NON_FINITE,
        "new predictor: " OVERFLOWS);
    return FALSE;
  }
  if (!check_regression (self, &worse, error))
    return FALSE;
  swap (self, g_steal_pointer (&snapshot), mae, heads);
  return TRUE;
}

static void
reject (VInfoPredictor *self, const GError *why)
{
  g_mutex_lock (&self->lock);
  self->n_rejected++;
  g_mutex_unlock (&self->lock);
  g_signal_emit (self, signals[SIGNAL_REJECTED], 0, why);
}

/* What this process publishes it also saves, later: what is at the location is
 * the older one then, and never news. */
static gboolean
is_taught (VInfoPredictor *self)
{
  gboolean taught;

  g_mutex_lock (&self->lock);
  taught = self->taught;
  g_mutex_unlock (&self->lock);
  return taught;
}

/* Who publishes: this process what it has learnt, or what lies at the location. */
typedef enum { FROM_HERE, FROM_LOCATION } Origin;

/* Checks, calibrates and swaps; publish_lock held. */
static gboolean
publish_locked (VInfoPredictor *self, Origin origin, VInfoMae *mae,
    Heads *heads, guint64 *version, GError **error)
{
  if (!check_weights (self, mae, error)
      || !publish_checked (self, mae, heads, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  self->n_updates++;
  self->taught = self->taught || origin == FROM_HERE;
  *version = self->snapshot->version;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
publish (VInfoPredictor *self, Origin origin, VInfoMae *mae, Heads *heads,
    GError **error)
{
  g_autoptr (Heads) owned = own_heads (self, mae, heads);
  g_autoptr (GError) why = NULL;
  guint64 version = 0;
  gboolean late, published = FALSE;

  g_mutex_lock (&self->publish_lock);
  /* taught while the location was read */
  late = origin == FROM_LOCATION && is_taught (self);
  if (!late)
    published = publish_locked (self, origin, mae, owned, &version, &why);
  g_mutex_unlock (&self->publish_lock);

  if (published)
    g_signal_emit (self, signals[SIGNAL_UPDATED], 0, version);
  if (!why)
    return TRUE;
  reject (self, why);
  g_propagate_error (error, g_steal_pointer (&why));
  return FALSE;
}

gboolean
predictor_publish (
    VInfoPredictor *self, VInfoMae *mae, Heads *heads, GError **error)
{
  return publish (self, FROM_HERE, mae, heads, error);
}

gboolean
vinfo_predictor_publish (VInfoPredictor *self, VInfoMae *mae, GError **error)
{
  return predictor_publish (self, mae, NULL, error);
}

static gboolean
same_weights (const VInfoMae *a, const VInfoMae *b)
{
  return a->n_parameters == b->n_parameters
         && memcmp (
                a->parameters, b->parameters, a->n_parameters * sizeof (float))
                == 0;
}

/* The heads beside weights, where the estimators are learnt. */
static gboolean
load_heads (VInfoPredictor *self, const char *directory, const VInfoMae *mae,
    Heads **heads, GError **error)
{
  g_autoptr (PredictorFile) file = NULL;

  if (self->config.estimator != VINFO_ESTIMATOR_LEARNED)
    return TRUE;
  if (!predictor_file_read (directory, vinfo_mae_get_config (mae),
          self->panel->capacity, self->config.seed, &file, error))
    return FALSE;
  if (file && file->heads)
    *heads = heads_ref (file->heads);
  return TRUE;
}

gboolean
vinfo_predictor_reload (VInfoPredictor *self, GError **error)
{
  g_autofree char *directory = NULL;
  g_autofree char *identity = NULL;
  g_autoptr (VInfoMae) mae = NULL;
  g_autoptr (VInfoMae) newest = NULL;
  g_autoptr (Heads) heads = NULL;
  g_autoptr (GError) why = NULL;
  gboolean changed;

  if (!self->config.location || is_taught (self))
    return TRUE;
  directory = checkpoint_resolve (self->config.location, &why);
  if (directory) {
    identity = identify (directory);
    g_mutex_lock (&self->publish_lock);
    changed = g_strcmp0 (identity, self->loaded) != 0;
    g_free (self->loaded);
    self->loaded = g_steal_pointer (&identity);
    g_mutex_unlock (&self->publish_lock);
    if (!changed)
      return TRUE;
    mae = vinfo_mae_load (directory, &why);
  }
  if (!mae || !load_heads (self, directory, mae, &heads, &why)) {
    reject (self, why);
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
  }
  /* What was saved from here is no news. */
  newest = vinfo_predictor_get_newest (self);
  if (same_weights (mae, newest))
    return TRUE;
  return publish (self, FROM_LOCATION, mae, heads, error);
}

/* The watch holds no reference, or a predictor that is watched would live for
 * ever; for as long as this runs it has one. A handler may drop the last other. */
static void
on_location_changed (gpointer weak)
{
  g_autoptr (VInfoPredictor) self = g_weak_ref_get (weak);

  if (self)
    vinfo_predictor_reload (self, NULL);
}

static void
free_weak (gpointer weak)
{
  g_weak_ref_clear (weak);
  g_free (weak);
}

static Watch *
watch_location (VInfoPredictor *self)
{
  GWeakRef *weak = g_new (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  return watch_new (
      self->config.location, on_location_changed, weak, free_weak);
}

void
vinfo_predictor_watch (VInfoPredictor *self)
{
  if (!self->config.location)
    return;
  g_mutex_lock (&self->watch_lock);
  if (self->n_watchers++ == 0)
    self->watch = watch_location (self);
  g_mutex_unlock (&self->watch_lock);
}

void
vinfo_predictor_unwatch (VInfoPredictor *self)
{
  Watch *watch = NULL;

  if (!self->config.location)
    return;
  g_mutex_lock (&self->watch_lock);
  if (--self->n_watchers == 0)
    watch = g_steal_pointer (&self->watch);
  g_mutex_unlock (&self->watch_lock);
  watch_free (watch);
}

/* The same values, where both are there. */
static gboolean
same_heads (const Heads *a, const Heads *b)
{
  return a && b
         && memcmp (
                a->parameters, b->parameters, heads_size (a) * sizeof (float))
                == 0;
}

gboolean
predictor_save (VInfoPredictor *self, VInfoMae *mae, Heads *heads,
    const char *directory, GError **error)
{
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (self);
  g_autoptr (Heads) newest_heads = predictor_get_newest_heads (self);
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  g_autoptr (Heads) used = own_heads (self, mae, heads);
  g_autoptr (PredictorFile) file = NULL;
  SnapshotParts parts;

  if (!vinfo_mae_save (mae, directory, error))
    return FALSE;

  /* Copies of the newest weights need not be measured again. That takes a while
   * to find out: with no lock held. */
  if (same_weights (mae, newest))
    mae = newest;
  if (same_heads (used, newest_heads)) {
    heads_unref (used);
    used = heads_ref (newest_heads);
  }

  g_mutex_lock (&self->lock);
  parts = describe_parts (self, mae, self->checkpoint, used);
  parts.version = self->snapshot->version;
  file = predictor_file_new (vinfo_mae_get_config (mae), self->n_masks,
      self->panel->capacity, self->config.seed);
  file->panel->seen = self->panel->seen;
  for (guint i = 0; i < self->panel->frames->len; i++) {
    PanelFrame *frame = &g_array_index (self->panel->frames, PanelFrame, i);

    panel_restore (file->panel, frame->id, frame->image);
  }
  g_mutex_unlock (&self->lock);

  snapshot = calibrate (&parts);
  if (!snapshot_is_finite (snapshot)) {
    g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NON_FINITE,
        "%s: " OVERFLOWS, directory);
    return FALSE;
  }
  return predictor_file_write (directory, snapshot, used, file->panel, error);
}

gboolean
vinfo_predictor_save (
    VInfoPredictor *self, VInfoMae *mae, const char *directory, GError **error)
{
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (self);
  g_autoptr (Heads) heads = predictor_get_newest_heads (self);

  return predictor_save (
      self, mae, same_weights (mae, newest) ? heads : NULL, directory, error);
}

/* Estimators start at zero. */
gboolean
vinfo_predictor_has_learned (VInfoPredictor *self)
{
  g_autoptr (Heads) heads = predictor_get_newest_heads (self);

  for (gsize i = 0; heads && i < heads_size (heads); i++)
    if (heads->parameters[i] != 0)
      return TRUE;
  return FALSE;
}

const VInfoPredictorConfig *
vinfo_predictor_get_config (VInfoPredictor *self)
{
  return &self->config;
}

const char *
vinfo_predictor_get_location (VInfoPredictor *self)
{
  return self->config.location;
}

guint64
vinfo_predictor_get_n_updates (VInfoPredictor *self)
{
  guint64 n;

  g_mutex_lock (&self->lock);
  n = self->n_updates;
  g_mutex_unlock (&self->lock);
  return n;
}

guint64
vinfo_predictor_get_n_rejected (VInfoPredictor *self)
{
  guint64 n;

  g_mutex_lock (&self->lock);
  n = self->n_rejected;
  g_mutex_unlock (&self->lock);
  return n;
}

gdouble
vinfo_predictor_get_iv (VInfoPredictor *self)
{
  gdouble iv;

  g_mutex_lock (&self->lock);
  iv = vinfo_snapshot_get_iv (self->snapshot);
  g_mutex_unlock (&self->lock);
  return iv;
}
