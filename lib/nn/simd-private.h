/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <math.h>
#include <string.h>

#include "target-clones-private.h"

/* e^x within 2 units in the last place, without branches or calls, so that
 * loops around it vectorise. x = k ln 2 + r with |r| <= ln(2)/2, and e^r by
 * its Taylor series. Saturates beyond ±87; a NaN stays one. */
static inline G_ALWAYS_INLINE float
nn_exp (float x)
{
  const float round = 0x1.8p23f; /* adding it rounds to a whole number */
  float y, k, r, power;
  guint32 bits;
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  y = x * 0x1.715476p+0f + round;
  k = y - round;
  r = x - k * 0x1.62e400p-1f;
  r = r - k * 0x1.7f7d1cp-20f;
  float e = 1.0f / 5040;
  e = e * r + 1.0f / 720;
  e = e * r + 1.0f / 120;
  e = e * r + 1.0f / 24;
  e = e * r + 1.0f / 6;
  e = e * r + 0.5f;
  e = e * r + 1;
  e = e * r + 1;
  /* y's low bits are k: shifted into the exponent they make 2^k. */
  memcpy (&bits, &y, sizeof bits);
  bits = (bits << 23) + 0x3f800000u;
  memcpy (&power, &bits, sizeof power);
  return e * power;
}
