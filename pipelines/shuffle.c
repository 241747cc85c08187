/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shuffle.h"

void
shuffle (guint *items, guint n, GRand *random)
{
  for (guint i = n; i > 1; i--) {
    guint j = (guint)g_rand_int_range (random, 0, (gint32)i);
    guint swapped = items[i - 1];

    items[i - 1] = items[j];
    items[j] = swapped;
  }
}
