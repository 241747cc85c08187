/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A good vinfo.safetensors of which one tensor or number is spoilt. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "mae/small-model.h"
#include "mae/temporary-directory.h"
#include "mae/dtype-private.h"
#include "predictor/predictor-file-private.h"

/* A panel of PANEL_MIN + 1 frames in the small model's size. */
#define FRAMES (PANEL_MIN + 1)

typedef struct {
  char *directory, *path;
  VInfoMaeConfig config;
  GArray *entries; /* what a good file holds; a test spoils it */
  GPtrArray *metadata;
  GPtrArray *owned;
} Fixture;

static SafetensorsEntry *
find (Fixture *f, const char *name)
{
  for (guint i = 0; i < f->entries->len; i++) {
    SafetensorsEntry *entry = &g_array_index (f->entries, SafetensorsEntry, i);

    if (g_str_equal (entry->name, name))
      return entry;
  }
  g_assert_not_reached ();
}

/* Adds a tensor of zeroes; returns its values. */
static gpointer
add (Fixture *f, const char *name, SafetensorsDtype dtype, guint n_dims,
    const gsize *shape)
{
  SafetensorsEntry entry = { .name = name, .dtype = dtype, .n_dims = n_dims };
  gpointer values;

  memcpy (entry.shape, shape, n_dims * sizeof *shape);
  entry.data = values = g_malloc0 (mae_entry_bytes (&entry));
  g_ptr_array_add (f->owned, values);
  g_array_append_val (f->entries, entry);
  return values;
}

static void
set_number (Fixture *f, const char *key, const char *value)
{
  for (guint i = 0; i < f->metadata->len; i += 2) {
    if (g_str_equal (f->metadata->pdata[i], key)) {
      f->metadata->pdata[i + 1] = (gpointer)value;
      return;
    }
  }
  g_ptr_array_add (f->metadata, (gpointer)key);
  g_ptr_array_add (f->metadata, (gpointer)value);
}

/* Those of the small model: features of 8 values, patches of 48. */
static void
add_heads (Fixture *f)
{
  g_autoptr (Heads) heads = heads_new (&f->config);
  HeadsPart parts[HEADS_N_PARTS];

  heads_describe (heads, parts);
  for (guint i = 0; i < HEADS_N_PARTS; i++)
    add (f, parts[i].name, SAFETENSORS_F32, parts[i].n_dims, parts[i].shape);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  gsize side, n_patches;
  gint64 *visible;

  f->config = small_config ();
  side = f->config.image_size;
  n_patches = mae_n_patches (&f->config);
  f->directory = temporary_directory_new ();
  f->path = g_build_filename (f->directory, PREDICTOR_FILE_NAME, NULL);
  f->entries = g_array_new (FALSE, FALSE, sizeof (SafetensorsEntry));
  f->owned = g_ptr_array_new_with_free_func (g_free);
  f->metadata = g_ptr_array_new ();

  /* nine patches, of which each mask shows two: one is left over */
  visible = add (f, "visible_mask", SAFETENSORS_I64, 1, &n_patches);
  for (gsize p = 0; p < n_patches; p++)
    visible[p] = p < 8 ? (gint64)p / 2 : -1;
  add (f, "mu", SAFETENSORS_F32, 2,
      (gsize[]){ n_patches, mae_patch_dim (&f->config) });
  add (f, "panel.ids", SAFETENSORS_I64, 1, (gsize[]){ FRAMES });
  add (
      f, "panel.pixels", SAFETENSORS_U8, 4, (gsize[]){ FRAMES, side, side, 3 });
  add_heads (f);
  set_number (f, "version", "7");
  set_number (f, "masks", "2");
  set_number (f, "seen", "1000");
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  temporary_directory_free (f->directory);
  g_free (f->path);
  g_array_unref (f->entries);
  g_ptr_array_unref (f->metadata);
  g_ptr_array_unref (f->owned);
}

static gboolean
read_file (Fixture *f, PredictorFile **file, GError **error)
{
  return predictor_file_read (f->directory, &f->config, 256, 1, file, error);
}

static void
write_file (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (f->metadata, NULL);
  safetensors_write (f->path, (SafetensorsEntry *)f->entries->data,
      f->entries->len, (const char *const *)f->metadata->pdata, &error);
  g_assert_no_error (error);
  g_ptr_array_set_size (f->metadata, f->metadata->len - 1);
}

static void
assert_refused (
    Fixture *f, VInfoMaeError code, const char *what, const char *why)
{
  g_autofree char *named = g_strdup_printf ("%s: %s: ", f->path, what);
  g_autoptr (PredictorFile) file = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (read_file (f, &file, &error));
  g_assert_null (file);
  g_assert_error (error, VINFO_MAE_ERROR, (gint)code);
  if (!g_str_has_prefix (error->message, named)
      || !strstr (error->message, why))
    g_error ("neither '%s' nor '%s' in '%s'", named, why, error->message);
}

static void
assert_write_refused (
    Fixture *f, VInfoMaeError code, const char *what, const char *why)
{
  write_file (f);
  assert_refused (f, code, what, why);
}

static void
test_what_is_not_spoilt_is_read (Fixture *f, gconstpointer unused)
{
  g_autoptr (PredictorFile) file = NULL;
  g_autoptr (GError) error = NULL;

  write_file (f);
  read_file (f, &file, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (file->version, ==, 7);
  g_assert_cmpuint (file->n_masks, ==, 2);
  g_assert_cmpuint (file->panel->seen, ==, 1000);
  g_assert_cmpuint (file->panel->frames->len, ==, FRAMES);
  g_assert_nonnull (file->mu);
  g_assert_nonnull (file->heads);
}

/* Spoils one tensor: it gets another name, dtype or shape. */
typedef struct {
  const char *name, *tensor, *renamed;
  int dtype; /* or -1 */
  gsize shape[4];
  guint n_dims; /* or 0 */
  const char *why;
} Change;

static const Change changes[] = {
  { "no-mask", "visible_mask", "visible_masks", -1, { 0 }, 0, "missing" },
  { "mask-is-f64", "visible_mask", NULL, SAFETENSORS_F64, { 0 }, 0,
      "is F64 [9]: must be I64 [9]" },
  { "mask-too-short", "visible_mask", NULL, -1, { 8 }, 1,
      "is I64 [8]: must be I64 [9]" },
  { "mask-is-a-square", "visible_mask", NULL, -1, { 3, 3 }, 2,
      "is I64 [3, 3]: must be I64 [9]" },
  { "mask-is-empty", "visible_mask", NULL, -1, { 0 }, 1, "is I64 [0]" },
  { "no-ids", "panel.ids", "panel.id", -1, { 0 }, 0, "missing" },
  { "ids-are-f64", "panel.ids", NULL, SAFETENSORS_F64, { 0 }, 0, "is F64" },
  { "ids-are-a-matrix", "panel.ids", NULL, -1, { 3, 11 }, 2, "is I64 [3, 11]" },
  { "no-pixels", "panel.pixels", "pixels", -1, { 0 }, 0, "missing" },
  { "fewer-pixels", "panel.pixels", NULL, -1, { FRAMES - 1, 12, 12, 3 }, 4,
      "is U8 [32, 12, 12, 3]: must be U8 [33, 12, 12, 3]" },
  { "smaller-pixels", "panel.pixels", NULL, -1, { FRAMES, 12, 11, 3 }, 4,
      "must be U8 [33, 12, 12, 3]" },
  { "flat-pixels", "panel.pixels", NULL, -1, { FRAMES * 12 * 12 * 3 }, 1,
      "must be U8 [33, 12, 12, 3]" },
  { "mu-is-bf16", "mu", NULL, SAFETENSORS_BF16, { 0 }, 0, "is BF16" },
  { "mu-of-another-patch", "mu", NULL, -1, { 9, 16 }, 2,
      "is F32 [9, 16]: must be F32 [9, 48]" },
  { "variance-without-weight", "learned.variance.weight", "learned.weight", -1,
      { 0 }, 0, "missing" },
  { "variance-without-bias", "learned.variance.bias", "learned.bias", -1, { 0 },
      0, "missing" },
  { "null-variance-without-weight", "learned.null_variance.weight",
      "learned.weight", -1, { 0 }, 0, "missing" },
  { "null-variance-without-bias", "learned.null_variance.bias", "learned.bias",
      -1, { 0 }, 0, "missing" },
  { "null-without-weight", "learned.null.weight", "learned.weight", -1, { 0 },
      0, "missing" },
  { "null-without-bias", "learned.null.bias", "learned.bias", -1, { 0 }, 0,
      "missing" },
  { "variance-of-a-narrower-model", "learned.variance.weight", NULL, -1, { 4 },
      1, "is F32 [4]: must be F32 [8]" },
  { "variance-is-a-matrix", "learned.variance.weight", NULL, -1, { 8, 1 }, 2,
      "is F32 [8, 1]: must be F32 [8]" },
  { "variance-bias-is-empty", "learned.variance.bias", NULL, -1, { 0 }, 1,
      "is F32 [0]: must be F32 [1]" },
  { "variance-is-f16", "learned.variance.weight", NULL, SAFETENSORS_F16, { 0 },
      0, "is F16" },
  { "null-of-another-patch", "learned.null.weight", NULL, -1, { 16, 8 }, 2,
      "is F32 [16, 8]: must be F32 [48, 8]" },
  { "null-is-transposed", "learned.null.weight", NULL, -1, { 8, 48 }, 2,
      "is F32 [8, 48]: must be F32 [48, 8]" },
  { "null-is-flat", "learned.null.weight", NULL, -1, { 8 * 48 }, 1,
      "is F32 [384]: must be F32 [48, 8]" },
  { "null-bias-is-empty", "learned.null.bias", NULL, -1, { 0 }, 1,
      "is F32 [0]: must be F32 [48]" },
  { "null-is-bf16", "learned.null.weight", NULL, SAFETENSORS_BF16, { 0 }, 0,
      "is BF16" },
};

static void
test_change (Fixture *f, gconstpointer data)
{
  const Change *change = data;
  SafetensorsEntry *entry = find (f, change->tensor);

  if (change->renamed)
    entry->name = change->renamed;
  if (change->dtype >= 0)
    entry->dtype = (SafetensorsDtype)change->dtype;
  if (change->n_dims > 0) {
    entry->n_dims = change->n_dims;
    memcpy (entry->shape, change->shape, sizeof change->shape);
  }
  assert_write_refused (
      f, VINFO_MAE_ERROR_MISMATCH, change->tensor, change->why);
}

static void
test_numbers_are_numbers (Fixture *f, gconstpointer unused)
{
  static const char *const keys[] = { "version", "masks", "seen" };
  static const char *const bad[] = { "", "x", "-1", "1.5", " 1",
    "9007199254740993", "9223372036854775807", "9223372036854775808" };

  for (guint k = 0; k < G_N_ELEMENTS (keys); k++) {
    g_autofree char *what = g_strconcat ("metadata ", keys[k], NULL);

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
      set_number (f, keys[k], bad[i]);
      assert_write_refused (f, VINFO_MAE_ERROR_CORRUPT, what, "no number");
    }
    set_number (f, keys[k], "2");
  }
}

/* Each patch in at most one mask, each mask with as many as any other. */
static void
test_masks_are_complementary (Fixture *f, gconstpointer unused)
{
  static const gint64 bad[] = { -2, 1, 4, G_MAXINT64, G_MININT64, -1 };
  gint64 *visible = (gint64 *)find (f, "visible_mask")->data;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    visible[0] = bad[i];
    assert_write_refused (
        f, VINFO_MAE_ERROR_MISMATCH, "visible_mask", "complementary");
  }
  visible[0] = 0;
  set_number (f, "masks", "0");
  assert_write_refused (
      f, VINFO_MAE_ERROR_MISMATCH, "visible_mask", "complementary");
  set_number (f, "masks", "5");
  assert_write_refused (
      f, VINFO_MAE_ERROR_MISMATCH, "visible_mask", "complementary");
}

static void
test_mean_is_of_numbers (Fixture *f, gconstpointer unused)
{
  static const float bad[] = { NAN, INFINITY, -INFINITY };
  float *mu = (float *)find (f, "mu")->data;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    mu[9 * 48 - 1] = bad[i];
    assert_write_refused (f, VINFO_MAE_ERROR_NON_FINITE, "mu", "not finite");
  }
}

static void
test_heads_are_of_numbers (Fixture *f, gconstpointer unused)
{
  static const char *const names[] = { "learned.variance.weight",
    "learned.variance.bias", "learned.null_variance.weight",
    "learned.null_variance.bias", "learned.null.weight", "learned.null.bias" };
  static const float bad[] = { NAN, INFINITY, -INFINITY };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    SafetensorsEntry *entry = find (f, names[i]);
    float *values = (float *)entry->data;
    gsize last = mae_entry_bytes (entry) / sizeof (float) - 1;

    for (guint k = 0; k < G_N_ELEMENTS (bad); k++) {
      values[last] = bad[k];
      assert_write_refused (
          f, VINFO_MAE_ERROR_NON_FINITE, names[i], "not finite");
    }
    values[last] = 0;
  }
}

static void
test_mean_has_a_panel (Fixture *f, gconstpointer unused)
{
  find (f, "panel.ids")->shape[0] = 0;
  find (f, "panel.pixels")->shape[0] = 0;
  assert_write_refused (f, VINFO_MAE_ERROR_CORRUPT, "mu", "no panel");
}

static void
test_panel_is_smaller_than_the_stream (Fixture *f, gconstpointer unused)
{
  set_number (f, "seen", "32");
  assert_write_refused (
      f, VINFO_MAE_ERROR_CORRUPT, "panel.ids", "more frames than were seen");
}

static void
test_file_is_a_file (Fixture *f, gconstpointer unused)
{
  g_assert_cmpint (g_mkdir (f->path, 0777), ==, 0);
  assert_refused (f, VINFO_MAE_ERROR_IO, "cannot open", "not a regular file");
  g_remove (f->path);
  g_assert_cmpint (symlink (f->path, f->path), ==, 0);
  assert_refused (f, VINFO_MAE_ERROR_IO, "cannot open", "symbolic links");
  g_remove (f->path);
  g_assert_cmpint (symlink ("nowhere", f->path), ==, 0);
  assert_refused (f, VINFO_MAE_ERROR_NOT_FOUND, "cannot open", "No such file");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (                                                                 \
      "/bad-predictor-files/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("none", test_what_is_not_spoilt_is_read);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *path
        = g_strconcat ("/bad-predictor-files/", changes[i].name, NULL);

    g_test_add (path, Fixture, &changes[i], set_up, test_change, tear_down);
  }
  ADD ("numbers", test_numbers_are_numbers);
  ADD ("masks", test_masks_are_complementary);
  ADD ("non-finite", test_mean_is_of_numbers);
  ADD ("heads-non-finite", test_heads_are_of_numbers);
  ADD ("mean-without-panel", test_mean_has_a_panel);
  ADD ("panel-of-unseen", test_panel_is_smaller_than_the_stream);
  ADD ("no-file", test_file_is_a_file);
  return g_test_run ();
}
