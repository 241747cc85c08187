/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/vinfo-regions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN_CONTRAST 1.25 /* of the classes' mean root errors */
#define MIN_SIDE 4        /* a box spans at least this part of a side */
#define MAX_OVERLAP 0.5   /* of two boxes, of their union */

typedef struct {
  guint rows, columns;
  gfloat *errors; /* [rows, columns], all finite */
  guint8 *hot;    /* [rows, columns] */
} Map;

/* Mean of the known errors in a box, NaN where there are none. */
static gdouble
mean_of_box (const Map *map, guint left, guint top, guint right, guint bottom)
{
  gdouble sum = 0;
  guint n = 0;

  for (guint y = top; y < bottom; y++)
    for (guint x = left; x < right; x++) {
      gfloat error = map->errors[(gsize)y * map->columns + x];

      if (isfinite (error)) {
        sum += error;
        n++;
      }
    }
  return n > 0 ? sum / n : NAN;
}

static gdouble
mean_around (const Map *map, guint x, guint y)
{
  return mean_of_box (map, MAX (x, 1) - 1, MAX (y, 1) - 1,
      MIN (x + 2, map->columns), MIN (y + 2, map->rows));
}

/* Gives patches without an error that of their neighbours.
 * Returns: FALSE where nothing is known at all */
static gboolean
fill_gaps (Map *map, const gfloat *errors)
{
  gdouble mean = mean_of_box (map, 0, 0, map->columns, map->rows);
  gsize n = (gsize)map->rows * map->columns;
  g_autofree gfloat *filled = g_memdup2 (errors, n * sizeof *errors);

  if (isnan (mean))
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    gdouble near;

    if (isfinite (errors[i]))
      continue;
    near = mean_around (map, i % map->columns, i / map->columns);
    filled[i] = (gfloat)(isnan (near) ? mean : near);
  }
  memcpy (map->errors, filled, n * sizeof *filled);
  return TRUE;
}

static gfloat
root (gfloat error)
{
  return sqrtf (MAX (error, 0));
}

static int
compare_floats (const void *a, const void *b)
{
  gfloat x = *(const gfloat *)a, y = *(const gfloat *)b;

  return (x > y) - (x < y);
}

/* Otsu's threshold of sorted values: the last of the lower class, which has
 * n_low. Returns FALSE where the classes are hardly apart. */
static gboolean
find_threshold (const gfloat *sorted, gsize n, gfloat *threshold)
{
  gdouble total = 0, low = 0, best = 0, contrast = 0;

  for (gsize i = 0; i < n; i++)
    total += sorted[i];
  for (gsize i = 1; i < n; i++) {
    gdouble low_mean, high_mean, between;

    low += sorted[i - 1];
    if (sorted[i] == sorted[i - 1])
      continue;
    low_mean = low / i;
    high_mean = (total - low) / (n - i);
    between = (gdouble)i * (n - i) * pow (high_mean - low_mean, 2);
    if (between > best) {
      best = between;
      contrast = high_mean / low_mean;
      *threshold = sorted[i - 1];
    }
  }
  return best > 0 && contrast >= MIN_CONTRAST;
}

static gboolean
mark_hot (Map *map)
{
  gsize n = (gsize)map->rows * map->columns;
  g_autofree gfloat *sorted = g_new (gfloat, n);
  gfloat threshold = 0;

  for (gsize i = 0; i < n; i++)
    sorted[i] = root (map->errors[i]);
  qsort (sorted, n, sizeof *sorted, compare_floats);
  if (!find_threshold (sorted, n, &threshold))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    map->hot[i] = root (map->errors[i]) > threshold;
  return TRUE;
}

/* Cools the hot patches that are connected with one and says where they are.
 * waiting: room for all patches */
static VInfoRegion
take_component (Map *map, gsize first, gsize *waiting)
{
  guint left = map->columns, top = map->rows, right = 0, bottom = 0;
  gsize n = 0;

  map->hot[first] = FALSE;
  waiting[n++] = first;
  while (n > 0) {
    guint x = waiting[--n] % map->columns, y = waiting[n] / map->columns;

    left = MIN (left, x);
    right = MAX (right, x + 1);
    top = MIN (top, y);
    bottom = MAX (bottom, y + 1);
    for (guint v = MAX (y, 1) - 1; v < MIN (y + 2, map->rows); v++)
      for (guint u = MAX (x, 1) - 1; u < MIN (x + 2, map->columns); u++) {
        gsize next = (gsize)v * map->columns + u;

        if (map->hot[next]) {
          map->hot[next] = FALSE;
          waiting[n++] = next;
        }
      }
  }
  return (VInfoRegion){ left, top, right - left, bottom - top, 0 };
}

/* Grows a side around its middle, within the map. */
static void
grow (guint *start, guint *length, guint side)
{
  guint wanted = (side + MIN_SIDE - 1) / MIN_SIDE, before;

  if (*length >= wanted)
    return;
  before = MIN ((wanted - *length) / 2, *start);
  *start = MIN (*start - before, side - wanted);
  *length = wanted;
}

static void
finish_region (const Map *map, VInfoRegion *region)
{
  grow (&region->x, &region->width, map->columns);
  grow (&region->y, &region->height, map->rows);
  region->error = (gfloat)mean_of_box (map, region->x, region->y,
      region->x + region->width, region->y + region->height);
}

static guint
shared_length (guint a, guint a_length, guint b, guint b_length)
{
  guint start = MAX (a, b), end = MIN (a + a_length, b + b_length);

  return end > start ? end - start : 0;
}

static gboolean
overlap (const VInfoRegion *a, const VInfoRegion *b)
{
  gdouble shared = (gdouble)shared_length (a->x, a->width, b->x, b->width)
                   * shared_length (a->y, a->height, b->y, b->height);
  gdouble both = (gdouble)a->width * a->height + (gdouble)b->width * b->height;

  return shared > MAX_OVERLAP * (both - shared);
}

/* The hotter first, of equals the one further up and left. */
static gint
compare_regions (gconstpointer a, gconstpointer b)
{
  const VInfoRegion *first = a, *second = b;

  if (first->error != second->error)
    return first->error > second->error ? -1 : 1;
  if (first->y != second->y)
    return first->y < second->y ? -1 : 1;
  return first->x < second->x ? -1 : first->x > second->x;
}

/* Returns: (transfer full): all connected hot regions, the hottest first */
static GArray *
list_regions (Map *map)
{
  gsize n = (gsize)map->rows * map->columns;
  g_autofree gsize *waiting = g_new (gsize, n);
  GArray *all = g_array_new (FALSE, FALSE, sizeof (VInfoRegion));

  for (gsize i = 0; i < n; i++) {
    VInfoRegion region;

    if (!map->hot[i])
      continue;
    region = take_component (map, i, waiting);
    finish_region (map, &region);
    g_array_append_val (all, region);
  }
  g_array_sort (all, compare_regions);
  return all;
}

/* Passes over regions that mostly show what a hotter one shows. */
static guint
choose_regions (const GArray *all, guint max_regions, VInfoRegion *regions)
{
  guint n = 0;

  for (guint i = 0; i < all->len && n < max_regions; i++) {
    const VInfoRegion *region = &g_array_index (all, VInfoRegion, i);
    gboolean shown = FALSE;

    for (guint j = 0; j < n && !shown; j++)
      shown = overlap (&regions[j], region);
    if (!shown)
      regions[n++] = *region;
  }
  return n;
}

guint
vinfo_regions_propose_hot (const gfloat *errors, guint rows, guint columns,
    guint max_regions, VInfoRegion *regions)
{
  gsize n = (gsize)rows * columns;
  g_autofree gfloat *known = g_memdup2 (errors, n * sizeof *errors);
  g_autofree guint8 *hot = g_new0 (guint8, n);
  Map map = { rows, columns, known, hot };
  g_autoptr (GArray) all = NULL;

  g_return_val_if_fail (rows > 0 && columns > 0, 0);
  g_return_val_if_fail (max_regions > 0, 0);

  if (!fill_gaps (&map, errors) || !mark_hot (&map)) {
    regions[0] = (VInfoRegion){ 0, 0, columns, rows,
      (gfloat)mean_of_box (&map, 0, 0, columns, rows) };
    return 1;
  }
  all = list_regions (&map);
  return choose_regions (all, max_regions, regions);
}

void
vinfo_region_to_pixels (const VInfoRegion *region, guint rows, guint columns,
    guint width, guint height, guint *left, guint *top, guint *pixel_width,
    guint *pixel_height)
{
  guint64 right = (guint64)(region->x + region->width) * width;
  guint64 bottom = (guint64)(region->y + region->height) * height;

  *left = (guint)((guint64)region->x * width / columns);
  *top = (guint)((guint64)region->y * height / rows);
  *pixel_width = (guint)((right + columns - 1) / columns) - *left;
  *pixel_height = (guint)((bottom + rows - 1) / rows) - *top;
}
