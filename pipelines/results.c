/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a run leaves behind.
 */
#include "results.h"

#include "contact-sheet.h"
#include "store/vinfo-store.h"
#include "summary.h"
#include "trainer/vinfo-trainer.h"

/* A run without training, or too short for it, leaves a predictor too. */
static gboolean
save_predictor (Pipeline *pipeline, GError **error)
{
  const VInfoTrainerConfig config = VINFO_TRAINER_CONFIG_INIT;
  g_autofree char *latest
      = g_build_filename (pipeline->predictor, "latest", NULL);
  g_autoptr (VInfoPredictor) predictor = pipeline_dup_predictor (pipeline);
  g_autoptr (VInfoTrainer) trainer = NULL;

  if (!predictor || g_file_test (latest, G_FILE_TEST_EXISTS))
    return TRUE;
  trainer = vinfo_trainer_new (predictor, &config);
  return vinfo_trainer_save (trainer, pipeline->predictor, 0, error);
}

static gboolean
write_contact_sheet (const RunOptions *options, const Pipeline *pipeline,
    const RunStats *stats, GError **error)
{
  g_autofree char *panel = summary_describe_panel (stats);
  g_autofree char *file
      = g_build_filename (options->out, "contact-sheet.png", NULL);
  g_autoptr (VInfoStore) store = vinfo_store_open (pipeline->store, error);

  return store
         && contact_sheet_write (store, pipeline->inputs,
             options->score ? options->score : "gain",
             options->policy ? options->policy : "vinfo", panel, file, error);
}

/* Keeps the first error and says whether there was none. */
static gboolean
note (gboolean done, GError **first, GError **error)
{
  if (!done && !*first)
    *first = g_steal_pointer (error);
  g_clear_error (error);
  return done;
}

gboolean
results_write (const RunOptions *options, Pipeline *pipeline,
    const RunStats *stats, GError **error)
{
  g_autofree char *summary
      = g_build_filename (options->out, "summary.json", NULL);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GError) first = NULL;

  note (save_predictor (pipeline, &problem), &first, &problem);
  note (write_contact_sheet (options, pipeline, stats, &problem), &first,
      &problem);
  note (summary_write (stats, summary, &problem), &first, &problem);
  if (!first)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}
