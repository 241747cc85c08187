/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Inclusion probabilities against the truth: a stream is drawn from under many
 * seeds, and Σ 1/p over what was kept (Horvitz and Thompson) must be the number
 * of frames that came, in all and in each class of weights. */
#include <math.h>

#include "frames.h"
#include "reservoir/tickets-private.h"

#define N_CLASSES 3

/* One stream, and what happens in the middle of it. */
typedef struct {
  const char *policy;
  guint n, capacity, n_seeds;
  gdouble share;
  gboolean rescored; /* at the half, all get the quantile of another class */
  gboolean reopened; /* at the half */
} Stream;

static gfloat
quantile_of_class (guint class)
{
  return class / (N_CLASSES - 1.f);
}

static void
rescore_all (VInfoReservoir *reservoir)
{
  g_autoptr (GPtrArray) kept = vinfo_reservoir_list (reservoir);

  for (guint i = 0; i < kept->len; i++) {
    const VInfoSample *sample = kept->pdata[i];
    VInfoScore score = sample->score;

    score.quantile = quantile_of_class ((sample->id + 1) % N_CLASSES);
    score.version = 2;
    vinfo_reservoir_rescore (reservoir, sample->id, &score, NULL, 0);
  }
}

static VInfoReservoir *
reopen (const VInfoReservoirConfig *config, VInfoStore *store)
{
  g_autoptr (GError) error = NULL;
  VInfoReservoir *reservoir = vinfo_reservoir_new (config, store, &error);

  g_assert_no_error (error);
  return reservoir;
}

/* Returns: (transfer full): what is kept of the stream under @seed */
static GPtrArray *
draw (const Stream *stream, guint64 seed)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  g_autoptr (VInfoReservoir) reservoir = NULL;

  config.policy = stream->policy;
  config.capacity = stream->capacity;
  config.uniform_share = stream->share;
  config.seed = seed;
  reservoir = reopen (&config, store);
  for (guint i = 0; i < stream->n; i++) {
    if (i == stream->n / 2 && stream->rescored)
      rescore_all (reservoir);
    if (i == stream->n / 2 && stream->reopened) {
      g_assert_true (vinfo_reservoir_commit (reservoir, NULL));
      g_clear_object (&reservoir);
      reservoir = reopen (&config, store);
    }
    offer_id (reservoir, i + 1, quantile_of_class ((i + 1) % N_CLASSES));
  }
  return vinfo_reservoir_list (reservoir);
}

static void
estimate_counts (const Stream *stream, gdouble estimates[N_CLASSES])
{
  memset (estimates, 0, N_CLASSES * sizeof *estimates);
  for (guint seed = 0; seed < stream->n_seeds; seed++) {
    g_autoptr (GPtrArray) kept = draw (stream, seed);

    for (guint i = 0; i < kept->len; i++) {
      const VInfoSample *sample = kept->pdata[i];

      g_assert_cmpfloat (sample->inclusion, >, 0);
      g_assert_cmpfloat (sample->inclusion, <=, 1);
      estimates[sample->id % N_CLASSES]
          += 1 / sample->inclusion / stream->n_seeds;
    }
  }
}

/* In all, and for each class, within @tolerance of the truth. */
static void
assert_counts_the_stream (const Stream *stream, gdouble tolerance)
{
  gdouble estimates[N_CLASSES], sum = 0, n_class = stream->n / N_CLASSES;

  estimate_counts (stream, estimates);
  for (guint i = 0; i < N_CLASSES; i++) {
    g_test_message ("class %u: %.1f of %.0f", i, estimates[i], n_class);
    sum += estimates[i];
  }
  g_test_message ("all: %.1f of %u", sum, stream->n);
  for (guint i = 0; i < N_CLASSES; i++)
    g_assert_cmpfloat_with_epsilon (
        estimates[i], n_class, 2 * tolerance * n_class);
  g_assert_cmpfloat_with_epsilon (sum, stream->n, tolerance * stream->n);
}

static void
test_weights_that_stay (void)
{
  const Stream stream = { "vinfo", 300, 60, 150 };

  assert_counts_the_stream (&stream, 0.05);
}

static void
test_uniform_share (void)
{
  const Stream stream = { "vinfo", 300, 60, 150, .share = 0.25 };

  /* a bias of 1/14 where the 15 of the share are what counts */
  assert_counts_the_stream (&stream, 0.08);
}

static void
test_uniform_policy (void)
{
  const Stream stream = { "uniform", 300, 60, 150 };

  assert_counts_the_stream (&stream, 0.05);
}

static void
test_weights_that_change (void)
{
  const Stream stream = { "vinfo", 300, 60, 150, .rescored = TRUE };

  assert_counts_the_stream (&stream, 0.08);
}

static void
test_reopened_store (void)
{
  const Stream stream
      = { "vinfo", 300, 60, 150, .rescored = TRUE, .reopened = TRUE };

  assert_counts_the_stream (&stream, 0.08);
}

/* By hand: VINFO_BIAS=1 prints how the estimate's bias falls with K. */
static void
test_bias_falls_with_capacity (void)
{
  const guint n_seeds = g_getenv ("VINFO_BIAS") ? 2000 : 100;
  gdouble bias[2];

  for (guint i = 0; i < 2; i++) {
    const guint capacity = i == 0 ? 8 : 64;
    const Stream stream = { "vinfo", 5 * capacity, capacity, n_seeds };
    gdouble estimates[N_CLASSES], sum = 0;

    estimate_counts (&stream, estimates);
    for (guint j = 0; j < N_CLASSES; j++)
      sum += estimates[j];
    bias[i] = sum / stream.n - 1;
    g_test_message ("K = %u: %+.4f", capacity, bias[i]);
  }
  g_assert_cmpfloat (fabs (bias[1]), <, 0.05);
  g_assert_cmpfloat (bias[0], >, bias[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/inclusion/weights-that-stay", test_weights_that_stay);
  g_test_add_func ("/inclusion/uniform-share", test_uniform_share);
  g_test_add_func ("/inclusion/uniform-policy", test_uniform_policy);
  g_test_add_func ("/inclusion/weights-that-change", test_weights_that_change);
  g_test_add_func ("/inclusion/reopened-store", test_reopened_store);
  g_test_add_func (
      "/inclusion/bias-falls-with-capacity", test_bias_falls_with_capacity);
  return g_test_run ();
}
