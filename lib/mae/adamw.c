/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mae/adamw-private.h"

#include "mae/mae-private.h"
#include "nn/pool-private.h"
#include "nn/simd-private.h"

#define BLOCK 16384
#define N_PARTS 256 /* of the gradient's norm */

void
mae_adamw_init_plain (MaeAdamW *adamw, gsize n, double weight_decay)
{
  *adamw = (MaeAdamW){ .beta1 = 0.9,
    .beta2 = 0.95, /* as the MAE paper pre-trains */
    .epsilon = 1e-8,
    .weight_decay = weight_decay,
    .m = g_new0 (float, n),
    .v = g_new0 (float, n) };
}

void
mae_adamw_init (MaeAdamW *adamw, const VInfoMae *mae, double weight_decay)
{
  mae_adamw_init_plain (adamw, mae->n_parameters, weight_decay);
}

void
mae_adamw_finish (MaeAdamW *adamw)
{
  g_clear_pointer (&adamw->m, g_free);
  g_clear_pointer (&adamw->v, g_free);
}

typedef struct {
  const float *gradient;
  gsize block;
  double sums[N_PARTS];
} Norm;

NN_SIMD static void
sum_squares (gsize begin, gsize end, gpointer data)
{
  Norm *norm = data;
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (gsize i = begin; i < end; i++)
    sum += (double)norm->gradient[i] * norm->gradient[i];
  norm->sums[begin / norm->block] = sum;
}

static double
gradient_norm (const float *gradient, gsize n)
{
  Norm norm = { gradient, (n + N_PARTS - 1) / N_PARTS };
  double sum = 0;
  nn_parallel (n, norm.block, sum_squares, &norm);
  for (guint i = 0; i < N_PARTS; i++)
    sum += norm.sums[i];
  return sqrt (sum);
}

typedef struct {
  float *parameters, *m, *v;
  const float *gradient;
  float beta1, beta2, epsilon;
  float rest1, rest2; /* 1 - beta, exact for a beta close to 1 */
  float scale;        /* of the gradient */
  float keep;         /* what the decay leaves of a weight */
  float rate;         /* learning rate / (1 - beta1^step) */
  float correct;      /* 1 / sqrt(1 - beta2^step) */
} Update;

NN_SIMD static void
update_weights (gsize begin, gsize end, gpointer data)
{
  const Update u = *(const Update *)data;
#pragma omp simd
  for (gsize i = begin; i < end; i++) {
    float g = u.gradient[i] * u.scale;
    float m = u.beta1 * u.m[i] + u.rest1 * g;
    float v = u.beta2 * u.v[i] + u.rest2 * g * g;
    u.m[i] = m;
    u.v[i] = v;
    u.parameters[i] = u.parameters[i] * u.keep
                      - u.rate * m / (sqrtf (v) * u.correct + u.epsilon);
  }
}

static void
update_tensor (
    const MaeAdamW *a, const VInfoMae *mae, const MaeTensor *t, Update update)
{
  update.parameters = mae->parameters + t->offset;
  update.gradient += t->offset;
  update.m = a->m + t->offset;
  update.v = a->v + t->offset;
  update.keep = t->decay ? update.keep : 1;
  nn_parallel (t->size, BLOCK, update_weights, &update);
}

/* The next step's constants, where the gradient's norm is a number. */
static Update
next_update (
    MaeAdamW *a, const float *gradient, double norm, double rate, double max)
{
  double scale = max > 0 ? MIN (1, max / (norm + 1e-6)) : 1;

  a->step++;
  return (Update){ .gradient = gradient,
    .beta1 = a->beta1,
    .beta2 = a->beta2,
    .rest1 = 1 - a->beta1,
    .rest2 = 1 - a->beta2,
    .epsilon = a->epsilon,
    .scale = scale,
    .keep = 1 - rate * a->weight_decay,
    .rate = rate / (1 - pow (a->beta1, a->step)),
    .correct = 1 / sqrt (1 - pow (a->beta2, a->step)) };
}

double
mae_adamw_step (MaeAdamW *a, VInfoMae *mae, const float *gradient,
    double learning_rate, double max_norm)
{
  double norm = gradient_norm (gradient, mae->n_parameters);
  Update update;
  if (!isfinite (norm))
    return norm;
  update = next_update (a, gradient, norm, learning_rate, max_norm);
  for (guint i = 0; i < mae->tensors->len; i++) {
    const MaeTensor *tensor = &g_array_index (mae->tensors, MaeTensor, i);
    if (tensor->trained)
      update_tensor (a, mae, tensor, update);
  }
  return norm;
}

double
mae_adamw_step_plain (MaeAdamW *a, float *parameters, gsize n,
    const float *gradient, double learning_rate, double max_norm)
{
  double norm = gradient_norm (gradient, n);
  Update update;
  if (!isfinite (norm))
    return norm;
  update = next_update (a, gradient, norm, learning_rate, max_norm);
  update.parameters = parameters;
  update.m = a->m;
  update.v = a->v;
  nn_parallel (n, BLOCK, update_weights, &update);
  return norm;
}
