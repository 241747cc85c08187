/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calibration of learnt estimators on a panel whose errors are made up. What
 * training makes of them: tests/trainer/test-learned.c. */
#include "predictor/learned-private.h"

#include <math.h>

#include "mae/small-model.h"

#define FRAMES 256
#define MASKS 4
#define FLOOR 1e-4

typedef struct {
  Masks *masks;
  Learned *learned;
  gsize n_terms; /* of a frame */
  PatchTerms *terms;
} Fixture;

/* A model that predicts half of each value, and heads that know nothing of the
 * null; how large a patch's error is depends on h, in a way that no blend's is. */
static void
set_up (Fixture *f, gconstpointer unused)
{
  VInfoMaeConfig config = small_config ();
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&config, 1);
  g_autoptr (Heads) heads = heads_new (&config);
  NnRandom random = { .seed = 5 };

  f->masks = masks_new (&config, 1);
  f->learned = learned_new (mae, heads);
  f->n_terms = learned_n_terms (f->masks, MASKS);
  f->terms = g_new0 (PatchTerms, FRAMES * f->n_terms);
  for (gsize i = 0; i < FRAMES * f->n_terms; i++) {
    double h = 2 * nn_random_uniform (&random) - 1;
    double error = exp (h - h * h) * 2 * nn_random_uniform (&random);

    f->terms[i] = (PatchTerms){ .yy = 1 + error, .ff = 1, .yf = 1, .h = h };
  }
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_free (f->terms);
  learned_free (f->learned);
  masks_unref (f->masks);
}

static int
compare_pairs (const void *a, const void *b)
{
  const double *x = a, *y = b;

  return (x[0] > y[0]) - (x[0] < y[0]);
}

static void
test_each_tenth_of_the_patches_has_the_variance_that_is_told (
    Fixture *f, gconstpointer unused)
{
  gsize n = FRAMES * f->n_terms;
  g_autofree double *pairs = g_new (double, 2 * n);

  learned_calibrate (f->learned, f->masks, MASKS, f->terms, FRAMES, FLOOR);
  for (gsize i = 0; i < n; i++)
    learned_variance (
        f->learned, 0, &f->terms[i], &pairs[2 * i], &pairs[2 * i + 1]);
  qsort (pairs, n, 2 * sizeof *pairs, compare_pairs);
  for (gsize tenth = 0; tenth < 10; tenth++) {
    double told = 0, came = 0;

    for (gsize i = n * tenth / 10; i < n * (tenth + 1) / 10; i++) {
      told += pairs[2 * i];
      came += pairs[2 * i + 1];
    }
    g_assert_cmpfloat (fabs (came / told - 1), <, 0.05);
  }
}

/* Patches of few frames are no witnesses. */
static void
test_a_small_panel_is_not_recalibrated (Fixture *f, gconstpointer unused)
{
  learned_calibrate (f->learned, f->masks, MASKS, f->terms, 32, FLOOR);
  g_assert_cmpuint (f->learned->recalibration.n, ==, 0);
  learned_calibrate (f->learned, f->masks, MASKS, f->terms, FRAMES, FLOOR);
  g_assert_cmpuint (f->learned->recalibration.n, ==, 10);
}

/* A perfect prediction has no variance; the floor is one grey level. */
static void
test_no_variance_is_below_the_floor (Fixture *f, gconstpointer unused)
{
  double variance, error, h_x, h_null;

  for (gsize i = 0; i < FRAMES * f->n_terms; i++)
    f->terms[i].yy = 1;
  learned_calibrate (f->learned, f->masks, MASKS, f->terms, FRAMES, FLOOR);
  learned_variance (f->learned, 0, &f->terms[0], &variance, &error);
  g_assert_cmpfloat_with_epsilon (variance, FLOOR, 1e-12);
  g_assert_cmpfloat_with_epsilon (error, 0, 1e-12);
  learned_nll (f->learned, f->masks, MASKS, f->terms, &h_x, &h_null);
  g_assert_cmpfloat_with_epsilon (
      h_x, 0.5 * (log (2 * G_PI) + log (FLOOR)), 1e-9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (                                                                 \
      "/learned-calibration/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("each-tenth-of-the-patches-has-the-variance-that-is-told",
      test_each_tenth_of_the_patches_has_the_variance_that_is_told);
  ADD ("a-small-panel-is-not-recalibrated",
      test_a_small_panel_is_not_recalibrated);
  ADD ("no-variance-is-below-the-floor", test_no_variance_is_below_the_floor);
  return g_test_run ();
}
