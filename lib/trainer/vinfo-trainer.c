/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainer/vinfo-trainer.h"

#include <math.h>
#include <string.h>

#include "mae/checkpoint-private.h"
#include "nn/pool-private.h"
#include "predictor/evaluator-private.h"
#include "predictor/predictor-private.h"
#include "trainer/augment-private.h"
#include "trainer/heads-training-private.h"
#include "trainer/trainer-file-private.h"

#define TRAINER_STREAM 0x74726169    /* "trai" */
#define EVALUATION_STREAM 0x6576616c /* "eval" */
#define AVERAGE_BLOCK 16384

struct _VInfoTrainer {
  GObject parent_instance;
  VInfoPredictor *predictor;
  VInfoTrainerConfig config;
  VInfoMae *mae; /* the weights in training */
  VInfoMae *ema; /* their average, or NULL */
  MaeAdamW adamw;
  HeadsTraining *heads; /* NULL: estimator=closed */
  MaeWorkspace *workspace;
  guint n_visible;
  float *patches;      /* [micro_batch, N, D] */
  guint16 *order;      /* [micro_batch, N] */
  float *prediction;   /* [micro_batch, N - n_visible, D] */
  float *d_prediction; /* its gradient */
  float *gradient;     /* [n_parameters] */

  GMutex lock; /* protects what follows, which others may ask for */
  guint64 step;
  guint64 samples;
  guint64 skipped;
};

/* Pictures that go through the model together, from `first` of the step on. */
typedef struct {
  VInfoTrainer *trainer;
  VInfoImage *const *images;
  guint first;
  double min_crop;
  guint64 stream; /* of the random numbers, with the picture's number */
} Batch;

typedef struct {
  const float *weights;
  float *average;
  float decay;
} Average;

G_DEFINE_FINAL_TYPE (VInfoTrainer, vinfo_trainer, G_TYPE_OBJECT)
G_DEFINE_QUARK (vinfo_trainer_error_quark, vinfo_trainer_error)

static void
vinfo_trainer_finalize (GObject *object)
{
  VInfoTrainer *self = VINFO_TRAINER (object);

  g_clear_object (&self->predictor);
  mae_adamw_finish (&self->adamw);
  heads_training_free (self->heads);
  g_clear_pointer (&self->mae, vinfo_mae_unref);
  g_clear_pointer (&self->ema, vinfo_mae_unref);
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

/* From the predictor's newest on; NULL where nothing is learnt there. */
static HeadsTraining *
new_heads (VInfoTrainer *self)
{
  g_autoptr (Heads) heads = predictor_get_newest_heads (self->predictor);

  if (!heads)
    return NULL;
  return heads_training_new (vinfo_mae_get_config (self->mae), heads,
      self->config.micro_batch, self->config.ema_decay > 0);
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
  if (config->ema_decay > 0)
    self->ema = vinfo_mae_copy (newest);
  if (self->config.micro_batch == 0
      || self->config.micro_batch > config->batch_size)
    self->config.micro_batch = config->batch_size;
  mae_adamw_init (&self->adamw, self->mae, config->weight_decay);
  self->n_visible = mae_n_visible (shape);
  self->workspace = mae_workspace_new (
      shape, self->config.micro_batch, self->n_visible, TRUE);

  values = (gsize)self->config.micro_batch * mae_patch_dim (shape);
  self->patches = g_new (float, values *n);
  self->order = g_new (guint16, (gsize)self->config.micro_batch * n);
  self->prediction = g_new (float, values *(n - self->n_visible));
  self->d_prediction = g_new (float, values *(n - self->n_visible));
  self->gradient = g_new (float, self->mae->n_parameters);
  self->heads = new_heads (self);
  return self;
}

/* Crops, flips and masks the pictures; depends on stream and number alone. */
static void
prepare_images (gsize begin, gsize end, gpointer data)
{
  const Batch *batch = data;
  VInfoTrainer *self = batch->trainer;
  const VInfoMaeConfig *shape = vinfo_mae_get_config (self->mae);
  guint n = mae_n_patches (shape);

  for (gsize i = begin; i < end; i++) {
    NnRandom random = { .seed = self->config.seed,
      .stream = nn_mix (batch->stream, batch->first + i) };
    guint16 *order = self->order + i * n;

    augment_patchify (shape, batch->images[i], batch->min_crop, &random,
        self->patches + i * n * mae_patch_dim (shape));
    for (guint p = 0; p < n; p++)
      order[p] = (guint16)p;
    nn_random_shuffle (&random, order, n);
  }
}

static MaePass
forward (VInfoTrainer *self, const VInfoMae *mae, Batch *batch, guint n)
{
  MaePass pass = { .batch = n,
    .n_visible = self->n_visible,
    .patches = self->patches,
    .order = self->order,
    .prediction = self->prediction,
    .features = self->heads ? self->heads->features : NULL,
    .dtype = self->config.dtype };

  nn_parallel (n, 1, prepare_images, batch);
  mae_forward (mae, self->workspace, &pass);
  return pass;
}

/* Loss of the whole batch; its gradient is summed micro-batch by micro-batch. */
static double
accumulate (VInfoTrainer *self, guint n, VInfoImage *const *images,
    const gfloat *weights, double total)
{
  const VInfoMaeConfig *shape = vinfo_mae_get_config (self->mae);
  guint64 stream = nn_mix (TRAINER_STREAM, self->step);
  double loss = 0;

  memset (self->gradient, 0, self->mae->n_parameters * sizeof (float));
  for (guint first = 0; first < n; first += self->config.micro_batch) {
    Batch batch
        = { self, images + first, first, self->config.min_crop, stream };
    MaePass pass = forward (
        self, self->mae, &batch, MIN (self->config.micro_batch, n - first));

    loss += mae_loss_weighted (shape, &pass, weights ? weights + first : NULL,
        total, self->d_prediction);
    mae_backward (
        self->mae, self->workspace, &pass, self->d_prediction, self->gradient);
    if (self->heads)
      heads_training_add (
          self->heads, shape, &pass, weights ? weights + first : NULL, total);
  }
  return loss;
}

/* Whole pictures, as the panel's are: the null is of positions. */
static void
accumulate_null (VInfoTrainer *self, guint n, VInfoImage *const *images,
    const gfloat *weights, double total)
{
  const VInfoMaeConfig *shape = vinfo_mae_get_config (self->mae);

  heads_training_look (self->heads, self->mae);
  for (guint first = 0; first < n; first += self->config.micro_batch) {
    guint count = MIN (self->config.micro_batch, n - first);

    evaluator_patchify (shape, images + first, count, self->patches);
    heads_training_add_null (self->heads, shape, self->patches, count,
        weights ? weights + first : NULL, total);
  }
}

static void
average_weights (gsize begin, gsize end, gpointer data)
{
  const Average *a = data;

  for (gsize i = begin; i < end; i++)
    a->average[i] += (1 - a->decay) * (a->weights[i] - a->average[i]);
}

/* The first steps count for more, else the average would be of the start. */
static double
average_decay (const VInfoTrainer *self)
{
  return MIN (self->config.ema_decay, (1.0 + self->step) / (10.0 + self->step));
}

static void
update_average (VInfoTrainer *self)
{
  Average average;

  if (!self->ema)
    return;
  average = (Average){ self->mae->parameters, self->ema->parameters,
    (float)average_decay (self) };
  nn_parallel (
      self->mae->n_parameters, AVERAGE_BLOCK, average_weights, &average);
}

static double
learning_rate (const VInfoTrainer *self)
{
  VInfoSchedule schedule = { self->config.schedule, self->config.learning_rate,
    self->config.warmup_steps, self->config.total_steps };

  return vinfo_schedule_get_rate (&schedule, self->step);
}

static gboolean
skip (VInfoTrainer *self, const char *what, double value, GError **error)
{
  g_mutex_lock (&self->lock);
  self->skipped++;
  g_mutex_unlock (&self->lock);
  g_set_error (error, VINFO_TRAINER_ERROR, VINFO_TRAINER_ERROR_DIVERGED,
      "training step %" G_GUINT64_FORMAT ": %s is %f: not taken",
      self->step + 1, what, value);
  return FALSE;
}

gboolean
vinfo_trainer_step (VInfoTrainer *self, guint n, VInfoImage *const *images,
    const gfloat *weights, gdouble *loss, GError **error)
{
  gboolean with_null = self->heads && self->step % HEADS_NULL_INTERVAL == 0;
  double norm, total = weights ? 0 : n, rate = learning_rate (self);

  g_return_val_if_fail (n > 0 && n <= self->config.batch_size, FALSE);

  nn_set_background (TRUE);
  for (guint i = 0; weights && i < n; i++)
    total += weights[i];
  if (self->heads)
    heads_training_begin (self->heads);
  *loss = accumulate (self, n, images, weights, total);
  if (!isfinite (*loss))
    return skip (self, "the loss", *loss, error);
  if (with_null)
    accumulate_null (self, n, images, weights, total);
  norm = mae_adamw_step (
      &self->adamw, self->mae, self->gradient, rate, self->config.max_norm);
  if (!isfinite (norm))
    return skip (self, "the gradient's norm", norm, error);

  /* One of the batch: enough by the next publication, and as good as free. */
  vinfo_predictor_remember (self->predictor, images[self->step % n]);
  g_mutex_lock (&self->lock);
  self->step++;
  self->samples += n;
  g_mutex_unlock (&self->lock);
  if (self->heads)
    heads_training_step (self->heads, with_null, rate, average_decay (self));
  update_average (self);
  return TRUE;
}

/* What is published and saved. */
static VInfoMae *
published_weights (VInfoTrainer *self)
{
  return self->ema ? self->ema : self->mae;
}

gdouble
vinfo_trainer_evaluate (VInfoTrainer *self, guint n, VInfoImage *const *images)
{
  const VInfoMaeConfig *shape = vinfo_mae_get_config (self->mae);
  double loss = 0;

  for (guint first = 0; first < n; first += self->config.micro_batch) {
    Batch batch = { self, images + first, first, 1.0, EVALUATION_STREAM };
    MaePass pass = forward (self, published_weights (self), &batch,
        MIN (self->config.micro_batch, n - first));

    loss += mae_loss_weighted (shape, &pass, NULL, n, NULL);
  }
  return loss;
}

guint64
vinfo_trainer_get_n_skipped (VInfoTrainer *self)
{
  guint64 skipped;

  g_mutex_lock (&self->lock);
  skipped = self->skipped;
  g_mutex_unlock (&self->lock);
  return skipped;
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

guint64
vinfo_trainer_get_samples (VInfoTrainer *self)
{
  return self->samples;
}

guint64
vinfo_trainer_get_seed (VInfoTrainer *self)
{
  return self->config.seed;
}

static Heads *
dup_published_heads (VInfoTrainer *self)
{
  return self->heads ? heads_copy (heads_training_published (self->heads))
                     : NULL;
}

gboolean
vinfo_trainer_publish (VInfoTrainer *self, GError **error)
{
  g_autoptr (VInfoMae) copy = vinfo_mae_copy (published_weights (self));
  g_autoptr (Heads) heads = dup_published_heads (self);

  return predictor_publish (self->predictor, copy, heads, error);
}

static gboolean
write_version (const char *directory, gpointer data, GError **error)
{
  VInfoTrainer *self = data;
  TrainerState state = { self->step, self->samples, self->config.seed };
  g_autoptr (Heads) heads = dup_published_heads (self);

  return predictor_save (
             self->predictor, published_weights (self), heads, directory, error)
         && trainer_file_write (directory, self->mae, self->ema != NULL,
             &self->adamw, &state, error)
         && (!self->heads
             || heads_training_write (self->heads, directory, error));
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
  g_autoptr (GError) why = NULL;
  g_autofree char *directory = checkpoint_resolve (location, &why);
  g_autoptr (VInfoMae) saved = NULL;
  g_autoptr (VInfoMae) published = NULL;
  MaeAdamW moments;
  TrainerState state;
  gboolean read;

  *restored = FALSE;
  if (g_error_matches (why, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND))
    return TRUE;
  if (!directory) {
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
  }
  saved = vinfo_mae_load (directory, error);
  if (!saved)
    return FALSE;
  if (!vinfo_mae_config_equal (
          vinfo_mae_get_config (saved), vinfo_mae_get_config (self->mae))) {
    g_set_error (error, VINFO_TRAINER_ERROR, VINFO_TRAINER_ERROR_STATE,
        "%s: training state: of a model of another shape", directory);
    return FALSE;
  }
  published = vinfo_mae_copy (saved);
  mae_adamw_init (&moments, saved, self->config.weight_decay);
  read = trainer_file_read (directory, saved, &moments, &state, restored, error)
         && (!*restored || !self->heads
             || heads_training_read (self->heads, directory, error));
  *restored = *restored && read;
  if (!*restored) {
    mae_adamw_finish (&moments);
    return read;
  }
  mae_adamw_finish (&self->adamw);
  self->adamw = moments;
  vinfo_mae_unref (self->mae);
  self->mae = g_steal_pointer (&saved);
  if (self->ema) {
    vinfo_mae_unref (self->ema);
    self->ema = g_steal_pointer (&published);
  }
  self->adamw.step = state.step;
  self->config.seed = state.seed;
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
  heads_training_free (self->heads);
  self->heads = new_heads (self);
  if (self->ema) {
    vinfo_mae_unref (self->ema);
    self->ema = vinfo_mae_copy (self->mae);
  }
  g_mutex_lock (&self->lock);
  self->step = 0;
  self->samples = 0;
  g_mutex_unlock (&self->lock);
}
