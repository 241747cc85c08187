/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "work.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

#include "predictor/vinfo-scorer.h"
#include "trainer/vinfo-trainer.h"

static const Work works[] = {
  { "score-tiny-b1", FALSE, "tiny", 1 },
  { "score-tiny-b8", FALSE, "tiny", 8 },
  { "score-tiny-b8-bf16", FALSE, "tiny", 8, VINFO_DTYPE_BF16 },
  { "score-base-b8", FALSE, "base", 8 },
  { "train-tiny-b16", TRUE, "tiny", 16 },
  { "train-tiny-b16-bf16", TRUE, "tiny", 16, VINFO_DTYPE_BF16 },
  { "train-base-b16", TRUE, "base", 16 },
  { NULL },
};

const Work *
work_list (void)
{
  return works;
}

const Work *
work_find (const char *name)
{
  for (const Work *work = works; work->name; work++)
    if (g_str_equal (work->name, name))
      return work;
  return NULL;
}

static double
operations_of_blocks (guint blocks, double tokens, double width, double inner)
{
  double products = tokens * (4 * width * width + 2 * width * inner);
  double attention = 2 * tokens * tokens * width;
  return 2 * blocks * (products + attention);
}

double
work_get_operations (const Work *work)
{
  VInfoMaeConfig c;
  double patches, visible, patch, forward;

  vinfo_mae_config_named (work->architecture, &c, NULL);
  patches = pow (c.image_size / c.patch_size, 2);
  visible = floor (patches * (1 - c.mask_ratio));
  patch = (double)c.num_channels * c.patch_size * c.patch_size;
  forward = operations_of_blocks (c.num_hidden_layers, visible + 1,
                c.hidden_size, c.intermediate_size)
            + operations_of_blocks (c.decoder_num_hidden_layers, patches + 1,
                c.decoder_hidden_size, c.decoder_intermediate_size)
            + 2 * patches * patch * c.hidden_size
            + 2 * (visible + 1) * c.hidden_size * c.decoder_hidden_size
            + 2 * patches * c.decoder_hidden_size * patch;
  return forward * (work->trains ? 3 : 1);
}

/* What is needed to do a work; one picture for each of a batch. */
typedef struct {
  VInfoPredictor *predictor;
  VInfoSnapshot *snapshot;
  VInfoScorer *scorer;
  VInfoTrainer *trainer;
  GPtrArray *images;
} Bench;

static void
bench_clear (Bench *bench)
{
  g_clear_object (&bench->trainer);
  g_clear_pointer (&bench->scorer, vinfo_scorer_free);
  g_clear_pointer (&bench->snapshot, vinfo_snapshot_unref);
  g_clear_object (&bench->predictor);
  g_clear_pointer (&bench->images, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bench, bench_clear)

static VInfoImage *
draw_picture (guint side, GRand *random)
{
  g_autofree guint8 *rgb = g_malloc (3 * side * side);

  for (guint i = 0; i < 3 * side * side; i++)
    rgb[i] = (guint8)g_rand_int (random);
  return vinfo_image_new_from_data (side, side, 3 * side, rgb);
}

static gboolean
bench_init (Bench *bench, const Work *work, const char *model, GError **error)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoTrainerConfig training = VINFO_TRAINER_CONFIG_INIT;
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  VInfoMaeConfig shape;

  config.location = model;
  config.masks = 1;
  config.ood = VINFO_OOD_NONE;
  config.dtype = training.dtype = work->dtype;
  bench->predictor = vinfo_predictor_new (&config, error);
  if (!bench->predictor)
    return FALSE;
  vinfo_predictor_settle_masks (bench->predictor, 1);
  if (work->trains) {
    training.batch_size = work->batch;
    training.min_crop = 1;
    bench->trainer = vinfo_trainer_new (bench->predictor, &training);
  } else {
    bench->snapshot = vinfo_predictor_get_snapshot (bench->predictor);
    bench->scorer = vinfo_scorer_new ();
  }
  bench->images
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  vinfo_mae_config_named (work->architecture, &shape, NULL);
  for (guint i = 0; i < work->batch; i++)
    g_ptr_array_add (bench->images, draw_picture (shape.image_size, random));
  return TRUE;
}

static gboolean
do_batch (Bench *bench, GError **error)
{
  guint n = bench->images->len;
  VInfoImage *const *images = (VInfoImage *const *)bench->images->pdata;
  g_autofree VInfoScore *scores = g_new (VInfoScore, n);
  g_autofree guint64 *ids = g_new0 (guint64, n);
  double loss;

  if (bench->trainer)
    return vinfo_trainer_step (bench->trainer, n, images, NULL, &loss, error);
  vinfo_scorer_score (bench->scorer, bench->snapshot, VINFO_SCORE_LOSS, n,
      images, ids, scores, NULL);
  return TRUE;
}

static gint64
largest_memory (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss * G_GINT64_CONSTANT (1024);
}

/* Batches for so long, as "pictures seconds bytes". */
static gboolean
answer (Bench *bench, double seconds, gint64 memory, GError **error)
{
  gint64 start = g_get_monotonic_time (), now = start;
  guint64 pictures = 0;

  do {
    if (!do_batch (bench, error))
      return FALSE;
    pictures += bench->images->len;
    now = g_get_monotonic_time ();
  } while (now - start < seconds * 1e6);
  printf ("%" G_GUINT64_FORMAT " %.6f %" G_GINT64_FORMAT "\n", pictures,
      (now - start) / 1e6, largest_memory () - memory);
  fflush (stdout);
  return TRUE;
}

gboolean
work_serve (const Work *work, const char *model, GError **error)
{
  gint64 memory = largest_memory ();
  g_auto (Bench) bench = { NULL };
  double seconds;

  if (!bench_init (&bench, work, model, error) || !do_batch (&bench, error))
    return FALSE;
  puts ("ready");
  fflush (stdout);
  while (scanf ("%lf", &seconds) == 1)
    if (!answer (&bench, seconds, memory, error))
      return FALSE;
  return TRUE;
}
