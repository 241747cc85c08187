/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/mae-private.h"

/* d_prediction: (nullable) [D] of one patch; scale: of the gradient */
static double
patch_loss (const VInfoMaeConfig *c, const float *target,
    const float *prediction, float *d_prediction, float scale)
{
  gsize dim = mae_patch_dim (c);
  float mean = 0, sd = 1;
  double sum = 0;
  if (c->norm_pix_loss)
    mae_patch_moments (target, dim, &mean, &sd);
  for (gsize i = 0; i < dim; i++) {
    float error = prediction[i] - (target[i] - mean) / sd;
    sum += (double)error * error;
    if (d_prediction)
      d_prediction[i] = scale * error;
  }
  return sum / dim;
}

double
mae_loss_weighted (const VInfoMaeConfig *c, const MaePass *pass,
    const float *weights, double total, float *d_prediction)
{
  gsize n = mae_n_patches (c), dim = mae_patch_dim (c);
  gsize n_masked = n - pass->n_visible, rows = pass->batch * n_masked;
  double sum = 0;
  for (gsize row = 0; row < rows; row++) {
    gsize b = row / n_masked, i = pass->n_visible + row % n_masked;
    double share = (weights ? weights[b] : 1) / (total * n_masked);
    const float *target
        = pass->patches + (b * n + pass->order[b * n + i]) * dim;
    sum += share
           * patch_loss (c, target, pass->prediction + row * dim,
               d_prediction ? d_prediction + row * dim : NULL,
               2.0 * share / dim);
  }
  return sum;
}

double
mae_loss (const VInfoMaeConfig *c, const MaePass *pass, float *d_prediction)
{
  return mae_loss_weighted (c, pass, NULL, pass->batch, d_prediction);
}
