/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Products of bf16 by the instructions of AVX512-BF16 and AMX. */

#include "nn/sbgemm-kernel-private.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define TARGET __attribute__ ((target ("avx512f,avx512bw,avx512bf16")))
#define ROWS 8 /* of sums that are held in registers */

/* Of the processor's seventh leaf of features. What lets a process use the
 * registers is asked for elsewhere. */
static gboolean
has_feature (guint subleaf, gboolean in_edx, guint bit)
{
  guint a, b, c, d;
  if (!__get_cpuid_count (7, subleaf, &a, &b, &c, &d))
    return FALSE;
  return (in_edx ? d : a) >> bit & 1;
}

static gboolean
can_run_avx512 (void)
{
  return __builtin_cpu_supports ("avx512f")
         && __builtin_cpu_supports ("avx512bw") && has_feature (1, FALSE, 5);
}

/* r: 16 rows of 16 words. Each step exchanges halves of a larger square. */
TARGET static inline void
transpose (__m512i r[SBGEMM_TILE])
{
  __m512i t[SBGEMM_TILE];
#pragma GCC unroll 8
  for (gsize i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32 (r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32 (r[i], r[i + 1]);
  }
#pragma GCC unroll 4
  for (gsize i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64 (t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64 (t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64 (t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64 (t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 4
  for (gsize i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4 (r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4 (r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4 (r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4 (r[i + 8], r[i + 12], 0xdd);
  }
#pragma GCC unroll 8
  for (gsize i = 0; i < 8; i++) {
    r[i] = _mm512_shuffle_i32x4 (t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4 (t[i], t[i + 8], 0xdd);
  }
}

/* Words of 16 lines from their values at two steps. */
TARGET static inline __m512i
interleave (__m512 even, __m512 odd)
{
  const __m512i order
      = _mm512_set_epi16 (31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9,
          24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16 (
      order, (__m512i)_mm512_cvtne2ps_pbh (odd, even));
}

TARGET static void
pack (const float *in, gsize ld, gboolean steps_adjacent, gboolean of_a,
    guint32 *tile)
{
  __m512i r[SBGEMM_TILE];
  if (steps_adjacent)
#pragma GCC unroll 16
    for (gsize i = 0; i < SBGEMM_TILE; i++)
      r[i] = (__m512i)_mm512_cvtne2ps_pbh (
          _mm512_loadu_ps (in + i * ld + 16), _mm512_loadu_ps (in + i * ld));
  else
#pragma GCC unroll 16
    for (gsize i = 0; i < SBGEMM_TILE; i++) {
      /* the next 32 steps: no prefetcher foresees such jumps */
      __builtin_prefetch (in + (2 * i + SBGEMM_STEPS) * ld);
      __builtin_prefetch (in + (2 * i + 1 + SBGEMM_STEPS) * ld);
      r[i] = interleave (_mm512_loadu_ps (in + 2 * i * ld),
          _mm512_loadu_ps (in + (2 * i + 1) * ld));
    }
  if (steps_adjacent != of_a)
    transpose (r);
#pragma GCC unroll 16
  for (gsize i = 0; i < SBGEMM_TILE; i++)
    _mm512_store_si512 (tile + i * SBGEMM_TILE, r[i]);
}

TARGET static void
run_avx512 (gsize chunks, const guint32 *a, const guint32 *b, float *sums)
{
  for (gsize i = 0; i < 2 * SBGEMM_TILE; i += ROWS) {
    __m512 sum[ROWS][2];
#pragma GCC unroll 8
    for (gsize r = 0; r < ROWS; r++)
      sum[r][0] = sum[r][1] = _mm512_setzero_ps ();
    for (gsize q = 0; q < chunks * 2 * SBGEMM_WORDS; q += 2 * SBGEMM_WORDS)
      for (gsize p = 0; p < SBGEMM_TILE; p++) {
        const guint32 *words = a + q + i * SBGEMM_TILE + p;
        const guint32 *line = b + q + p * SBGEMM_TILE;
        __m512bh b0 = (__m512bh)_mm512_load_si512 (line);
        __m512bh b1 = (__m512bh)_mm512_load_si512 (line + SBGEMM_WORDS);
#pragma GCC unroll 8
        for (gsize r = 0; r < ROWS; r++) {
          __m512bh word = (__m512bh)_mm512_set1_epi32 (words[r * SBGEMM_TILE]);
          sum[r][0] = _mm512_dpbf16_ps (sum[r][0], word, b0);
          sum[r][1] = _mm512_dpbf16_ps (sum[r][1], word, b1);
        }
      }
#pragma GCC unroll 8
    for (gsize r = 0; r < ROWS; r++)
      for (gsize j = 0; j < 2; j++)
        _mm512_store_ps (sums + ((i + r) * 2 + j) * SBGEMM_TILE, sum[r][j]);
  }
}

/* Not fast: a Sapphire Rapids takes four times as long for an instruction of two
 * products as for one that multiplies and adds floats. */
const SbgemmKernel sbgemm_avx512 = {
  .name = "avx512", .can_run = can_run_avx512, .pack = pack, .run = run_avx512
};

#if defined(__linux__)

#include <sys/syscall.h>
#include <unistd.h>

#define TARGET_AMX __attribute__ ((target ("amx-tile,amx-bf16")))

/* Linux gives a process the tiles' registers, 8 kB a thread, for the asking. */
static gboolean
ask_for_tiles (void)
{
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return syscall (SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

/* pack() is that of AVX512-BF16. */
static gboolean
can_run_amx (void)
{
  return can_run_avx512 () && has_feature (0, TRUE, 22)
         && has_feature (0, TRUE, 24) && ask_for_tiles ();
}

/* Every register becomes a whole tile: 16 rows of 64 bytes. */
TARGET_AMX static void
configure_tiles (void)
{
  static const struct {
    guint8 palette, start_row, reserved[14];
    guint16 row_bytes[16];
    guint8 rows[16];
  } config = { 1, 0, { 0 }, { 64, 64, 64, 64, 64, 64, 64, 64 },
    { 16, 16, 16, 16, 16, 16, 16, 16 } };
  _tile_loadconfig (&config);
}

/* Tiles in use would be saved at each switch of threads. */
TARGET_AMX static void
release_tiles (void)
{
  _tile_release ();
}

TARGET_AMX static void
run_amx (gsize chunks, const guint32 *a, const guint32 *b, float *sums)
{
  const gsize row = 64, sum_row = 128;
  _tile_zero (0);
  _tile_zero (1);
  _tile_zero (2);
  _tile_zero (3);
  for (gsize q = 0; q < chunks * 2 * SBGEMM_WORDS; q += 2 * SBGEMM_WORDS) {
    _tile_loadd (4, a + q, row);
    _tile_loadd (6, b + q, row);
    _tile_loadd (7, b + q + SBGEMM_WORDS, row);
    _tile_loadd (5, a + q + SBGEMM_WORDS, row);
    _tile_dpbf16ps (0, 4, 6);
    _tile_dpbf16ps (1, 4, 7);
    _tile_dpbf16ps (2, 5, 6);
    _tile_dpbf16ps (3, 5, 7);
  }
  _tile_stored (0, sums, sum_row);
  _tile_stored (1, sums + SBGEMM_TILE, sum_row);
  _tile_stored (2, sums + 2 * SBGEMM_WORDS, sum_row);
  _tile_stored (3, sums + 2 * SBGEMM_WORDS + SBGEMM_TILE, sum_row);
}

const SbgemmKernel sbgemm_amx = { .name = "amx",
  .fast = TRUE,
  .can_run = can_run_amx,
  .begin = configure_tiles,
  .end = release_tiles,
  .pack = pack,
  .run = run_amx };

#endif
#endif
