/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nn/random-private.h"

#include <math.h>

/* SplitMix64 (Steele, Lea & Flood 2014): the increment and the finaliser. */
#define GOLDEN 0x9e3779b97f4a7c15u

static guint64
finalise (guint64 z)
{
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

guint64
nn_mix (guint64 a, guint64 b)
{
  return finalise (finalise (a + GOLDEN) + (b + 1) * GOLDEN);
}

guint64
nn_random_next (NnRandom *random)
{
  return nn_mix (nn_mix (random->seed, random->stream), random->counter++);
}

gdouble
nn_random_uniform (NnRandom *random)
{
  return (nn_random_next (random) >> 11) * 0x1p-53;
}

/* Multiply and shift: off from uniform by n / 2^64 at most, and always one
 * draw, which a method by rejection could not promise. */
guint
nn_random_below (NnRandom *random, guint n)
{
  return ((unsigned __int128)nn_random_next (random) * n) >> 64;
}

/* Box & Muller; the sine half is thrown away, so that there is no state beside
 * the counter. */
gdouble
nn_random_normal (NnRandom *random)
{
  gdouble radius = sqrt (-2 * log (1 - nn_random_uniform (random)));
  return radius * cos (2 * G_PI * nn_random_uniform (random));
}

/* Fisher & Yates. */
void
nn_random_shuffle (NnRandom *random, guint16 *items, guint n)
{
  for (guint i = n; i > 1; i--) {
    guint j = nn_random_below (random, i);
    guint16 item = items[i - 1];
    items[i - 1] = items[j];
    items[j] = item;
  }
}
