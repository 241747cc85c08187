/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Counter-based random numbers (Philox-like or SplitMix over a counter): the
 * n-th draw of a stream depends on (seed, stream, n) alone, so a run can be
 * resumed from one integer. */
typedef struct {
  guint64 seed;
  guint64 stream;
  guint64 counter;
} NnRandom;

guint64 nn_random_next (NnRandom *random);
gdouble nn_random_uniform (NnRandom *random);      /* [0, 1) */
guint nn_random_below (NnRandom *random, guint n); /* 0 .. n-1 */
gdouble nn_random_normal (NnRandom *random);       /* mean 0, sd 1 */
void nn_random_shuffle (NnRandom *random, guint16 *items, guint n);

/* Mixes two words into one well-distributed word; the project's one hash of
 * integers (ids, seeds, u of a sample). */
guint64 nn_mix (guint64 a, guint64 b);

G_END_DECLS
