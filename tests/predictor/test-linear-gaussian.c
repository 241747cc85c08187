/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Known answers: of Gaussian values y and a linear predictor with coefficient
 * of determination R², the V-information is −½·log(1 − R²). The source takes
 * the place of a model's masked patches and its predictions. */
#include <math.h>

#include "nn/random-private.h"
#include "predictor/snapshot-private.h"

#define PANEL 256
#define FRESH 256
#define PATCHES 64 /* of a frame, each with inputs of its own */
#define INPUTS 4   /* values that are seen of a patch */
#define DIM 16     /* values that are predicted */
#define DRAWS 20000

/* y = m + ρ·W x + √(1 − ρ²)·e with rows of W of length 1, x and e normal. */
typedef struct {
  NnRandom random;
  double rho;
  double offset[DIM];
  double weights[DIM][INPUTS];
} Source;

/* What was learnt: f = offset + slope x. */
typedef struct {
  double offset[DIM];
  double slope[DIM][INPUTS];
} Line;

static Source
source_new (double r_squared)
{
  Source s = { .random = { .seed = 5, .stream = 4 }, .rho = sqrt (r_squared) };

  for (guint d = 0; d < DIM; d++) {
    double norm = 0;

    s.offset[d] = nn_random_normal (&s.random);
    for (guint i = 0; i < INPUTS; i++) {
      s.weights[d][i] = nn_random_normal (&s.random);
      norm += s.weights[d][i] * s.weights[d][i];
    }
    for (guint i = 0; i < INPUTS; i++)
      s.weights[d][i] /= sqrt (norm);
  }
  return s;
}

static void
source_draw (Source *s, double *x, float *y)
{
  for (guint i = 0; i < INPUTS; i++)
    x[i] = nn_random_normal (&s->random);
  for (guint d = 0; d < DIM; d++) {
    double sum = 0;

    for (guint i = 0; i < INPUTS; i++)
      sum += s->weights[d][i] * x[i];
    y[d]
        = (float)(s->offset[d] + s->rho * sum
                  + sqrt (1 - s->rho * s->rho) * nn_random_normal (&s->random));
  }
}

/* Regression on inputs that are known to be white. */
static Line
learn (Source *s)
{
  Line line = { 0 };

  for (guint n = 0; n < DRAWS; n++) {
    double x[INPUTS];
    float y[DIM];

    source_draw (s, x, y);
    for (guint d = 0; d < DIM; d++) {
      line.offset[d] += y[d] / DRAWS;
      for (guint i = 0; i < INPUTS; i++)
        line.slope[d][i] += (y[d] - s->offset[d]) * x[i] / DRAWS;
    }
  }
  return line;
}

static void
line_predict (const Line *line, const double *x, float *f)
{
  for (guint d = 0; d < DIM; d++) {
    double sum = line->offset[d];

    for (guint i = 0; i < INPUTS; i++)
      sum += line->slope[d][i] * x[i];
    f[d] = (float)sum;
  }
}

/* The null is the mean that was learnt; the model's predictions are `scale`
 * times as far from it as they should be. */
static void
draw_frames (
    Source *s, const Line *line, double scale, guint n, FrameErrors *frames)
{
  float mu[DIM], y[DIM], f[DIM];
  double x[INPUTS];

  for (guint d = 0; d < DIM; d++)
    mu[d] = (float)line->offset[d];
  for (guint i = 0; i < n; i++) {
    frames[i] = (FrameErrors){ 0 };
    for (guint p = 0; p < PATCHES; p++) {
      source_draw (s, x, y);
      line_predict (line, x, f);
      for (guint d = 0; d < DIM; d++)
        f[d] = (float)(mu[d] + scale * (f[d] - mu[d]));
      frame_errors_add (&frames[i], y, f, mu, DIM, 1.0);
    }
  }
}

static VInfoSnapshot *
measure (const FrameErrors *panel, const FrameErrors *reference)
{
  VInfoSnapshot *snapshot = g_new0 (VInfoSnapshot, 1);
  VInfoMaeConfig config;

  g_assert_true (vinfo_mae_config_named ("nano", &config, NULL));
  snapshot->ref_count = 1;
  snapshot->n_masks = 1;
  snapshot->live = vinfo_mae_new (&config, 0);
  snapshot->masks = masks_new (&config, 0);
  snapshot_measure (snapshot, PANEL, panel, reference);
  return snapshot;
}

static double
mean_pvi (const VInfoSnapshot *snapshot, const FrameErrors *frames, guint n)
{
  double mean = 0;

  for (guint i = 0; i < n; i++)
    mean += snapshot_score (snapshot, VINFO_SCORE_PVI, i, &frames[i], NULL).pvi
            / n;
  return mean;
}

static void
check_v_information (double r_squared, double scale, double alpha)
{
  double expected = -0.5 * log (1 - r_squared);
  Source source = source_new (r_squared);
  Line line = learn (&source);
  FrameErrors panel[PANEL], fresh[FRESH];
  g_autoptr (VInfoSnapshot) snapshot = NULL;

  draw_frames (&source, &line, scale, PANEL, panel);
  draw_frames (&source, &line, scale, FRESH, fresh);
  snapshot = measure (panel, NULL);
  g_test_message ("R2 %.2f: I_V %.5f on the panel, %.5f on fresh frames, "
                  "-log(1 - R2)/2 = %.5f",
      r_squared, vinfo_snapshot_get_iv (snapshot),
      mean_pvi (snapshot, fresh, FRESH), expected);
  g_assert_cmpfloat_with_epsilon (
      vinfo_snapshot_get_alpha (snapshot), alpha, 0.02 * alpha);
  g_assert_cmpfloat_with_epsilon (
      vinfo_snapshot_get_iv (snapshot), expected, 0.02 * expected);
  g_assert_cmpfloat_with_epsilon (
      mean_pvi (snapshot, fresh, FRESH), expected, 0.02 * expected);
}

static void
test_v_information_is_that_of_the_source (void)
{
  const double r_squared[] = { 0.2, 0.5, 0.8, 0.95 };

  for (guint i = 0; i < G_N_ELEMENTS (r_squared); i++)
    check_v_information (r_squared[i], 1.0, 1.0);
}

/* α undoes what a model exaggerates. */
static void
test_calibration_restores_an_exaggerating_predictor (void)
{
  check_v_information (0.5, 2.0, 0.5);
}

static void
test_what_cannot_be_predicted_has_no_v_information (void)
{
  Source source = source_new (0);
  Line line = learn (&source);
  FrameErrors panel[PANEL];
  g_autoptr (VInfoSnapshot) snapshot = NULL;

  draw_frames (&source, &line, 1.0, PANEL, panel);
  snapshot = measure (panel, NULL);
  g_assert_cmpfloat (vinfo_snapshot_get_iv (snapshot), >=, 0.0);
  g_assert_cmpfloat (vinfo_snapshot_get_iv (snapshot), <, 1e-3);
}

/* The live model does not look at half of the inputs, the reference does: gain
 * is what they explain, over twice the variance around the live model. */
static void
test_gain_is_the_error_that_the_reference_takes_away (void)
{
  const double r_squared = 0.6;
  double unseen = 0, expected, mean = 0;
  Source source = source_new (r_squared);
  Line whole = learn (&source), half = whole;
  FrameErrors live[PANEL], reference[PANEL];
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  NnRandom start;

  for (guint d = 0; d < DIM; d++) {
    for (guint i = INPUTS / 2; i < INPUTS; i++) {
      half.slope[d][i] = 0;
      unseen += r_squared * source.weights[d][i] * source.weights[d][i] / DIM;
    }
  }
  expected = unseen / (2 * (1 - r_squared + unseen));

  start = source.random;
  draw_frames (&source, &half, 1.0, PANEL, live);
  source.random = start; /* the same frames */
  draw_frames (&source, &whole, 1.0, PANEL, reference);
  snapshot = measure (live, reference);
  for (guint i = 0; i < PANEL; i++)
    mean += snapshot_score (
                snapshot, VINFO_SCORE_GAIN, i, &live[i], &reference[i])
                .gain
            / PANEL;
  g_assert_cmpfloat_with_epsilon (mean, expected, 0.02 * expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linear-gaussian/v-information-is-that-of-the-source",
      test_v_information_is_that_of_the_source);
  g_test_add_func (
      "/linear-gaussian/calibration-restores-an-exaggerating-predictor",
      test_calibration_restores_an_exaggerating_predictor);
  g_test_add_func (
      "/linear-gaussian/what-cannot-be-predicted-has-no-v-information",
      test_what_cannot_be_predicted_has_no_v_information);
  g_test_add_func (
      "/linear-gaussian/gain-is-the-error-that-the-reference-takes-away",
      test_gain_is_the_error_that_the_reference_takes_away);
  return g_test_run ();
}
