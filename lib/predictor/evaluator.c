/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/evaluator-private.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "nn/pool-private.h"
#include "nn/sgemm-private.h"
#include "predictor/vinfo-regions.h"

struct _Evaluator {
  MaeWorkspace *workspace;
  VInfoMaeConfig config; /* what the workspace is for */
  guint capacity;        /* frames times masks it has room for */
  guint n_visible;
  float *inputs;      /* [capacity, N, D] */
  guint16 *orders;    /* [capacity, N] */
  float *predictions; /* [capacity, N - n_visible, D] */
  float *features;    /* [capacity, N - n_visible, decoder_hidden_size] */
  float *embeddings;  /* [capacity, hidden_size] */
};

typedef struct {
  const VInfoMaeConfig *config;
  const MaePass *pass;
  const Evaluation *what;
  FrameErrors *errors;
} Tally;

Evaluator *
evaluator_new (void)
{
  return g_new0 (Evaluator, 1);
}

static void
evaluator_clear (Evaluator *self)
{
  g_clear_pointer (&self->workspace, mae_workspace_free);
  g_clear_pointer (&self->inputs, g_free);
  g_clear_pointer (&self->orders, g_free);
  g_clear_pointer (&self->predictions, g_free);
  g_clear_pointer (&self->features, g_free);
  g_clear_pointer (&self->embeddings, g_free);
}

void
evaluator_free (Evaluator *self)
{
  if (!self)
    return;
  evaluator_clear (self);
  g_free (self);
}

/* Grows the scratch memory where model or batch need more than there is. */
static void
evaluator_reserve (Evaluator *self, const VInfoMaeConfig *config,
    const Masks *masks, guint batch)
{
  gsize n_masked = masks->n_patches - masks->n_visible;
  gsize dim = mae_patch_dim (config);

  if (self->workspace && self->capacity >= batch
      && self->n_visible == masks->n_visible
      && vinfo_mae_config_equal (&self->config, config))
    return;

  evaluator_clear (self);
  self->config = *config;
  self->capacity = batch;
  self->n_visible = masks->n_visible;
  self->workspace = mae_workspace_new (config, batch, masks->n_visible, FALSE);
  self->inputs = g_new (float, batch * masks->n_patches * dim);
  self->orders = g_new (guint16, (gsize)batch * masks->n_patches);
  self->predictions = g_new (float, batch *n_masked *dim);
  self->features = g_new (float, batch *n_masked * config->decoder_hidden_size);
  self->embeddings = g_new (float, (gsize)batch * config->hidden_size);
}

void
evaluator_patchify (const VInfoMaeConfig *config, VInfoImage *const *images,
    guint n, float *patches)
{
  gsize frame = (gsize)mae_n_patches (config) * mae_patch_dim (config);

  for (guint i = 0; i < n; i++) {
    g_autoptr (VInfoImage) square = vinfo_image_resize (
        images[i], 0, 0, 0, 0, config->image_size, config->image_size);

    mae_patchify (config, vinfo_image_get_pixels (square), patches + i * frame);
  }
}

double
evaluator_target (
    const VInfoMaeConfig *config, const float *patch, float *target)
{
  guint dim = mae_patch_dim (config);
  double mean = 0, variance = 0;
  float scale;

  if (!config->norm_pix_loss) {
    memcpy (target, patch, dim * sizeof *target);
    return 1.0;
  }
  for (guint i = 0; i < dim; i++)
    mean += patch[i];
  mean /= dim;
  for (guint i = 0; i < dim; i++)
    variance += (patch[i] - mean) * (patch[i] - mean);
  variance = variance / MAX (dim - 1, 1) + 1e-6;
  scale = (float)(1.0 / sqrt (variance));
  for (guint i = 0; i < dim; i++)
    target[i] = (float)(patch[i] - mean) * scale;
  return variance;
}

/* ‖Σ_p r_p z_pᵀ‖²_F − Σ_p ‖r_p‖²‖z_p‖² over n(n − 1)·D·mean‖z‖²: the
 * first-order fall of the loss on a frame's patches when the output layer (its
 * bias as a feature of 1) learns from its other patches.
 * residuals: [n, dim], features: [n, width] */
static double
self_gain (const float *residuals, const float *features, gsize n, guint dim,
    guint width)
{
  g_autofree float *augmented = g_new (float, n *(width + 1));
  g_autofree float *product = g_new (float, (gsize)dim *(width + 1));
  double cross = 0, own = 0, z_total = 0;

  for (gsize p = 0; p < n; p++) {
    float *z = augmented + p * (width + 1);
    const float *r = residuals + p * dim;
    double zz, rr = 0;

    memcpy (z, features + p * width, width * sizeof *z);
    z[width] = 1.0f;
    zz = cblas_dsdot ((int)width + 1, z, 1, z, 1);
    rr = cblas_dsdot ((int)dim, r, 1, r, 1);
    own += rr * zz;
    z_total += zz;
  }
  nn_sgemm (&(NnSgemm){ dim, width + 1, n, residuals, augmented, product, dim,
      width + 1, width + 1, .transpose_a = TRUE, .scale = 1 });
  for (gsize i = 0; i < (gsize)dim * (width + 1); i++)
    cross += (double)product[i] * product[i];

  return (cross - own) / ((double)n * (n - 1) * dim * (z_total / n));
}

void
frame_errors_add (FrameErrors *errors, const float *y, const float *f,
    const float *mu, guint dim, double weight)
{
  double yy = 0, yf = 0, ff = 0, rr = 0;

  for (guint i = 0; i < dim; i++) {
    double m_i = mu ? mu[i] : 0.0;
    double y_i = y[i] - m_i, f_i = f[i] - m_i;
    double r_i = (double)y[i] - f[i];

    yy += y_i * y_i;
    yf += y_i * f_i;
    ff += f_i * f_i;
    rr += r_i * r_i;
  }
  errors->yy += weight * yy;
  errors->yf += weight * yf;
  errors->ff += weight * ff;
  errors->n += dim;
  errors->loss += rr / dim;
}

static void
frame_errors_sum (FrameErrors *sum, const FrameErrors *errors)
{
  sum->yy += errors->yy;
  sum->yf += errors->yf;
  sum->ff += errors->ff;
  sum->n += errors->n;
  sum->loss += errors->loss;
}

/* One mask of a frame: where its patches and what the model made of them are. */
typedef struct {
  const float *patches;    /* [N, D] */
  const float *prediction; /* [n_masked, D] */
  const float *features;   /* [n_masked, decoder_hidden_size] */
  const guint16 *masked;   /* [n_masked] */
  gsize n_masked;
} MaskView;

static MaskView
view_mask (const Tally *t, gsize row, guint m)
{
  const Masks *masks = t->what->masks;
  gsize n_masked = masks->n_patches - masks->n_visible;
  gsize dim = mae_patch_dim (t->config);

  return (MaskView){ t->pass->patches + row * masks->n_patches * dim,
    t->pass->prediction + row * n_masked * dim,
    t->pass->features
        ? t->pass->features + row * n_masked * t->config->decoder_hidden_size
        : NULL,
    masks_order (masks, m) + masks->n_visible, n_masked };
}

/* terms: [n_masked] */
static void
tally_terms (const Tally *t, const MaskView *v, PatchTerms *terms)
{
  guint dim = mae_patch_dim (t->config);
  g_autofree float *target = g_new (float, dim);
  g_autofree float *h = g_new (float, v->n_masked);

  heads_log_variance (t->what->learned->heads, v->features, v->n_masked, h);
  for (gsize p = 0; p < v->n_masked; p++) {
    gsize at = (gsize)v->masked[p] * dim;
    double weight = evaluator_target (t->config, v->patches + at, target);

    terms[p] = learned_terms (t->what->learned, v->masked[p], target,
        v->prediction + p * dim, t->what->mu ? t->what->mu + at : NULL, h[p],
        weight);
  }
}

/* Adds what a mask of a frame leaves to the errors of the frame and of its
 * patches. */
static void
tally_mask (const Tally *t, const MaskView *v, FrameErrors *e,
    FrameErrors *patch_errors)
{
  guint dim = mae_patch_dim (t->config);
  g_autofree float *target = g_new (float, dim);
  g_autofree float *residuals
      = t->what->want_self ? g_new (float, v->n_masked *dim) : NULL;
  FrameErrors sum = { 0 };

  for (gsize p = 0; p < v->n_masked; p++) {
    gsize at = (gsize)v->masked[p] * dim;
    const float *f = v->prediction + p * dim;
    double weight = evaluator_target (t->config, v->patches + at, target);
    FrameErrors patch = { 0 };

    frame_errors_add (
        &patch, target, f, t->what->mu ? t->what->mu + at : NULL, dim, weight);
    frame_errors_sum (&sum, &patch);
    frame_errors_sum (&patch_errors[v->masked[p]], &patch);
    for (guint i = 0; residuals && i < dim; i++)
      residuals[p * dim + i]
          = (float)(((double)target[i] - f[i]) * sqrt (weight));
  }
  sum.loss /= (double)v->n_masked * t->what->n_masks;
  frame_errors_sum (e, &sum);
  if (residuals && v->n_masked > 1)
    e->self += self_gain (residuals, v->features, v->n_masked, dim,
                   t->config->decoder_hidden_size)
               / t->what->n_masks;
}

/* Mean squared error, uncalibrated, of the region that is proposed first. */
static double
hottest_region (const VInfoMaeConfig *config, const FrameErrors *patches)
{
  guint side = config->image_size / config->patch_size;
  g_autofree float *map = g_new (float, (gsize)side *side);
  VInfoRegion hottest = { 0 };

  for (gsize p = 0; p < (gsize)side * side; p++)
    map[p] = patches[p].n > 0 ? (float)frame_error_model (&patches[p], 1) : NAN;
  vinfo_regions_propose_hot (map, side, side, 1, &hottest);
  return hottest.error;
}

static void
tally_frame (const Tally *t, gsize i)
{
  const Evaluation *what = t->what;
  gsize n_patches = what->masks->n_patches;
  gsize n_masked = n_patches - what->masks->n_visible;
  gsize n_terms = learned_n_terms (what->masks, what->n_masks);
  g_autofree FrameErrors *scratch
      = what->patch_errors ? NULL : g_new (FrameErrors, n_patches);
  FrameErrors *patches = scratch ? scratch : what->patch_errors + i * n_patches;
  g_autofree PatchTerms *own
      = what->learned && !what->terms ? g_new (PatchTerms, n_terms) : NULL;
  PatchTerms *terms = own ? own : what->terms + i * n_terms;

  t->errors[i] = (FrameErrors){ 0 };
  memset (patches, 0, n_patches * sizeof *patches);
  for (guint m = 0; m < what->n_masks; m++) {
    MaskView view = view_mask (t, i * what->n_masks + m, m);

    tally_mask (t, &view, &t->errors[i], patches);
    if (what->learned)
      tally_terms (t, &view, terms + m * n_masked);
  }
  t->errors[i].region = hottest_region (t->config, patches);
  if (what->learned)
    learned_nll (what->learned, what->masks, what->n_masks, terms,
        &t->errors[i].h_x, &t->errors[i].h_null);
}

static void
tally_frames (gsize begin, gsize end, gpointer data)
{
  for (gsize i = begin; i < end; i++)
    tally_frame (data, i);
}

static void
average_embeddings (
    const float *rows, guint n, guint n_masks, guint width, float *embeddings)
{
  for (guint i = 0; i < n; i++) {
    for (guint d = 0; d < width; d++) {
      float sum = 0;

      for (guint m = 0; m < n_masks; m++)
        sum += rows[((gsize)i * n_masks + m) * width + d];
      embeddings[(gsize)i * width + d] = sum / n_masks;
    }
  }
}

/* Lays out each frame once for each mask: the inputs of a pass. */
static MaePass
prepare_pass (
    Evaluator *self, const Evaluation *what, guint n, const float *patches)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (what->mae);
  const Masks *masks = what->masks;
  guint n_masks = what->n_masks;
  gsize frame = (gsize)masks->n_patches * mae_patch_dim (config);

  evaluator_reserve (self, config, masks, n * n_masks);
  for (guint i = 0; i < n; i++) {
    for (guint m = 0; m < n_masks; m++) {
      gsize row = (gsize)i * n_masks + m;

      memcpy (self->inputs + row * frame, patches + i * frame,
          frame * sizeof (float));
      memcpy (self->orders + row * masks->n_patches, masks_order (masks, m),
          masks->n_patches * sizeof (guint16));
    }
  }
  return (MaePass){ .batch = n * n_masks,
    .n_visible = masks->n_visible,
    .patches = self->inputs,
    .order = self->orders,
    .dtype = what->dtype };
}

void
evaluator_run (Evaluator *self, const Evaluation *what, guint n,
    const float *patches, FrameErrors *errors)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (what->mae);
  MaePass pass;
  Tally tally;

  g_return_if_fail (n > 0 && n <= EVALUATOR_MAX_FRAMES);
  g_return_if_fail (
      what->n_masks > 0 && what->n_masks <= what->masks->n_groups);

  pass = prepare_pass (self, what, n, patches);
  pass.prediction = self->predictions;
  pass.embedding = what->embeddings ? self->embeddings : NULL;
  pass.features = what->want_self || what->learned ? self->features : NULL;
  mae_forward (what->mae, self->workspace, &pass);

  tally = (Tally){ config, &pass, what, errors };
  nn_parallel (n, 1, tally_frames, &tally);
  if (what->embeddings)
    average_embeddings (self->embeddings, n, what->n_masks, config->hidden_size,
        what->embeddings);
}

void
evaluator_embed (
    Evaluator *self, const Evaluation *what, guint n, const float *patches)
{
  MaePass pass;

  g_return_if_fail (n > 0 && n <= EVALUATOR_MAX_FRAMES);
  g_return_if_fail (
      what->n_masks > 0 && what->n_masks <= what->masks->n_groups);

  pass = prepare_pass (self, what, n, patches);
  pass.embedding = self->embeddings;
  mae_forward (what->mae, self->workspace, &pass);
  average_embeddings (self->embeddings, n, what->n_masks,
      vinfo_mae_get_config (what->mae)->hidden_size, what->embeddings);
}
