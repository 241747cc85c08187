/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/meddel-private.h"

#include <math.h>
#include <string.h>

#include "frames.h"
#include "nn/random-private.h"

#define SIZE 24
#define N 400

/* Rows around a few directions, as frames of a few scenes are, and some apart. */
static gfloat *
make_rows (guint n, guint64 seed)
{
  gfloat *rows = g_new (gfloat, n * SIZE);

  for (guint row = 0; row < n; row++) {
    NnRandom own = { seed, row, 0 };
    guint scene = nn_random_below (&own, 12);
    NnRandom shared = { seed, 100000 + scene, 0 };
    gdouble spread = 0.05 + 0.1 * scene, square = 0;

    for (guint i = 0; i < SIZE; i++) {
      gdouble value = nn_random_normal (&shared);

      value += spread * nn_random_normal (&own);
      rows[row * SIZE + i] = value;
      square += value * value;
    }
    for (guint i = 0; i < SIZE; i++)
      rows[row * SIZE + i] /= sqrt (square);
  }
  return rows;
}

static gdouble
multiply (const gfloat *a, const gdouble *b)
{
  gdouble sum = 0;

  for (guint i = 0; i < SIZE; i++)
    sum += a[i] * b[i];
  return sum;
}

static gdouble
cosine (const gfloat *rows, guint a, guint b)
{
  gdouble sum = 0;

  for (guint i = 0; i < SIZE; i++)
    sum += (gdouble)rows[a * SIZE + i] * rows[b * SIZE + i];
  return sum;
}

/* The algorithm as the paper means it, in double precision and with plain
 * loops over all pairs. */
typedef struct {
  guint k;
  gdouble *centroids;
  guint *clusters;
  gdouble *nearness;
} Reference;

static gboolean
reference_assign (Reference *self, const gfloat *rows, guint n)
{
  gboolean moved = FALSE;

  for (guint row = 0; row < n; row++) {
    guint nearest = 0;

    for (guint c = 1; c < self->k; c++) {
      if (multiply (rows + row * SIZE, self->centroids + c * SIZE)
          > multiply (rows + row * SIZE, self->centroids + nearest * SIZE))
        nearest = c;
    }
    moved |= self->clusters[row] != nearest;
    self->clusters[row] = nearest;
    self->nearness[row]
        = multiply (rows + row * SIZE, self->centroids + nearest * SIZE);
  }
  return moved;
}

static void
reference_move (Reference *self, const gfloat *rows, guint n)
{
  for (guint c = 0; c < self->k; c++) {
    gdouble sum[SIZE] = { 0 }, square = 0;

    for (guint row = 0; row < n; row++) {
      for (guint i = 0; i < SIZE && self->clusters[row] == c; i++)
        sum[i] += rows[row * SIZE + i];
    }
    for (guint i = 0; i < SIZE; i++)
      square += sum[i] * sum[i];
    for (guint i = 0; i < SIZE && square > 0; i++)
      self->centroids[c * SIZE + i] = sum[i] / sqrt (square);
  }
}

static gboolean
reference_is_nearer (const Reference *self, guint i, guint j)
{
  gdouble a = rint (self->nearness[i] * 65536);
  gdouble b = rint (self->nearness[j] * 65536);

  return a > b || (a == b && i < j);
}

static void
reference_drop (const gfloat *rows, guint n, gdouble farthest, gdouble similar,
    gboolean *dropped)
{
  g_autofree gdouble *centroids = g_new (gdouble, n * SIZE);
  g_autofree guint *clusters = g_new (guint, n);
  g_autofree gdouble *nearness = g_new (gdouble, n);
  Reference self
      = { MAX (lround (sqrt (n)), 1), centroids, clusters, nearness };

  for (guint i = 0; i < self.k * SIZE; i++)
    centroids[i] = rows[i];
  memset (clusters, 0xff, n * sizeof *clusters);
  for (guint i = 0; reference_assign (&self, rows, n) && i < MEDDEL_ITERATIONS;
       i++)
    reference_move (&self, rows, n);
  for (guint j = 0; j < n; j++) {
    dropped[j] = 1 - nearness[j] > farthest;
    for (guint i = 0; i < n; i++) {
      if (i != j && clusters[i] == clusters[j]
          && reference_is_nearer (&self, i, j) && cosine (rows, i, j) > similar)
        dropped[j] = TRUE;
    }
  }
}

static guint
count (const gboolean *dropped, guint n)
{
  guint n_dropped = 0;

  for (guint i = 0; i < n; i++)
    n_dropped += dropped[i];
  return n_dropped;
}

static void
assert_equals_reference (guint n, guint64 seed, gdouble farthest, gdouble eta)
{
  g_autofree gfloat *rows = make_rows (n, seed);
  g_autofree gboolean *dropped = g_new0 (gboolean, n);
  g_autofree gboolean *expected = g_new0 (gboolean, n);

  meddel_drop (rows, n, SIZE, farthest, eta, dropped);
  reference_drop (rows, n, farthest, eta, expected);
  g_assert_cmpmem (
      dropped, n * sizeof *dropped, expected, n * sizeof *expected);
}

static void
test_drops_what_the_plain_algorithm_drops (void)
{
  const gdouble etas[] = { 0.95, 0.85, 0.7, 0.5 };

  for (guint64 seed = 1; seed <= 5; seed++) {
    for (guint i = 0; i < G_N_ELEMENTS (etas); i++)
      assert_equals_reference (N, seed, MEDDEL_FARTHEST, etas[i]);
    assert_equals_reference (N, seed, 0.3, 1);
  }
  for (guint n = 1; n < 12; n++)
    assert_equals_reference (n, n, MEDDEL_FARTHEST, 0.8);
}

static void
test_kept_share_rises_with_eta (void)
{
  for (guint64 seed = 1; seed <= 5; seed++) {
    g_autofree gfloat *rows = make_rows (N, seed);
    g_autofree gboolean *before = g_new0 (gboolean, N);
    g_autofree gboolean *now = g_new0 (gboolean, N);
    guint most, least;

    meddel_drop (rows, N, SIZE, MEDDEL_FARTHEST, 0.3, before);
    most = count (before, N);
    for (gdouble eta = 0.35; eta < 1; eta += 0.05) {
      meddel_drop (rows, N, SIZE, MEDDEL_FARTHEST, eta, now);
      for (guint i = 0; i < N; i++)
        g_assert_true (before[i] || !now[i]); /* what stayed stays */
      memcpy (before, now, N * sizeof *now);
    }
    least = count (before, N);
    g_assert_cmpuint (most, >, N / 2);
    g_assert_cmpuint (least, <, most / 2);
  }
}

static void
test_outliers_go_and_of_a_pair_the_nearer_stays (void)
{
  /* k = 2: one cluster along each axis, started by the first two */
  const gdouble angles[] = { 0, 90, 2, 4, 88 };
  gfloat rows[5 * SIZE] = { 0 };
  gboolean dropped[5];

  for (guint i = 0; i < 5; i++) {
    rows[i * SIZE] = cos (angles[i] * G_PI / 180);
    rows[i * SIZE + 1] = sin (angles[i] * G_PI / 180);
  }
  meddel_drop (rows, 5, SIZE, MEDDEL_FARTHEST, 0.99, dropped);
  g_assert_false (dropped[2]); /* between its neighbours at 0 and 4 degrees */
  g_assert_true (dropped[0] && dropped[3]);
  g_assert_true (dropped[1] != dropped[4]);

  meddel_drop (rows, 5, SIZE, MEDDEL_FARTHEST, 1, dropped);
  g_assert_cmpuint (count (dropped, 5), ==, 0); /* none against itself */
  meddel_drop (rows, 5, SIZE, 0.0001, 1, dropped);
  g_assert_true (!dropped[2] && dropped[0] && dropped[3]);
}

static VInfoReservoir *
open_meddel (guint capacity, gdouble similarity)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.policy = "meddel";
  config.capacity = capacity;
  config.similarity = similarity;
  return open_reservoir (&config);
}

static VInfoReason
offer_row (VInfoReservoir *reservoir, guint64 id, const gfloat *row)
{
  VInfoReason reason;
  Frame frame;

  frame_init (&frame, id, 0.5);
  frame.offer.embedding = row;
  frame.offer.embedding_size = SIZE;
  reason = frame_offer (&frame, reservoir);
  frame_finish (&frame);
  return reason;
}

static void
test_full_reservoir_is_thinned_out_for_the_next (void)
{
  const guint n = 150;
  g_autofree gfloat *rows = make_rows (n + 1, 3);
  g_autofree gboolean *dropped = g_new0 (gboolean, n);
  g_autoptr (VInfoReservoir) reservoir = open_meddel (n, 0.8);
  g_autoptr (GArray) expected = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) ids = NULL;

  for (guint64 id = 0; id < n; id++)
    g_assert_cmpint (
        offer_row (reservoir, id, rows + id * SIZE), ==, VINFO_REASON_NONE);
  g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), ==, n);
  g_assert_cmpint (
      offer_row (reservoir, n, rows + n * SIZE), ==, VINFO_REASON_NONE);

  reference_drop (rows, n, MEDDEL_FARTHEST, 0.8, dropped);
  for (guint64 id = 0; id <= n; id++) {
    if (id == n || !dropped[id])
      g_array_append_val (expected, id);
  }
  g_assert_cmpuint (expected->len, <, n * 3 / 4);
  ids = list_ids (reservoir);
  assert_same_ids (ids, expected);
}

static void
test_where_nothing_is_similar_the_draw_decides (void)
{
  const guint capacity = SIZE / 2;
  g_autoptr (VInfoReservoir) reservoir = open_meddel (capacity, 1);
  guint n_refused = 0;

  for (guint64 id = 0; id < 200; id++) {
    gfloat row[SIZE] = { 0 };

    row[id % SIZE] = 1;
    row[(id + 1) % SIZE] = 0.01; /* a little nearer to one side */
    n_refused += offer_row (reservoir, id, row) == VINFO_REASON_THRESHOLD;
  }
  g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), <=, capacity);
  g_assert_cmpuint (n_refused, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/meddel/drops-what-the-plain-algorithm-drops",
      test_drops_what_the_plain_algorithm_drops);
  g_test_add_func (
      "/meddel/kept-share-rises-with-eta", test_kept_share_rises_with_eta);
  g_test_add_func ("/meddel/outliers-go-and-of-a-pair-the-nearer-stays",
      test_outliers_go_and_of_a_pair_the_nearer_stays);
  g_test_add_func ("/meddel/full-reservoir-is-thinned-out-for-the-next",
      test_full_reservoir_is_thinned_out_for_the_next);
  g_test_add_func ("/meddel/where-nothing-is-similar-the-draw-decides",
      test_where_nothing_is_similar_the_draw_decides);
  return g_test_run ();
}
