/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Against Hugging Face's transformers in PyTorch; see golden.py. */

#include "small-model.h"

#include "mae/safetensors-private.h"

#include <math.h>
#include <string.h>

typedef struct {
  VInfoMae *mae;
  Safetensors *expected;
  Batch *batch;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  f->mae = vinfo_mae_load (GOLDEN, &error);
  g_assert_no_error (error);
  f->expected = safetensors_open (GOLDEN "/expected.safetensors", &error);
  g_assert_no_error (error);
  f->batch = batch_new (&f->mae->config, 2, 3);
  g_assert_true (safetensors_read_floats (
      f->expected, "patches", f->batch->patches, 2 * 9 * 48, &error));
  const SafetensorsEntry *order = safetensors_find (f->expected, "order");
  g_assert_cmpuint (order->dtype, ==, SAFETENSORS_I64);
  for (guint i = 0; i < 2 * 9; i++) {
    gint64 patch;
    memcpy (&patch, (const gint64 *)order->data + i, sizeof patch);
    f->batch->order[i] = GINT64_FROM_LE (patch);
  }
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  safetensors_close (f->expected);
  vinfo_mae_unref (f->mae);
  batch_free (f->batch);
}

/* |values - expected| / |expected| */
static double
relative_error (Fixture *f, const char *name, const float *values, gsize n)
{
  g_autofree float *expected = g_new (float, n);
  g_autoptr (GError) error = NULL;
  double difference = 0, size = 0;
  safetensors_read_floats (f->expected, name, expected, n, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < n; i++) {
    difference += pow (values[i] - expected[i], 2);
    size += pow (expected[i], 2);
  }
  g_test_message ("%s: %g", name, sqrt (difference / size));
  return sqrt (difference / size);
}

static void
test_prediction_is_that_of_transformers (Fixture *f, gconstpointer unused)
{
  g_autoptr (MaeWorkspace) w = mae_workspace_new (&f->mae->config, 2, 3, FALSE);
  mae_forward (f->mae, w, &f->batch->pass);
  g_assert_cmpfloat (
      relative_error (f, "prediction", f->batch->prediction, 2 * 6 * 48), <,
      1e-5);
  g_assert_cmpfloat (
      relative_error (f, "embedding", f->batch->embedding, 2 * 12), <, 1e-5);
}

/* A key's bias has no effect, so that its gradient is rounding alone. */
static void
check_gradients (Fixture *f, const char *prefix)
{
  g_autoptr (MaeWorkspace) w = mae_workspace_new (&f->mae->config, 2, 3, TRUE);
  g_autofree float *gradient = g_new0 (float, f->mae->n_parameters);
  float d_prediction[2 * 6 * 48];
  mae_forward (f->mae, w, &f->batch->pass);
  float loss = mae_loss (&f->mae->config, &f->batch->pass, d_prediction);
  mae_backward (f->mae, w, &f->batch->pass, d_prediction, gradient);
  g_autofree char *name = g_strconcat (prefix, "loss", NULL);
  g_assert_cmpfloat (relative_error (f, name, &loss, 1), <, 1e-5);
  for (guint i = 0; i < f->mae->tensors->len; i++) {
    const MaeTensor *t = &g_array_index (f->mae->tensors, MaeTensor, i);
    g_autofree char *of = g_strconcat (prefix, t->name, NULL);
    if (t->trained && !strstr (t->name, "key.bias"))
      g_assert_cmpfloat (
          relative_error (f, of, gradient + t->offset, t->size), <, 1e-4);
  }
}

static void
test_gradients_are_those_of_pytorch (Fixture *f, gconstpointer unused)
{
  check_gradients (f, "raw.");
}

static void
test_gradients_of_normalised_targets_are_too (Fixture *f, gconstpointer unused)
{
  f->mae->config.norm_pix_loss = TRUE;
  check_gradients (f, "normalised.");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/golden/prediction", test_prediction_is_that_of_transformers);
  ADD ("/golden/gradients", test_gradients_are_those_of_pytorch);
  ADD ("/golden/normalised", test_gradients_of_normalised_targets_are_too);
  return g_test_run ();
}
