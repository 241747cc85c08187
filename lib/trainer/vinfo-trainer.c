/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/vinfo-trainer.h"

#include <math.h>
#include <string.h>

#include "mae/checkpoint-private.h"
#include "nn/pool-private.h"
#include "trainer/augment-private.h"
#include "trainer/trainer-file-private.h"

#define TRAINER_STREAM 0x74726169 /* "trai" */

struct _VInfoTrainer {
  GObject parent_instance;
  VInfoPredictor *predictor;
  VInfoTrainerConfig config;
  VInfoMae *mae; /* the weights in training */
  MaeAdamW adamw;
  MaeWorkspace *workspace;
  guint n_visible;
  float *patches;      /* [batch_size, N, D] */
  guint16 *order;      /* [batch_size, N] */
  float *prediction;   /* [batch_size, N - n_visible, D] */
  float *d_prediction; /* its gradient */
  float *gradient;     /* [n_parameters] */

  GMutex lock; /* protects step and samples, which others may ask for */
  guint64 step;
  guint64 samples;
};

typedef struct {
  VInfoTrainer *trainer;
  VInfoImage *const *images;
} Batch;

G_DEFINE_FINAL_TYPE (VInfoTrainer, vinfo_trainer, G_TYPE_OBJECT)
G_DEFINE_QUARK (vinfo_trainer_error_quark, vinfo_trainer_error)

static void
vinfo_trainer_finalize (GObject *object)
{
  VInfoTrainer *self = VINFO_TRAINER (object);

  g_clear_object (&self->predictor);
  mae_adamw_finish (&self->adamw);
  g_clear_pointer (&self->mae, vinfo_mae_unref);
  g_clear_pointer (&self->workspace, mae_workspace_free);
  g_free (self->patches);
  g_free (self->order);
  g_free (self->prediction);
  g_free (self->d_prediction);
  g_free (self->gradient);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (vinfo_trainer_parent_class)->finalize (object);
}

static void
vinfo_trainer_class_init (VInfoTrainerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vinfo_trainer_finalize;
}

static void
vinfo_trainer_init (VInfoTrainer *self)
{
  g_mutex_init (&self->lock);
}

VInfoTrainer *
vinfo_trainer_new (VInfoPredictor *predictor, const VInfoTrainerConfig *config)
{
  VInfoTrainer *self = g_object_new (VINFO_TYPE_TRAINER, NULL);
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  const VInfoMaeConfig *shape = vinfo_mae_get_config (newest);
  guint n = mae_n_patches (shape);
  gsize values;

  self->predictor = g_object_ref (predictor);
  self->config = *config;
  self->mae = vinfo_mae_copy (newest);
  mae_adamw_init (&self->adamw, self->mae, config->weight_decay);
  self->n_visible = MAX (1, (guint)(n * (1.0 - shape->mask_ratio) + 1e-9));
  self->workspace
      = mae_workspace_new (shape, config->batch_size, self->n_visible, TRUE);

  values = (gsize)config->batch_size * mae_patch_dim (shape);
  self->patches = g_new (float, values *n);
  self->order = g_new (guint16, (gsize)config->batch_size * n);
  self->prediction = g_new (float, values *(n - self->n_visible));
  self->d_prediction = g_new (float, values *(n - self->n_visible));
  self->gradient = g_new (float, self->mae->n_parameters);
  return self;
}

/* Crops, flips and masks picture i of the step; depends on seed, step, i. */
static void
prepare_images (gsize begin, gsize end, gpointer data)
{
  const Batch *batch = data;
  VInfoTrainer *self = batch->trainer;
  const VInfoMaeConfig *shape = vinfo_mae_get_config (self->mae);
  guint n = mae_n_patches (shape);

  for (gsize i = begin; i < end; i++) {
    NnRandom random = { .seed = self->config.seed,
      .stream = nn_mix (nn_mix (TRAINER_STREAM, self->step), i) };
    guint16 *order = self->order + i * n;

    augment_patchify (shape, batch->images[i], self->config.min_crop, &random,
        self->patches + i * n * mae_patch_dim (shape));
    for (guint p = 0; p < n; p++)
      order[p] = (guint16)p;
    nn_random_shuffle (&random, order, n);
  }
}

static double
learning_rate (const VInfoTrainer *self)
{
  double warmup = self->config.warmup_steps;

  if (self->step + 1 >= warmup)
    return self->config.learning_rate;
  return self->config.learning_rate * (self->step + 1) / warmup;
}

static gboolean
diverged (VInfoTrainer *self, const char *what, double value, GError **error)
{
  g_set_error (error, VINFO_TRAINER_ERROR, VINFO_TRAINER_ERROR_DIVERGED,
      "training step %" G_GUINT64_FORMAT ": %s is %f: not taken",
      self->step + 1, what, value);
  return FALSE;
}

gboolean
vinfo_trainer_step (VInfoTrainer *self, guint n, VInfoImage *const *images,
    gdouble *loss, GError **error)
{
  Batch batch = { self, images };
  MaePass pass = { .batch = n,
    .n_visible = self->n_visible,
    .patches = self->patches,
    .order = self->order,
    .prediction = self->prediction };
  double norm;

  g_return_val_if_fail (n > 0 && n <= self->config.batch_size, FALSE);

  nn_set_background (TRUE);
  nn_parallel (n, 1, prepare_images, &batch);
  mae_forward (self->mae, self->workspace, &pass);
  *loss
      = mae_loss (vinfo_mae_get_config (self->mae), &pass, self->d_prediction);
  if (!isfinite (*loss))
    return diverged (self, "the loss", *loss, error);

  memset (self->gradient, 0, self->mae->n_parameters * sizeof (float));
  mae_backward (
      self->mae, self->workspace, &pass, self->d_prediction, self->gradient);
  norm = mae_adamw_step (&self->adamw, self->mae, self->gradient,
      learning_rate (self), self->config.max_norm);
  if (!isfinite (norm))
    return diverged (self, "the gradient's norm", norm, error);

  g_mutex_lock (&self->lock);
  self->step++;
  self->samples += n;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

guint64
vinfo_trainer_get_step (VInfoTrainer *self)
{
  guint64 step;

  g_mutex_lock (&self->lock);
  step = self->step;
  g_mutex_unlock (&self->lock);
  return step;
}

gboolean
vinfo_trainer_publish (VInfoTrainer *self, GError **error)
{
  g_autoptr (VInfoMae) copy = vinfo_mae_copy (self->mae);

  return vinfo_predictor_publish (self->predictor, copy, error);
}

static gboolean
write_version (const char *directory, gpointer data, GError **error)
{
  VInfoTrainer *self = data;
  TrainerState state = { self->step, self->samples, self->config.seed };
  g_autoptr (VInfoMae) copy = vinfo_mae_copy (self->mae);

  return vinfo_predictor_save (self->predictor, copy, directory, error)
         && trainer_file_write (directory, copy, &self->adamw, &state, error);
}

gboolean
vinfo_trainer_save (
    VInfoTrainer *self, const char *location, guint keep, GError **error)
{
  return checkpoint_publish (
      location, self->step, keep, write_version, self, error);
}

gboolean
vinfo_trainer_restore (VInfoTrainer *self, const char *location,
    gboolean *restored, GError **error)
{
  g_autofree char *directory = checkpoint_resolve (location, NULL);
  g_autoptr (VInfoMae) saved = NULL;
  TrainerState state;

  *restored = FALSE;
  if (!directory)
    return TRUE;
  saved = vinfo_mae_load (directory, error);
  if (!saved)
    return FALSE;
  if (!vinfo_mae_config_equal (
          vinfo_mae_get_config (saved), vinfo_mae_get_config (self->mae))) {
    g_set_error (error, VINFO_TRAINER_ERROR, VINFO_TRAINER_ERROR_STATE,
        "%s: training state: of a model of another shape", directory);
    return FALSE;
  }
  if (!trainer_file_read (
          directory, saved, &self->adamw, &state, restored, error)) {
    vinfo_trainer_reset (self);
    return FALSE;
  }
  if (!*restored)
    return TRUE;
  vinfo_mae_unref (self->mae);
  self->mae = g_steal_pointer (&saved);
  self->adamw.step = state.step;
  g_mutex_lock (&self->lock);
  self->step = state.step;
  self->samples = state.samples;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

void
vinfo_trainer_reset (VInfoTrainer *self)
{
  mae_adamw_finish (&self->adamw);
  mae_adamw_init (&self->adamw, self->mae, self->config.weight_decay);
  g_mutex_lock (&self->lock);
  self->step = 0;
  self->samples = 0;
  g_mutex_unlock (&self->lock);
}
