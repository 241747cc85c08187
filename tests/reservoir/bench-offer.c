/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one offer costs: refused by its key with 100,000 kept, and admitted with
 * the search for near-duplicates over 10,000 embeddings. JSON lines. */
#include <math.h>

#include "frames.h"
#include "nn/random-private.h"

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

/* A full reservoir of samples with quantile 0 and the tickets @low to @high. */
static VInfoReservoir *
open_full (guint capacity, gdouble low, gdouble high)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  g_autoptr (GBytes) blob = g_bytes_new_static ("picture", 7);
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  for (guint id = 0; id < capacity; id++) {
    gdouble u = low + (high - low) * (id + 0.5) / capacity;
    g_autoptr (VInfoSample) sample = make_sample (id, u, blob);

    vinfo_store_put (store, sample, NULL);
  }
  config.capacity = capacity;
  config.uniform_share = 0;
  return vinfo_reservoir_new (&config, store, NULL);
}

/* Offers N frames of @quantile @rounds times and prints the rate; the frames
 * are two pixels wide, so that encoding them costs next to nothing. */
static void
run (const char *name, VInfoReservoir *reservoir, gfloat quantile, guint rounds,
    VInfoReason expected)
{
  g_autofree Frame *frames = g_new (Frame, N);
  g_autofree gfloat *embeddings = g_new (gfloat, N * SIZE);
  guint n_expected = 0;
  gint64 start;

  for (guint i = 0; i < N; i++) {
    frame_init (&frames[i], 1000000 + i, quantile);
    fill_embedding (embeddings + i * SIZE, 1000000 + i);
    frames[i].offer.embedding = embeddings + i * SIZE;
    frames[i].offer.embedding_size = SIZE;
  }
  start = g_get_monotonic_time ();
  for (guint i = 0; i < rounds * N; i++)
    n_expected += frame_offer (&frames[i % N], reservoir) == expected;
  g_print ("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"offers/s\"}\n", name,
      rounds * N * 1e6 / (g_get_monotonic_time () - start));
  g_assert_cmpuint (n_expected, >=, rounds * N * 0.99);
  for (guint i = 0; i < N; i++)
    frame_finish (&frames[i]);
}

int
main (void)
{
  g_autoptr (VInfoReservoir) large = open_full (100000, 0.999999, 1);
  g_autoptr (VInfoReservoir) small = open_full (10000, 0, 0.01);

  run ("offer-rejected-k100000", large, 0, 500, VINFO_REASON_THRESHOLD);
  run ("admit-k10000", small, 1, 1, VINFO_REASON_NONE);
  return 0;
}
