/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rank.h"

void
rank_arms (GPtrArray *arms, const char *metric, int better, double *ranks)
{
  g_autofree double *means = g_new (double, arms->len);

  for (guint i = 0; i < arms->len; i++)
    means[i] = better * compared_arm_summarise (arms->pdata[i], metric).mean;
  for (guint i = 0; i < arms->len; i++) {
    guint above = 0, level = 0;

    for (guint j = 0; j < arms->len; j++) {
      above += means[j] > means[i];
      level += means[j] == means[i];
    }
    ranks[i] = above + (level + 1) / 2.0;
  }
}
