/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "small-model.h"

#include <math.h>
#include <string.h>

static void
test_named_architectures_are_valid (void)
{
  static const char *const names[]
      = { "nano", "tiny", "small", "base", "large" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    VInfoMaeConfig c;
    g_autoptr (GError) error = NULL;
    g_assert_true (vinfo_mae_config_named (names[i], &c, &error));
    g_assert_true (vinfo_mae_config_validate (&c, &error));
    g_assert_no_error (error);
    g_assert_true (vinfo_mae_config_equal (&c, &c));
  }
}

static void
test_architecture_is_known_by_its_shape (void)
{
  VInfoMaeConfig c;

  vinfo_mae_config_named ("tiny", &c, NULL);
  c.norm_pix_loss = !c.norm_pix_loss;
  g_assert_cmpstr (vinfo_mae_config_get_name (&c), ==, "tiny");
  c.hidden_size *= 2;
  g_assert_null (vinfo_mae_config_get_name (&c));
}

static void
test_unknown_architecture_names_the_known (void)
{
  VInfoMaeConfig c;
  g_autoptr (GError) error = NULL;
  g_assert_false (vinfo_mae_config_named ("huge", &c, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "nano, tiny, small, base, large"));
}

/* The count that the transformers library reports for facebook/vit-mae-base
 * is 111,907,840 with the fixed positions of encoder and decoder. */
static void
test_base_has_the_published_size (void)
{
  VInfoMaeConfig c;
  g_assert_true (vinfo_mae_config_named ("base", &c, NULL));
  g_autoptr (VInfoMae) mae = mae_alloc (&c);
  g_assert_cmpuint (mae->n_parameters, ==, 111907840);
  g_assert_cmpuint (
      vinfo_mae_get_n_parameters (mae), ==, 111907840 - 197 * (768 + 512));
}

/* In Python, int (25 * (1 - 0.8)) is 4. */
static void
test_visible_patches_are_rounded_as_in_python (void)
{
  VInfoMaeConfig c = small_config ();
  c.image_size = 20;
  c.mask_ratio = 0.8;
  g_assert_cmpuint (mae_n_visible (&c), ==, 4);
  c.mask_ratio = 0.75;
  g_assert_cmpuint (mae_n_visible (&c), ==, 6);
  c.mask_ratio = 1;
  g_assert_cmpuint (mae_n_visible (&c), ==, 1);
}

static void
test_initialisation_repeats_by_seed (void)
{
  VInfoMaeConfig c = small_config ();
  g_autoptr (VInfoMae) a = vinfo_mae_new (&c, 1);
  g_autoptr (VInfoMae) b = vinfo_mae_new (&c, 1);
  g_autoptr (VInfoMae) other = vinfo_mae_new (&c, 2);
  gsize size = a->n_parameters * sizeof (float);
  g_assert_cmpmem (a->parameters, size, b->parameters, size);
  g_assert_true (memcmp (a->parameters, other->parameters, size) != 0);
  g_assert_true (vinfo_mae_is_finite (a));
}

static void
test_linear_layers_begin_within_the_xavier_limit (void)
{
  VInfoMaeConfig c;
  vinfo_mae_config_named ("nano", &c, NULL);
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&c, 1);
  const MaeTensor *t = mae_find_tensor (mae, "decoder.decoder_embed.weight");
  double limit = sqrt (6.0 / (128 + 64)), largest = 0, squares = 0;
  for (gsize i = 0; i < t->size; i++) {
    double x = mae->parameters[t->offset + i];
    largest = MAX (largest, fabs (x));
    squares += x * x;
  }
  g_assert_cmpfloat (largest, <=, limit);
  g_assert_cmpfloat (largest, >, 0.99 * limit);
  g_assert_cmpfloat_with_epsilon (
      squares / t->size, limit * limit / 3, 0.05 * limit * limit);
}

/* Hugging Face's get_2d_sincos_pos_embed(): sine and cosine of the column,
 * then of the row; zeroes for the class token. */
static void
test_positions_are_those_of_hugging_face (void)
{
  VInfoMaeConfig c = small_config ();
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&c, 1);
  const float *p = mae->parameters + mae->layout.positions;
  const float *at = p + (1 + 2 * 3 + 1) * 12; /* row 2, column 1 */
  for (guint i = 0; i < 12; i++)
    g_assert_cmpfloat (p[i], ==, 0);
  for (guint i = 0; i < 3; i++) {
    double omega = pow (10000, -(double)i / 3);
    g_assert_cmpfloat_with_epsilon (at[i], sin (omega), 1e-6);
    g_assert_cmpfloat_with_epsilon (at[3 + i], cos (omega), 1e-6);
    g_assert_cmpfloat_with_epsilon (at[6 + i], sin (2 * omega), 1e-6);
    g_assert_cmpfloat_with_epsilon (at[9 + i], cos (2 * omega), 1e-6);
  }
}

static void
test_a_copy_has_weights_of_its_own (void)
{
  VInfoMaeConfig c = small_config ();
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&c, 1);
  g_autoptr (VInfoMae) copy = vinfo_mae_copy (mae);
  float before = mae->parameters[0];
  copy->parameters[0] += 1;
  g_assert_cmpfloat (mae->parameters[0], ==, before);
  g_assert_cmpmem (mae->parameters + 1, (mae->n_parameters - 1) * 4,
      copy->parameters + 1, (mae->n_parameters - 1) * 4);
}

static void
test_decay_is_for_matrices (void)
{
  VInfoMaeConfig c = small_config ();
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&c, 1);
  const char *fc1 = "vit.encoder.layer.1.intermediate.dense.weight";
  const char *norm = "decoder.decoder_layers.0.layernorm_after.weight";
  g_assert_true (mae_find_tensor (mae, fc1)->decay);
  g_assert_false (mae_find_tensor (mae, norm)->decay);
  g_assert_false (mae_find_tensor (mae, "decoder.mask_token")->decay);
  g_assert_false (mae_find_tensor (mae, "decoder.decoder_pos_embed")->trained);
  g_assert_null (mae_find_tensor (mae, "decoder.decoder_layers.9"));
}

static void
test_patches_are_rows_columns_channels (void)
{
  VInfoMaeConfig c = small_config ();
  guint8 rgb[12 * 12 * 3];
  float patches[12 * 12 * 3];
  for (guint i = 0; i < sizeof rgb; i++)
    rgb[i] = i * 7;
  mae_patchify (&c, rgb, patches);
  for (guint y = 0; y < 12; y++)
    for (guint x = 0; x < 12; x++)
      for (guint channel = 0; channel < 3; channel++) {
        guint patch = y / 4 * 3 + x / 4, inside = y % 4 * 4 + x % 4;
        double value = rgb[(y * 12 + x) * 3 + channel] / 255.0;
        g_assert_cmpfloat_with_epsilon (
            patches[(patch * 16 + inside) * 3 + channel],
            (value - c.image_mean[channel]) / c.image_std[channel], 1e-5);
      }
}

static void
test_one_channel_is_luma (void)
{
  VInfoMaeConfig c = small_config ();
  guint8 rgb[12 * 12 * 3] = { 255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9 };
  static const double luma[4] = { 0.299, 0.587, 0.114, 9 / 255.0 };
  float patches[12 * 12];
  c.num_channels = 1;
  mae_patchify (&c, rgb, patches);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (
        patches[i], (luma[i] - c.image_mean[0]) / c.image_std[0], 1e-5);
}

static void
test_moments_are_unbiased (void)
{
  const float patch[4] = { 1, 2, 3, 6 };
  float mean, sd;
  mae_patch_moments (patch, 4, &mean, &sd);
  g_assert_cmpfloat_with_epsilon (mean, 3, 1e-6);
  g_assert_cmpfloat_with_epsilon (sd, sqrt (14.0 / 3), 1e-5);
  mae_patch_moments (patch, 1, &mean, &sd);
  g_assert_cmpfloat_with_epsilon (sd, 1e-3, 1e-8);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mae/named", test_named_architectures_are_valid);
  g_test_add_func ("/mae/shape", test_architecture_is_known_by_its_shape);
  g_test_add_func ("/mae/unknown", test_unknown_architecture_names_the_known);
  g_test_add_func ("/mae/base", test_base_has_the_published_size);
  g_test_add_func (
      "/mae/visible", test_visible_patches_are_rounded_as_in_python);
  g_test_add_func ("/mae/seed", test_initialisation_repeats_by_seed);
  g_test_add_func (
      "/mae/xavier", test_linear_layers_begin_within_the_xavier_limit);
  g_test_add_func ("/mae/positions", test_positions_are_those_of_hugging_face);
  g_test_add_func ("/mae/copy", test_a_copy_has_weights_of_its_own);
  g_test_add_func ("/mae/decay", test_decay_is_for_matrices);
  g_test_add_func ("/mae/patches", test_patches_are_rows_columns_channels);
  g_test_add_func ("/mae/luma", test_one_channel_is_luma);
  g_test_add_func ("/mae/moments", test_moments_are_unbiased);
  return g_test_run ();
}
