/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "peak.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define SUMS 12 /* the latency of two units, and all fit into registers */
#define STEPS 100000

typedef double (*Burst) (void);

/* Returns how many operations it took; the sum is added so that it is wanted. */
#define DEFINE_BURST(NAME, LANES, TARGET)                                      \
  TARGET static double NAME (void)                                             \
  {                                                                            \
    typedef float Vector __attribute__ ((vector_size (4 * LANES)));            \
    Vector zero = { 0 }, factor = zero + 0.999f, term = zero + 0.001f;         \
    Vector sums[SUMS];                                                         \
    for (guint i = 0; i < SUMS; i++)                                           \
      sums[i] = zero + (float)i;                                               \
    for (guint step = 0; step < STEPS; step++)                                 \
      _Pragma ("GCC unroll 12") for (guint i = 0; i < SUMS; i++) sums[i]       \
          = sums[i] * factor + term;                                           \
    for (guint i = 1; i < SUMS; i++)                                           \
      sums[0] += sums[i];                                                      \
    return 2.0 * SUMS * STEPS * LANES + 1e-30 * sums[0][0];                    \
  }

#if defined(__x86_64__)
DEFINE_BURST (burst_avx512, 16, __attribute__ ((target ("avx512f"))))
DEFINE_BURST (burst_avx2, 8, __attribute__ ((target ("avx2,fma"))))
#endif
DEFINE_BURST (burst_plain, 4, )

#if defined(__x86_64__) && defined(__linux__)
/* A product of tiles is 16 by 16 sums of 32 products. */
__attribute__ ((target ("amx-tile,amx-bf16"))) static double
burst_amx (void)
{
  static const struct {
    guint8 palette, start_row, reserved[14];
    guint16 row_bytes[16];
    guint8 rows[16];
  } config
      = { 1, 0, { 0 }, { 64, 64, 64, 64, 64, 64 }, { 16, 16, 16, 16, 16, 16 } };

  _tile_loadconfig (&config);
  for (guint step = 0; step < STEPS / 4; step++) {
    _tile_dpbf16ps (0, 4, 5);
    _tile_dpbf16ps (1, 4, 5);
    _tile_dpbf16ps (2, 4, 5);
    _tile_dpbf16ps (3, 4, 5);
  }
  _tile_release ();
  return 2.0 * STEPS * 16 * 16 * 32;
}
#endif

/* The library asks for the tiles as it looks for what is fast. */
static Burst
widest_burst (VInfoDtype dtype)
{
#if defined(__x86_64__) && defined(__linux__)
  if (dtype == VINFO_DTYPE_BF16
      && vinfo_dtype_resolve (VINFO_DTYPE_AUTO) == VINFO_DTYPE_BF16)
    return burst_amx;
#endif
#if defined(__x86_64__)
  if (__builtin_cpu_supports ("avx512f"))
    return burst_avx512;
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return burst_avx2;
#endif
  return burst_plain;
}

typedef struct {
  Burst burst;
  gint64 end; /* monotonic time, µs */
  double rate;
} Measurement;

static gpointer
measure (gpointer data)
{
  Measurement *m = data;
  gint64 start = g_get_monotonic_time ();
  double operations = 0;

  while (g_get_monotonic_time () < m->end)
    operations += m->burst ();
  m->rate = operations * 1e6 / (g_get_monotonic_time () - start);
  return NULL;
}

double
peak_measure (VInfoDtype dtype, guint threads, double seconds)
{
  g_autofree Measurement *all = g_new0 (Measurement, threads);
  g_autofree GThread **running = g_new (GThread *, threads);
  gint64 end = g_get_monotonic_time () + (gint64)(seconds * 1e6);
  double rate = 0;

  for (guint i = 0; i < threads; i++) {
    all[i].burst = widest_burst (dtype);
    all[i].end = end;
    running[i] = g_thread_new ("peak", measure, &all[i]);
  }
  for (guint i = 0; i < threads; i++) {
    g_thread_join (running[i]);
    rate += all[i].rate;
  }
  return rate;
}
