/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfotraining.h"

#include <math.h>

#include "nn/vinfo-priority.h"

/* step and stats messages go out while all together are at most 10 a second;
 * updates and checkpoints always do */
#define MESSAGE_INTERVAL (G_USEC_PER_SEC / 10)
#define STATS_INTERVAL G_USEC_PER_SEC

typedef enum {
  TASK_RESET = 1 << 0,
  TASK_STEP = 1 << 1,
  TASK_PUBLISH = 1 << 2,
  TASK_SAVE = 1 << 3,
} Task;

typedef struct {
  guint64 steps; /* those before a restore included */
  guint64 samples;
  guint64 skipped; /* steps whose loss was not finite */
  guint64 updates;
  guint64 updates_rejected;
  guint64 checkpoints;
  guint64 checkpoints_failed;
  gdouble loss;
  gdouble loss_first;
} Counts;

struct _GstVInfoTraining {
  GstElement *element;
  VInfoPredictor *predictor;
  GstVInfoTrainingConfig config;
  GThread *thread;

  GMutex lock;
  GCond changed;
  /* lock */
  Task waiting; /* to be done, in the order of their bits */
  gboolean busy;
  gboolean interrupted;
  gboolean quit;
  GPtrArray *batch; /* of TASK_STEP */
  GArray *weights;  /* gfloat, of its pictures */
  Counts counts;

  /* the thread's */
  VInfoTrainer *trainer;
  guint64 last_published; /* step */
  gboolean refused;       /* the last publication */
  guint n_unsaved;        /* checkpoints that failed, one after another */
  gint64 next_message;    /* monotonic time */
  gint64 next_stats;
};

/* Messages */

/* Messages that must not be lost go out at once and delay those that may. */
static gboolean
message_is_due (GstVInfoTraining *self, gboolean droppable)
{
  gint64 now = g_get_monotonic_time ();

  if (droppable && now < self->next_message)
    return FALSE;
  self->next_message = MAX (now, self->next_message) + MESSAGE_INTERVAL;

  return TRUE;
}

static void
post (GstVInfoTraining *self, GstStructure *structure)
{
  gst_element_post_message (self->element,
      gst_message_new_element (GST_OBJECT (self->element), structure));
}

static guint64
current_version (GstVInfoTraining *self)
{
  g_autoptr (VInfoSnapshot) snapshot
      = vinfo_predictor_get_snapshot (self->predictor);

  return vinfo_snapshot_get_version (snapshot);
}

static void
post_step (GstVInfoTraining *self, gdouble loss, guint64 n_samples)
{
  gint64 now = g_get_monotonic_time ();

  if (!message_is_due (self, TRUE))
    return;
  if (self->next_stats == 0) /* the first message is of the first step */
    self->next_stats = now + STATS_INTERVAL;
  if (now >= self->next_stats) {
    self->next_stats = now + STATS_INTERVAL;
    GstStructure *stats = gst_vinfo_training_get_stats (self);

    gst_structure_set_name (stats, "vinfo-stats");
    post (self, stats);
    return;
  }
  post (self, gst_structure_new ("vinfo-step", "step", G_TYPE_UINT64,
                  vinfo_trainer_get_step (self->trainer), "loss", G_TYPE_DOUBLE,
                  loss, "samples", G_TYPE_UINT64, n_samples, "version",
                  G_TYPE_UINT64, current_version (self), NULL));
}

static void
post_update (GstVInfoTraining *self, const GError *rejection)
{
  message_is_due (self, FALSE);
  post (self, gst_structure_new ("vinfo-update", "version", G_TYPE_UINT64,
                  current_version (self), "step", G_TYPE_UINT64,
                  vinfo_trainer_get_step (self->trainer), "iv-panel",
                  G_TYPE_DOUBLE, vinfo_predictor_get_iv (self->predictor),
                  "accepted", G_TYPE_BOOLEAN, rejection == NULL, "reason",
                  G_TYPE_STRING, rejection ? rejection->message : "", NULL));
}

static void
post_checkpoint (GstVInfoTraining *self)
{
  message_is_due (self, FALSE);
  post (self, gst_structure_new ("vinfo-checkpoint", "location", G_TYPE_STRING,
                  self->config.location, "step", G_TYPE_UINT64,
                  vinfo_trainer_get_step (self->trainer), NULL));
}

GstStructure *
gst_vinfo_training_get_stats (GstVInfoTraining *self)
{
  Counts counts;

  g_mutex_lock (&self->lock);
  counts = self->counts;
  g_mutex_unlock (&self->lock);

  return gst_structure_new ("vinfo-trainer-stats", "steps", G_TYPE_UINT64,
      counts.steps, "samples", G_TYPE_UINT64, counts.samples, "steps-skipped",
      G_TYPE_UINT64, counts.skipped, "updates", G_TYPE_UINT64, counts.updates,
      "updates-rejected", G_TYPE_UINT64, counts.updates_rejected, "checkpoints",
      G_TYPE_UINT64, counts.checkpoints, "checkpoints-failed", G_TYPE_UINT64,
      counts.checkpoints_failed, "loss", G_TYPE_DOUBLE, counts.loss,
      "loss-first", G_TYPE_DOUBLE, counts.loss_first, "iv-panel", G_TYPE_DOUBLE,
      vinfo_predictor_get_iv (self->predictor), "version", G_TYPE_UINT64,
      current_version (self), NULL);
}

/* The thread's tasks */

/* A disk that is full stays so for a while: told when it begins. */
static void
count_unsaved (GstVInfoTraining *self, const GError *why)
{
  g_mutex_lock (&self->lock);
  self->counts.checkpoints_failed++;
  g_mutex_unlock (&self->lock);
  if (self->n_unsaved++ == 0)
    GST_ELEMENT_WARNING (self->element, RESOURCE, WRITE,
        ("No checkpoint: %s", why->message),
        ("not said again until one is written"));
}

static void
count_saved (GstVInfoTraining *self)
{
  g_mutex_lock (&self->lock);
  self->counts.checkpoints++;
  g_mutex_unlock (&self->lock);
  if (self->n_unsaved > 0)
    GST_ELEMENT_INFO (self->element, RESOURCE, WRITE,
        ("Checkpoints are written again, after %u were not.", self->n_unsaved),
        (NULL));
  self->n_unsaved = 0;
}

static void
save (GstVInfoTraining *self)
{
  g_autoptr (GError) error = NULL;

  if (!self->config.location) {
    GST_ELEMENT_WARNING (self->element, RESOURCE, SETTINGS,
        ("No checkpoint: the property location is not set"), (NULL));
    return;
  }
  if (self->refused) {
    GST_ELEMENT_WARNING (self->element, RESOURCE, WRITE,
        ("No checkpoint: the newest weights were refused, what was saved "
         "before stays"),
        (NULL));
    return;
  }
  if (!vinfo_trainer_save (self->trainer, self->config.location,
          self->config.keep_versions, &error)) {
    count_unsaved (self, error);
    return;
  }
  count_saved (self);
  post_checkpoint (self);
}

static void
publish (GstVInfoTraining *self)
{
  guint64 step = vinfo_trainer_get_step (self->trainer);
  g_autoptr (GError) error = NULL;

  if (step == self->last_published)
    return;
  self->last_published = step;
  self->refused = !vinfo_trainer_publish (self->trainer, &error);

  g_mutex_lock (&self->lock);
  if (error)
    self->counts.updates_rejected++;
  else
    self->counts.updates++;
  g_mutex_unlock (&self->lock);
  post_update (self, error);
  if (!error && self->config.location)
    save (self);
}

static gboolean
publication_is_due (const GstVInfoTrainingConfig *config, guint64 step)
{
  if (step == config->max_steps)
    return TRUE;

  return step >= config->first_publish
         && (step - config->first_publish) % config->publish_interval == 0;
}

static void
count_steps (GstVInfoTraining *self)
{
  g_mutex_lock (&self->lock);
  self->counts.steps = vinfo_trainer_get_step (self->trainer);
  g_mutex_unlock (&self->lock);
}

/* A new trainer, at what was saved last or else published last. */
static gboolean
begin (GstVInfoTraining *self, gboolean *restored, GError **error)
{
  *restored = FALSE;
  g_clear_object (&self->trainer);
  self->trainer = vinfo_trainer_new (self->predictor, &self->config.trainer);
  if (self->config.location
      && !vinfo_trainer_restore (
          self->trainer, self->config.location, restored, error))
    return FALSE;

  self->last_published = vinfo_trainer_get_step (self->trainer);
  self->refused = FALSE;
  count_steps (self);

  return TRUE;
}

/* Frames are to be scored from the start by what was learnt before. A predictor
 * that was loaded from the same place, or updated since, has it already. */
static void
publish_restored (GstVInfoTraining *self)
{
  if (vinfo_predictor_get_n_updates (self->predictor) == 0
      && g_strcmp0 (vinfo_predictor_get_location (self->predictor),
             self->config.location)
             != 0)
    vinfo_trainer_publish (self->trainer, NULL);
}

static void
go_back (GstVInfoTraining *self, const GError *why)
{
  g_autoptr (GError) error = NULL;
  gboolean restored;

  g_mutex_lock (&self->lock);
  self->counts.skipped++;
  g_mutex_unlock (&self->lock);
  GST_ELEMENT_WARNING (self->element, STREAM, FAILED,
      ("Training goes back to the newest published weights: %s", why->message),
      (NULL));
  if (!begin (self, &restored, &error))
    GST_ELEMENT_WARNING (self->element, RESOURCE, READ,
        ("Training starts from step 0: %s", error->message), (NULL));
}

static void
count_step (GstVInfoTraining *self, guint n_images, gdouble loss)
{
  guint64 n_samples;

  g_mutex_lock (&self->lock);
  if (self->counts.samples == 0)
    self->counts.loss_first = loss;
  self->counts.steps = vinfo_trainer_get_step (self->trainer);
  self->counts.samples += n_images;
  self->counts.loss = loss;
  n_samples = self->counts.samples;
  g_mutex_unlock (&self->lock);

  post_step (self, loss, n_samples);
}

static void
step (GstVInfoTraining *self, GPtrArray *batch, const GArray *weights)
{
  guint64 max_steps = self->config.max_steps;
  g_autoptr (GError) error = NULL;
  gdouble loss;

  if (max_steps && vinfo_trainer_get_step (self->trainer) >= max_steps)
    return;
  if (!vinfo_trainer_step (self->trainer, batch->len,
          (VInfoImage *const *)batch->pdata, (const gfloat *)weights->data,
          &loss, &error)) {
    go_back (self, error);
    return;
  }

  count_step (self, batch->len, loss);
  if (publication_is_due (
          &self->config, vinfo_trainer_get_step (self->trainer)))
    publish (self);
}

static void
reset (GstVInfoTraining *self)
{
  vinfo_trainer_reset (self->trainer);
  self->last_published = 0;
  count_steps (self);
}

static void
do_task (
    GstVInfoTraining *self, Task task, GPtrArray *batch, const GArray *weights)
{
  switch (task) {
  case TASK_RESET:
    reset (self);
    break;
  case TASK_STEP:
    step (self, batch, weights);
    break;
  case TASK_PUBLISH:
    publish (self);
    break;
  case TASK_SAVE:
    save (self);
    break;
  }
}

static gpointer
run (gpointer data)
{
  GstVInfoTraining *self = data;

  vinfo_priority_lower (VINFO_PRIORITY_TRAINING);
  g_mutex_lock (&self->lock);
  while (self->waiting || !self->quit) {
    g_autoptr (GPtrArray) batch = NULL;
    g_autoptr (GArray) weights = NULL;
    Task task;

    if (!self->waiting) {
      g_cond_wait (&self->changed, &self->lock);
      continue;
    }
    task = self->waiting & -self->waiting;
    self->waiting &= ~task;
    if (task == TASK_STEP) {
      batch = g_steal_pointer (&self->batch);
      weights = g_steal_pointer (&self->weights);
    }
    self->busy = TRUE;
    g_mutex_unlock (&self->lock);

    do_task (self, task, batch, weights);

    g_mutex_lock (&self->lock);
    self->busy = FALSE;
    g_cond_broadcast (&self->changed);
  }
  g_mutex_unlock (&self->lock);

  return NULL;
}

/* For other threads */

static gboolean
wait_locked (GstVInfoTraining *self)
{
  while ((self->waiting || self->busy) && !self->interrupted)
    g_cond_wait (&self->changed, &self->lock);

  return !self->interrupted;
}

static void
hand_over_locked (GstVInfoTraining *self, GPtrArray *batch, GArray *weights)
{
  self->batch
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  for (guint i = 0; i < batch->len; i++)
    g_ptr_array_add (self->batch, vinfo_image_ref (batch->pdata[i]));
  g_ptr_array_set_size (batch, 0);
  self->weights = g_array_copy (weights);
  g_array_set_size (weights, 0);
  self->waiting |= TASK_STEP;
  g_cond_broadcast (&self->changed);
}

gboolean
gst_vinfo_training_train (
    GstVInfoTraining *self, GPtrArray *batch, GArray *weights)
{
  gboolean done;

  g_mutex_lock (&self->lock);
  done = wait_locked (self);
  if (done && batch->len > 0) {
    hand_over_locked (self, batch, weights);
    done = wait_locked (self);
  }
  g_mutex_unlock (&self->lock);

  return done;
}

static void
request (GstVInfoTraining *self, Task task)
{
  g_mutex_lock (&self->lock);
  self->waiting |= task;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
gst_vinfo_training_request_publication (GstVInfoTraining *self)
{
  request (self, TASK_PUBLISH);
}

void
gst_vinfo_training_request_save (GstVInfoTraining *self)
{
  request (self, TASK_SAVE);
}

void
gst_vinfo_training_request_reset (GstVInfoTraining *self)
{
  request (self, TASK_RESET);
}

void
gst_vinfo_training_set_interrupted (
    GstVInfoTraining *self, gboolean interrupted)
{
  g_mutex_lock (&self->lock);
  self->interrupted = interrupted;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

GstVInfoTraining *
gst_vinfo_training_new (GstElement *element, VInfoPredictor *predictor,
    const GstVInfoTrainingConfig *config, GError **error)
{
  GstVInfoTraining *self = g_new0 (GstVInfoTraining, 1);
  gboolean restored;

  self->element = element;
  self->predictor = g_object_ref (predictor);
  self->config = *config;
  self->config.location = g_strdup (config->location);
  self->counts.loss = self->counts.loss_first = NAN;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  if (!begin (self, &restored, error)) {
    gst_vinfo_training_free (self);
    return NULL;
  }
  if (restored)
    publish_restored (self);
  self->thread = g_thread_new ("vinfo-trainer", run, self);

  return self;
}

void
gst_vinfo_training_free (GstVInfoTraining *self)
{
  if (self->thread) {
    g_mutex_lock (&self->lock);
    self->quit = TRUE;
    self->waiting &= TASK_SAVE;
    g_cond_broadcast (&self->changed);
    g_mutex_unlock (&self->lock);
    g_thread_join (self->thread);
  }

  g_clear_pointer (&self->batch, g_ptr_array_unref);
  g_clear_pointer (&self->weights, g_array_unref);
  g_clear_object (&self->trainer);
  g_object_unref (self->predictor);
  g_free (self->config.location);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}
