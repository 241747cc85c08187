/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/neighbours-private.h"

#include <string.h>

#include "image/still-private.h"
#include "nn/simd-private.h"

/* Above all likenesses. */
#define SAME 2.0f
/* Rows whose bounds are made, and looked for, while they are in the cache. */
#define BLOCK 128

G_STATIC_ASSERT (BLOCK <= EMBEDDING_CODES_MOST_ROWS);

void
neighbours_init (Neighbours *neighbours)
{
  *neighbours = (Neighbours){ .samples = g_ptr_array_new () };
}

void
neighbours_finish (Neighbours *neighbours)
{
  g_clear_pointer (&neighbours->samples, g_ptr_array_unref);
  embedding_codes_finish (&neighbours->codes);
  embedding_query_finish (&neighbours->query);
  thumbnail_sketches_finish (&neighbours->sketches);
  g_clear_pointer (&neighbours->bounds, g_free);
  g_clear_pointer (&neighbours->peaks, g_free);
}

static gboolean
has_embedding (const VInfoSample *sample, guint size)
{
  return sample->embedding != NULL && size > 0
         && sample->embedding_size == size;
}

void
neighbours_refresh (Neighbours *neighbours, guint row)
{
  const VInfoSample *sample = g_ptr_array_index (neighbours->samples, row);
  gboolean embedded = has_embedding (sample, neighbours->codes.size);

  embedding_codes_set (
      &neighbours->codes, row, embedded ? sample->embedding : NULL);
}

/* A predictor of another width came: codes are made anew from the samples. */
static void
change_size (Neighbours *neighbours, guint size)
{
  embedding_codes_allocate (&neighbours->codes, size, neighbours->allocated);
  for (guint row = 0; row < neighbours->samples->len; row++)
    neighbours_refresh (neighbours, row);
}

static void
grow (Neighbours *neighbours)
{
  guint allocated = MAX (16, 2 * neighbours->allocated);

  neighbours->allocated = allocated;
  embedding_codes_allocate (
      &neighbours->codes, neighbours->codes.size, allocated);
  thumbnail_sketches_allocate (&neighbours->sketches, allocated);
  neighbours->bounds = g_renew (gfloat, neighbours->bounds, allocated);
  neighbours->peaks
      = g_renew (gfloat, neighbours->peaks, (allocated + BLOCK - 1) / BLOCK);
}

void
neighbours_add (Neighbours *neighbours, const VInfoSample *sample)
{
  guint row = neighbours->samples->len;

  if (row == neighbours->allocated)
    grow (neighbours);
  g_ptr_array_add (neighbours->samples, (gpointer)sample);
  thumbnail_sketches_set (&neighbours->sketches, row, sample->thumbnail);
  neighbours_refresh (neighbours, row);
}

void
neighbours_remove (Neighbours *neighbours, guint row)
{
  guint last = neighbours->samples->len - 1;

  embedding_codes_copy (&neighbours->codes, row, last);
  thumbnail_sketches_copy (&neighbours->sketches, row, last);
  g_ptr_array_remove_index_fast (neighbours->samples, row);
}

#define LANES 16

/* In lanes, since the compiler doesn't reorder comparisons of floats. */
NN_SIMD static gfloat
largest_of (const gfloat *bounds, guint n)
{
  gfloat largest[LANES];
  guint i = 0;

  for (guint lane = 0; lane < LANES; lane++)
    largest[lane] = -G_MAXFLOAT;
  for (; i + LANES <= n; i += LANES)
    for (guint lane = 0; lane < LANES; lane++)
      largest[lane]
          = bounds[i + lane] > largest[lane] ? bounds[i + lane] : largest[lane];
  for (; i < n; i++)
    largest[0] = MAX (largest[0], bounds[i]);
  for (guint lane = 1; lane < LANES; lane++)
    largest[0] = MAX (largest[0], largest[lane]);
  return largest[0];
}

void
neighbours_sweep (Neighbours *neighbours, const VInfoSample *sample)
{
  guint n_rows = neighbours->samples->len;
  gfloat sketch[THUMBNAIL_SKETCH_SIZE];

  neighbours->asked = has_embedding (sample, sample->embedding_size);
  if (neighbours->asked) {
    if (sample->embedding_size != neighbours->codes.size)
      change_size (neighbours, sample->embedding_size);
    embedding_query_set (
        &neighbours->query, &neighbours->codes, sample->embedding);
  }
  thumbnail_sketch (sample->thumbnail, sketch);
  for (guint row = 0; row < n_rows; row += BLOCK) {
    guint n = MIN (BLOCK, n_rows - row);
    gfloat *bounds = neighbours->bounds + row;

    if (neighbours->asked)
      embedding_codes_bound (
          &neighbours->codes, row, n, &neighbours->query, bounds);
    else
      memset (bounds, 0, n * sizeof (gfloat));
    thumbnail_sketches_raise (&neighbours->sketches, row, n, sketch,
        THUMBNAIL_SAME_DISTANCE, SAME, bounds);
    neighbours->peaks[row / BLOCK] = largest_of (bounds, n);
  }
}

static gboolean
may_exceed (const Neighbours *neighbours, guint row, gdouble likeness)
{
  gfloat bound = neighbours->bounds[row];

  if (bound <= likeness)
    return FALSE;
  if (!neighbours->asked || bound >= SAME)
    return TRUE;
  return embedding_codes_bound_row (&neighbours->codes, row, &neighbours->query)
         > likeness;
}

guint
neighbours_next (Neighbours *neighbours, guint row, gdouble likeness)
{
  guint n = neighbours->samples->len;

  while (row < n) {
    guint end = MIN (n, (row / BLOCK + 1) * BLOCK);

    if (neighbours->peaks[row / BLOCK] > likeness) {
      for (; row < end; row++)
        if (may_exceed (neighbours, row, likeness))
          return row;
    }
    row = end;
  }
  return n;
}

/* Four sums, that additions need not wait for one another. */
static gfloat
cosine (const VInfoSample *a, const VInfoSample *b)
{
  gdouble sums[4] = { 0 };

  if (!has_embedding (a, b->embedding_size)
      || !has_embedding (b, a->embedding_size))
    return 0;
  for (guint i = 0; i < a->embedding_size; i++)
    sums[i % 4] += (gdouble)a->embedding[i] * b->embedding[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* 1 and more where the thumbnails show the same, else 0. */
static gfloat
compare_thumbnails (const VInfoSample *a, const VInfoSample *b)
{
  gfloat distance = vinfo_thumbnail_distance (a->thumbnail, b->thumbnail);

  return distance <= THUMBNAIL_SAME_DISTANCE ? SAME - distance / 255 : 0;
}

gfloat
neighbours_compare (const VInfoSample *a, const VInfoSample *b)
{
  gfloat same = compare_thumbnails (a, b);

  return same > 0 ? same : cosine (a, b);
}

/* Below what is the nearest so far a row can be neither that nor a duplicate,
 * since all duplicates are nearer. */
void
neighbours_find (Neighbours *neighbours, const VInfoSample *sample,
    gdouble duplicate_cosine, gfloat near_cosine, Neighbourhood *found)
{
  gfloat nearest = near_cosine, best = -1;
  guint row = 0;

  *found = (Neighbourhood){ g_array_new (FALSE, FALSE, sizeof (guint)), 0, 0 };
  neighbours_sweep (neighbours, sample);
  for (;; row++) {
    const VInfoSample *other;
    gfloat likeness;

    row = neighbours_next (neighbours, row, MIN (nearest, duplicate_cosine));
    if (row == neighbours->samples->len)
      return;
    other = g_ptr_array_index (neighbours->samples, row);
    if (other->spare)
      continue;
    likeness = neighbours_compare (sample, other);
    if (likeness > duplicate_cosine) {
      g_array_append_val (found->duplicates, row);
      if (likeness > best) {
        best = likeness;
        found->nearest = row;
      }
    } else if (likeness > nearest) {
      found->cosine = nearest = likeness;
    }
  }
}

void
neighbourhood_finish (Neighbourhood *found)
{
  g_clear_pointer (&found->duplicates, g_array_unref);
}
