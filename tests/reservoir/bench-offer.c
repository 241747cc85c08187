/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one offer costs: refused by its key, and admitted with the search for
 * near-duplicates and redundancy over K embeddings and thumbnails, in seconds
 * of one core, whatever else runs on it; store in memory. JSON lines. */
#include <malloc.h>

#include "bench.h"
#include "frames.h"

#define SIZE 192 /* of a tiny encoder's embeddings */
#define N 1000

static void
fill_embedding (gfloat *embedding, guint64 id)
{
  NnRandom random = { id, 4, 0 };
  gfloat sum = 0;

  for (guint i = 0; i < SIZE; i++) {
    embedding[i] = nn_random_uniform (&random) - 0.5f;
    sum += embedding[i] * embedding[i];
  }
  for (guint i = 0; i < SIZE; i++)
    embedding[i] /= sqrtf (sum);
}

static VInfoSample *
make_sample (guint64 id, gdouble u, GBytes *blob)
{
  VInfoSample *sample = vinfo_sample_new ();

  sample->id = id;
  sample->feed = g_strdup ("feed");
  sample->source = g_strdup ("");
  sample->caps = g_strdup ("video/x-raw");
  sample->blob = g_bytes_ref (blob);
  sample->blob_size = g_bytes_get_size (blob);
  sample->width = sample->height = 1;
  sample->u = u;
  sample->key = -log (u);
  sample->arrival = id;
  sample->embedding = g_new (gfloat, SIZE);
  sample->embedding_size = SIZE;
  fill_embedding (sample->embedding, id);
  return sample;
}

/* Returns: (transfer full): samples of quantile 0, with tickets @low to @high */
static VInfoStore *
fill_store (guint capacity, gdouble low, gdouble high)
{
  VInfoStore *store = vinfo_store_open (NULL, NULL);
  g_autoptr (GBytes) blob = g_bytes_new_static ("picture", 7);

  for (guint id = 0; id < capacity; id++) {
    gdouble u = low + (high - low) * (id + 0.5) / capacity;
    g_autoptr (VInfoSample) sample = make_sample (id, u, blob);

    vinfo_store_put (store, sample, NULL);
  }
  return store;
}

/* A reservoir that is full with what is in @store. */
static VInfoReservoir *
open_full (VInfoStore *store, guint capacity)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.capacity = capacity;
  config.uniform_share = 0;
  return vinfo_reservoir_new (&config, store, NULL);
}

static void
print (const char *name, guint capacity, gdouble value, const char *unit)
{
  g_autofree gchar *full = g_strdup_printf ("%s-k%u", name, capacity);

  bench_print (full, value, unit);
}

/* Offers N frames of @quantile, or as many as are kept, @rounds times and prints the rate; the frames
 * are two pixels wide, so that encoding them costs next to nothing. */
static void
run (const char *name, guint capacity, VInfoReservoir *reservoir,
    gfloat quantile, guint rounds, VInfoReason expected)
{
  g_autofree Frame *frames = g_new (Frame, N);
  g_autofree gfloat *embeddings = g_new (gfloat, N * SIZE);
  const guint n = rounds * MIN (N, capacity);
  guint n_expected = 0;
  gdouble start;

  for (guint i = 0; i < N; i++) {
    frame_init (&frames[i], 1000000 + i, quantile);
    fill_embedding (embeddings + i * SIZE, 1000000 + i);
    frames[i].offer.embedding = embeddings + i * SIZE;
    frames[i].offer.embedding_size = SIZE;
  }
  start = bench_cpu_seconds ();
  for (guint i = 0; i < n; i++)
    n_expected += frame_offer (&frames[i % N], reservoir) == expected;
  print (name, capacity, n / (bench_cpu_seconds () - start), "offers/s");
  g_assert_cmpuint (n_expected, >=, n * 0.99);
  for (guint i = 0; i < N; i++)
    frame_finish (&frames[i]);
}

static gsize
count_allocated (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* What the index takes; blobs are in the store alone. */
static void
run_memory (guint capacity)
{
  g_autoptr (VInfoStore) store = fill_store (capacity, 0, 1);
  gsize before = count_allocated ();
  g_autoptr (VInfoReservoir) reservoir = open_full (store, capacity);

  print ("memory-per-sample", capacity,
      (gdouble)(count_allocated () - before) / capacity, "bytes");
}

static void
run_refusals (guint capacity)
{
  g_autoptr (VInfoStore) store = fill_store (capacity, 0.999999, 1);
  g_autoptr (VInfoReservoir) reservoir = open_full (store, capacity);

  run ("offer-rejected", capacity, reservoir, 0, 500, VINFO_REASON_THRESHOLD);
}

static void
run_admissions (guint capacity)
{
  g_autoptr (VInfoStore) store = fill_store (capacity, 0, 0.01);
  g_autoptr (VInfoReservoir) reservoir = open_full (store, capacity);

  run ("admit", capacity, reservoir, 1, 1, VINFO_REASON_NONE);
}

int
main (void)
{
  static const guint sizes[] = { 100, 1000, 10000, 30000, 100000 };

  run_memory (100000);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    run_refusals (sizes[i]);
  run_refusals (1000000);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    run_admissions (sizes[i]);
  return 0;
}
