/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Good trainer files of which one thing is spoilt: refused with one error that
 * names file and tensor or number, and nothing of the file is used. */
#include "trainer/trainer-file-private.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "mae/dtype-private.h"
#include "mae/safetensors-private.h"
#include "mae/small-model.h"
#include "mae/temporary-directory.h"
#include "trainer/vinfo-trainer.h"

#define TENSORS "trainer.safetensors"
#define STATE "trainer_state.json"
#define SECOND "exp_avg_sq.vit.layernorm.weight"
#define RAW "raw.vit.layernorm.weight"

typedef struct {
  char *directory, *tensors, *state;
  VInfoMae *mae, *before;
  MaeAdamW adamw;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  VInfoMaeConfig c = small_config ();
  const TrainerState state = { 3, 40, G_MAXUINT64 };
  g_autoptr (GError) error = NULL;

  f->directory = temporary_directory_new ();
  f->tensors = g_build_filename (f->directory, TENSORS, NULL);
  f->state = g_build_filename (f->directory, STATE, NULL);
  f->mae = vinfo_mae_new (&c, 1);
  f->before = vinfo_mae_copy (f->mae);
  mae_adamw_init (&f->adamw, f->mae, 0);
  for (gsize i = 0; i < f->mae->n_parameters; i++)
    f->adamw.m[i] = f->adamw.v[i] = f->mae->parameters[i] = 0.5f;
  trainer_file_write (f->directory, f->mae, TRUE, &f->adamw, &state, &error);
  g_assert_no_error (error);

  memcpy (f->mae->parameters, f->before->parameters,
      f->mae->n_parameters * sizeof (float));
  mae_adamw_finish (&f->adamw);
  mae_adamw_init (&f->adamw, f->mae, 0);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  temporary_directory_free (f->directory);
  g_free (f->tensors);
  g_free (f->state);
  vinfo_mae_unref (f->mae);
  vinfo_mae_unref (f->before);
  mae_adamw_finish (&f->adamw);
}

static gboolean
is_as_before (const Fixture *f)
{
  gboolean same = memcmp (f->mae->parameters, f->before->parameters,
                      f->mae->n_parameters * sizeof (float))
                  == 0;

  for (gsize i = 0; i < f->mae->n_parameters; i++)
    same = same && f->adamw.m[i] == 0 && f->adamw.v[i] == 0;
  return same;
}

static void
assert_refused (Fixture *f, const char *path, GQuark domain, int code,
    const char *what, const char *why)
{
  g_autofree char *named = g_strconcat (path, ": ", NULL);
  g_autoptr (GError) error = NULL;
  TrainerState state = { 1, 2, 3 };
  gboolean found = TRUE;

  g_assert_false (trainer_file_read (
      f->directory, f->mae, &f->adamw, &state, &found, &error));
  g_assert_false (found);
  g_assert_error (error, domain, code);
  g_assert_true (g_str_has_prefix (error->message, named));
  if (!strstr (error->message, what) || !strstr (error->message, why))
    g_error ("'%s', '%s' are not in '%s'", what, why, error->message);
  g_assert_true (is_as_before (f));
  g_assert_true (state.step == 1 && state.samples == 2 && state.seed == 3);
}

static void
assert_tensors_refused (
    Fixture *f, VInfoMaeError code, const char *what, const char *why)
{
  assert_refused (f, f->tensors, VINFO_MAE_ERROR, (int)code, what, why);
}

static void
test_what_is_not_spoilt_is_read (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  TrainerState state;
  gboolean found;

  trainer_file_read (f->directory, f->mae, &f->adamw, &state, &found, &error);
  g_assert_no_error (error);
  g_assert_true (found);
  g_assert_cmpuint (state.step, ==, 3);
  g_assert_cmpuint (state.samples, ==, 40);
  g_assert_cmpuint (state.seed, ==, G_MAXUINT64);
  g_assert_cmpfloat (f->adamw.m[0], ==, 0.5);
  g_assert_cmpfloat (f->adamw.v[0], ==, 0.5);
  g_assert_cmpfloat (f->mae->parameters[0], ==, 0.5);
}

static void
test_neither_file_is_no_error (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  TrainerState state;
  gboolean found = TRUE;

  g_unlink (f->tensors);
  g_unlink (f->state);
  g_assert_true (trainer_file_read (
      f->directory, f->mae, &f->adamw, &state, &found, &error));
  g_assert_no_error (error);
  g_assert_false (found);
}

static void
test_one_of_the_files_is_not_enough (Fixture *f, gconstpointer unused)
{
  g_autofree char *aside = g_strconcat (f->state, ".aside", NULL);

  g_assert_cmpint (g_rename (f->state, aside), ==, 0);
  assert_refused (f, f->state, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND,
      "cannot open", "No such file");
  g_assert_cmpint (symlink ("nowhere", f->state), ==, 0);
  assert_refused (f, f->state, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NOT_FOUND,
      "cannot open", "No such file");
  g_unlink (f->state);
  g_assert_cmpint (g_rename (aside, f->state), ==, 0);
  g_unlink (f->tensors);
  assert_tensors_refused (
      f, VINFO_MAE_ERROR_NOT_FOUND, "cannot open", "No such file");
}

static void
test_state_has_all_its_numbers (Fixture *f, gconstpointer unused)
{
  static const struct {
    const char *text, *what, *why;
  } cases[] = {
    { "{\"samples\":1,\"seed\":1}", "step", "missing" },
    { "{\"step\":1,\"seed\":1}", "samples", "missing" },
    { "{\"step\":1,\"samples\":1}", "seed", "missing" },
    { "{\"step\":-1,\"samples\":1,\"seed\":1}", "step", "no number" },
    { "{\"step\":1,\"samples\":-1,\"seed\":1}", "samples", "no number" },
    { "{\"step\":1.5,\"samples\":1,\"seed\":1}", "step", "no number" },
    { "{\"step\":\"1\",\"samples\":1,\"seed\":1}", "step", "no number" },
    { "{\"step\":null,\"samples\":1,\"seed\":1}", "step", "no number" },
    { "{\"step\":1,\"samples\":1,\"seed\":[]}", "seed", "no number" },
    { "{\"step\":9223372036854775807,\"samples\":1,\"seed\":1}", "step",
        "too large" },
    { "{\"step\":1,\"samples\":9007199254740993,\"seed\":1}", "samples",
        "too large" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_true (g_file_set_contents (f->state, cases[i].text, -1, NULL));
    assert_refused (f, f->state, VINFO_TRAINER_ERROR, VINFO_TRAINER_ERROR_STATE,
        cases[i].what, cases[i].why);
  }
}

static void
test_state_is_json (Fixture *f, gconstpointer unused)
{
  static const char *const texts[] = { "", "{", "[1]", "{\"step\":0x1}",
    "{\"step\":1,\"step\":1,\"samples\":1,\"seed\":1}" };
  g_autofree char *deep = g_strnfill (2000000, '[');

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_assert_true (g_file_set_contents (f->state, texts[i], -1, NULL));
    assert_refused (f, f->state, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT, "",
        i < 4 ? "JSON" : "two of that name");
  }
  g_assert_true (g_file_set_contents (f->state, deep, -1, NULL));
  assert_refused (f, f->state, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT, "JSON",
      "too deep");
}

static void
test_tensors_are_whole (Fixture *f, gconstpointer unused)
{
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (f->tensors, &bytes, &size, NULL));
  for (gsize cut = 0; cut < size; cut += size / 9 + 1) {
    g_assert_true (g_file_set_contents (f->tensors, bytes, cut, NULL));
    assert_tensors_refused (f, VINFO_MAE_ERROR_CORRUPT, "", "truncated");
  }
}

/* Writes the tensors with one of them changed. */
static void
write_changed (Fixture *f, const SafetensorsEntry *changed)
{
  g_autoptr (Safetensors) file = safetensors_open (f->tensors, NULL);
  guint n = safetensors_n_entries (file);
  g_autofree SafetensorsEntry *entries
      = g_memdup2 (safetensors_entry (file, 0), n * sizeof *entries);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (entries[i].name, changed->name))
      entries[i] = *changed;
  g_assert_true (safetensors_write (f->tensors, entries, n, NULL, NULL));
}

static void
test_tensors_fit_the_model (Fixture *f, gconstpointer unused)
{
  static const double zeroes[12];
  const SafetensorsEntry bad[] = {
    { SECOND, SAFETENSORS_F32, 1, { 11 }, zeroes },
    { SECOND, SAFETENSORS_F32, 2, { 3, 4 }, zeroes },
    { SECOND, SAFETENSORS_F64, 1, { 12 }, zeroes },
    { RAW, SAFETENSORS_BF16, 1, { 12 }, zeroes },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    write_changed (f, &bad[i]);
    assert_tensors_refused (
        f, VINFO_MAE_ERROR_MISMATCH, bad[i].name, "must be F32 [12]");
    if (g_str_equal (bad[i].name, SECOND))
      write_changed (
          f, &(SafetensorsEntry){ SECOND, SAFETENSORS_F32, 1, { 12 }, zeroes });
  }
}

static void
test_no_tensor_is_missing (Fixture *f, gconstpointer unused)
{
  g_autoptr (Safetensors) file = safetensors_open (f->tensors, NULL);
  guint n = safetensors_n_entries (file);

  g_assert_true (safetensors_write (
      f->tensors, safetensors_entry (file, 0), n - 1, NULL, NULL));
  assert_tensors_refused (
      f, VINFO_MAE_ERROR_MISMATCH, "raw.decoder.decoder_pred.bias", "missing");
}

static void
test_tensors_are_numbers (Fixture *f, gconstpointer unused)
{
  static const struct {
    const char *name;
    float value;
  } bad[] = {
    { RAW, NAN },
    { SECOND, -1e-30f },
    { SECOND, INFINITY },
    { "exp_avg.vit.layernorm.weight", -INFINITY },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    float values[12] = { [11] = bad[i].value };

    write_changed (f,
        &(SafetensorsEntry){ bad[i].name, SAFETENSORS_F32, 1, { 12 }, values });
    assert_tensors_refused (f, VINFO_MAE_ERROR_NON_FINITE, bad[i].name, "NaN");
    values[11] = 0;
    write_changed (f,
        &(SafetensorsEntry){ bad[i].name, SAFETENSORS_F32, 1, { 12 }, values });
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (                                                                 \
      "/bad-trainer-files/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("none", test_what_is_not_spoilt_is_read);
  ADD ("neither", test_neither_file_is_no_error);
  ADD ("one-of-two", test_one_of_the_files_is_not_enough);
  ADD ("numbers", test_state_has_all_its_numbers);
  ADD ("json", test_state_is_json);
  ADD ("truncated", test_tensors_are_whole);
  ADD ("shapes", test_tensors_fit_the_model);
  ADD ("missing", test_no_tensor_is_missing);
  ADD ("non-finite", test_tensors_are_numbers);
  return g_test_run ();
}
