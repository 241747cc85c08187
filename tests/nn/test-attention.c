/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "finite-difference.h"

#include "nn/layers-private.h"

#include <string.h>

/* More heads than slots of scratch memory, so that some share one. */
enum { BATCH = 35, TOKENS = 5, DIM = 12, HEADS = 3, N = BATCH * TOKENS * DIM };

static const NnAttention shape = { BATCH, TOKENS, DIM, HEADS };

typedef struct {
  float qkv[3 * N], out[N], d_out[N];
  float *scratch;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  fill_normal (f->qkv, 3 * N, 1);
  fill_normal (f->d_out, N, 2);
  f->scratch = g_new (float, nn_attention_scratch (&shape));
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_free (f->scratch);
}

static double
scalar (gpointer data)
{
  Fixture *f = data;
  nn_attention_forward (&shape, f->out, f->qkv, f->scratch);
  return dot (f->out, f->d_out, N);
}

/* One output value by the definition, in double. */
static double
attend (const float *qkv, guint picture, guint token, guint column)
{
  guint size = DIM / HEADS, head = column / size * size;
  const float *base = qkv + picture * TOKENS * 3 * DIM;
  double sum = 0, total = 0;
  for (guint t = 0; t < TOKENS; t++) {
    double score = dot (
        base + token * 3 * DIM + head, base + t * 3 * DIM + DIM + head, size);
    double weight = exp (score / sqrt (size));
    total += weight;
    sum += weight * base[t * 3 * DIM + 2 * DIM + column];
  }
  return sum / total;
}

static void
test_forward_is_the_definition (Fixture *f, gconstpointer unused)
{
  scalar (f);
  for (guint b = 0; b < BATCH; b++)
    for (guint t = 0; t < TOKENS; t++)
      for (guint j = 0; j < DIM; j++)
        g_assert_cmpfloat_with_epsilon (
            f->out[(b * TOKENS + t) * DIM + j], attend (f->qkv, b, t, j), 1e-5);
}

static void
test_gradients_are_the_differences (Fixture *f, gconstpointer unused)
{
  g_autofree float *d_qkv = g_new (float, 3 * N);
  nn_attention_backward (&shape, d_qkv, f->d_out, f->qkv, f->scratch);
  g_assert_cmpfloat (
      gradient_error (f->qkv, 3 * N, 7, d_qkv, scalar, f, 0.02), <, 2e-3);
}

static void
test_pictures_do_not_see_each_other (Fixture *f, gconstpointer unused)
{
  float before[N];
  scalar (f);
  memcpy (before, f->out, sizeof before);
  fill_normal (f->qkv, 3 * TOKENS * DIM, 9); /* the first picture */
  scalar (f);
  g_assert_cmpfloat (f->out[0], !=, before[0]);
  g_assert_cmpmem (f->out + TOKENS * DIM, (N - TOKENS * DIM) * sizeof (float),
      before + TOKENS * DIM, (N - TOKENS * DIM) * sizeof (float));
}

static void
test_softmax_sums_to_one_at_any_scale (void)
{
  float x[2][4] = { { 1000, 999, -1000, 1000 }, { -3, -3, -3, -3 } };
  nn_softmax_forward (x[0], 2, 4);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpfloat_with_epsilon (
        x[i][0] + x[i][1] + x[i][2] + x[i][3], 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (x[0][1] / x[0][0], exp (-1), 1e-6);
  g_assert_cmpfloat_with_epsilon (x[1][2], 0.25, 1e-7);
}

/* More rows than are taken together, of widths that no vector divides. */
static void
test_softmax_of_all_widths_is_the_definition (void)
{
  enum { ROWS = 35, MAX = 65 };
  static const guint widths[] = { 1, 3, 16, 17, 33, MAX };
  float in[ROWS * MAX], out[ROWS * MAX];
  fill_normal (in, ROWS * MAX, 3);
  for (guint w = 0; w < G_N_ELEMENTS (widths); w++) {
    guint n = widths[w];
    memcpy (out, in, sizeof in);
    nn_softmax_forward (out, ROWS, n);
    for (guint i = 0; i < ROWS; i++) {
      double sum = 0;
      for (guint j = 0; j < n; j++)
        sum += exp (in[i * n + j]);
      for (guint j = 0; j < n; j++)
        g_assert_cmpfloat_with_epsilon (
            out[i * n + j], exp (in[i * n + j]) / sum, 1e-6);
    }
    g_assert_cmpmem (out + ROWS * n, (ROWS * MAX - ROWS * n) * sizeof *out,
        in + ROWS * n, (ROWS * MAX - ROWS * n) * sizeof *in);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/attention/forward", test_forward_is_the_definition);
  ADD ("/attention/gradients", test_gradients_are_the_differences);
  ADD ("/attention/pictures", test_pictures_do_not_see_each_other);
  g_test_add_func ("/attention/softmax", test_softmax_sums_to_one_at_any_scale);
  g_test_add_func ("/attention/softmax-widths",
      test_softmax_of_all_widths_is_the_definition);
  return g_test_run ();
}
