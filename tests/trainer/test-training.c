/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a number of steps comes to, whatever way they are taken. */
#include "trainer/vinfo-trainer.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mae/mae-private.h"
#include "scene.h"

#define BATCH 8

static VInfoTrainerConfig
make_config (void)
{
  VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;

  config.batch_size = BATCH;
  config.warmup_steps = 3;
  return config;
}

static VInfoTrainer *
trainer_new (const VInfoTrainerConfig *config)
{
  VInfoPredictorConfig predictor_config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (VInfoPredictor) predictor
      = vinfo_predictor_new (&predictor_config, NULL);

  return vinfo_trainer_new (predictor, config);
}

/* Takes the step with its own pictures; returns the loss. */
static double
take_step (VInfoTrainer *trainer, const gfloat *weights)
{
  guint64 step = vinfo_trainer_get_step (trainer);
  VInfoImage *images[BATCH];
  double loss;

  for (guint i = 0; i < BATCH; i++)
    images[i] = scene_new (step * BATCH + i, 40, 36);
  g_assert_true (
      vinfo_trainer_step (trainer, BATCH, images, weights, &loss, NULL));
  for (guint i = 0; i < BATCH; i++)
    vinfo_image_unref (images[i]);
  return loss;
}

/* (transfer full): what the trainer would publish */
static VInfoMae *
published (VInfoTrainer *trainer)
{
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *latest = g_build_filename (location, "latest", NULL);
  g_autofree char *command = g_strdup_printf ("rm -r '%s'", location);
  VInfoMae *mae;

  g_assert_true (vinfo_trainer_save (trainer, location, 1, NULL));
  mae = vinfo_mae_load (latest, NULL);
  g_assert_nonnull (mae);
  g_assert_cmpint (system (command), ==, 0);
  return mae;
}

static void
assert_same_weights (const VInfoMae *a, const VInfoMae *b)
{
  g_assert_cmpmem (a->parameters, a->n_parameters * sizeof (float),
      b->parameters, b->n_parameters * sizeof (float));
}

static void
check_restart (const VInfoTrainerConfig *config)
{
  g_autoptr (VInfoTrainer) whole = trainer_new (config);
  g_autoptr (VInfoTrainer) first = trainer_new (config);
  g_autoptr (VInfoTrainer) second = trainer_new (config);
  g_autofree char *location = g_dir_make_tmp ("vinfo-XXXXXX", NULL);
  g_autofree char *command = g_strdup_printf ("rm -r '%s'", location);
  g_autoptr (VInfoMae) a = NULL;
  g_autoptr (VInfoMae) b = NULL;
  gboolean restored;

  for (guint i = 0; i < 20; i++)
    take_step (whole, NULL);
  for (guint i = 0; i < 10; i++)
    take_step (first, NULL);
  g_assert_true (vinfo_trainer_save (first, location, 1, NULL));
  g_assert_true (vinfo_trainer_restore (second, location, &restored, NULL));
  g_assert_true (restored);
  for (guint i = 0; i < 10; i++)
    take_step (second, NULL);
  a = published (whole);
  b = published (second);
  assert_same_weights (a, b);
  g_assert_cmpint (system (command), ==, 0);
}

static void
test_twenty_steps_are_ten_a_restart_and_ten_bit_for_bit (void)
{
  VInfoTrainerConfig config = make_config ();

  check_restart (&config);
}

static void
test_a_restart_keeps_the_average_of_the_weights (void)
{
  VInfoTrainerConfig config = make_config ();

  config.ema_decay = 0.9;
  config.schedule = VINFO_SCHEDULE_COSINE;
  config.total_steps = 20;
  config.micro_batch = 3;
  check_restart (&config);
}

static void
test_micro_batches_add_up_to_the_batch (void)
{
  VInfoTrainerConfig config = make_config ();
  g_autoptr (VInfoTrainer) at_once = trainer_new (&config);
  g_autoptr (VInfoTrainer) in_parts = NULL;

  config.micro_batch = 3; /* 3 + 3 + 2 */
  in_parts = trainer_new (&config);
  for (guint i = 0; i < 6; i++) {
    double expected = take_step (at_once, NULL);

    g_assert_cmpfloat_with_epsilon (
        take_step (in_parts, NULL), expected, 1e-4 * expected);
  }
}

static void
test_weights_choose_what_counts (void)
{
  VInfoTrainerConfig config = make_config ();
  g_autoptr (VInfoTrainer) weighted = trainer_new (&config);
  g_autoptr (VInfoTrainer) plain = trainer_new (&config);
  g_autoptr (VInfoTrainer) single = trainer_new (&config);
  g_autoptr (VInfoImage) first = scene_new (0, 40, 36);
  const gfloat twos[BATCH] = { 2, 2, 2, 2, 2, 2, 2, 2 };
  const gfloat only_first[BATCH] = { 3 };
  double loss;

  g_assert_cmpfloat_with_epsilon (
      take_step (weighted, twos), take_step (plain, NULL), 1e-6);
  g_clear_object (&weighted);
  weighted = trainer_new (&config);
  g_assert_true (vinfo_trainer_step (single, 1, &first, NULL, &loss, NULL));
  g_assert_cmpfloat_with_epsilon (take_step (weighted, only_first), loss, 1e-5);
  g_assert_cmpfloat_with_epsilon (
      take_step (weighted, NULL), take_step (single, NULL), 1e-3);
}

/* After one step the decay is min(0.9, 2/11). */
static void
test_what_is_published_is_the_average (void)
{
  VInfoTrainerConfig config = make_config ();
  g_autoptr (VInfoTrainer) plain = trainer_new (&config);
  g_autoptr (VInfoTrainer) averaged = NULL;
  g_autoptr (VInfoMae) start = published (plain);
  g_autoptr (VInfoMae) raw = NULL;
  g_autoptr (VInfoMae) average = NULL;

  config.ema_decay = 0.9;
  averaged = trainer_new (&config);
  take_step (plain, NULL);
  take_step (averaged, NULL);
  raw = published (plain);
  average = published (averaged);
  for (gsize i = 0; i < raw->n_parameters; i += 97) {
    double expected
        = start->parameters[i]
          + (1 - 2.0 / 11) * (raw->parameters[i] - start->parameters[i]);

    g_assert_cmpfloat_with_epsilon (average->parameters[i], expected, 1e-6);
  }
}

static void
test_evaluation_repeats_and_falls_in_training (void)
{
  VInfoTrainerConfig config = make_config ();
  g_autoptr (VInfoTrainer) trainer = trainer_new (&config);
  g_autoptr (GPtrArray) images
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  double before;

  for (guint i = 0; i < 19; i++)
    g_ptr_array_add (images, scene_new (900 + i, 40, 36));
  before = vinfo_trainer_evaluate (
      trainer, images->len, (VInfoImage *const *)images->pdata);
  g_assert_cmpfloat (before, ==,
      vinfo_trainer_evaluate (
          trainer, images->len, (VInfoImage *const *)images->pdata));
  for (guint i = 0; i < 30; i++)
    take_step (trainer, NULL);
  g_assert_cmpfloat (vinfo_trainer_evaluate (trainer, images->len,
                         (VInfoImage *const *)images->pdata),
      <, 0.7 * before);
}

static void
test_training_in_bf16_comes_as_far (void)
{
  g_autoptr (GPtrArray) images
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
  double losses[2];

  for (guint i = 0; i < 19; i++)
    g_ptr_array_add (images, scene_new (900 + i, 40, 36));
  for (VInfoDtype dtype = VINFO_DTYPE_F32; dtype <= VINFO_DTYPE_BF16; dtype++) {
    VInfoTrainerConfig config = make_config ();
    g_autoptr (VInfoTrainer) trainer = NULL;

    config.dtype = dtype;
    trainer = trainer_new (&config);
    for (guint i = 0; i < 60; i++)
      take_step (trainer, NULL);
    losses[dtype] = vinfo_trainer_evaluate (
        trainer, images->len, (VInfoImage *const *)images->pdata);
  }
  g_test_message ("f32 %g, bf16 %g", losses[0], losses[1]);
  g_assert_cmpfloat (losses[1], !=, losses[0]);
  g_assert_cmpfloat (fabs (losses[1] / losses[0] - 1), <, 0.03);
}

/* The pool's size is fixed for a process, so each size gets its own. */
static void
test_threads_do_not_change_a_bit (void)
{
  char *outputs[2];

  for (guint i = 0; i < 2; i++) {
    g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
    const char *argv[] = { self, "--print-losses", NULL };
    g_auto (GStrv) environment = g_environ_setenv (
        g_get_environ (), "VINFO_THREADS", i == 0 ? "1" : "2", TRUE);
    gint status;

    g_assert_true (g_spawn_sync (NULL, (char **)argv, environment,
        G_SPAWN_DEFAULT, NULL, NULL, &outputs[i], NULL, &status, NULL));
    g_assert_cmpint (status, ==, 0);
  }
  g_assert_cmpint (strlen (outputs[0]), >, 100);
  g_assert_cmpstr (outputs[0], ==, outputs[1]);
  g_free (outputs[0]);
  g_free (outputs[1]);
}

static void
print_losses (VInfoDtype dtype)
{
  VInfoTrainerConfig config = make_config ();
  g_autoptr (VInfoTrainer) trainer = NULL;
  g_autoptr (VInfoMae) mae = NULL;
  double sum = 0;

  config.dtype = dtype;
  trainer = trainer_new (&config);
  for (guint i = 0; i < 8; i++)
    g_print ("%a\n", take_step (trainer, NULL));
  mae = published (trainer);
  for (gsize i = 0; i < mae->n_parameters; i++)
    sum += mae->parameters[i];
  g_print ("%a\n", sum);
}

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "--print-losses") == 0) {
    print_losses (VINFO_DTYPE_F32);
    print_losses (VINFO_DTYPE_BF16);
    return 0;
  }

  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/training/twenty-steps-are-ten-a-restart-and-ten-bit-for-bit",
      test_twenty_steps_are_ten_a_restart_and_ten_bit_for_bit);
  g_test_add_func ("/training/a-restart-keeps-the-average-of-the-weights",
      test_a_restart_keeps_the_average_of_the_weights);
  g_test_add_func ("/training/micro-batches-add-up-to-the-batch",
      test_micro_batches_add_up_to_the_batch);
  g_test_add_func (
      "/training/weights-choose-what-counts", test_weights_choose_what_counts);
  g_test_add_func ("/training/what-is-published-is-the-average",
      test_what_is_published_is_the_average);
  g_test_add_func ("/training/evaluation-repeats-and-falls-in-training",
      test_evaluation_repeats_and_falls_in_training);
  g_test_add_func (
      "/training/bf16-comes-as-far", test_training_in_bf16_comes_as_far);
  g_test_add_func ("/training/threads-do-not-change-a-bit",
      test_threads_do_not_change_a_bit);
  return g_test_run ();
}
