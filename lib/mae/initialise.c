/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The weights a training begins with, as in the MAE paper's code. */

#include "mae/mae-private.h"
#include "nn/random-private.h"

#include <math.h>

/* Glorot & Bengio: uniform within ± sqrt(6 / (fan in + fan out)). A patch
 * embedding counts as the linear layer that it is. */
static void
xavier_uniform (const MaeTensor *tensor, float *values, NnRandom *random)
{
  gsize n_out = tensor->shape[0], n_in = tensor->size / n_out;
  double limit = sqrt (6.0 / (n_in + n_out));
  for (gsize i = 0; i < tensor->size; i++)
    values[i] = limit * (2 * nn_random_uniform (random) - 1);
}

/* Half of the width for the sine and cosine of one coordinate. */
static void
sin_cos (float *out, gsize width, double coordinate)
{
  gsize n = width / 2;
  for (gsize i = 0; i < n; i++) {
    double angle = coordinate / pow (10000, (double)i / n);
    out[i] = sin (angle);
    out[n + i] = cos (angle);
  }
}

/* positions: [1 + side², dim]; the class token's are zero. The column comes
 * first, as in Hugging Face. */
static void
sin_cos_positions (float *positions, gsize side, gsize dim)
{
  for (gsize row = 0; row < side; row++)
    for (gsize column = 0; column < side; column++) {
      float *out = positions + (1 + row * side + column) * dim;
      sin_cos (out, dim / 2, column);
      sin_cos (out + dim / 2, dim / 2, row);
    }
}

static void
initialise (VInfoMae *mae, const MaeTensor *tensor, NnRandom *random)
{
  const VInfoMaeConfig *c = &mae->config;
  float *values = mae->parameters + tensor->offset;
  if (!tensor->trained)
    sin_cos_positions (values, c->image_size / c->patch_size,
        tensor->shape[tensor->n_dims - 1]);
  else if (tensor->decay)
    xavier_uniform (tensor, values, random);
  else if (tensor->n_dims == 3) /* class and mask tokens */
    for (gsize i = 0; i < tensor->size; i++)
      values[i] = c->initializer_range * nn_random_normal (random);
  else if (g_str_has_suffix (tensor->name, ".weight")) /* norms */
    for (gsize i = 0; i < tensor->size; i++)
      values[i] = 1;
}

VInfoMae *
vinfo_mae_new (const VInfoMaeConfig *config, guint64 seed)
{
  g_return_val_if_fail (vinfo_mae_config_validate (config, NULL), NULL);
  VInfoMae *mae = mae_alloc (config);
  for (guint i = 0; i < mae->tensors->len; i++) {
    NnRandom random = { seed, i, 0 };
    initialise (mae, &g_array_index (mae->tensors, MaeTensor, i), &random);
  }
  return mae;
}
