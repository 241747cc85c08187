/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A good estimator.safetensors, what training of learnt estimators goes on from,
 * of which one thing is spoilt: refused with one error that names file and tensor
 * or number, and nothing of the file is used. */
#include <math.h>
#include <string.h>

#include "mae/dtype-private.h"
#include "mae/safetensors-private.h"
#include "mae/small-model.h"
#include "mae/temporary-directory.h"
#include "trainer/heads-training-private.h"

#define FILE_NAME "estimator.safetensors"
/* Of the small model, features of 8 values and patches of 48: w and c, then all
 * of the null's */
#define CONDITIONAL 9
#define NULL_SIDE 441
#define ALL (CONDITIONAL + NULL_SIDE)

#define STEPS "7"

typedef struct {
  char *directory, *path;
  HeadsTraining *training; /* reads; all zero before */
  float values[ALL];       /* the good file's, of each tensor */
} Fixture;

/* One tensor, or one number, that is not as it should be. */
typedef struct {
  const char *name, *renamed;
  int dtype; /* or -1 */
  gsize size;
  guint n_dims; /* or 0 */
  const char *why;
} Change;

static const SafetensorsEntry good[] = {
  { "raw", SAFETENSORS_F32, 1, { ALL } },
  { "conditional.exp_avg", SAFETENSORS_F32, 1, { CONDITIONAL } },
  { "conditional.exp_avg_sq", SAFETENSORS_F32, 1, { CONDITIONAL } },
  { "null.exp_avg", SAFETENSORS_F32, 1, { NULL_SIDE } },
  { "null.exp_avg_sq", SAFETENSORS_F32, 1, { NULL_SIDE } },
  { "published", SAFETENSORS_F32, 1, { ALL } },
};

static void
set_up (Fixture *f, gconstpointer unused)
{
  VInfoMaeConfig config = small_config ();
  g_autoptr (Heads) heads = heads_new (&config);

  g_assert_cmpuint (heads_size (heads), ==, ALL);
  f->directory = temporary_directory_new ();
  f->path = g_build_filename (f->directory, FILE_NAME, NULL);
  f->training = heads_training_new (&config, heads, 1, TRUE);
  for (guint i = 0; i < ALL; i++)
    f->values[i] = 0.5f;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  temporary_directory_free (f->directory);
  g_free (f->path);
  heads_training_free (f->training);
}

/* Writes the good entries with a change, and one tensor's own values. */
static void
write_file (Fixture *f, const Change *change, const char *name,
    const float *values, const char *steps, const char *null_steps)
{
  const char *const metadata[]
      = { "steps", steps, "null_steps", null_steps, NULL };
  SafetensorsEntry entries[G_N_ELEMENTS (good)];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    gboolean is_its = name && g_str_equal (name, good[i].name);

    entries[i] = good[i];
    entries[i].data = is_its ? values : f->values;
    if (!change || !g_str_equal (change->name, good[i].name))
      continue;
    if (change->renamed)
      entries[i].name = change->renamed;
    if (change->dtype >= 0)
      entries[i].dtype = (SafetensorsDtype)change->dtype;
    if (change->n_dims > 0) {
      entries[i].n_dims = change->n_dims;
      entries[i].shape[0] = change->size;
      entries[i].shape[1] = 1;
    }
  }
  safetensors_write (
      f->path, entries, G_N_ELEMENTS (entries), metadata, &error);
  g_assert_no_error (error);
}

static gboolean
is_untouched (const HeadsTraining *training)
{
  gboolean zero = training->conditional.step == 0 && training->null.step == 0;

  for (guint i = 0; i < ALL; i++)
    zero = zero && training->heads->parameters[i] == 0
           && training->average->parameters[i] == 0;
  for (guint i = 0; i < CONDITIONAL; i++)
    zero = zero && training->conditional.m[i] == 0
           && training->conditional.v[i] == 0;
  for (guint i = 0; i < NULL_SIDE; i++)
    zero = zero && training->null.m[i] == 0 && training->null.v[i] == 0;
  return zero;
}

static void
assert_refused (
    Fixture *f, VInfoMaeError code, const char *what, const char *why)
{
  g_autofree char *named = g_strdup_printf ("%s: %s: ", f->path, what);
  g_autoptr (GError) error = NULL;

  g_assert_false (heads_training_read (f->training, f->directory, &error));
  g_assert_error (error, VINFO_MAE_ERROR, (gint)code);
  if (!g_str_has_prefix (error->message, named)
      || !strstr (error->message, why))
    g_error ("neither '%s' nor '%s' in '%s'", named, why, error->message);
  g_assert_true (is_untouched (f->training));
}

static void
test_what_is_not_spoilt_is_read (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  write_file (f, NULL, NULL, NULL, STEPS, "3");
  heads_training_read (f->training, f->directory, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (f->training->conditional.step, ==, 7);
  g_assert_cmpuint (f->training->null.step, ==, 3);
  g_assert_cmpfloat (f->training->heads->parameters[ALL - 1], ==, 0.5);
  g_assert_cmpfloat (f->training->average->parameters[ALL - 1], ==, 0.5);
  g_assert_cmpfloat (f->training->conditional.v[CONDITIONAL - 1], ==, 0.5);
  g_assert_cmpfloat (f->training->null.m[NULL_SIDE - 1], ==, 0.5);
}

static void
test_no_file_is_no_error (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (heads_training_read (f->training, f->directory, &error));
  g_assert_no_error (error);
  g_assert_true (is_untouched (f->training));
}

static const Change changes[] = {
  { "raw", "Raw", -1, 0, 0, "missing" },
  { "conditional.exp_avg", "exp_avg", -1, 0, 0, "missing" },
  { "conditional.exp_avg_sq", "exp_avg_sq", -1, 0, 0, "missing" },
  { "null.exp_avg", "exp_avg", -1, 0, 0, "missing" },
  { "null.exp_avg_sq", "exp_avg_sq", -1, 0, 0, "missing" },
  { "published", "Published", -1, 0, 0, "missing" },
  { "raw", NULL, -1, ALL - 1, 1, "is F32 [449]: must be F32 [450]" },
  { "raw", NULL, -1, ALL, 2, "is F32 [450, 1]: must be F32 [450]" },
  { "raw", NULL, -1, 0, 1, "is F32 [0]: must be F32 [450]" },
  { "raw", NULL, SAFETENSORS_BF16, 0, 0, "is BF16 [450]: must be F32 [450]" },
  { "published", NULL, SAFETENSORS_F16, 0, 0, "is F16" },
  { "published", NULL, -1, CONDITIONAL, 1, "is F32 [9]: must be F32 [450]" },
  { "conditional.exp_avg", NULL, -1, 8, 1, "is F32 [8]: must be F32 [9]" },
  { "conditional.exp_avg_sq", NULL, -1, ALL, 1,
      "is F32 [450]: must be F32 [9]" },
  { "null.exp_avg", NULL, -1, ALL, 1, "is F32 [450]: must be F32 [441]" },
  { "null.exp_avg_sq", NULL, SAFETENSORS_U8, 0, 0, "is U8" },
};

static void
test_change (Fixture *f, gconstpointer data)
{
  const Change *change = data;

  write_file (f, change, NULL, NULL, STEPS, STEPS);
  assert_refused (f, VINFO_MAE_ERROR_MISMATCH, change->name, change->why);
}

static void
test_tensors_are_numbers (Fixture *f, gconstpointer unused)
{
  static const struct {
    guint tensor;
    float value;
  } bad[] = { { 0, NAN }, { 0, INFINITY }, { 1, -INFINITY }, { 2, NAN },
    { 2, -1e-30f }, { 3, NAN }, { 4, -1 }, { 4, INFINITY }, { 5, NAN } };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    const SafetensorsEntry *entry = &good[bad[i].tensor];
    float values[ALL] = { 0 };

    values[entry->shape[0] - 1] = bad[i].value;
    write_file (f, NULL, entry->name, values, STEPS, STEPS);
    assert_refused (f, VINFO_MAE_ERROR_NON_FINITE, entry->name, "NaN");
  }
}

static void
test_counts_are_numbers (Fixture *f, gconstpointer unused)
{
  static const char *const bad[] = { "", "x", "-1", "1.5", " 1",
    "9007199254740993", "9223372036854775807", "9223372036854775808" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    write_file (f, NULL, NULL, NULL, bad[i], STEPS);
    assert_refused (f, VINFO_MAE_ERROR_CORRUPT, "metadata steps", "no number");
    write_file (f, NULL, NULL, NULL, STEPS, bad[i]);
    assert_refused (
        f, VINFO_MAE_ERROR_CORRUPT, "metadata null_steps", "no number");
  }
}

static void
test_file_is_whole (Fixture *f, gconstpointer unused)
{
  g_autofree char *bytes = NULL;
  gsize size;

  write_file (f, NULL, NULL, NULL, STEPS, STEPS);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  for (gsize n = 0; n < size; n += 97) {
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (f->path, bytes, (gssize)n, NULL));
    g_assert_false (heads_training_read (f->training, f->directory, &error));
    g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT);
    g_assert_true (g_str_has_prefix (error->message, f->path));
    g_assert_true (is_untouched (f->training));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (                                                                 \
      "/bad-estimator-files/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("none", test_what_is_not_spoilt_is_read);
  ADD ("no-file", test_no_file_is_no_error);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *path
        = g_strdup_printf ("/bad-estimator-files/%u-%s", i, changes[i].name);

    g_test_add (path, Fixture, &changes[i], set_up, test_change, tear_down);
  }
  ADD ("non-finite", test_tensors_are_numbers);
  ADD ("counts", test_counts_are_numbers);
  ADD ("truncated", test_file_is_whole);
  return g_test_run ();
}
