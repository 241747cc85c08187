/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Out-of-distribution statistics as tensors of a predictor's file, in double
 * precision, so that what is read scores exactly as what was written. */
#include <math.h>
#include <string.h>

#include "mae/vinfo-mae.h"
#include "predictor/ood-private.h"

#define NEIGHBOURS "ood.neighbours" /* [n, d] F32 */

/* Names of the tensors of one set of Gaussians. */
typedef struct {
  const char *origin;  /* [d] */
  const char *factor;  /* [d, d] or [d] */
  const char *classes; /* [n, d], whitened */
} GaussianNames;

static const GaussianNames classes_names
    = { "ood.classes.origin", "ood.classes.factor", "ood.classes.means" };
static const GaussianNames whole_names
    = { "ood.whole.origin", "ood.whole.factor", "ood.whole.means" };
static const GaussianNames directions_names = { "ood.directions.origin",
  "ood.directions.factor", "ood.directions.means" };

static guint
describe_gaussians (const Gaussians *gaussians, const GaussianNames *names,
    SafetensorsEntry *entries)
{
  gsize width = gaussians->width;

  entries[0] = (SafetensorsEntry){ names->origin, SAFETENSORS_F64, 1, { width },
    gaussians->origin };
  entries[1] = (SafetensorsEntry){ names->factor, SAFETENSORS_F64,
    gaussians->full ? 2 : 1, { width, width }, gaussians->factor };
  entries[2] = (SafetensorsEntry){ names->classes, SAFETENSORS_F64, 2,
    { gaussians->n_classes, width }, gaussians->classes };
  return 3;
}

guint
ood_describe (const Ood *self, SafetensorsEntry entries[OOD_MAX_ENTRIES])
{
  guint n = 0;

  n += describe_gaussians (&self->classes, &classes_names, entries);
  n += describe_gaussians (&self->whole, &whole_names, entries + n);
  n += describe_gaussians (&self->directions, &directions_names, entries + n);
  entries[n++] = (SafetensorsEntry){ NEIGHBOURS, SAFETENSORS_F32, 2,
    { self->n_neighbours, self->width }, self->neighbours };
  return n;
}

static gboolean
misfit (const char *path, const char *name, GError **error)
{
  g_set_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH,
      "%s: %s: missing, of another shape, or not finite", path, name);
  return FALSE;
}

/* Copies a tensor of doubles with rows of that width; *rows: how many. */
static double *
read_rows (const Safetensors *in, const char *name, guint width, gsize *rows)
{
  const SafetensorsEntry *entry = safetensors_find (in, name);
  gsize n = 1;
  double *values;

  if (!entry || entry->dtype != SAFETENSORS_F64 || entry->n_dims < 1
      || entry->n_dims > 2 || entry->shape[entry->n_dims - 1] != width)
    return NULL;
  *rows = entry->n_dims == 2 ? entry->shape[0] : 1;
  n = *rows * width;
  values = g_memdup2 (entry->data, n * sizeof *values);
  for (gsize i = 0; i < n; i++) {
    if (!isfinite (values[i])) {
      g_free (values);
      return NULL;
    }
  }
  return values;
}

static gboolean
diagonal_is_positive (const Gaussians *gaussians)
{
  gsize stride = gaussians->full ? gaussians->width + 1 : 1;

  for (guint d = 0; d < gaussians->width; d++)
    if (!(gaussians->factor[d * stride] > 0))
      return FALSE;
  return TRUE;
}

static gboolean
read_gaussians (const Safetensors *in, const char *path,
    const GaussianNames *names, guint width, Gaussians *gaussians,
    GError **error)
{
  gsize rows = 0;

  gaussians->width = width;
  gaussians->origin = read_rows (in, names->origin, width, &rows);
  if (!gaussians->origin || rows != 1)
    return misfit (path, names->origin, error);
  gaussians->factor = read_rows (in, names->factor, width, &rows);
  gaussians->full = rows > 1;
  if (!gaussians->factor || (rows != 1 && rows != width)
      || !diagonal_is_positive (gaussians))
    return misfit (path, names->factor, error);
  gaussians->classes = read_rows (in, names->classes, width, &rows);
  if (!gaussians->classes || rows < 1 || rows > OOD_MAX_CLASSES)
    return misfit (path, names->classes, error);
  gaussians->n_classes = (guint)rows;
  return TRUE;
}

static gboolean
read_neighbours (
    const Safetensors *in, const char *path, Ood *ood, GError **error)
{
  const SafetensorsEntry *entry = safetensors_find (in, NEIGHBOURS);
  gsize n;

  if (!entry || entry->n_dims != 2 || entry->shape[1] != ood->width
      || entry->shape[0] < OOD_NEIGHBOUR || entry->shape[0] > G_MAXUINT16)
    return misfit (path, NEIGHBOURS, error);
  n = entry->shape[0] * ood->width;
  ood->n_neighbours = (guint)entry->shape[0];
  ood->neighbours = g_new (float, n);
  if (!safetensors_read_floats (in, NEIGHBOURS, ood->neighbours, n, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (!isfinite (ood->neighbours[i]))
      return misfit (path, NEIGHBOURS, error);
  return TRUE;
}

gboolean
ood_read (const Safetensors *in, const char *path, guint width, Ood **ood,
    GError **error)
{
  const char *size = safetensors_metadata (in, OOD_SIZE_KEY);
  g_autoptr (Ood) new_ood = NULL;
  guint64 n;

  *ood = NULL;
  if (!size)
    return TRUE;
  if (!g_ascii_string_to_unsigned (size, 10, OOD_MIN, G_MAXUINT32, &n, NULL))
    return misfit (path, OOD_SIZE_KEY, error);
  new_ood = g_new0 (Ood, 1);
  new_ood->ref_count = 1;
  new_ood->width = width;
  new_ood->n = (guint)n;
  if (!read_gaussians (
          in, path, &classes_names, width, &new_ood->classes, error)
      || !read_gaussians (in, path, &whole_names, width, &new_ood->whole, error)
      || !read_gaussians (
          in, path, &directions_names, width, &new_ood->directions, error)
      || !read_neighbours (in, path, new_ood, error))
    return FALSE;
  *ood = g_steal_pointer (&new_ood);
  return TRUE;
}
