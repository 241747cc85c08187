/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From models and panel to a snapshot: α, σ², s², centre, η and the panel's
 * score quantiles, all on the same masked values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "predictor/direction-private.h"
#include "predictor/snapshot-private.h"

/* η before a panel, and its bounds: a fixed one merges different sources. */
#define DUPLICATE_COSINE 0.95
#define DUPLICATE_COSINE_MIN 0.90
#define DUPLICATE_COSINE_MAX 0.995
/* η lies above this share of the cosines between a panel frame and its nearest
 * neighbour that looks different. */
#define DUPLICATE_QUANTILE 0.75
/* Root mean square of luma thumbnails beyond which frames look different. */
#define LOOKS_DIFFERENT 6.0f

/* A model's pass over the panel, by way of what the snapshot before knows. */
static PanelPass *
pass_panel (
    const SnapshotParts *parts, VInfoMae *mae, gboolean want_self, Heads *heads)
{
  const PanelView view = { mae, parts->masks, parts->n_masks, parts->mu,
    want_self, heads, parts->dtype };
  const PanelPass *passes[] = { parts->before ? parts->before->live_pass : NULL,
    parts->before ? parts->before->reference_pass : NULL };

  for (guint i = 0; i < G_N_ELEMENTS (passes); i++)
    if (passes[i] && panel_view_covers (&passes[i]->view, &view))
      return panel_pass_new (&view, parts->panel, passes[i]);
  return panel_pass_new (&view, parts->panel, NULL);
}

/* Appends the raw embeddings of pictures to rows. */
static void
embed (const SnapshotParts *parts, GPtrArray *images, float *rows)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (parts->live);
  gsize frame = (gsize)mae_n_patches (config) * mae_patch_dim (config);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  g_autofree float *patches = g_new (float, EVALUATOR_MAX_FRAMES *frame);
  Evaluation what = { .mae = parts->live,
    .masks = parts->masks,
    .n_masks = parts->n_masks,
    .dtype = parts->dtype };

  for (guint i = 0; i < images->len; i += EVALUATOR_MAX_FRAMES) {
    guint count = MIN (EVALUATOR_MAX_FRAMES, images->len - i);

    evaluator_patchify (
        config, (VInfoImage *const *)images->pdata + i, count, patches);
    what.embeddings = rows + (gsize)i * config->hidden_size;
    evaluator_embed (evaluator, &what, count, patches);
  }
}

/* What the panel and the pictures trained on look like to the live weights.
 * panel_rows: [panel, hidden_size], raw */
static void
measure_ood (
    VInfoSnapshot *self, const SnapshotParts *parts, const float *panel_rows)
{
  guint width = vinfo_mae_get_config (parts->live)->hidden_size;
  guint n_panel = parts->panel->len;
  guint n = n_panel + (parts->exemplars ? parts->exemplars->len : 0);
  g_autofree float *rows = NULL;

  if (parts->ood || parts->ood_kind == VINFO_OOD_NONE) {
    self->ood = parts->ood ? ood_ref (parts->ood) : NULL;
    return;
  }
  rows = g_new (float, (gsize)n *width);
  memcpy (rows, panel_rows, (gsize)n_panel * width * sizeof *rows);
  if (n > n_panel)
    embed (parts, parts->exemplars, rows + (gsize)n_panel * width);
  self->ood = ood_new (rows, n, width);
}

/* One grey level squared, in standardised pixel units: no variance is smaller. */
static double
variance_floor (const VInfoMaeConfig *config)
{
  double sum = 0;

  for (guint c = 0; c < config->num_channels; c++)
    sum += 1.0 / (255.0 * config->image_std[c] * 255.0 * config->image_std[c]);
  return sum / config->num_channels;
}

static FrameErrors
sum_errors (const FrameErrors *errors, guint n)
{
  FrameErrors sum = { 0 };

  for (guint i = 0; i < n; i++) {
    sum.yy += errors[i].yy;
    sum.yf += errors[i].yf;
    sum.ff += errors[i].ff;
    sum.n += errors[i].n;
  }
  return sum;
}

/* α = ⟨y − μ, f − μ⟩ / ‖f − μ‖² clipped to [0, 1]; σ² = mean ‖y − f̃‖², no
 * number where a prediction is none. */
static Calibration
calibrate_side (const FrameErrors *errors, guint n, double floor)
{
  FrameErrors sum = sum_errors (errors, n);
  double alpha = sum.ff > 0 ? CLAMP (sum.yf / sum.ff, 0.0, 1.0) : 0.0;
  double sigma2 = frame_error_model (&sum, alpha);

  return (Calibration){ alpha, sigma2 < floor ? floor : sigma2 };
}

static float *
mean_embedding (const float *embeddings, guint n, guint width)
{
  float *mean = g_new (float, width);

  for (guint d = 0; d < width; d++) {
    double sum = 0;

    for (guint i = 0; i < n; i++)
      sum += embeddings[(gsize)i * width + d];
    mean[d] = (float)(sum / n);
  }
  return mean;
}

void
snapshot_finish_embeddings (
    const VInfoSnapshot *self, float *embeddings, guint n)
{
  guint width = vinfo_mae_get_config (self->live)->hidden_size;

  for (guint i = 0; i < n; i++) {
    float *z = embeddings + (gsize)i * width;

    for (guint d = 0; self->centre && d < width; d++)
      z[d] -= self->centre[d];
    direction_of (z, width, z);
  }
}

static int
compare_floats (const void *a, const void *b)
{
  float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

/* η follows the panel: just above what different-looking frames of this stream
 * have in common under this model. embeddings: [n, width] of length 1 */
static double
duplicate_cosine (GPtrArray *panel, const float *embeddings, guint width)
{
  guint n = panel->len, found = 0;
  g_autofree float *nearest = g_new (float, n);
  g_autofree guint8 *thumbnails = g_malloc ((gsize)n * VINFO_THUMBNAIL_SIZE);

  for (guint i = 0; i < n; i++)
    vinfo_image_thumbnail (
        panel->pdata[i], thumbnails + (gsize)i * VINFO_THUMBNAIL_SIZE);
  for (guint i = 0; i < n; i++) {
    float best = -2;

    for (guint j = 0; j < n; j++) {
      float cosine = 0;

      if (i == j
          || vinfo_thumbnail_distance (
                 thumbnails + (gsize)i * VINFO_THUMBNAIL_SIZE,
                 thumbnails + (gsize)j * VINFO_THUMBNAIL_SIZE)
                 < LOOKS_DIFFERENT)
        continue;
      for (guint d = 0; d < width; d++)
        cosine += embeddings[(gsize)i * width + d]
                  * embeddings[(gsize)j * width + d];
      best = MAX (best, cosine);
    }
    if (best > -2)
      nearest[found++] = best;
  }
  if (found < PANEL_MIN / 2)
    return DUPLICATE_COSINE;
  qsort (nearest, found, sizeof *nearest, compare_floats);
  return CLAMP (nearest[(guint)(DUPLICATE_QUANTILE * (found - 1))],
      DUPLICATE_COSINE_MIN, DUPLICATE_COSINE_MAX);
}

/* Scores the panel's frames under the snapshot itself, sorted, of each kind
 * that has a value. */
static void
fill_quantiles (
    VInfoSnapshot *self, const FrameErrors *live, const FrameErrors *reference)
{
  for (guint k = 0; k < VINFO_N_SCORE_KINDS; k++) {
    g_autofree float *values = g_new (float, self->panel_size);
    gboolean finite = TRUE;

    for (guint i = 0; i < self->panel_size; i++) {
      values[i] = snapshot_score (
          self, k, 0, live + i, reference ? reference + i : NULL)
                      .value;
      finite = finite && isfinite (values[i]);
    }
    if (!finite)
      continue;
    qsort (values, self->panel_size, sizeof *values, compare_floats);
    self->quantiles[k] = g_steal_pointer (&values);
  }
}

void
snapshot_measure (VInfoSnapshot *self, guint n, const FrameErrors *live,
    const FrameErrors *reference)
{
  double floor = variance_floor (vinfo_mae_get_config (self->live));
  FrameErrors sum = sum_errors (live, n);

  self->panel_size = n;
  self->s2 = MAX (frame_error_null (&sum), floor);
  self->live_side = calibrate_side (live, n, floor);
  if (reference)
    self->reference_side = calibrate_side (reference, n, floor);
  fill_quantiles (self, live, reference);
}

/* Calibrates the learnt estimators of the newest weights; their pass's errors
 * get the likelihoods. */
static void
calibrate_learned (VInfoSnapshot *self, PanelPass *pass)
{
  const PanelView *view = &pass->view;
  guint n = pass->images->len;

  self->learned = learned_new (view->mae, view->heads);
  learned_calibrate (self->learned, view->masks, view->n_masks, pass->terms, n,
      variance_floor (vinfo_mae_get_config (view->mae)));
  self->learned_h_x = self->learned_h_null = 0;
  for (guint i = 0; i < n; i++) {
    FrameErrors *errors = &pass->errors[i];

    learned_nll (self->learned, view->masks, view->n_masks,
        pass->terms + i * pass->n_terms, &errors->h_x, &errors->h_null);
    self->learned_h_x += errors->h_x / n;
    self->learned_h_null += errors->h_null / n;
  }
}

static void
measure_panel (VInfoSnapshot *self, const SnapshotParts *parts)
{
  guint width = vinfo_mae_get_config (parts->live)->hidden_size;
  guint n = parts->panel->len;
  gboolean newest_is_reference = snapshot_reference_is_newest (self);
  g_autofree float *embeddings = NULL;

  self->live_pass = pass_panel (parts, parts->live, snapshot_wants_self (self),
      newest_is_reference ? NULL : parts->heads);
  if (parts->reference)
    self->reference_pass = pass_panel (parts, parts->reference, FALSE,
        newest_is_reference ? parts->heads : NULL);
  if (parts->heads)
    calibrate_learned (
        self, newest_is_reference ? self->reference_pass : self->live_pass);
  snapshot_measure (self, n, self->live_pass->errors,
      parts->reference ? self->reference_pass->errors : NULL);

  self->centre = mean_embedding (self->live_pass->embeddings, n, width);
  measure_ood (self, parts, self->live_pass->embeddings);
  embeddings = g_memdup2 (
      self->live_pass->embeddings, (gsize)n * width * sizeof *embeddings);
  snapshot_finish_embeddings (self, embeddings, n);
  self->duplicate_cosine = duplicate_cosine (parts->panel, embeddings, width);
}

/* h_X of one model over the panel, of its predictions as they are and calibrated. */
static Uncertainty
panel_h_x (const PanelPass *pass)
{
  double floor = variance_floor (vinfo_mae_get_config (pass->view.mae));
  guint n = pass->images->len;
  FrameErrors sum = sum_errors (pass->errors, n);
  double sigma2 = calibrate_side (pass->errors, n, floor).sigma2;
  double plain = MAX (frame_error_model (&sum, 1), floor);

  return (Uncertainty){ 0.5 * log (2.0 * G_PI * sigma2) + 0.5,
    0.5 * log (2.0 * G_PI * plain) + 0.5 };
}

Uncertainty
snapshot_h_x_change (
    const VInfoSnapshot *self, const SnapshotParts *parts, VInfoMae *running)
{
  gboolean newest_is_reference = snapshot_reference_is_newest (self);
  g_autoptr (PanelPass) pass = NULL;
  Uncertainty before, now;

  if (!parts->mu)
    return (Uncertainty){ NAN, NAN };
  if (self->live == running && newest_is_reference) {
    before = panel_h_x (self->live_pass);
  } else {
    pass = pass_panel (parts, running, snapshot_wants_self (self), NULL);
    before = panel_h_x (pass);
  }
  now = panel_h_x (
      newest_is_reference ? self->reference_pass : self->live_pass);
  return (Uncertainty){ now.calibrated - before.calibrated,
    now.plain - before.plain };
}

/* Without a panel: whether a picture of one colour, the mean, gives numbers. */
static gboolean
predicts_numbers (const VInfoSnapshot *self, VInfoMae *mae)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (mae);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  g_autofree float *patches
      = g_new0 (float, (gsize)mae_n_patches (config) * mae_patch_dim (config));
  Evaluation what = {
    .mae = mae, .masks = self->masks, .n_masks = 1, .dtype = self->dtype
  };
  FrameErrors errors;

  evaluator_run (evaluator, &what, 1, patches, &errors);
  return isfinite (errors.ff);
}

gboolean
snapshot_is_finite (const VInfoSnapshot *self)
{
  if (!self->mu)
    return predicts_numbers (self, snapshot_newest (self));
  return isfinite (self->live_side.sigma2)
         && (!self->reference || isfinite (self->reference_side.sigma2))
         && (!self->learned || isfinite (self->learned_h_x));
}

VInfoSnapshot *
snapshot_calibrate (const SnapshotParts *parts)
{
  VInfoSnapshot *self = g_new0 (VInfoSnapshot, 1);

  self->ref_count = 1;
  self->version = parts->version;
  self->seed = parts->seed;
  self->mode = parts->mode;
  self->live = vinfo_mae_ref (parts->live);
  self->reference = parts->reference ? vinfo_mae_ref (parts->reference) : NULL;
  self->masks = masks_ref (parts->masks);
  self->n_masks = MIN (parts->n_masks, parts->masks->n_groups);
  self->dtype = parts->dtype;
  self->live_side = self->reference_side = (Calibration){ 1.0, NAN };
  self->s2 = NAN;
  self->duplicate_cosine = DUPLICATE_COSINE;
  self->ood_kind = parts->ood_kind;
  if (parts->mu) {
    self->mu = g_bytes_ref (parts->mu);
    measure_panel (self, parts);
  }
  return self;
}

GBytes *
snapshot_compute_mu (const VInfoMaeConfig *config, GPtrArray *panel)
{
  guint n_patches = mae_n_patches (config), dim = mae_patch_dim (config);
  gsize size = (gsize)n_patches * dim;
  g_autofree float *patches = g_new (float, size);
  g_autofree float *target = g_new (float, dim);
  g_autofree double *sum = g_new0 (double, size);
  g_autofree double *weights = g_new0 (double, n_patches);
  float *mu = g_new (float, size);

  for (guint i = 0; i < panel->len; i++) {
    evaluator_patchify (
        config, (VInfoImage *const *)panel->pdata + i, 1, patches);
    for (guint p = 0; p < n_patches; p++) {
      double weight
          = evaluator_target (config, patches + (gsize)p * dim, target);

      weights[p] += weight;
      for (guint d = 0; d < dim; d++)
        sum[(gsize)p * dim + d] += weight * target[d];
    }
  }
  for (gsize i = 0; i < size; i++)
    mu[i] = (float)(sum[i] / weights[i / dim]);
  return g_bytes_new_take (mu, size * sizeof (float));
}
