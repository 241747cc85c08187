/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/vinfo-mae.h"

G_BEGIN_DECLS

/* AdamW with decoupled decay (Loshchilov & Hutter), as torch.optim.AdamW. */
typedef struct {
  double beta1, beta2, epsilon, weight_decay;
  guint64 step;
  float *m; /* [n_parameters] first moment */
  float *v; /* [n_parameters] second moment */
} MaeAdamW;

void mae_adamw_init (MaeAdamW *adamw, const VInfoMae *mae, double weight_decay);

/* For n parameters that are no model's. */
void mae_adamw_init_plain (MaeAdamW *adamw, gsize n, double weight_decay);
void mae_adamw_finish (MaeAdamW *adamw);

/* One update of mae's own parameters, by the gradient clipped to max_norm
 * where that is > 0. Returns the gradient's norm before clipping; where that
 * is not finite, nothing is changed. */
double mae_adamw_step (MaeAdamW *adamw, VInfoMae *mae, const float *gradient,
    double learning_rate, double max_norm);

/* The same of n plain parameters, which all decay. */
double mae_adamw_step_plain (MaeAdamW *adamw, float *parameters, gsize n,
    const float *gradient, double learning_rate, double max_norm);

G_END_DECLS
