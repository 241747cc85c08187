/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/vinfo-redundancy.h"

#include <math.h>

/* Returns: (transfer full): [n, width] centred, of length 1 */
static float *
normalise (const float *rows, guint n, guint width, const float *centre)
{
  float *unit = g_new (float, (gsize)n *width);

  for (guint i = 0; i < n; i++) {
    const float *row = rows + (gsize)i * width;
    float *to = unit + (gsize)i * width;
    double squares = 0;

    for (guint d = 0; d < width; d++) {
      to[d] = row[d] - centre[d];
      squares += (double)to[d] * to[d];
    }
    for (guint d = 0; d < width; d++)
      to[d] /= (float)MAX (sqrt (squares), G_MINFLOAT);
  }
  return unit;
}

void
vinfo_redundancy_measure (const gfloat *rows, guint n, guint width,
    const gfloat *centre, gdouble limit, VInfoRedundancy *redundancy)
{
  g_autofree float *unit = normalise (rows, n, width, centre);
  g_autofree double *nearest = g_new (double, n);
  double sum = 0;

  g_return_if_fail (n >= 2);
  for (guint i = 0; i < n; i++)
    nearest[i] = -1;
  redundancy->duplicates = 0;
  for (guint i = 0; i < n; i++) {
    for (guint j = i + 1; j < n; j++) {
      double cosine = 0;

      for (guint d = 0; d < width; d++)
        cosine
            += (double)unit[(gsize)i * width + d] * unit[(gsize)j * width + d];
      nearest[i] = MAX (nearest[i], cosine);
      nearest[j] = MAX (nearest[j], cosine);
      redundancy->duplicates += cosine > limit;
    }
    sum += nearest[i];
  }
  redundancy->nearest = sum / n;
}
