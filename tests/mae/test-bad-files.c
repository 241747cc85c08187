/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A good model of which one thing is spoilt. Each is refused with one error of
 * the right code that names the file, the tensor or field where there is one,
 * and the reason. */

#include "small-model.h"
#include "temporary-directory.h"

#include "mae/safetensors-private.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG "config.json"
#define PIXELS "preprocessor_config.json"
#define WEIGHTS "model.safetensors"

#define NOT_FOUND VINFO_MAE_ERROR_NOT_FOUND
#define CORRUPT VINFO_MAE_ERROR_CORRUPT
#define MISMATCH VINFO_MAE_ERROR_MISMATCH
#define UNSUPPORTED VINFO_MAE_ERROR_UNSUPPORTED
#define NON_FINITE VINFO_MAE_ERROR_NON_FINITE
#define IO VINFO_MAE_ERROR_IO

/* `from` becomes `to` in the file's text, which is the header in WEIGHTS;
 * without `from`, `to` is all there is. */
typedef struct {
  const char *name, *file, *from, *to;
  VInfoMaeError code;
  const char *what, *why;
  const char *told; /* the file that is named, where it is another one */
} Edit;

#define TENSOR(dtype, shape, begin, end)                                       \
  "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin      \
  "," end "]}"

/* The beginning of a tensor's entry, and what makes it another one. */
#define NORM "\"vit.layernorm.weight\":{"
#define NORM_TYPE NORM "\"dtype\":\"F32\","
#define NORM_SHAPE NORM_TYPE "\"shape\":[12],"
#define NORM_NAME "vit.layernorm.weight"

static const Edit edits[] = {
  /* JSON */
  { "empty-text", CONFIG, NULL, "", CORRUPT, "JSON", "no value" },
  { "half-a-text", CONFIG, NULL, "{\"model_type\":\"vit_", CORRUPT, "JSON",
      "without an end" },
  { "array", CONFIG, NULL, "[]", CORRUPT, "JSON", "not an object" },
  { "null", CONFIG, NULL, "null", CORRUPT, "JSON", "not an object" },
  { "two-texts", CONFIG, NULL, "{} {}", CORRUPT, "JSON", "after the end" },
  { "not-utf-8", CONFIG, "vit_mae", "vit\xff", CORRUPT, "JSON", "UTF-8" },
  { "comment", CONFIG, "{", "{/**/", CORRUPT, "JSON", "no string" },
  { "single-quotes", CONFIG, "\"model_type\"", "'model_type'", CORRUPT, "JSON",
      "no string" },
  { "trailing-comma", CONFIG, "\n}", ",\n}", CORRUPT, "JSON", "no string" },
  { "no-comma", CONFIG, "\"vit_mae\",", "\"vit_mae\"", CORRUPT, "JSON",
      "neither a comma" },
  { "no-colon", CONFIG, "\"model_type\" :", "\"model_type\"", CORRUPT, "JSON",
      "no colon" },
  { "control-character", CONFIG, "vit_mae", "vit\nmae", CORRUPT, "JSON",
      "control character" },
  { "bad-escape", CONFIG, "vit_mae", "vit\\_mae", CORRUPT, "JSON", "escape" },
  { "half-a-surrogate", CONFIG, "vit_mae", "vit\\ud800mae", CORRUPT, "JSON",
      "surrogate" },
  { "escaped-nul", CONFIG, "vit_mae", "vit_mae\\u0000", CORRUPT, "JSON",
      "NUL" },
  { "hexadecimal", CONFIG, "\"patch_size\" : 4", "\"patch_size\" : 0x4",
      CORRUPT, "JSON", "neither a comma" },
  { "leading-zero", CONFIG, "\"patch_size\" : 4", "\"patch_size\" : 04",
      CORRUPT, "JSON", "neither a comma" },
  { "nan", CONFIG, "\"mask_ratio\" : 0.75", "\"mask_ratio\" : NaN", CORRUPT,
      "JSON", "no value" },
  { "no-fraction", CONFIG, "\"mask_ratio\" : 0.75", "\"mask_ratio\" : 1.",
      CORRUPT, "JSON", "after the point" },
  { "no-exponent", CONFIG, "\"mask_ratio\" : 0.75", "\"mask_ratio\" : 1e",
      CORRUPT, "JSON", "exponent" },
  { "wrapped-number", CONFIG, "\"patch_size\" : 4",
      "\"patch_size\" : -18446744073709551612", CORRUPT, "JSON", "64 bits" },
  { "field-twice", CONFIG, "\"patch_size\" : 4",
      "\"patch_size\" : 3, \"patch\\u005fsize\" : 4", CORRUPT, "patch_size",
      "two of that name" },

  /* config.json */
  { "no-type", CONFIG, "\"model_type\"", "\"model_typ\"", UNSUPPORTED,
      "model_type", "missing, must be vit_mae" },
  { "another-type", CONFIG, "vit_mae", "vit", UNSUPPORTED, "model_type",
      "is \"vit\", must be vit_mae" },
  { "type-is-a-number", CONFIG, "\"vit_mae\"", "3", UNSUPPORTED, "model_type",
      "is no text, must be vit_mae" },
  { "type-is-long", CONFIG, "vit_mae",
      "\\n234567890123456789012345678901234567890", UNSUPPORTED, "model_type",
      "is \"\\n23456789012345678901234567890123456789\", must be vit_mae" },
  { "another-architecture", CONFIG, "ViTMAEForPreTraining", "ViTMAEModel",
      UNSUPPORTED, "architectures", "must have" },
  { "architectures-is-a-word", CONFIG, "[\n    \"ViTMAEForPreTraining\"\n  ]",
      "\"ViTMAEForPreTraining\"", UNSUPPORTED, "architectures", "must have" },
  { "another-activation", CONFIG, "\"gelu\"", "\"relu\"", UNSUPPORTED,
      "hidden_act", "must be gelu" },
  { "no-bias", CONFIG, "\"qkv_bias\" : true", "\"qkv_bias\" : false",
      UNSUPPORTED, "qkv_bias", "must be true" },
  { "size-is-a-word", CONFIG, "\"hidden_size\" : 12",
      "\"hidden_size\" : \"12\"", CORRUPT, "hidden_size", "whole number" },
  { "size-is-null", CONFIG, "\"hidden_size\" : 12", "\"hidden_size\" : null",
      CORRUPT, "hidden_size", "whole number" },
  { "size-is-a-fraction", CONFIG, "\"hidden_size\" : 12",
      "\"hidden_size\" : 12.5", CORRUPT, "hidden_size", "whole number" },
  { "flag-is-a-number", CONFIG, "\"norm_pix_loss\" : false",
      "\"norm_pix_loss\" : 0", CORRUPT, "norm_pix_loss", "boolean" },
  { "ratio-is-a-list", CONFIG, "\"mask_ratio\" : 0.75", "\"mask_ratio\" : []",
      CORRUPT, "mask_ratio", "number" },
  { "negative-size", CONFIG, "\"hidden_size\" : 12", "\"hidden_size\" : -12",
      MISMATCH, "hidden_size", "-12 is out of range" },
  { "zero-size", CONFIG, "\"patch_size\" : 4", "\"patch_size\" : 0", MISMATCH,
      "patch_size", "out of range" },
  { "huge-size", CONFIG, "\"image_size\" : 12",
      "\"image_size\" : 9223372036854775807", MISMATCH, "image_size",
      "out of range" },
  { "many-layers", CONFIG, "\"num_hidden_layers\" : 2",
      "\"num_hidden_layers\" : 4000000000", MISMATCH, "num_hidden_layers",
      "out of range" },
  { "many-patches", CONFIG, "\"image_size\" : 12,\n  \"patch_size\" : 4",
      "\"image_size\" : 8192,\n  \"patch_size\" : 1", MISMATCH,
      "number of patches", "out of range" },
  { "two-channels", CONFIG, "\"num_channels\" : 3", "\"num_channels\" : 2",
      MISMATCH, "num_channels", "1 or 3" },
  { "patch-does-not-fit", CONFIG, "\"patch_size\" : 4", "\"patch_size\" : 5",
      MISMATCH, "image_size", "multiple of patch_size" },
  { "heads-do-not-fit", CONFIG, "\"num_attention_heads\" : 3",
      "\"num_attention_heads\" : 5", MISMATCH, "num_attention_heads",
      "multiple of the heads" },
  { "nothing-masked", CONFIG, "\"mask_ratio\" : 0.75", "\"mask_ratio\" : 0",
      MISMATCH, "mask_ratio", "none to predict" },
  { "infinite-ratio", CONFIG, "\"mask_ratio\" : 0.75", "\"mask_ratio\" : 1e999",
      MISMATCH, "mask_ratio", "out of range" },
  { "negative-epsilon", CONFIG, "\"layer_norm_eps\" : ",
      "\"layer_norm_eps\" : -", MISMATCH, "layer_norm_eps", "out of range" },

  /* config.json against the weights */
  { "wider-than-the-weights", CONFIG, "\"decoder_hidden_size\" : 8",
      "\"decoder_hidden_size\" : 16", MISMATCH, "decoder.decoder_embed.weight",
      "has another shape, [8, 12], than the config asks for, [16, 12]",
      WEIGHTS },
  { "deeper-than-the-weights", CONFIG, "\"num_hidden_layers\" : 2",
      "\"num_hidden_layers\" : 3", MISMATCH, "vit.encoder.layer.2.", "missing",
      WEIGHTS },
  { "shallower-than-the-weights", CONFIG, "\"num_hidden_layers\" : 2",
      "\"num_hidden_layers\" : 1", MISMATCH, "vit.encoder.layer.1.",
      "not needed", WEIGHTS },
  { "more-patches-than-the-weights", CONFIG, "\"image_size\" : 12",
      "\"image_size\" : 1020", MISMATCH, "position_embeddings", "another shape",
      WEIGHTS },

  /* preprocessor_config.json */
  { "statistic-is-a-number", PIXELS, NULL, "{\"image_mean\":0.5}", CORRUPT,
      "image_mean", "list of 1 or 3" },
  { "two-means", PIXELS, NULL, "{\"image_mean\":[1,2]}", CORRUPT, "image_mean",
      "list of 1 or 3" },
  { "mean-is-a-word", PIXELS, NULL, "{\"image_mean\":[0,\"0\",0]}", CORRUPT,
      "image_mean", "list of 1 or 3" },
  { "zero-deviation", PIXELS, NULL, "{\"image_std\":[1,0,1]}", MISMATCH,
      "image_std", "out of range" },
  { "not-standardised", PIXELS, NULL, "{\"do_normalize\":false}", UNSUPPORTED,
      "do_normalize", "must be true" },
  { "not-rescaled", PIXELS, NULL, "{\"do_rescale\":false}", UNSUPPORTED,
      "do_rescale", "must be true" },
  { "another-scale", PIXELS, NULL, "{\"rescale_factor\":1.0}", UNSUPPORTED,
      "rescale_factor", "must be 1/255" },

  /* The header of model.safetensors as a whole */
  { "empty-header", WEIGHTS, NULL, "", CORRUPT, "header", "no value" },
  { "header-is-an-array", WEIGHTS, NULL, "[1]", CORRUPT, "header",
      "not an object" },
  { "tensor-twice", WEIGHTS, "\"vit.layernorm.bias\"",
      "\"vit.layernorm.weight\"", CORRUPT, "header: " NORM_NAME,
      "two of that name" },
  { "dtype-twice", WEIGHTS, NORM, NORM "\"dtype\":\"F16\",", CORRUPT,
      "header: dtype", "two of that name" },
  { "metadata-is-a-list", WEIGHTS, "{\"format\":\"pt\"}", "[]", CORRUPT,
      "__metadata__", "not an object" },
  { "metadata-is-a-number", WEIGHTS, "\"pt\"", "3", CORRUPT,
      "__metadata__: format", "not a string" },
  { "no-tensors", WEIGHTS, NULL, "{}", CORRUPT, "data", "belong to no tensor" },

  /* One tensor */
  { "tensor-is-a-number", WEIGHTS, NULL, "{\"a\":3}", CORRUPT, "a",
      "not an object" },
  { "no-dtype", WEIGHTS, NORM_TYPE, NORM, CORRUPT, NORM_NAME, "no dtype" },
  { "dtype-is-a-number", WEIGHTS, NORM_TYPE, NORM "\"dtype\":32,", CORRUPT,
      NORM_NAME, "no dtype" },
  { "unknown-dtype", WEIGHTS, NORM_TYPE, NORM "\"dtype\":\"F8_E4M3\",",
      UNSUPPORTED, NORM_NAME, "F8_E4M3" },
  { "narrower-dtype", WEIGHTS, NORM_TYPE, NORM "\"dtype\":\"F16\",", CORRUPT,
      NORM_NAME, "48 bytes, but the shape takes 24" },
  { "no-shape", WEIGHTS, NORM_SHAPE, NORM_TYPE, CORRUPT, NORM_NAME,
      "not a list" },
  { "shape-is-a-number", WEIGHTS, NORM_SHAPE, NORM_TYPE "\"shape\":12,",
      CORRUPT, NORM_NAME, "not a list" },
  { "nine-dimensions", WEIGHTS, NORM_SHAPE,
      NORM_TYPE "\"shape\":[1,1,1,1,1,1,1,1,12],", CORRUPT, NORM_NAME,
      "at most 8" },
  { "negative-dimension", WEIGHTS, NORM_SHAPE, NORM_TYPE "\"shape\":[-12],",
      CORRUPT, NORM_NAME, "negative" },
  { "broken-dimension", WEIGHTS, NORM_SHAPE, NORM_TYPE "\"shape\":[12.0],",
      CORRUPT, NORM_NAME, "not a number" },
  { "dimension-is-null", WEIGHTS, NORM_SHAPE, NORM_TYPE "\"shape\":[null],",
      CORRUPT, NORM_NAME, "not a number" },
  { "product-overflows", WEIGHTS, NORM_SHAPE,
      NORM_TYPE "\"shape\":[4294967296,4294967296,12],", CORRUPT, NORM_NAME,
      "too large" },
  /* 2^62 values of 4 bytes are none in 64 bits */
  { "bytes-overflow", WEIGHTS, NORM_SHAPE,
      NORM_TYPE "\"shape\":[4611686018427387904],", CORRUPT, NORM_NAME,
      "too large" },
  { "another-shape", WEIGHTS, NORM_SHAPE, NORM_TYPE "\"shape\":[3,4],",
      MISMATCH, NORM_NAME, "another shape" },
  { "another-name", WEIGHTS, NORM, "\"vit.layernorm.gamma\":{", MISMATCH,
      NORM_NAME, "missing" },

  /* Where its data are */
  { "no-offsets", WEIGHTS, NULL, "{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}",
      CORRUPT, "a: data_offsets", "not two numbers" },
  { "one-offset", WEIGHTS, NULL,
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0]}}", CORRUPT,
      "a: data_offsets", "not two numbers" },
  { "negative-offset", WEIGHTS, NULL,
      "{\"a\":" TENSOR ("U8", "[1]", "-1", "0") "}", CORRUPT, "a: data_offsets",
      "not two numbers" },
  { "end-before-begin", WEIGHTS, NULL,
      "{\"a\":" TENSOR ("U8", "[1]", "2", "1") "}", CORRUPT, "a: data_offsets",
      "outside" },
  { "end-beyond-the-file", WEIGHTS, NULL,
      "{\"a\":" TENSOR ("U8", "[9999999]", "0", "9999999") "}", CORRUPT,
      "a: data_offsets", "truncated" },
  { "huge-offsets", WEIGHTS, NULL,
      "{\"a\":" TENSOR (
          "U8", "[1]", "9223372036854775806", "9223372036854775807") "}",
      CORRUPT, "a: data_offsets", "outside" },
  { "overlap", WEIGHTS, NULL,
      "{\"a\":" TENSOR ("U8", "[4]", "0", "4") ",\"b\":" //
      TENSOR ("U8", "[4]", "3", "7") "}",
      CORRUPT, "b", "overlaps" },
  { "gap", WEIGHTS, NULL,
      "{\"a\":" TENSOR ("U8", "[4]", "0", "4") ",\"b\":" //
      TENSOR ("U8", "[4]", "5", "9") "}",
      CORRUPT, "b", "gap" },
  { "gap-before-the-first", WEIGHTS, NULL,
      "{\"a\":" TENSOR ("U8", "[4]", "1", "5") "}", CORRUPT, "a", "gap" },
  { "unused-end", WEIGHTS, NULL, "{\"a\":" TENSOR ("U8", "[4]", "0", "4") "}",
      CORRUPT, "data", "belong to no tensor" },
};

static char *
read_bytes (const char *path, gsize *size)
{
  g_autoptr (GError) error = NULL;
  char *bytes = NULL;
  g_file_get_contents (path, &bytes, size, &error);
  g_assert_no_error (error);
  return bytes;
}

static void
write_bytes (const char *path, const char *bytes, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_file_set_contents (path, bytes, size, &error);
  g_assert_no_error (error);
}

/* The text of a file, and where in it that is. */
static char *
read_text (const char *path, gsize *begin, gsize *end, gsize *size)
{
  char *bytes = read_bytes (path, size);
  guint64 length;
  *begin = 0;
  *end = *size;
  if (g_str_has_suffix (path, WEIGHTS)) {
    memcpy (&length, bytes, sizeof length);
    *begin = sizeof length;
    *end = *begin + GUINT64_FROM_LE (length);
  }
  return bytes;
}

static void
apply_edit (const Edit *edit, const char *path)
{
  gsize begin, end, size;
  g_autofree char *bytes = read_text (path, &begin, &end, &size);
  g_autoptr (GString) text = g_string_new_len (bytes + begin, end - begin);
  g_autoptr (GString) file = g_string_new (NULL);
  if (edit->from)
    g_assert_cmpuint (g_string_replace (text, edit->from, edit->to, 1), ==, 1);
  else
    g_string_assign (text, edit->to);
  guint64 length = GUINT64_TO_LE (text->len);
  g_string_append_len (file, (char *)&length, begin);
  g_string_append_len (file, text->str, text->len);
  g_string_append_len (file, bytes + end, size - end);
  write_bytes (path, file->str, file->len);
}

typedef struct {
  char *directory;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  VInfoMaeConfig c = small_config ();
  g_autoptr (VInfoMae) mae = vinfo_mae_new (&c, 1);
  f->directory = temporary_directory_new ();
  g_assert_true (vinfo_mae_save (mae, f->directory, NULL));
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  temporary_directory_free (f->directory);
}

static void
assert_has (const char *message, const char *part)
{
  if (!strstr (message, part))
    g_error ("'%s' is not in '%s'", part, message);
}

static void
assert_refused (Fixture *f, const char *file, VInfoMaeError code,
    const char *what, const char *why)
{
  g_autofree char *path = g_build_filename (f->directory, file, NULL);
  g_autofree char *named = g_strconcat (path, ": ", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoMae) mae = vinfo_mae_load (f->directory, &error);
  g_assert_null (mae);
  g_assert_error (error, VINFO_MAE_ERROR, (gint)code);
  g_assert_true (g_str_has_prefix (error->message, named));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  assert_has (error->message + strlen (named), what);
  assert_has (error->message + strlen (named), why);
}

static void
test_edit (Fixture *f, gconstpointer data)
{
  const Edit *edit = data;
  g_autofree char *path = g_build_filename (f->directory, edit->file, NULL);
  apply_edit (edit, path);
  assert_refused (f, edit->told ? edit->told : edit->file, edit->code,
      edit->what, edit->why);
}

static void
test_weights_are_numbers (Fixture *f, gconstpointer unused)
{
  static const float bad[] = { NAN, INFINITY, -INFINITY };
  g_autoptr (VInfoMae) mae = vinfo_mae_load (f->directory, NULL);
  const MaeTensor *tensor = mae_find_tensor (mae, NORM_NAME);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    mae->parameters[tensor->offset + tensor->size - 1] = bad[i];
    g_assert_true (vinfo_mae_save (mae, f->directory, NULL));
    assert_refused (f, WEIGHTS, NON_FINITE, NORM_NAME, "NaN or infinite");
  }
}

/* One tensor of the right name and shape, but of another kind of value. */
static void
test_weights_are_floats (Fixture *f, gconstpointer unused)
{
  static const SafetensorsDtype kinds[]
      = { SAFETENSORS_I64, SAFETENSORS_U8, SAFETENSORS_F64 };
  static const guint64 zeroes[12];
  g_autofree char *path = g_build_filename (f->directory, WEIGHTS, NULL);
  g_autoptr (Safetensors) file = safetensors_open (path, NULL);
  guint n = safetensors_n_entries (file);
  g_autofree SafetensorsEntry *entries
      = g_memdup2 (safetensors_entry (file, 0), n * sizeof *entries);
  const SafetensorsEntry *norm = safetensors_find (file, NORM_NAME);
  SafetensorsEntry *changed = entries + (norm - safetensors_entry (file, 0));
  changed->data = zeroes;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    changed->dtype = kinds[i];
    g_assert_true (safetensors_write (path, entries, n, NULL, NULL));
    assert_refused (f, WEIGHTS, UNSUPPORTED, NORM_NAME, "must be F32");
  }
}

/* Within the length, the header, at its end, within the data. */
static void
test_files_are_whole (Fixture *f, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (f->directory, WEIGHTS, NULL);
  gsize begin, end, size;
  g_autofree char *bytes = read_text (path, &begin, &end, &size);
  const gsize cuts[] = { 0, 1, begin - 1, begin, begin + 1, end - 1, end,
    end + 1, (end + size) / 2, size - 1 };
  for (guint i = 0; i < G_N_ELEMENTS (cuts); i++) {
    write_bytes (path, bytes, cuts[i]);
    assert_refused (f, WEIGHTS, CORRUPT, "", "truncated");
  }
}

static void
test_header_length_is_within_the_file (Fixture *f, gconstpointer unused)
{
  static const guint64 lengths[]
      = { G_MAXUINT64, G_MAXUINT64 - 7, G_MAXINT64, 1ull << 32, 200u << 20 };
  g_autofree char *path = g_build_filename (f->directory, WEIGHTS, NULL);
  gsize size;
  g_autofree char *bytes = read_bytes (path, &size);
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
    guint64 length = GUINT64_TO_LE (lengths[i]);
    memcpy (bytes, &length, sizeof length);
    write_bytes (path, bytes, size);
    assert_refused (f, WEIGHTS, CORRUPT, "header", "beyond the file");
  }
}

/* Brackets alone would use up a parser's stack, also those that a laxer reader
 * takes for a part of a string or comment. */
static void
test_text_is_not_deep (Fixture *f, gconstpointer unused)
{
  static const char *const begins[]
      = { "", "{\"a\":", "{\"a\":\"\\\\\",\"b\":" };
  static const char *const lax[] = { "{/*\"*/\"a\":", "{'\"':" };
  g_autofree char *path = g_build_filename (f->directory, CONFIG, NULL);
  g_autofree char *brackets = g_strnfill (2000000, '[');
  for (guint i = 0; i < G_N_ELEMENTS (begins); i++) {
    g_autofree char *text = g_strconcat (begins[i], brackets, NULL);
    write_bytes (path, text, strlen (text));
    assert_refused (f, CONFIG, CORRUPT, "JSON", "too deep");
  }
  for (guint i = 0; i < G_N_ELEMENTS (lax); i++) {
    g_autofree char *text = g_strconcat (lax[i], brackets, NULL);
    write_bytes (path, text, strlen (text));
    assert_refused (f, CONFIG, CORRUPT, "JSON", "no string");
  }
}

static void
test_text_is_not_huge (Fixture *f, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (f->directory, CONFIG, NULL);
  g_assert_cmpint (truncate (path, 1ll << 40), ==, 0);
  assert_refused (f, CONFIG, CORRUPT, "", "too large");
}

static const char *const files[] = { CONFIG, PIXELS, WEIGHTS };

/* Puts something else in the place of each file in turn. */
static void
assert_each_refused (Fixture *f, int (*put) (const char *path),
    VInfoMaeError code, const char *why)
{
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (f->directory, files[i], NULL);
    g_autofree char *aside = g_strconcat (path, ".aside", NULL);
    g_assert_cmpint (g_rename (path, aside), ==, 0);
    g_assert_cmpint (put (path), ==, 0);
    assert_refused (f, files[i], code, "cannot open", why);
    g_assert_cmpint (g_remove (path), ==, 0);
    g_assert_cmpint (g_rename (aside, path), ==, 0);
  }
}

static int
put_directory (const char *path)
{
  return g_mkdir (path, 0777);
}

static int
put_pipe (const char *path)
{
  return mkfifo (path, 0666);
}

static int
put_endless_device (const char *path)
{
  return symlink ("/dev/zero", path);
}

static int
put_loop (const char *path)
{
  return symlink (path, path);
}

static int
put_dangling_link (const char *path)
{
  return symlink ("nowhere", path);
}

static void
test_directory_is_no_file (Fixture *f, gconstpointer unused)
{
  assert_each_refused (f, put_directory, IO, "not a regular file");
}

static void
test_pipe_is_not_waited_for (Fixture *f, gconstpointer unused)
{
  assert_each_refused (f, put_pipe, IO, "not a regular file");
}

static void
test_endless_device_is_not_read (Fixture *f, gconstpointer unused)
{
  assert_each_refused (f, put_endless_device, IO, "not a regular file");
}

static void
test_link_to_itself_is_refused (Fixture *f, gconstpointer unused)
{
  assert_each_refused (f, put_loop, IO, "symbolic links");
}

/* The preprocessor's file may be missing, but not so. */
static void
test_link_to_nowhere_is_refused (Fixture *f, gconstpointer unused)
{
  assert_each_refused (f, put_dangling_link, NOT_FOUND, "No such file");
}

/* Root reads everything, so it becomes someone else meanwhile. */
static void
test_unreadable_file_is_refused (Fixture *f, gconstpointer unused)
{
  gboolean root = geteuid () == 0;
  g_assert_cmpint (g_chmod (f->directory, 0755), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (f->directory, files[i], NULL);
    g_assert_cmpint (g_chmod (path, 0), ==, 0);
    g_assert_true (!root || seteuid (65534) == 0);
    assert_refused (f, files[i], IO, "cannot open", "Permission denied");
    g_assert_true (!root || seteuid (0) == 0);
    g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  }
}

static void
test_what_is_not_spoilt_is_loaded (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoMae) mae = vinfo_mae_load (f->directory, &error);
  g_assert_no_error (error);
  g_assert_nonnull (mae);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add ("/bad-files/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("none", test_what_is_not_spoilt_is_loaded);
  for (guint i = 0; i < G_N_ELEMENTS (edits); i++) {
    g_autofree char *path = g_strconcat ("/bad-files/", edits[i].name, NULL);
    g_test_add (path, Fixture, &edits[i], set_up, test_edit, tear_down);
  }
  ADD ("no-floats", test_weights_are_floats);
  ADD ("non-finite", test_weights_are_numbers);
  ADD ("truncated", test_files_are_whole);
  ADD ("header-length", test_header_length_is_within_the_file);
  ADD ("deep", test_text_is_not_deep);
  ADD ("huge", test_text_is_not_huge);
  ADD ("directory", test_directory_is_no_file);
  ADD ("pipe", test_pipe_is_not_waited_for);
  ADD ("device", test_endless_device_is_not_read);
  ADD ("loop", test_link_to_itself_is_refused);
  ADD ("dangling", test_link_to_nowhere_is_refused);
  ADD ("unreadable", test_unreadable_file_is_refused);
  return g_test_run ();
}
