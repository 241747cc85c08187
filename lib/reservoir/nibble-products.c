/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/nibble-products-private.h"

static void
products_plain (const guint8 *rows, guint n_rows, guint half,
    const gint8 *factors, gint32 *products)
{
  for (guint row = 0; row < n_rows; row++) {
    const guint8 *values = rows + (gsize)row * half;
    gint32 low = 0, high = 0;

    for (guint i = 0; i < half; i++) {
      low += (gint16)(values[i] & 15) * (gint16)factors[i];
      high += (gint16)(values[i] >> 4) * (gint16)factors[half + i];
    }
    products[row] = low + high;
  }
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Bytes; the processor's own prefetcher stops at the end of each page. */
#define AHEAD 2048

/* With what adds to each 32-bit sum the products of four bytes of @a, which are
 * unsigned and small, and of @b. */
#define DEFINE(name, isa, ADD)                                                 \
  __attribute__ ((target (isa))) static void name (const guint8 *rows,         \
      guint n_rows, guint half, const gint8 *factors, gint32 *products)        \
  {                                                                            \
    const __m256i mask = _mm256_set1_epi8 (15);                                \
                                                                               \
    for (guint row = 0; row < n_rows; row++) {                                 \
      const guint8 *values = rows + (gsize)row * half;                         \
      __m256i low = _mm256_setzero_si256 (), high = low;                       \
      __m128i sum;                                                             \
                                                                               \
      for (guint i = 0; i < half; i += NIBBLE_STEP) {                          \
        __m256i both = LOAD (values + i);                                      \
                                                                               \
        __builtin_prefetch (values + i + AHEAD);                               \
        low = ADD (low, _mm256_and_si256 (both, mask), LOAD (factors + i));    \
        high                                                                   \
            = ADD (high, _mm256_and_si256 (_mm256_srli_epi16 (both, 4), mask), \
                LOAD (factors + half + i));                                    \
      }                                                                        \
      low = _mm256_add_epi32 (low, high);                                      \
      sum = _mm_add_epi32 (                                                    \
          _mm256_castsi256_si128 (low), _mm256_extracti128_si256 (low, 1));    \
      sum = _mm_add_epi32 (sum, _mm_shuffle_epi32 (sum, 0x4e));                \
      sum = _mm_add_epi32 (sum, _mm_shuffle_epi32 (sum, 0xb1));                \
      products[row] = _mm_cvtsi128_si32 (sum);                                 \
    }                                                                          \
  }

#define LOAD(bytes) _mm256_loadu_si256 ((const __m256i *)(bytes))
#define ADD_IN_PAIRS(sum, a, b)                                                \
  _mm256_add_epi32 (sum,                                                       \
      _mm256_madd_epi16 (_mm256_maddubs_epi16 (a, b), _mm256_set1_epi16 (1)))

DEFINE (products_vnni, "avx2,avx512vl,avx512vnni", _mm256_dpbusd_epi32)
DEFINE (products_avx2, "avx2", ADD_IN_PAIRS)
#endif

NibbleProducts
nibble_products_get (guint i)
{
  NibbleProducts ways[4] = { NULL };
  guint n = 0;

#if defined(__x86_64__)
  if (__builtin_cpu_supports ("avx512vnni")
      && __builtin_cpu_supports ("avx512vl"))
    ways[n++] = products_vnni;
  if (__builtin_cpu_supports ("avx2"))
    ways[n++] = products_avx2;
#endif
  ways[n++] = products_plain;
  return i < n ? ways[i] : NULL;
}
