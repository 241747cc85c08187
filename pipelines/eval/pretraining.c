/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pretraining.h"

#include "predictor/vinfo-predictor.h"
#include "shuffle.h"

typedef struct {
  GPtrArray *pictures;
  GArray *order; /* of guint: as the next epoch takes them */
  GRand *random; /* NULL: in stream order */
  guint next;
} Views;

/* Returns: (transfer none) */
static VInfoImage *
next_view (Views *self)
{
  guint at = self->next++ % self->order->len;

  if (at == 0 && self->random)
    shuffle (
        (guint *)(gpointer)self->order->data, self->order->len, self->random);
  return self->pictures->pdata[g_array_index (self->order, guint, at)];
}

static gboolean
train (
    VInfoTrainer *trainer, guint batch, guint n, Views *views, GError **error)
{
  g_autofree VInfoImage **images = g_new (VInfoImage *, batch);

  for (guint seen = 0; seen + batch <= n; seen += batch) {
    gdouble loss;

    for (guint i = 0; i < batch; i++)
      images[i] = next_view (views);
    if (!vinfo_trainer_step (trainer, batch, images, NULL, &loss, error))
      return FALSE;
  }
  return vinfo_trainer_publish (trainer, error);
}

VInfoMae *
pretraining_run (const Experiment *experiment, const char *model,
    GPtrArray *pictures, guint n_views, gboolean shuffled, guint32 seed,
    GError **error)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoTrainerConfig training = experiment->training;
  Views views = { .pictures = pictures };
  g_autoptr (VInfoPredictor) predictor = NULL;
  g_autoptr (VInfoTrainer) trainer = NULL;
  gboolean done;

  if (pictures->len == 0)
    return vinfo_mae_load (model, error);
  config.location = model;
  config.panel_size = 0;
  config.ood = VINFO_OOD_NONE;
  config.reference = VINFO_REFERENCE_SELF;
  predictor = vinfo_predictor_new (&config, error);
  if (!predictor)
    return NULL;
  training.seed = seed;
  training.total_steps = n_views / training.batch_size;
  trainer = vinfo_trainer_new (predictor, &training);
  views.order = g_array_sized_new (FALSE, FALSE, sizeof (guint), pictures->len);
  for (guint i = 0; i < pictures->len; i++)
    g_array_append_val (views.order, i);
  views.random = shuffled ? g_rand_new_with_seed (seed) : NULL;
  done = train (trainer, training.batch_size, n_views, &views, error);
  g_array_unref (views.order);
  g_clear_pointer (&views.random, g_rand_free);
  return done ? vinfo_predictor_get_newest (predictor) : NULL;
}
