/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Against Hugging Face's transformers in PyTorch; golden.py says what its
 * files hold. The folder of models may be given: test-golden [FOLDER]. */

#include "small-model.h"

#include "mae/adamw-private.h"
#include "mae/safetensors-private.h"

#include <math.h>
#include <string.h>

typedef struct {
  VInfoMae *mae;
  Safetensors *expected;
  Batch *batch;
  guint n_steps, n_batch, n_visible;
  gsize n_orders;  /* values of one step's orders */
  gsize n_values;  /* of a prediction */
  guint16 *orders; /* [n_steps, n_batch, N] */
} Fixture;

static void
read_floats (Fixture *f, const char *name, float *values, gsize n)
{
  g_autoptr (GError) error = NULL;
  safetensors_read_floats (f->expected, name, values, n, &error);
  g_assert_no_error (error);
}

static void
read_orders (Fixture *f)
{
  const SafetensorsEntry *order = safetensors_find (f->expected, "order");
  g_assert_cmpuint (order->dtype, ==, SAFETENSORS_I64);
  f->n_steps = order->shape[0];
  f->n_batch = order->shape[1];
  f->n_orders = f->n_batch * order->shape[2];
  f->orders = g_new (guint16, f->n_steps * f->n_orders);
  for (gsize i = 0; i < f->n_steps * f->n_orders; i++) {
    gint64 patch;
    memcpy (&patch, (const gint64 *)order->data + i, sizeof patch);
    f->orders[i] = GINT64_FROM_LE (patch);
  }
}

static void
set_up (Fixture *f, gconstpointer folder)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path
      = g_build_filename (folder, "expected.safetensors", NULL);
  f->mae = vinfo_mae_load (folder, &error);
  g_assert_no_error (error);
  f->expected = safetensors_open (path, &error);
  g_assert_no_error (error);
  read_orders (f);
  const SafetensorsEntry *p = safetensors_find (f->expected, "prediction");
  gsize n = mae_n_patches (&f->mae->config), dim = p->shape[2];
  f->n_visible = n - p->shape[1];
  f->n_values = f->n_batch * p->shape[1] * dim;
  f->batch = batch_new (&f->mae->config, f->n_batch, f->n_visible);
  f->batch->pass.order = f->orders;
  read_floats (f, "patches", f->batch->patches, f->n_batch * n * dim);
}

static void
tear_down (Fixture *f, gconstpointer folder)
{
  safetensors_close (f->expected);
  vinfo_mae_unref (f->mae);
  batch_free (f->batch);
  g_free (f->orders);
}

/* |values - expected| / |expected| */
static double
relative_error (Fixture *f, const char *name, const float *values, gsize n)
{
  g_autofree float *expected = g_new (float, n);
  double difference = 0, size = 0;
  read_floats (f, name, expected, n);
  for (gsize i = 0; i < n; i++) {
    difference += pow (values[i] - expected[i], 2);
    size += pow (expected[i], 2);
  }
  g_test_message ("%s: %g", name, sqrt (difference / size));
  return sqrt (difference / size);
}

#define assert_near(f, name, values, n, limit)                                 \
  g_assert_cmpfloat (relative_error (f, name, values, n), <, limit)

static void
test_prediction_is_that_of_transformers (Fixture *f, gconstpointer folder)
{
  const VInfoMaeConfig *c = &f->mae->config;
  g_autoptr (MaeWorkspace) w
      = mae_workspace_new (c, f->n_batch, f->n_visible, FALSE);
  mae_forward (f->mae, w, &f->batch->pass);
  assert_near (f, "prediction", f->batch->prediction, f->n_values, 1e-5);
  assert_near (
      f, "embedding", f->batch->embedding, f->n_batch * c->hidden_size, 1e-5);
}

static void
test_encoder_is_that_of_a_plain_vit (Fixture *f, gconstpointer folder)
{
  const VInfoMaeConfig *c = &f->mae->config;
  guint n = mae_n_patches (c);
  g_autoptr (MaeWorkspace) w = mae_workspace_new (c, f->n_batch, n, FALSE);
  MaePass pass = f->batch->pass;
  pass.n_visible = n;
  pass.prediction = pass.features = NULL;
  mae_forward (f->mae, w, &pass);
  assert_near (f, "whole", pass.embedding, f->n_batch * c->hidden_size, 1e-5);
}

/* Returns the loss of a pass; its gradient replaces what gradient holds. */
static double
differentiate (Fixture *f, MaeWorkspace *w, float *gradient)
{
  g_autofree float *d_prediction = g_new (float, f->n_values);
  memset (gradient, 0, f->mae->n_parameters * sizeof (float));
  mae_forward (f->mae, w, &f->batch->pass);
  double loss = mae_loss (&f->mae->config, &f->batch->pass, d_prediction);
  mae_backward (f->mae, w, &f->batch->pass, d_prediction, gradient);
  return loss;
}

/* A key's bias adds the same to all scores of a query and has no effect: its
 * gradient is rounding, here and there. */
static void
assert_gradient_is_rounding (const float *gradient, gsize n, float loss)
{
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat (fabs (gradient[i]), <, 1e-5 * loss);
}

static void
test_gradients_are_those_of_pytorch (Fixture *f, gconstpointer folder)
{
  g_autoptr (MaeWorkspace) w
      = mae_workspace_new (&f->mae->config, f->n_batch, f->n_visible, TRUE);
  g_autofree float *gradient = g_new (float, f->mae->n_parameters);
  double loss = differentiate (f, w, gradient);
  guint n_trained = 0;
  for (guint i = 0; i < f->mae->tensors->len; i++) {
    const MaeTensor *t = &g_array_index (f->mae->tensors, MaeTensor, i);
    g_autofree char *name = g_strconcat ("gradient.", t->name, NULL);
    n_trained += t->trained;
    if (strstr (t->name, "key.bias"))
      assert_gradient_is_rounding (gradient + t->offset, t->size, loss);
    else if (t->trained)
      assert_near (f, name, gradient + t->offset, t->size, 1e-4);
  }
  g_assert_cmpuint (n_trained + 7, ==, safetensors_n_entries (f->expected));
}

/* Trains on with the steps' masks; no loss may lie further from PyTorch's. */
static void
check_training (Fixture *f, double limit)
{
  g_autoptr (MaeWorkspace) w
      = mae_workspace_new (&f->mae->config, f->n_batch, f->n_visible, TRUE);
  g_autofree float *gradient = g_new (float, f->mae->n_parameters);
  g_autofree float *expected = g_new (float, f->n_steps);
  float how[3]; /* learning rate, decay, norm of the clipped gradient */
  MaeAdamW adamw;
  read_floats (f, "rate_decay_clip", how, 3);
  read_floats (f, "losses", expected, f->n_steps);
  mae_adamw_init (&adamw, f->mae, how[1]);
  for (guint i = 0; i < f->n_steps; i++) {
    f->batch->pass.order = f->orders + i * f->n_orders;
    double loss = differentiate (f, w, gradient);
    g_test_message ("%g %g", loss, loss / expected[i] - 1);
    g_assert_cmpfloat (fabs (loss / expected[i] - 1), <, limit);
    mae_adamw_step (&adamw, f->mae, gradient, how[0], how[2]);
  }
  g_assert_cmpuint (f->n_steps, >=, 10);
  mae_adamw_finish (&adamw);
}

static void
test_training_goes_as_in_pytorch (Fixture *f, gconstpointer folder)
{
  check_training (f, 1e-4);
}

static void
test_training_in_bf16_goes_nearly_so (Fixture *f, gconstpointer folder)
{
  f->batch->pass.dtype = VINFO_DTYPE_BF16;
  check_training (f, 0.005);
}

static double
cosine (const float *a, const float *b, gsize n)
{
  double aa = 0, ab = 0, bb = 0;
  for (gsize i = 0; i < n; i++) {
    aa += pow (a[i], 2);
    ab += (double)a[i] * b[i];
    bb += pow (b[i], 2);
  }
  return ab / sqrt (aa * bb);
}

static void
test_gradients_in_bf16_point_where_pytorchs_do (
    Fixture *f, gconstpointer folder)
{
  g_autoptr (MaeWorkspace) w
      = mae_workspace_new (&f->mae->config, f->n_batch, f->n_visible, TRUE);
  g_autofree float *gradient = g_new (float, f->mae->n_parameters);
  double least = 1;
  f->batch->pass.dtype = VINFO_DTYPE_BF16;
  differentiate (f, w, gradient);
  for (guint i = 0; i < f->mae->tensors->len; i++) {
    const MaeTensor *t = &g_array_index (f->mae->tensors, MaeTensor, i);
    g_autofree char *name = g_strconcat ("gradient.", t->name, NULL);
    g_autofree float *expected = g_new (float, t->size);
    if (!t->trained || strstr (t->name, "key.bias"))
      continue;
    read_floats (f, name, expected, t->size);
    least = MIN (least, cosine (gradient + t->offset, expected, t->size));
    g_test_message ("%s: %g", t->name, least);
    g_assert_cmpfloat (least, >=, 0.99);
  }
  g_assert_cmpfloat (least, <, 1 - 1e-7); /* they are other products */
}

static void
add (const char *model, const char *name, const char *folder,
    void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/golden/%s/%s", model, name);
  g_test_add (path, Fixture, folder, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  const char *model;
  g_test_init (&argc, &argv, NULL);
  const char *root = argc > 1 ? argv[1] : GOLDEN;
  g_autoptr (GDir) models = g_dir_open (root, 0, &error);
  g_assert_no_error (error);
  while ((model = g_dir_read_name (models))) {
    char *folder = g_build_filename (root, model, NULL);
    g_ptr_array_add (folders, folder);
    add (model, "prediction", folder, test_prediction_is_that_of_transformers);
    add (model, "encoder", folder, test_encoder_is_that_of_a_plain_vit);
    add (model, "gradients", folder, test_gradients_are_those_of_pytorch);
    add (model, "training", folder, test_training_goes_as_in_pytorch);
    add (model, "bf16-gradients", folder,
        test_gradients_in_bf16_point_where_pytorchs_do);
    add (model, "bf16-training", folder, test_training_in_bf16_goes_nearly_so);
  }
  g_assert_cmpuint (folders->len, >, 0);
  return g_test_run ();
}
