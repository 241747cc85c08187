/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/snapshot-private.h"

#include <math.h>

G_DEFINE_BOXED_TYPE (
    VInfoSnapshot, vinfo_snapshot, vinfo_snapshot_ref, vinfo_snapshot_unref)

VInfoSnapshot *
vinfo_snapshot_ref (VInfoSnapshot *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
vinfo_snapshot_unref (VInfoSnapshot *self)
{
  if (!self || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  vinfo_mae_unref (self->live);
  g_clear_pointer (&self->reference, vinfo_mae_unref);
  masks_unref (self->masks);
  g_clear_pointer (&self->mu, g_bytes_unref);
  g_free (self->centre);
  g_clear_pointer (&self->ood, ood_unref);
  g_clear_pointer (&self->learned, learned_free);
  g_clear_pointer (&self->live_pass, panel_pass_free);
  g_clear_pointer (&self->reference_pass, panel_pass_free);
  for (guint k = 0; k < VINFO_N_SCORE_KINDS; k++)
    g_free (self->quantiles[k]);
  g_free (self);
}

guint64
vinfo_snapshot_get_version (const VInfoSnapshot *self)
{
  return self->version;
}

VInfoMae *
vinfo_snapshot_get_live (const VInfoSnapshot *self)
{
  return self->live;
}

VInfoMae *
vinfo_snapshot_get_reference (const VInfoSnapshot *self)
{
  return self->reference;
}

guint
vinfo_snapshot_get_masks (const VInfoSnapshot *self)
{
  return self->n_masks;
}

gint
vinfo_snapshot_get_visible_mask (const VInfoSnapshot *self, guint patch)
{
  gint mask;

  g_return_val_if_fail (patch < self->masks->n_patches, -1);
  mask = self->masks->visible_mask[patch];
  return mask < (gint)self->n_masks ? mask : -1;
}

guint
vinfo_snapshot_get_panel_size (const VInfoSnapshot *self)
{
  return self->panel_size;
}

gdouble
vinfo_snapshot_get_alpha (const VInfoSnapshot *self)
{
  return snapshot_newest_side (self)->alpha;
}

gdouble
vinfo_snapshot_get_sigma2 (const VInfoSnapshot *self)
{
  return snapshot_newest_side (self)->sigma2;
}

gdouble
vinfo_snapshot_get_s2 (const VInfoSnapshot *self)
{
  return self->s2;
}

double
snapshot_iv (const VInfoSnapshot *self, const Calibration *side)
{
  return 0.5 * log (self->s2 / side->sigma2);
}

gdouble
vinfo_snapshot_get_iv (const VInfoSnapshot *self)
{
  if (self->learned)
    return self->learned_h_null - self->learned_h_x;
  return snapshot_iv (self, snapshot_newest_side (self));
}

gdouble
vinfo_snapshot_get_h_x (const VInfoSnapshot *self, VInfoEstimator estimator)
{
  if (estimator == VINFO_ESTIMATOR_LEARNED)
    return self->learned ? self->learned_h_x : NAN;
  return 0.5 * log (2.0 * G_PI * snapshot_newest_side (self)->sigma2) + 0.5;
}

gdouble
vinfo_snapshot_get_h_null (const VInfoSnapshot *self, VInfoEstimator estimator)
{
  if (estimator == VINFO_ESTIMATOR_LEARNED)
    return self->learned ? self->learned_h_null : NAN;
  return 0.5 * log (2.0 * G_PI * self->s2) + 0.5;
}

gboolean
vinfo_snapshot_get_variance_factor (
    const VInfoSnapshot *self, guint group, gdouble *variance, gdouble *factor)
{
  const Recalibration *recalibration
      = self->learned ? &self->learned->recalibration : NULL;

  if (!recalibration || group >= recalibration->n)
    return FALSE;
  *variance = exp (recalibration->at[group]);
  *factor = exp (recalibration->factor[group]);
  return TRUE;
}

VInfoEstimator
vinfo_snapshot_get_estimator (const VInfoSnapshot *self)
{
  return self->learned ? VINFO_ESTIMATOR_LEARNED : VINFO_ESTIMATOR_CLOSED;
}

Evaluation
snapshot_evaluation (const VInfoSnapshot *self, const VInfoMae *mae)
{
  gboolean newest = snapshot_reference_is_newest (self) ? mae == self->reference
                                                        : mae == self->live;

  return (Evaluation){ .mae = mae,
    .masks = self->masks,
    .n_masks = self->n_masks,
    .dtype = self->dtype,
    .mu = self->mu ? g_bytes_get_data (self->mu, NULL) : NULL,
    .learned = newest ? self->learned : NULL };
}

gdouble
vinfo_snapshot_get_duplicate_cosine (const VInfoSnapshot *self)
{
  return self->duplicate_cosine;
}

gboolean
vinfo_snapshot_has_centre (const VInfoSnapshot *self)
{
  return self->centre != NULL;
}

VInfoOodKind
vinfo_snapshot_get_ood_kind (const VInfoSnapshot *self)
{
  return self->ood_kind;
}

guint
vinfo_snapshot_get_ood_size (const VInfoSnapshot *self)
{
  return self->ood ? self->ood->n : 0;
}

void
snapshot_tag_ood (const VInfoSnapshot *self, const float *embeddings, guint n,
    VInfoScore *scores)
{
  g_autofree double *scratch = g_new (double, ood_scratch_size (self->ood));

  for (guint i = 0; i < n; i++)
    scores[i].ood = (float)ood_score (self->ood, self->ood_kind,
        embeddings + (gsize)i * self->ood->width, scratch);
}
