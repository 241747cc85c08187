/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "mae/checkpoint-private.h"
#include "mae/mapped-file-private.h"
#include "mae/safetensors-private.h"
#include "trainer/heads-training-private.h"

#define FILE_NAME "estimator.safetensors"

/* What the file holds: name, values and how many. */
#define N_SETS 6

typedef struct {
  const char *name;
  float *values;
  gsize n;
  gboolean squares; /* a second moment, never negative */
} Set;

static void
describe (const HeadsTraining *self, Set sets[N_SETS])
{
  gsize conditional = heads_conditional_size (self->heads);
  gsize n = heads_size (self->heads);

  sets[0] = (Set){ "raw", self->heads->parameters, n };
  sets[1] = (Set){ "conditional.exp_avg", self->conditional.m, conditional };
  sets[2] = (Set){ "conditional.exp_avg_sq", self->conditional.v, conditional,
    TRUE };
  sets[3] = (Set){ "null.exp_avg", self->null.m, n - conditional };
  sets[4] = (Set){ "null.exp_avg_sq", self->null.v, n - conditional, TRUE };
  sets[5]
      = (Set){ "published", heads_training_published (self)->parameters, n };
}

gboolean
heads_training_write (
    const HeadsTraining *self, const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, FILE_NAME, NULL);
  g_autofree char *steps
      = g_strdup_printf ("%" G_GUINT64_FORMAT, self->conditional.step);
  g_autofree char *null_steps
      = g_strdup_printf ("%" G_GUINT64_FORMAT, self->null.step);
  const char *const metadata[]
      = { "steps", steps, "null_steps", null_steps, NULL };
  SafetensorsEntry entries[N_SETS];
  Set sets[N_SETS];

  describe (self, sets);
  for (guint i = 0; i < N_SETS; i++)
    entries[i] = (SafetensorsEntry){ sets[i].name, SAFETENSORS_F32, 1,
      { sets[i].n }, sets[i].values };
  return safetensors_write (path, entries, N_SETS, metadata, error);
}

static gboolean
check_set (
    const Safetensors *in, const char *path, const Set *set, GError **error)
{
  g_autofree float *values = g_new (float, set->n);

  if (!safetensors_expect (in, set->name, SAFETENSORS_F32, 1, &set->n, error)
      || !safetensors_read_floats (in, set->name, values, set->n, error))
    return FALSE;
  for (gsize i = 0; i < set->n; i++) {
    if (!isfinite (values[i]) || (set->squares && values[i] < 0)) {
      g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_NON_FINITE,
          "%s: %s: holds NaN, infinite or, of squares, negative values", path,
          set->name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
read_count (const Safetensors *in, const char *path, const char *key,
    guint64 *count, GError **error)
{
  const char *text = safetensors_metadata (in, key);

  if (text
      && g_ascii_string_to_unsigned (
          text, 10, 0, CHECKPOINT_MAX_COUNT, count, NULL))
    return TRUE;
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_CORRUPT,
      "%s: metadata %s: missing, no number or too large", path, key);
  return FALSE;
}

/* All is checked before anything is changed. What is published comes before
 * what is in training: without an average they are the same memory. */
gboolean
heads_training_read (HeadsTraining *self, const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, FILE_NAME, NULL);
  g_autoptr (Safetensors) in = NULL;
  guint64 steps, null_steps;
  Set sets[N_SETS];

  if (mae_file_is_absent (path))
    return TRUE;
  in = safetensors_open (path, error);
  if (!in || !read_count (in, path, "steps", &steps, error)
      || !read_count (in, path, "null_steps", &null_steps, error))
    return FALSE;
  describe (self, sets);
  for (guint i = 0; i < N_SETS; i++)
    if (!check_set (in, path, &sets[i], error))
      return FALSE;
  for (guint i = N_SETS; i-- > 0;)
    if (!safetensors_read_floats (
            in, sets[i].name, sets[i].values, sets[i].n, error))
      return FALSE;
  self->conditional.step = steps;
  self->null.step = null_steps;
  return TRUE;
}
