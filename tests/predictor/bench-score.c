/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many frames of 224×224 a tiny predictor scores in a second, one mask, on
 * all cores. JSON lines. */
#include "bench.h"
#include "predictor/vinfo-predictor.h"
#include "predictor/vinfo-scorer.h"

#define MAX_BATCH 8
#define ROUNDS 20

typedef struct {
  VInfoScorer *scorer;
  VInfoSnapshot *snapshot;
  VInfoImage *images[MAX_BATCH];
  guint64 ids[MAX_BATCH];
  guint n;
} Scoring;

static void
score (gpointer data)
{
  Scoring *s = data;
  VInfoScore scores[MAX_BATCH];

  vinfo_scorer_score (s->scorer, s->snapshot, VINFO_SCORE_LOSS, s->n, s->images,
      s->ids, scores, NULL);
  g_assert_true (isfinite (scores[s->n - 1].loss));
}

static void
run (Scoring *s, guint batch)
{
  g_autofree gchar *name = g_strdup_printf ("score-tiny-b%u-f32", batch);

  s->n = batch;
  bench_print (name, batch / bench_fastest (bench_seconds, score, s, ROUNDS),
      "frames/s");
}

int
main (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = NULL;
  Scoring s = { .scorer = vinfo_scorer_new () };

  config.architecture = "tiny";
  config.masks = 1;
  predictor = vinfo_predictor_new (&config, NULL);
  vinfo_predictor_settle_masks (predictor, 1);
  s.snapshot = vinfo_predictor_get_snapshot (predictor);
  for (guint i = 0; i < MAX_BATCH; i++) {
    s.images[i] = bench_frame_new (i);
    s.ids[i] = i;
  }
  run (&s, 1);
  run (&s, MAX_BATCH);
  for (guint i = 0; i < MAX_BATCH; i++)
    vinfo_image_unref (s.images[i]);
  vinfo_snapshot_unref (s.snapshot);
  vinfo_scorer_free (s.scorer);
  return 0;
}
