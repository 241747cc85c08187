/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/meddel-private.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reservoir/spherical-kmeans-private.h"

/* Two alone in a cluster are equally near to its centroid: in steps of this
 * rounding doesn't choose between them, and the first is the nearer. */
#define NEARNESS_STEP 0x1p-16

typedef struct {
  guint row;
  guint cluster;
  glong nearness; /* steps */
} Member;

guint
meddel_get_n_clusters (guint n)
{
  return MAX (lround (sqrt (n)), 1);
}

/* By cluster, nearest to its centroid first. */
static gint
compare_members (gconstpointer a, gconstpointer b)
{
  const Member *first = a, *second = b;

  if (first->cluster != second->cluster)
    return first->cluster < second->cluster ? -1 : 1;
  if (first->nearness != second->nearness)
    return first->nearness > second->nearness ? -1 : 1;
  return (first->row > second->row) - (first->row < second->row);
}

static Member *
list_members (const SphericalKmeans *kmeans, guint n)
{
  Member *members = g_new (Member, n);

  for (guint row = 0; row < n; row++)
    members[row] = (Member){ row, kmeans->clusters[row],
      lrint (kmeans->nearness[row] / NEARNESS_STEP) };
  qsort (members, n, sizeof *members, compare_members);
  return members;
}

static gboolean
any_above (const gfloat *values, guint n, gdouble limit)
{
  for (guint i = 0; i < n; i++) {
    if (values[i] > limit)
      return TRUE;
  }
  return FALSE;
}

/* members: [n] of one cluster, nearest first */
static void
drop_similar (const gfloat *rows, guint size, const Member *members, guint n,
    gdouble similar, gboolean *dropped)
{
  g_autofree gfloat *nearer = g_new (gfloat, (gsize)n * size);
  g_autofree gfloat *cosines = g_new (gfloat, n);

  for (guint j = 0; j < n; j++) {
    gfloat *row = nearer + (gsize)j * size;

    memcpy (row, rows + (gsize)members[j].row * size, size * sizeof (gfloat));
    if (j == 0)
      continue;
    cblas_sgemv (CblasRowMajor, CblasNoTrans, j, size, 1, nearer, size, row, 1,
        0, cosines, 1);
    if (any_above (cosines, j, similar))
      dropped[members[j].row] = TRUE;
  }
}

void
meddel_drop (const gfloat *rows, guint n, guint size, gdouble farthest,
    gdouble similar, gboolean *dropped)
{
  g_autofree Member *members = NULL;
  SphericalKmeans kmeans;

  spherical_kmeans_init (
      &kmeans, rows, n, size, meddel_get_n_clusters (n), MEDDEL_ITERATIONS);
  members = list_members (&kmeans, n);
  for (guint row = 0; row < n; row++)
    dropped[row] = 1 - kmeans.nearness[row] > farthest;
  for (guint first = 0, end; first < n; first = end) {
    for (end = first + 1; end < n; end++) {
      if (members[end].cluster != members[first].cluster)
        break;
    }
    drop_similar (rows, size, members + first, end - first, similar, dropped);
  }
  spherical_kmeans_finish (&kmeans);
}
