/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/panel-pass-private.h"

#include <string.h>

gboolean
panel_view_covers (const PanelView *known, const PanelView *wanted)
{
  return known->mae == wanted->mae && known->masks == wanted->masks
         && known->n_masks == wanted->n_masks && known->mu == wanted->mu
         && known->want_self == wanted->want_self
         && known->dtype == wanted->dtype
         && (!wanted->heads || known->heads == wanted->heads);
}

/* Pictures go through the model EVALUATOR_MAX_FRAMES at a time. What it leaves
 * of one depends, in the last bits, on its company: so known ones are taken
 * over by whole batches, and a pass is the same whatever is known. */
static gboolean
is_known (const PanelPass *self, const PanelPass *known, guint first, guint n)
{
  return known && first + n <= known->images->len
         && MIN (EVALUATOR_MAX_FRAMES, known->images->len - first) == n
         && memcmp (self->images->pdata + first, known->images->pdata + first,
                n * sizeof (gpointer))
                == 0;
}

static void
copy_rows (PanelPass *self, const PanelPass *known, guint first, guint n)
{
  gsize width = vinfo_mae_get_config (self->view.mae)->hidden_size;

  memcpy (
      self->errors + first, known->errors + first, n * sizeof *self->errors);
  memcpy (self->embeddings + first * width, known->embeddings + first * width,
      n * width * sizeof (float));
  if (self->terms)
    memcpy (self->terms + first * self->n_terms,
        known->terms + first * self->n_terms,
        n * self->n_terms * sizeof *self->terms);
}

static void
run_model (
    PanelPass *self, Evaluator *evaluator, guint first, guint n, float *patches)
{
  const PanelView *view = &self->view;
  const VInfoMaeConfig *config = vinfo_mae_get_config (view->mae);

  evaluator_patchify (
      config, (VInfoImage *const *)self->images->pdata + first, n, patches);
  evaluator_run (evaluator,
      &(Evaluation){ .mae = view->mae,
          .masks = view->masks,
          .n_masks = view->n_masks,
          .dtype = view->dtype,
          .mu = g_bytes_get_data (view->mu, NULL),
          .want_self = view->want_self,
          .learned = self->learned,
          .embeddings = self->embeddings + (gsize)first * config->hidden_size,
          .terms = self->terms ? self->terms + first * self->n_terms : NULL },
      n, patches, self->errors + first);
}

PanelPass *
panel_pass_new (
    const PanelView *view, GPtrArray *images, const PanelPass *known)
{
  const VInfoMaeConfig *config = vinfo_mae_get_config (view->mae);
  gsize frame = (gsize)mae_n_patches (config) * mae_patch_dim (config);
  g_autoptr (Evaluator) evaluator = evaluator_new ();
  g_autofree float *patches = g_new (float, EVALUATOR_MAX_FRAMES *frame);
  PanelPass *self = g_new0 (PanelPass, 1);

  self->view = *view;
  vinfo_mae_ref (view->mae);
  masks_ref (view->masks);
  g_bytes_ref (view->mu);
  if (view->heads)
    heads_ref (view->heads);
  self->images = g_ptr_array_ref (images);
  self->errors = g_new (FrameErrors, images->len);
  self->embeddings = g_new (float, (gsize)images->len * config->hidden_size);
  if (view->heads) {
    self->learned = learned_new (view->mae, view->heads);
    self->n_terms = learned_n_terms (view->masks, view->n_masks);
    self->terms = g_new (PatchTerms, images->len * self->n_terms);
  }

  for (guint i = 0; i < images->len; i += EVALUATOR_MAX_FRAMES) {
    guint n = MIN (EVALUATOR_MAX_FRAMES, images->len - i);

    if (is_known (self, known, i, n))
      copy_rows (self, known, i, n);
    else
      run_model (self, evaluator, i, n, patches);
  }
  return self;
}

void
panel_pass_free (PanelPass *self)
{
  if (!self)
    return;
  vinfo_mae_unref (self->view.mae);
  masks_unref (self->view.masks);
  g_bytes_unref (self->view.mu);
  heads_unref (self->view.heads);
  learned_free (self->learned);
  g_free (self->terms);
  g_ptr_array_unref (self->images);
  g_free (self->errors);
  g_free (self->embeddings);
  g_free (self);
}
