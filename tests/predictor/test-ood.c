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

/* Around a few directions, of lengths that differ by a factor of e²: of what
 * is familiar. A stranger has a direction of its own. */
static void
draw_direction (NnRandom *random, gboolean familiar, double length, float *row)
{
  guint clump = nn_random_below (random, 3);

  length *= exp (0.5 * nn_random_normal (random));
  for (guint d = 0; d < WIDTH; d++)
    row[d] = (float)(length
                     * ((familiar ? d % 6 == clump : d % 6 == 3 + clump)
                         + 0.1 * nn_random_normal (random)));
}

/* Share of pairs in which the stranger scores higher. */
static double
auroc (const Ood *ood, VInfoOodKind kind, const float *strangers,
    const float *familiar)
{
  guint higher = 0;

  for (guint i = 0; i < N; i++)
    for (guint j = 0; j < N; j++)
      higher += score (ood, kind, strangers + i * WIDTH)
                > score (ood, kind, familiar + j * WIDTH);
  return (double)higher / (N * N);
}

static void
measure_auroc (
    gboolean other_direction, double length, double *plain, double *plus_plus)
{
  NnRandom random = { .seed = 4, .stream = 3 };
  g_autofree float *rows = g_new (float, N *WIDTH);
  g_autofree float *familiar = g_new (float, N *WIDTH);
  g_autofree float *strangers = g_new (float, N *WIDTH);
  g_autoptr (Ood) ood = NULL;

  for (guint i = 0; i < N; i++) {
    draw_direction (&random, TRUE, 4, rows + i * WIDTH);
    draw_direction (&random, TRUE, 4, familiar + i * WIDTH);
    draw_direction (&random, !other_direction, length, strangers + i * WIDTH);
  }
  ood = ood_new (rows, N, WIDTH);
  *plain = auroc (ood, VINFO_OOD_MAHALANOBIS, strangers, familiar);
  *plus_plus = auroc (ood, VINFO_OOD_MAHA_PLUS_PLUS, strangers, familiar);
  g_test_message ("mahalanobis %.4f, maha++ %.4f", *plain, *plus_plus);
}

/* What Maha++ is for: lengths say nothing, vary widely, and those of strangers
 * are small, so that they lie between the familiar ones. */
static void
test_short_strangers_are_found_by_their_direction (void)
{
  double plain, plus_plus;

  measure_auroc (TRUE, 1, &plain, &plus_plus);
  g_assert_cmpfloat (plus_plus, >, 0.99);
  g_assert_cmpfloat (plain, <, 0.9);
}

/* And what it is blind to: strangers that differ by their length alone. */
static void
test_long_strangers_are_found_by_their_length (void)
{
  double plain, plus_plus;

  measure_auroc (FALSE, 24, &plain, &plus_plus);
  g_assert_cmpfloat (plain, >, 0.95);
  g_assert_cmpfloat (fabs (plus_plus - 0.5), <, 0.1);
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
  g_test_add_func ("/ood/short-strangers-are-found-by-their-direction",
      test_short_strangers_are_found_by_their_direction);
  g_test_add_func ("/ood/long-strangers-are-found-by-their-length",
      test_long_strangers_are_found_by_their_length);
  g_test_add_func ("/ood/embeddings-that-are-all-alike-have-distances",
      test_embeddings_that_are_all_alike_have_distances);
  g_test_add_func ("/ood/too-few-or-broken-embeddings-make-no-statistics",
      test_too_few_or_broken_embeddings_make_no_statistics);
  return g_test_run ();
}
