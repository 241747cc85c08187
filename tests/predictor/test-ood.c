/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/ood-private.h"

#include <math.h>

#include "nn/random-private.h"

#define WIDTH 12
#define N 240

/* Embeddings in two clumps. */
static float *
embeddings_new (guint64 seed)
{
  NnRandom random = { .seed = seed, .stream = 3 };
  float *rows = g_new (float, N *WIDTH);

  for (guint i = 0; i < N * WIDTH; i++)
    rows[i] = (float)(nn_random_normal (&random)
                      + (i / WIDTH % 2 ? 4.0 : -4.0) * (i % 3 == 0));
  return rows;
}

static double
score (const Ood *ood, VInfoOodKind kind, const float *row)
{
  g_autofree double *scratch = g_new (double, ood_scratch_size (ood));

  return ood_score (ood, kind, row, scratch);
}

/* Relative distance is left out: far from all classes it may be small. */
static void
test_strangers_score_higher (void)
{
  g_autofree float *rows = embeddings_new (1);
  g_autofree float *more = embeddings_new (2);
  g_autoptr (Ood) ood = ood_new (rows, N, WIDTH);
  float stranger[WIDTH];

  for (guint d = 0; d < WIDTH; d++)
    stranger[d] = d % 3 == 1 ? 9.0f : -9.0f;
  for (guint kind = VINFO_OOD_MAHALANOBIS; kind <= VINFO_OOD_KNN; kind++)
    for (guint i = 0; kind != VINFO_OOD_RELATIVE && i < N; i++)
      g_assert_cmpfloat (
          score (ood, kind, stranger), >, score (ood, kind, more + i * WIDTH));
  g_assert_true (isnan (score (ood, VINFO_OOD_NONE, stranger)));
}

/* What lies between the classes is nothing strange to one Gaussian for all. */
static void
test_relative_distance_sees_what_is_between_the_classes (void)
{
  g_autofree float *rows = embeddings_new (1);
  g_autofree float *more = embeddings_new (2);
  g_autoptr (Ood) ood = ood_new (rows, N, WIDTH);
  const float between[WIDTH] = { 0 };

  for (guint i = 0; i < N; i++)
    g_assert_cmpfloat (score (ood, VINFO_OOD_RELATIVE, between), >,
        score (ood, VINFO_OOD_RELATIVE, more + i * WIDTH));
}

/* Of a Gaussian's own draws the squared distance is χ² of d degrees: mean d. */
static void
test_mean_distance_of_familiar_embeddings_is_their_width (void)
{
  g_autofree float *rows = embeddings_new (1);
  g_autofree float *more = embeddings_new (2);
  g_autoptr (Ood) ood = ood_new (rows, N, WIDTH);
  double mean = 0;

  for (guint i = 0; i < N; i++)
    mean += score (ood, VINFO_OOD_MAHALANOBIS, more + i * WIDTH) / N;
  g_assert_cmpfloat_with_epsilon (mean, WIDTH, 0.15 * WIDTH);
}

static void
test_length_is_nothing_to_kinds_of_directions (void)
{
  g_autofree float *rows = embeddings_new (1);
  g_autoptr (Ood) ood = ood_new (rows, N, WIDTH);
  float longer[WIDTH];

  for (guint d = 0; d < WIDTH; d++)
    longer[d] = 7 * rows[d];
  g_assert_cmpfloat_with_epsilon (score (ood, VINFO_OOD_MAHA_PLUS_PLUS, rows),
      score (ood, VINFO_OOD_MAHA_PLUS_PLUS, longer), 1e-3);
  g_assert_cmpfloat_with_epsilon (score (ood, VINFO_OOD_KNN, rows),
      score (ood, VINFO_OOD_KNN, longer), 1e-5);
  g_assert_cmpfloat (score (ood, VINFO_OOD_MAHALANOBIS, longer), >,
      10 * score (ood, VINFO_OOD_MAHALANOBIS, rows));
}

static void
test_embeddings_that_are_all_alike_have_distances (void)
{
  g_autofree float *rows = g_new (float, N *WIDTH);
  g_autoptr (Ood) ood = NULL;
  float other[WIDTH] = { 1 };

  for (guint i = 0; i < N * WIDTH; i++)
    rows[i] = 0.5f;
  ood = ood_new (rows, N, WIDTH);
  for (guint kind = VINFO_OOD_MAHALANOBIS; kind <= VINFO_OOD_KNN; kind++) {
    g_assert_cmpfloat (fabs (score (ood, kind, rows)), <, 1e-3);
    g_assert_true (isfinite (score (ood, kind, other)));
  }
  g_assert_cmpfloat (score (ood, VINFO_OOD_MAHALANOBIS, other), >, 1e3);
}

static void
test_too_few_or_broken_embeddings_make_no_statistics (void)
{
  g_autofree float *rows = embeddings_new (1);

  g_assert_null (ood_new (rows, OOD_MIN - 1, WIDTH));
  rows[77] = NAN;
  g_assert_null (ood_new (rows, N, WIDTH));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ood/strangers-score-higher", test_strangers_score_higher);
  g_test_add_func ("/ood/relative-distance-sees-what-is-between-the-classes",
      test_relative_distance_sees_what_is_between_the_classes);
  g_test_add_func ("/ood/mean-distance-of-familiar-embeddings-is-their-width",
      test_mean_distance_of_familiar_embeddings_is_their_width);
  g_test_add_func ("/ood/length-is-nothing-to-kinds-of-directions",
      test_length_is_nothing_to_kinds_of_directions);
  g_test_add_func ("/ood/embeddings-that-are-all-alike-have-distances",
      test_embeddings_that_are_all_alike_have_distances);
  g_test_add_func ("/ood/too-few-or-broken-embeddings-make-no-statistics",
      test_too_few_or_broken_embeddings_make_no_statistics);
  return g_test_run ();
}
