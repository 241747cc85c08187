/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* estimator=learned on pictures whose variances are known: one half is bright
 * and noisy, the other dark and calm, and which is which a patch's neighbours
 * tell. */
#include "trainer/vinfo-trainer.h"

#include <math.h>
#include <string.h>

#include "../mae/temporary-directory.h"
#include "mae/mae-private.h"
#include "nn/random-private.h"
#include "predictor/predictor-private.h"
#include "predictor/snapshot-private.h"
#include "predictor/vinfo-scorer.h"

#define SIDE 32
#define BATCH 16
#define STEPS 250
#define CALM 12.0 /* standard deviations in grey levels */
#define NOISY 36.0

static gboolean
is_bright (guint64 seed, guint x)
{
  return (nn_mix (seed, 77) & 1) == (x < SIDE / 2);
}

static VInfoImage *
draw (guint64 seed)
{
  NnRandom random = { .seed = seed, .stream = 8 };
  guint8 rgb[SIDE * SIDE * 3];

  for (guint i = 0; i < sizeof rgb; i++) {
    gboolean bright = is_bright (seed, i / 3 % SIDE);
    double value = (bright ? 140 : 90)
                   + (bright ? NOISY : CALM) * nn_random_normal (&random);

    rgb[i] = (guint8)CLAMP (lround (value), 0, 255);
  }
  return vinfo_image_new_from_data (SIDE, SIDE, 3 * SIDE, rgb);
}

static void
draw_many (guint64 first, guint n, VInfoImage **images)
{
  for (guint i = 0; i < n; i++)
    images[i] = draw (first + i);
}

static void
drop_many (guint n, VInfoImage **images)
{
  for (guint i = 0; i < n; i++)
    vinfo_image_unref (images[i]);
}

static VInfoPredictor *
predictor_new (VInfoEstimator estimator)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoPredictor *predictor;

  config.estimator = estimator;
  config.reference = VINFO_REFERENCE_SELF;
  config.panel_size = 64;
  config.masks = 4;
  predictor = vinfo_predictor_new (&config, NULL);
  g_assert_nonnull (predictor);
  for (guint64 i = 0; i < 1300; i++) {
    g_autoptr (VInfoImage) image = draw (1000000 + i);

    vinfo_predictor_observe (predictor, nn_mix (i, 1), image);
  }
  return predictor;
}

static VInfoTrainer *
trainer_new (VInfoPredictor *predictor, double ema_decay)
{
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;

  config.batch_size = BATCH;
  config.micro_batch = BATCH / 2;
  config.min_crop = 1;
  config.ema_decay = ema_decay;
  return vinfo_trainer_new (predictor, &config);
}

static void
train (VInfoTrainer *trainer, guint64 first, guint steps)
{
  for (guint64 step = first; step < first + steps; step++) {
    VInfoImage *images[BATCH];
    double loss;

    draw_many (step * BATCH, BATCH, images);
    g_assert_true (
        vinfo_trainer_step (trainer, BATCH, images, NULL, &loss, NULL));
    drop_many (BATCH, images);
  }
}

/* A trained predictor, made once. */
static VInfoPredictor *
trained (void)
{
  static VInfoPredictor *predictor;

  if (!predictor) {
    g_autoptr (VInfoTrainer) trainer = NULL;

    predictor = predictor_new (VINFO_ESTIMATOR_LEARNED);
    trainer = trainer_new (predictor, 0);
    train (trainer, 0, STEPS);
    g_assert_true (vinfo_trainer_publish (trainer, NULL));
  }
  return predictor;
}

/* Of a standardised value: sd², and what rounding adds, over the channels. */
static double
true_variance (const VInfoMaeConfig *config, double sd)
{
  double sum = 0;

  for (guint c = 0; c < 3; c++)
    sum += (sd * sd + 1.0 / 12)
           / (255 * config->image_std[c] * 255 * config->image_std[c]) / 3;
  return sum;
}

/* Mean variance that the conditional gives the masked patches of each half. */
static void
mean_variances (const VInfoSnapshot *snapshot, double *calm, double *noisy)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (snapshot->live);
  const Learned *learned = snapshot->learned;
  gsize n_terms = learned_n_terms (snapshot->masks, snapshot->n_masks);
  guint n_masked = (guint)(n_terms / snapshot->n_masks), width = SIDE / 4;
  g_autofree PatchTerms *terms = g_new (PatchTerms, 8 * n_terms);
  g_autofree float *patches = g_new (float, 8 * 64 * 48);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  Evaluation what = snapshot_evaluation (snapshot, snapshot->live);
  VInfoImage *images[8];
  FrameErrors errors[8];
  double sums[2] = { 0 }, counts[2] = { 0 };

  draw_many (2000000, 8, images);
  what.terms = terms;
  evaluator_patchify (config, images, 8, patches);
  evaluator_run (evaluator, &what, 8, patches, errors);
  drop_many (8, images);
  for (gsize i = 0; i < 8 * n_terms; i++) {
    guint mask = (guint)(i / n_masked % snapshot->n_masks);
    guint patch = masks_order (
        snapshot->masks, mask)[snapshot->masks->n_visible + i % n_masked];
    gboolean bright = is_bright (2000000 + i / n_terms, patch % width * 4);
    double v = learned->null.b * learned->null_log_variances[patch]
               + learned->null.c;

    v += learned->conditional.b * (terms[i].h - v) + learned->conditional.c;
    sums[bright] += exp (v);
    counts[bright]++;
  }
  *calm = sums[0] / counts[0];
  *noisy = sums[1] / counts[1];
}

static void
test_variances_are_the_true_ones (void)
{
  g_autoptr (VInfoSnapshot) snapshot
      = vinfo_predictor_get_snapshot (trained ());
  const VInfoMaeConfig *config = vinfo_mae_get_config (snapshot->live);
  double calm, noisy;
  double true_calm = true_variance (config, CALM);
  double true_noisy = true_variance (config, NOISY);

  mean_variances (snapshot, &calm, &noisy);
  g_test_message ("calm %.5f of %.5f, noisy %.5f of %.5f; closed %.5f", calm,
      true_calm, noisy, true_noisy, snapshot->live_side.sigma2);
  g_assert_cmpfloat (fabs (calm / true_calm - 1), <, 0.05);
  g_assert_cmpfloat (fabs (noisy / true_noisy - 1), <, 0.05);
}

static void
test_what_puts_variances_right_is_told (void)
{
  g_autoptr (VInfoPredictor) predictor
      = predictor_new (VINFO_ESTIMATOR_LEARNED);
  g_autoptr (VInfoPredictor) closed = predictor_new (VINFO_ESTIMATOR_CLOSED);
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoSnapshot) without = vinfo_predictor_get_snapshot (closed);
  double variance, factor;

  snapshot->learned->recalibration = (Recalibration){ .n = 2,
    .at = { log (0.25), log (0.5) },
    .factor = { log (0.875), log (1.125) } };
  g_assert_true (
      vinfo_snapshot_get_variance_factor (snapshot, 1, &variance, &factor));
  g_assert_cmpfloat_with_epsilon (variance, 0.5, 1e-12);
  g_assert_cmpfloat_with_epsilon (factor, 1.125, 1e-12);
  g_assert_false (
      vinfo_snapshot_get_variance_factor (snapshot, 2, &variance, &factor));
  g_assert_false (
      vinfo_snapshot_get_variance_factor (without, 0, &variance, &factor));
}

/* New pictures, so that no fit to the panel helps. */
static void
test_unseen_pictures_are_likelier_than_under_one_variance (void)
{
  g_autoptr (VInfoSnapshot) snapshot
      = vinfo_predictor_get_snapshot (trained ());
  const VInfoMaeConfig *config = vinfo_mae_get_config (snapshot->live);
  g_autofree float *patches = g_new (float, 8 * 64 * 48);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  Evaluation what = snapshot_evaluation (snapshot, snapshot->live);
  const Calibration *closed = &snapshot->live_side;
  double closed_nll = 0, learned_nll = 0, ideal;
  VInfoImage *images[8];
  FrameErrors errors[8];

  draw_many (3000000, 8, images);
  evaluator_patchify (config, images, 8, patches);
  evaluator_run (evaluator, &what, 8, patches, errors);
  drop_many (8, images);
  for (guint i = 0; i < 8; i++) {
    closed_nll += (0.5 * log (2 * G_PI * closed->sigma2)
                      + frame_error_model (&errors[i], closed->alpha)
                            / (2 * closed->sigma2))
                  / 8;
    learned_nll += errors[i].h_x / 8;
  }
  ideal = 0.5 * log (2 * G_PI) + 0.5 + 0.25 * log (true_variance (config, CALM))
          + 0.25 * log (true_variance (config, NOISY));
  g_test_message ("closed %.4f, learned %.4f, ideal %.4f; panel: closed %.4f, "
                  "learned %.4f, null closed %.4f learned %.4f",
      closed_nll, learned_nll, ideal,
      vinfo_snapshot_get_h_x (snapshot, VINFO_ESTIMATOR_CLOSED),
      vinfo_snapshot_get_h_x (snapshot, VINFO_ESTIMATOR_LEARNED),
      vinfo_snapshot_get_h_null (snapshot, VINFO_ESTIMATOR_CLOSED),
      vinfo_snapshot_get_h_null (snapshot, VINFO_ESTIMATOR_LEARNED));
  g_assert_cmpfloat (learned_nll, <, closed_nll - 0.1);
  g_assert_cmpfloat (learned_nll, >, ideal - 0.02);
  g_assert_cmpfloat (learned_nll, <, ideal + 0.05);
}

static void
assert_information_is_pvi (VInfoPredictor *predictor)
{
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  guint n = snapshot->panel_size;
  g_autofree VInfoScore *scores = g_new (VInfoScore, n);
  g_autofree guint64 *ids = g_new0 (guint64, n);
  double iv = vinfo_snapshot_get_iv (snapshot), mean = 0, h_x = 0;

  vinfo_scorer_score (scorer, snapshot, VINFO_SCORE_PVI, n,
      (VInfoImage *const *)snapshot->live_pass->images->pdata, ids, scores,
      NULL);
  for (guint i = 0; i < n; i++) {
    mean += scores[i].pvi / n;
    h_x += scores[i].h_x / n;
    g_assert_cmpfloat_with_epsilon (
        scores[i].h_null - scores[i].h_x, scores[i].pvi, 1e-4);
  }
  g_assert_cmpfloat_with_epsilon (
      h_x, vinfo_snapshot_get_h_x (snapshot, VINFO_ESTIMATOR_LEARNED), 1e-4);
  g_test_message ("I_V %.5f", iv);
  g_assert_cmpfloat (iv, >=, 0);
  g_assert_cmpfloat_with_epsilon (mean, iv, 1e-4);
  g_assert_cmpint (
      vinfo_snapshot_get_estimator (snapshot), ==, VINFO_ESTIMATOR_LEARNED);
}

/* Also where the heads know nothing, and where they are wrong: calibration on
 * the panel can always fall back on the null. */
static void
test_panel_information_is_mean_pvi_and_never_negative (void)
{
  g_autoptr (VInfoPredictor) untrained
      = predictor_new (VINFO_ESTIMATOR_LEARNED);
  g_autoptr (VInfoMae) mae = vinfo_predictor_get_newest (untrained);
  g_autoptr (Heads) heads = heads_new (vinfo_mae_get_config (mae));
  NnRandom random = { .seed = 3 };

  assert_information_is_pvi (untrained);
  assert_information_is_pvi (trained ());
  for (gsize i = 0; i < heads_size (heads); i++)
    heads->parameters[i] = (float)nn_random_normal (&random);
  g_assert_true (predictor_publish (untrained, mae, heads, NULL));
  assert_information_is_pvi (untrained);
}

static gboolean
same_parameters (VInfoTrainer *a, VInfoTrainer *b, VInfoPredictor *of_a,
    VInfoPredictor *of_b)
{
  g_autoptr (VInfoMae) x = NULL;
  g_autoptr (VInfoMae) y = NULL;

  g_assert_true (vinfo_trainer_publish (a, NULL));
  g_assert_true (vinfo_trainer_publish (b, NULL));
  x = vinfo_predictor_get_newest (of_a);
  y = vinfo_predictor_get_newest (of_b);
  return memcmp (x->parameters, y->parameters,
             x->n_parameters * sizeof *x->parameters)
         == 0;
}

static void
test_the_models_weights_are_those_of_training_without (void)
{
  g_autoptr (VInfoPredictor) with = predictor_new (VINFO_ESTIMATOR_LEARNED);
  g_autoptr (VInfoPredictor) without = predictor_new (VINFO_ESTIMATOR_CLOSED);
  g_autoptr (VInfoTrainer) a = trainer_new (with, 0);
  g_autoptr (VInfoTrainer) b = trainer_new (without, 0);

  train (a, 0, 25);
  train (b, 0, 25);
  g_assert_true (same_parameters (a, b, with, without));
}

static Heads *
published_heads (VInfoTrainer *trainer, VInfoPredictor *predictor)
{
  g_assert_true (vinfo_trainer_publish (trainer, NULL));
  return predictor_get_newest_heads (predictor);
}

/* The heads' part of "20 steps are 10 + restart + 10", and that they are what
 * the predictor's file holds. */
static void
test_interrupted_training_goes_on_bit_for_bit (gconstpointer data)
{
  double ema_decay = GPOINTER_TO_INT (data) / 100.0;
  char *directory = temporary_directory_new ();
  g_autoptr (VInfoPredictor) whole = predictor_new (VINFO_ESTIMATOR_LEARNED);
  g_autoptr (VInfoPredictor) second = predictor_new (VINFO_ESTIMATOR_LEARNED);
  g_autoptr (VInfoTrainer) a = trainer_new (whole, ema_decay);
  g_autoptr (VInfoTrainer) b = trainer_new (second, ema_decay);
  g_autoptr (Heads) expected = NULL;
  g_autoptr (Heads) resumed = NULL;
  gboolean restored;

  train (a, 0, 15);
  g_assert_true (vinfo_trainer_save (a, directory, 1, NULL));
  g_assert_true (vinfo_trainer_restore (b, directory, &restored, NULL));
  g_assert_true (restored);
  train (a, 15, 15);
  train (b, 15, 15);
  expected = published_heads (a, whole);
  resumed = published_heads (b, second);
  g_assert_cmpmem (expected->parameters, heads_size (expected) * sizeof (float),
      resumed->parameters, heads_size (resumed) * sizeof (float));
  temporary_directory_free (directory);
}

static void
test_a_saved_predictor_has_its_estimators (void)
{
  char *directory = temporary_directory_new ();
  g_autoptr (VInfoTrainer) trainer = trainer_new (trained (), 0);
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) loaded = NULL;
  g_autoptr (Heads) saved = predictor_get_newest_heads (trained ());
  g_autoptr (Heads) read = NULL;

  g_assert_true (vinfo_trainer_save (trainer, directory, 1, NULL));
  config.location = directory;
  config.estimator = VINFO_ESTIMATOR_LEARNED;
  config.reference = VINFO_REFERENCE_SELF;
  loaded = vinfo_predictor_new (&config, NULL);
  read = predictor_get_newest_heads (loaded);
  g_assert_cmpmem (saved->parameters, heads_size (saved) * sizeof (float),
      read->parameters, heads_size (read) * sizeof (float));
  g_assert_cmpfloat_with_epsilon (vinfo_predictor_get_iv (loaded),
      vinfo_predictor_get_iv (trained ()), 1e-9);
  temporary_directory_free (directory);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/learned/variances-are-the-true-ones", test_variances_are_the_true_ones);
  g_test_add_func ("/learned/what-puts-variances-right-is-told",
      test_what_puts_variances_right_is_told);
  g_test_add_func ("/learned/unseen-pictures-are-likelier-than-by-one-variance",
      test_unseen_pictures_are_likelier_than_under_one_variance);
  g_test_add_func ("/learned/panel-information-is-mean-pvi-and-never-negative",
      test_panel_information_is_mean_pvi_and_never_negative);
  g_test_add_func ("/learned/the-models-weights-are-those-of-training-without",
      test_the_models_weights_are_those_of_training_without);
  g_test_add_data_func ("/learned/interrupted-training-goes-on-bit-for-bit",
      GINT_TO_POINTER (0), test_interrupted_training_goes_on_bit_for_bit);
  g_test_add_data_func ("/learned/interrupted-averaging-goes-on-bit-for-bit",
      GINT_TO_POINTER (90), test_interrupted_training_goes_on_bit_for_bit);
  g_test_add_func ("/learned/a-saved-predictor-has-its-estimators",
      test_a_saved_predictor_has_its_estimators);
  status = g_test_run ();
  g_object_unref (trained ());
  return status;
}
