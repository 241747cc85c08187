/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many frames of 224×224 a tiny predictor is trained on in a second, on all
 * cores: crops, forward, backward and AdamW's step. JSON lines. */
#include "bench.h"
#include "trainer/vinfo-trainer.h"

#define BATCH 16
#define ROUNDS 8

typedef struct {
  VInfoTrainer *trainer;
  VInfoImage *images[BATCH];
} Training;

static void
step (gpointer data)
{
  Training *t = data;
  gdouble loss;

  g_assert_true (
      vinfo_trainer_step (t->trainer, BATCH, t->images, NULL, &loss, NULL));
}

int
main (void)
{
  VInfoPredictorConfig predictor_config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = NULL;
  Training t;

  predictor_config.architecture = "tiny";
  config.batch_size = BATCH;
  predictor = vinfo_predictor_new (&predictor_config, NULL);
  t.trainer = vinfo_trainer_new (predictor, &config);
  for (guint i = 0; i < BATCH; i++)
    t.images[i] = bench_frame_new (i);
  bench_print ("train-tiny-b16-f32",
      BATCH / bench_fastest (bench_seconds, step, &t, ROUNDS), "frames/s");
  for (guint i = 0; i < BATCH; i++)
    vinfo_image_unref (t.images[i]);
  g_object_unref (t.trainer);
  return 0;
}
