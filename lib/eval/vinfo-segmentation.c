/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/vinfo-segmentation.h"

#include "eval/logistic-regression-private.h"
#include "eval/segmentation-private.h"
#include "eval/vinfo-features.h"
#include "eval/whitening-private.h"

typedef struct {
  const VInfoMae *mae;
  guint side;  /* patches a row */
  guint width; /* of a token */
  Whitening standard;
  LogisticRegression regression;
} Head;

/* Returns: (transfer full): [n·side², width], as the encoder leaves them */
static float *
encode (const Head *self, guint n, VInfoImage *const *images)
{
  float *tokens
      = g_new (float, (gsize)n * self->side * self->side * self->width);

  vinfo_features_encode (self->mae, n, images, NULL, tokens);
  return tokens;
}

/* targets: [n·side², 2], background and object */
static float *
make_targets (const Head *self, const VInfoSegmentationSet *set)
{
  gsize n_patches = (gsize)self->side * self->side;
  float *targets = g_new (float, set->n *n_patches * 2);

  for (guint i = 0; i < set->n; i++) {
    float *rows = targets + i * n_patches * 2;
    const VInfoMask *mask = set->masks[i];
    g_autofree float *shares = g_new (float, n_patches);

    segmentation_shares (mask->pixels, mask->height, mask->width, shares,
        self->side, self->side);
    for (gsize p = 0; p < n_patches; p++) {
      rows[2 * p] = 1 - shares[p];
      rows[2 * p + 1] = shares[p];
    }
  }
  return targets;
}

static gboolean
head_fit (
    Head *self, const VInfoSegmentationSet *set, double penalty, GError **error)
{
  guint n = set->n * self->side * self->side;
  g_autofree float *tokens = encode (self, set->n, set->images);
  g_autofree float *targets = make_targets (self, set);
  g_autofree float *rows = NULL;

  whitening_fit (&self->standard, tokens, n, self->width, FALSE);
  rows = whitening_apply (&self->standard, tokens, n);
  if (logistic_regression_fit (
          &self->regression, rows, n, self->width, targets, 2, penalty, error))
    return TRUE;
  whitening_finish (&self->standard);
  return FALSE;
}

static void
head_finish (Head *self)
{
  logistic_regression_finish (&self->regression);
  whitening_finish (&self->standard);
}

/* shares: [side²], of the object */
static void
predict_shares (const Head *self, VInfoImage *image, float *shares)
{
  guint n = self->side * self->side;
  g_autofree float *tokens = encode (self, 1, &image);
  g_autofree float *rows = whitening_apply (&self->standard, tokens, n);
  g_autofree float *probabilities = g_new (float, 2 * (gsize)n);

  logistic_regression_predict (&self->regression, rows, n, probabilities);
  for (guint p = 0; p < n; p++)
    shares[p] = probabilities[2 * p + 1];
}

static void
count (const Head *self, VInfoImage *image, const VInfoMask *mask,
    SegmentationCounts *counts)
{
  gsize n = (gsize)mask->width * mask->height;
  g_autofree float *shares = g_new (float, (gsize)self->side * self->side);
  g_autofree float *map = g_new (float, n);
  g_autofree guint8 *predicted = g_new (guint8, n);

  predict_shares (self, image, shares);
  segmentation_upsample (
      shares, self->side, self->side, map, mask->height, mask->width);
  for (gsize i = 0; i < n; i++)
    predicted[i] = map[i] > 0.5f;
  segmentation_counts_add (counts, predicted, mask->pixels, n);
}

gboolean
vinfo_segmentation_measure (const VInfoMae *mae,
    const VInfoSegmentationSet *training, const VInfoSegmentationSet *test,
    gdouble penalty, VInfoSegmentation *segmentation, GError **error)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (mae);
  Head head = { .mae = mae,
    .side = config->image_size / config->patch_size,
    .width = config->hidden_size };
  SegmentationCounts counts = { 0 };

  g_return_val_if_fail (training->n > 0 && test->n > 0, FALSE);
  if (!head_fit (&head, training, penalty, error))
    return FALSE;
  for (guint i = 0; i < test->n; i++)
    count (&head, test->images[i], test->masks[i], &counts);
  head_finish (&head);
  segmentation->mean_iou = segmentation_counts_mean_iou (&counts);
  segmentation->dice = segmentation_counts_mean_dice (&counts);
  return TRUE;
}
