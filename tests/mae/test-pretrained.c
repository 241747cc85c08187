/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "small-model.h"
#include "temporary-directory.h"

#include "mae/safetensors-private.h"

#include <math.h>
#include <string.h>

typedef struct {
  char *directory, *config, *weights, *preprocessor;
  VInfoMae *mae;
} Fixture;

/* Saves the small model into a directory of its own. */
static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  VInfoMaeConfig c = small_config ();
  f->directory = temporary_directory_new ();
  f->config = g_build_filename (f->directory, "config.json", NULL);
  f->weights = g_build_filename (f->directory, "model.safetensors", NULL);
  f->preprocessor
      = g_build_filename (f->directory, "preprocessor_config.json", NULL);
  f->mae = vinfo_mae_new (&c, 1);
  vinfo_mae_save (f->mae, f->directory, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  temporary_directory_free (f->directory);
  vinfo_mae_unref (f->mae);
  g_free (f->config);
  g_free (f->weights);
  g_free (f->preprocessor);
}

static void
assert_refused (Fixture *f, VInfoMaeError code, const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoMae) mae = vinfo_mae_load (f->directory, &error);
  g_assert_null (mae);
  g_assert_error (error, VINFO_MAE_ERROR, (gint)code);
  g_assert_true (g_str_has_prefix (error->message, f->directory));
  if (!strstr (error->message, what))
    g_error ("'%s' is not in '%s'", what, error->message);
}

/* Replaces text that must be there. */
static void
edit (const char *path, const char *from, const char *to)
{
  g_autofree char *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_autoptr (GString) edited = g_string_new (text);
  g_assert_cmpuint (g_string_replace (edited, from, to, 0), >, 0);
  g_assert_true (g_file_set_contents (path, edited->str, edited->len, NULL));
}

static void
assert_edit_refused (Fixture *f, const char *from, const char *to,
    VInfoMaeError code, const char *what)
{
  edit (f->config, from, to);
  assert_refused (f, code, what);
  edit (f->config, to, from);
}

static void
assert_round_trip (const VInfoMae *mae, const char *directory)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoMae) loaded = vinfo_mae_load (directory, &error);
  g_assert_no_error (error);
  g_assert_true (vinfo_mae_config_equal (&mae->config, &loaded->config));
  g_assert_cmpfloat (loaded->config.mask_ratio, ==, mae->config.mask_ratio);
  g_assert_cmpmem (loaded->parameters, loaded->n_parameters * sizeof (float),
      mae->parameters, mae->n_parameters * sizeof (float));
}

static void
test_what_is_saved_is_loaded_bit_for_bit (Fixture *f, gconstpointer unused)
{
  assert_round_trip (f->mae, f->directory);
}

static void
test_files_of_transformers_5_are_loaded (Fixture *f, gconstpointer unused)
{
  g_autoptr (Safetensors) file = safetensors_open (f->weights, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  guint n = safetensors_n_entries (file), renamed = 0;
  g_autofree SafetensorsEntry *entries = g_new (SafetensorsEntry, n);
  for (guint i = 0; i < n; i++) {
    g_autoptr (GString) name = g_string_new (safetensors_entry (file, i)->name);
    renamed += g_string_replace (
        name, "decoder_layers.", "decoder_encoder.layer.", 0);
    g_ptr_array_add (names, g_strdup (name->str));
    entries[i] = *safetensors_entry (file, i);
    entries[i].name = g_ptr_array_index (names, i);
  }
  g_assert_cmpuint (renamed, ==, 2 * 16);
  g_assert_true (safetensors_write (f->weights, entries, n, NULL, NULL));
  assert_round_trip (f->mae, f->directory);
}

static void
test_every_config_field_is_saved (Fixture *f, gconstpointer unused)
{
  VInfoMaeConfig c = small_config ();
  c.num_channels = 1;
  c.image_size = 15;
  c.patch_size = 3;
  c.norm_pix_loss = TRUE;
  c.mask_ratio = 0.6;
  c.layer_norm_eps = 1e-7;
  c.image_mean[0] = 0.1;
  c.image_std[0] = 1.0 / 3;
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&c, 2);
  g_assert_true (vinfo_mae_save (mae, f->directory, NULL));
  assert_round_trip (mae, f->directory);
}

static void
test_missing_files_are_not_found (Fixture *f, gconstpointer unused)
{
  g_unlink (f->weights);
  assert_refused (f, VINFO_MAE_ERROR_NOT_FOUND, "model.safetensors");
  g_unlink (f->config);
  assert_refused (f, VINFO_MAE_ERROR_NOT_FOUND, "config.json");
}

static void
test_weights_of_another_kind_are_named (Fixture *f, gconstpointer unused)
{
  static const char *const names[]
      = { "pytorch_model.bin", "model.safetensors.index.json" };
  g_unlink (f->weights);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (f->directory, names[i], NULL);
    g_assert_true (g_file_set_contents (path, "", 0, NULL));
    assert_refused (f, VINFO_MAE_ERROR_UNSUPPORTED, names[i]);
    g_unlink (path);
  }
}

static void
test_missing_preprocessor_means_imagenet (Fixture *f, gconstpointer unused)
{
  g_unlink (f->preprocessor);
  g_autoptr (VInfoMae) mae = vinfo_mae_load (f->directory, NULL);
  g_assert_cmpfloat (mae->config.image_mean[2], ==, 0.406);
  g_assert_cmpfloat (mae->config.image_std[1], ==, 0.224);
}

static void
test_bad_preprocessor_is_refused (Fixture *f, gconstpointer unused)
{
  g_file_set_contents (f->preprocessor, "{\"image_mean\":[1,2]}", -1, NULL);
  assert_refused (f, VINFO_MAE_ERROR_CORRUPT, "image_mean");
  g_file_set_contents (f->preprocessor, "{\"image_std\":[0]}", -1, NULL);
  assert_refused (f, VINFO_MAE_ERROR_MISMATCH, "image_std");
}

static void
test_another_model_is_unsupported (Fixture *f, gconstpointer unused)
{
  const VInfoMaeError code = VINFO_MAE_ERROR_UNSUPPORTED;
  assert_edit_refused (f, "vit_mae", "bert", code, "model_type");
  assert_edit_refused (
      f, "ViTMAEForPreTraining", "ViTMAEModel", code, "architectures");
  assert_edit_refused (f, "\"gelu\"", "\"relu\"", code, "hidden_act");
  assert_edit_refused (
      f, "\"qkv_bias\" : true", "\"qkv_bias\" : false", code, "qkv_bias");
}

static void
test_impossible_config_is_refused (Fixture *f, gconstpointer unused)
{
  const VInfoMaeError code = VINFO_MAE_ERROR_MISMATCH;
  assert_edit_refused (f, "\"patch_size\" : 4", "\"patch_size\" : 5", code,
      "multiple of patch_size");
  assert_edit_refused (f, "\"num_attention_heads\" : 3",
      "\"num_attention_heads\" : 5", code, "heads");
  assert_edit_refused (f, "\"num_hidden_layers\" : 2",
      "\"num_hidden_layers\" : 4000000000", code, "num_hidden_layers");
  assert_edit_refused (
      f, "\"hidden_size\" : 12", "\"hidden_size\" : -12", code, "hidden_size");
  assert_edit_refused (f, "\"hidden_size\" : 12", "\"hidden_size\" : \"12\"",
      VINFO_MAE_ERROR_CORRUPT, "hidden_size");
}

/* Each of these asks for tensors that the file does not have like that. */
static void
test_config_that_contradicts_the_weights_is_refused (
    Fixture *f, gconstpointer unused)
{
  const VInfoMaeError code = VINFO_MAE_ERROR_MISMATCH;
  assert_edit_refused (f, "\"decoder_hidden_size\" : 8",
      "\"decoder_hidden_size\" : 16", code, "another shape");
  assert_edit_refused (f, "\"num_hidden_layers\" : 2",
      "\"num_hidden_layers\" : 3", code, "missing");
  assert_edit_refused (f, "\"num_hidden_layers\" : 2",
      "\"num_hidden_layers\" : 1", code, "vit.encoder.layer.1.");
  assert_edit_refused (
      f, "\"image_size\" : 12", "\"image_size\" : 1020", code, "another shape");
}

static void
test_truncated_weights_are_refused (Fixture *f, gconstpointer unused)
{
  g_autofree char *bytes = NULL;
  gsize size;
  g_assert_true (g_file_get_contents (f->weights, &bytes, &size, NULL));
  g_file_set_contents (f->weights, bytes, size - 1, NULL);
  assert_refused (f, VINFO_MAE_ERROR_CORRUPT, "truncated");
}

static void
test_weights_that_are_no_numbers_are_refused (Fixture *f, gconstpointer unused)
{
  static const float bad[] = { NAN, INFINITY, -INFINITY };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    f->mae->parameters[f->mae->n_parameters / 2 + i] = bad[i];
    g_assert_false (vinfo_mae_is_finite (f->mae));
    g_assert_true (vinfo_mae_save (f->mae, f->directory, NULL));
    assert_refused (f, VINFO_MAE_ERROR_NON_FINITE, "NaN");
    f->mae->parameters[f->mae->n_parameters / 2 + i] = 0;
  }
  g_assert_true (vinfo_mae_is_finite (f->mae));
}

static void
test_unwritable_directory_is_an_error (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_assert_false (vinfo_mae_save (f->mae, f->weights, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_IO);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/pretrained/round-trip", test_what_is_saved_is_loaded_bit_for_bit);
  ADD ("/pretrained/transformers-5", test_files_of_transformers_5_are_loaded);
  ADD ("/pretrained/fields", test_every_config_field_is_saved);
  ADD ("/pretrained/missing", test_missing_files_are_not_found);
  ADD ("/pretrained/other-weights", test_weights_of_another_kind_are_named);
  ADD ("/pretrained/imagenet", test_missing_preprocessor_means_imagenet);
  ADD ("/pretrained/preprocessor", test_bad_preprocessor_is_refused);
  ADD ("/pretrained/another", test_another_model_is_unsupported);
  ADD ("/pretrained/impossible", test_impossible_config_is_refused);
  ADD ("/pretrained/contradiction",
      test_config_that_contradicts_the_weights_is_refused);
  ADD ("/pretrained/truncated", test_truncated_weights_are_refused);
  ADD ("/pretrained/nan", test_weights_that_are_no_numbers_are_refused);
  ADD ("/pretrained/unwritable", test_unwritable_directory_is_an_error);
  return g_test_run ();
}
