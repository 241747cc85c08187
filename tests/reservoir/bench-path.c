/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the reservoir takes of each frame that is offered, beside what scoring it
 * with a tiny predictor takes: gate, thumbnail, offer, and where it is admitted
 * the searches, encoding and the store. A stream of 100,000 different frames, of
 * which 1% are kept. In seconds of all cores together. JSON lines. */
#include "bench.h"
#include "frames.h"
#include "image/vinfo-gate.h"
#include "predictor/vinfo-predictor.h"
#include "predictor/vinfo-scorer.h"

#define N 100000
#define CAPACITY 1000
#define N_PICTURES 64
#define EMBEDDING_SIZE 192
#define ROUNDS 20

typedef struct {
  VInfoImage *pictures[N_PICTURES];
  VInfoReservoir *reservoir;
  VInfoGate gate;
  guint n_admitted;
} Path;

/* Frames of one picture differ in what is made up: thumbnail and embedding. */
static void
describe (guint64 id, guint8 *thumbnail, gfloat *embedding)
{
  NnRandom random = { id, 4, 0 };
  gdouble sum = 0;

  for (guint i = 0; i < VINFO_THUMBNAIL_SIZE; i++)
    thumbnail[i] = (guint8)nn_random_below (&random, 256);
  for (guint i = 0; i < EMBEDDING_SIZE; i++) {
    embedding[i] = nn_random_uniform (&random) - 0.5f;
    sum += embedding[i] * embedding[i];
  }
  for (guint i = 0; i < EMBEDDING_SIZE; i++)
    embedding[i] /= (gfloat)sqrt (sum);
}

/* Returns: seconds of the frame's own path, not of making it up */
static gdouble
take (Path *path, guint64 id)
{
  VInfoImage *image = path->pictures[id % N_PICTURES];
  guint8 own[VINFO_THUMBNAIL_SIZE], thumbnail[VINFO_THUMBNAIL_SIZE];
  gfloat embedding[EMBEDDING_SIZE];
  VInfoVerdict verdict = { 0 };
  Frame frame;
  gdouble start, seconds;

  frame_init (&frame, id, (gfloat)(id * 7919 % 1000) / 1000);
  describe (id, thumbnail, embedding);
  frame.offer.image = image;
  frame.offer.thumbnail = thumbnail;
  frame.offer.embedding = embedding;
  frame.offer.embedding_size = EMBEDDING_SIZE;

  start = bench_cpu_seconds ();
  g_assert_cmpint (
      vinfo_gate_judge (&path->gate, image), ==, VINFO_REASON_NONE);
  vinfo_image_thumbnail (image, own);
  g_assert_true (
      vinfo_reservoir_offer (path->reservoir, &frame.offer, &verdict, NULL));
  seconds = bench_cpu_seconds () - start;
  path->n_admitted += verdict.kept;
  vinfo_verdict_clear (&verdict);
  frame_finish (&frame);
  return seconds;
}

typedef struct {
  VInfoScorer *scorer;
  VInfoSnapshot *snapshot;
  VInfoImage *image;
} Scoring;

static void
score (gpointer data)
{
  Scoring *s = data;
  guint64 id = 1;
  VInfoScore result;

  vinfo_scorer_score (s->scorer, s->snapshot, VINFO_SCORE_LOSS, 1, &s->image,
      &id, &result, NULL);
}

/* Seconds of one score, one mask. */
static gdouble
time_score (VInfoImage *image)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor = NULL;
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  Scoring s = { scorer, NULL, image };

  config.architecture = "tiny";
  predictor = vinfo_predictor_new (&config, NULL);
  vinfo_predictor_settle_masks (predictor, 1);
  s.snapshot = snapshot = vinfo_predictor_get_snapshot (predictor);
  return bench_fastest (bench_cpu_seconds, score, &s, ROUNDS);
}

int
main (void)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  Path path = { { NULL } };
  gdouble seconds = 0, scoring;

  config.capacity = CAPACITY;
  path.reservoir = vinfo_reservoir_new (&config, store, NULL);
  for (guint i = 0; i < N_PICTURES; i++)
    path.pictures[i] = bench_frame_new (i);
  for (guint64 id = 1; id <= N; id++)
    seconds += take (&path, id);
  scoring = time_score (path.pictures[0]);
  bench_print ("reservoir-path-224", seconds / N * 1e6, "us");
  bench_print (
      "reservoir-path-admitted", (gdouble)path.n_admitted / N, "share");
  bench_print ("score-tiny-b1-f32-cpu", scoring * 1e6, "us");
  bench_print ("reservoir-path-of-score", 100 * seconds / N / scoring, "%");
  for (guint i = 0; i < N_PICTURES; i++)
    vinfo_image_unref (path.pictures[i]);
  g_object_unref (path.reservoir);
  return 0;
}
