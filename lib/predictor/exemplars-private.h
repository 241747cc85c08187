/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/* Pictures that were trained on lately, at the model's size, each once: with
 * the panel, what out-of-distribution statistics are made of. A ring; not
 * thread-safe. */
typedef struct {
  guint capacity;
  guint side;        /* of the squares that they are kept at */
  guint next;        /* place of the next */
  GPtrArray *images; /* of VInfoImage [side, side, 3] */
  GHashTable *known; /* set of their bytes, as GBytes */
} Exemplars;

Exemplars *exemplars_new (guint capacity, guint side);
void exemplars_free (Exemplars *exemplars);

/* Takes a picture [side, side, 3] in place of the oldest, unless it is there. */
void exemplars_add (Exemplars *exemplars, VInfoImage *square);

/* Appends references to all of them. */
void exemplars_append_to (const Exemplars *exemplars, GPtrArray *images);

G_END_DECLS
