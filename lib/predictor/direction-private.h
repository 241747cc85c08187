/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <math.h>

G_BEGIN_DECLS

/* row/‖row‖; 0 of a row of zeroes. row, direction: [width], may be the same */
static inline void
direction_of (const float *row, guint width, float *direction)
{
  double norm = 0;

  for (guint d = 0; d < width; d++)
    norm += (double)row[d] * row[d];
  norm = norm > 0 ? 1.0 / sqrt (norm) : 0.0;
  for (guint d = 0; d < width; d++)
    direction[d] = (float)(row[d] * norm);
}

G_END_DECLS
