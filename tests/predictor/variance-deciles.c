/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* variance-deciles MODEL: how well estimator=learned knows its own errors. Takes
 * names of pictures from standard input and prints a line of JSON for each tenth
 * of their masked patches, by the variance that was predicted for them: the mean
 * of that, the mean squared error that came, and how many. */
#include <stdio.h>
#include <stdlib.h>

#include "predictor/snapshot-private.h"
#include "predictor/vinfo-predictor.h"

#define TENTHS 10

typedef struct {
  double variance, error;
} Pair;

typedef struct {
  const VInfoSnapshot *snapshot;
  Evaluator *evaluator;
  float *patches;    /* [N, D] of one picture */
  PatchTerms *terms; /* [learned_n_terms()] of it */
  GArray *pairs;     /* of Pair */
} Survey;

static VInfoPredictor *
load (const char *location)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autoptr (GError) error = NULL;
  VInfoPredictor *predictor;

  config.location = location;
  config.estimator = VINFO_ESTIMATOR_LEARNED;
  config.reference = VINFO_REFERENCE_SELF;
  predictor = vinfo_predictor_new (&config, &error);
  if (!predictor)
    g_printerr ("variance-deciles: %s\n", error->message);
  else if (!vinfo_predictor_has_learned (predictor)) {
    g_printerr ("variance-deciles: %s: no learnt estimators\n", location);
    g_clear_object (&predictor);
  }
  return predictor;
}

static VInfoImage *
read_picture (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *data = NULL;
  VInfoImage *image = NULL;
  gsize size;

  if (g_file_get_contents (path, &data, &size, &error)) {
    bytes = g_bytes_new_take (g_steal_pointer (&data), size);
    image = vinfo_image_decode (bytes, path, &error);
  }
  if (!image)
    g_printerr ("variance-deciles: %s\n", error->message);
  return image;
}

static void
survey (Survey *self, VInfoImage *image)
{
  const VInfoSnapshot *snapshot = self->snapshot;
  const Masks *masks = snapshot->masks;
  guint n_masked = masks->n_patches - masks->n_visible;
  Evaluation what = snapshot_evaluation (snapshot, snapshot->live);
  FrameErrors errors;

  what.terms = self->terms;
  evaluator_patchify (
      vinfo_mae_get_config (snapshot->live), &image, 1, self->patches);
  evaluator_run (self->evaluator, &what, 1, self->patches, &errors);
  for (gsize i = 0; i < learned_n_terms (masks, snapshot->n_masks); i++) {
    guint mask = (guint)(i / n_masked);
    guint patch = masks_order (masks, mask)[masks->n_visible + i % n_masked];
    Pair pair;

    learned_variance (
        snapshot->learned, patch, &self->terms[i], &pair.variance, &pair.error);
    g_array_append_val (self->pairs, pair);
  }
}

static gboolean
survey_all (Survey *self)
{
  char path[4096];

  while (fgets (path, sizeof path, stdin)) {
    g_autoptr (VInfoImage) image = read_picture (g_strchomp (path));

    if (!image)
      return FALSE;
    survey (self, image);
  }
  return self->pairs->len >= TENTHS;
}

static int
compare_variances (gconstpointer a, gconstpointer b)
{
  const Pair *x = a, *y = b;

  return (x->variance > y->variance) - (x->variance < y->variance);
}

static void
print_tenth (const Pair *pairs, guint n, guint tenth)
{
  double variance = 0, error = 0;

  for (guint i = 0; i < n; i++) {
    variance += pairs[i].variance / n;
    error += pairs[i].error / n;
  }
  printf ("{\"tenth\":%u,\"patches\":%u,\"variance\":%.6g,\"error\":%.6g,"
          "\"ratio\":%.4f}\n",
      tenth, n, variance, error, error / variance);
}

static void
print_tenths (GArray *pairs)
{
  g_array_sort (pairs, compare_variances);
  for (guint tenth = 0; tenth < TENTHS; tenth++) {
    guint begin = (guint)((guint64)pairs->len * tenth / TENTHS);
    guint end = (guint)((guint64)pairs->len * (tenth + 1) / TENTHS);

    print_tenth (&g_array_index (pairs, Pair, begin), end - begin, tenth + 1);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (VInfoPredictor) predictor = argc == 2 ? load (argv[1]) : NULL;
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  Survey self;
  gboolean ok;

  if (!predictor)
    return EXIT_FAILURE;
  snapshot = vinfo_predictor_get_snapshot (predictor);
  if (!snapshot->learned) {
    g_printerr ("variance-deciles: %s: no panel\n", argv[1]);
    return EXIT_FAILURE;
  }
  self = (Survey){ .snapshot = snapshot,
    .evaluator = evaluator_new (),
    .patches = g_new (float, (gsize)snapshot->masks->n_patches *mae_patch_dim (
                                 vinfo_mae_get_config (snapshot->live))),
    .terms
    = g_new (PatchTerms, learned_n_terms (snapshot->masks, snapshot->n_masks)),
    .pairs = g_array_new (FALSE, FALSE, sizeof (Pair)) };
  ok = survey_all (&self);
  if (ok)
    print_tenths (self.pairs);
  evaluator_free (self.evaluator);
  g_free (self.patches);
  g_free (self.terms);
  g_array_unref (self.pairs);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
