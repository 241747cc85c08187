/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Products of bf16 in plain C: what others are measured by, and what runs where
 * there are no instructions for them. */

#include "nn/sbgemm-kernel-private.h"
#include "nn/simd-private.h"

#define ROWS 4 /* of sums that are held in registers */

typedef float Floats __attribute__ ((vector_size (64), may_alias));
typedef guint32 Words __attribute__ ((vector_size (64), may_alias));

static gboolean
can_run (void)
{
  return TRUE;
}

/* To nearest even. A NaN keeps a bit of its own, or it could become infinity. */
static inline guint32
round_to_bf16 (float value)
{
  guint32 bits;
  memcpy (&bits, &value, sizeof bits);
  guint32 rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return (bits & 0x7fffffff) > 0x7f800000 ? bits >> 16 | 0x40 : rounded;
}

NN_SIMD static void
pack (const float *in, gsize ld, gboolean steps_adjacent, gboolean of_a,
    guint32 *tile)
{
  gsize line = steps_adjacent ? ld : 1, step = steps_adjacent ? 1 : ld;
  for (gsize i = 0; i < SBGEMM_TILE; i++)
    for (gsize p = 0; p < SBGEMM_TILE; p++) {
      const float *x = in + i * line + 2 * p * step;
      tile[of_a ? i * SBGEMM_TILE + p : p * SBGEMM_TILE + i]
          = round_to_bf16 (x[0]) | round_to_bf16 (x[step]) << 16;
    }
}

static inline G_ALWAYS_INLINE float
as_float (guint32 bits)
{
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* A bf16 is the upper half of a float. */
NN_SIMD static void
run (gsize chunks, const guint32 *a, const guint32 *b, float *sums)
{
  for (gsize i = 0; i < SBGEMM_STEPS; i += ROWS) {
    Floats sum[ROWS][2] = { 0 };
    for (gsize q = 0; q < chunks * 2 * SBGEMM_WORDS; q += 2 * SBGEMM_WORDS)
      for (gsize p = 0; p < SBGEMM_TILE; p++) {
        const guint32 *words = a + q + i * SBGEMM_TILE + p;
        const Words *line = (const Words *)(b + q + p * SBGEMM_TILE);
        const Words b0 = line[0], b1 = line[SBGEMM_TILE];
#pragma GCC unroll 4
        for (gsize r = 0; r < ROWS; r++) {
          guint32 word = words[r * SBGEMM_TILE];
          float low = as_float (word << 16);
          float high = as_float (word & 0xffff0000);
          sum[r][0] += low * (Floats)(b0 << 16);
          sum[r][1] += low * (Floats)(b1 << 16);
          sum[r][0] += high * (Floats)(b0 & 0xffff0000);
          sum[r][1] += high * (Floats)(b1 & 0xffff0000);
        }
      }
    memcpy (sums + i * SBGEMM_STEPS, sum, sizeof sum);
  }
}

const SbgemmKernel sbgemm_plain
    = { .name = "plain", .can_run = can_run, .pack = pack, .run = run };
