/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/neighbours-private.h"

#include <cblas.h>
#include <string.h>

#include "reservoir/tickets-private.h"

void
neighbours_init (Neighbours *neighbours)
{
  *neighbours = (Neighbours){ .samples = g_ptr_array_new () };
}

void
neighbours_finish (Neighbours *neighbours)
{
  g_clear_pointer (&neighbours->samples, g_ptr_array_unref);
  g_clear_pointer (&neighbours->rows, g_free);
  g_clear_pointer (&neighbours->cosines, g_free);
}

static gboolean
has_row (const Neighbours *neighbours, const VInfoSample *sample)
{
  return sample->embedding != NULL && sample->embedding_size > 0
         && sample->embedding_size == neighbours->size;
}

static gfloat *
row_at (Neighbours *neighbours, guint row)
{
  return neighbours->rows + (gsize)row * neighbours->size;
}

void
neighbours_refresh (Neighbours *neighbours, guint row)
{
  const VInfoSample *sample = g_ptr_array_index (neighbours->samples, row);
  gsize bytes = neighbours->size * sizeof (gfloat);

  if (has_row (neighbours, sample))
    memcpy (row_at (neighbours, row), sample->embedding, bytes);
  else if (bytes > 0)
    memset (row_at (neighbours, row), 0, bytes);
}

static void
allocate (Neighbours *neighbours, guint size, guint allocated)
{
  neighbours->size = size;
  neighbours->allocated = allocated;
  neighbours->rows
      = g_renew (gfloat, neighbours->rows, (gsize)allocated * size);
  neighbours->cosines = g_renew (gfloat, neighbours->cosines, allocated);
}

/* A predictor of another width came: rows are made anew from the samples. */
static void
change_size (Neighbours *neighbours, guint size)
{
  allocate (neighbours, size, neighbours->allocated);
  for (guint row = 0; row < neighbours->samples->len; row++)
    neighbours_refresh (neighbours, row);
}

void
neighbours_add (Neighbours *neighbours, const VInfoSample *sample)
{
  guint row = neighbours->samples->len;

  if (row == neighbours->allocated)
    allocate (neighbours, neighbours->size, MAX (16, 2 * row));
  g_ptr_array_add (neighbours->samples, (gpointer)sample);
  neighbours_refresh (neighbours, row);
}

void
neighbours_remove (Neighbours *neighbours, guint row)
{
  guint last = neighbours->samples->len - 1;

  if (row != last && neighbours->size > 0)
    memcpy (row_at (neighbours, row), row_at (neighbours, last),
        neighbours->size * sizeof (gfloat));
  g_ptr_array_remove_index_fast (neighbours->samples, row);
}

static void
compute_cosines (Neighbours *neighbours, const VInfoSample *sample)
{
  if (sample->embedding_size != neighbours->size)
    change_size (neighbours, sample->embedding_size);
  if (neighbours->samples->len > 0)
    cblas_sgemv (CblasRowMajor, CblasNoTrans, neighbours->samples->len,
        neighbours->size, 1, neighbours->rows, neighbours->size,
        sample->embedding, 1, 0, neighbours->cosines, 1);
}

/* 1 and more where the thumbnails show the same, else 0. */
static gfloat
compare_thumbnails (const VInfoSample *a, const VInfoSample *b)
{
  gfloat distance = vinfo_thumbnail_distance (a->thumbnail, b->thumbnail);

  return distance <= THUMBNAIL_SAME_DISTANCE ? 2 - distance / 255 : 0;
}

void
neighbours_find (Neighbours *neighbours, const VInfoSample *sample,
    gdouble duplicate_cosine, Neighbourhood *found)
{
  gboolean embedded = sample->embedding != NULL && sample->embedding_size > 0;
  gfloat best = -1;

  *found = (Neighbourhood){ g_array_new (FALSE, FALSE, sizeof (guint)), 0, 0 };
  if (embedded)
    compute_cosines (neighbours, sample);
  for (guint row = 0; row < neighbours->samples->len; row++) {
    const VInfoSample *other = g_ptr_array_index (neighbours->samples, row);
    gfloat cosine = 0, same;

    if (other->spare)
      continue;
    if (embedded && has_row (neighbours, other))
      cosine = neighbours->cosines[row];
    same = compare_thumbnails (sample, other);
    if (cosine <= duplicate_cosine && same == 0) {
      found->cosine = MAX (found->cosine, cosine);
      continue;
    }
    g_array_append_val (found->duplicates, row);
    if (MAX (cosine, same) > best) {
      best = MAX (cosine, same);
      found->nearest = row;
    }
  }
}

void
neighbourhood_finish (Neighbourhood *found)
{
  g_clear_pointer (&found->duplicates, g_array_unref);
}
