/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "peak.h"

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

static Burst
widest_burst (void)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports ("avx512f"))
    return burst_avx512;
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return burst_avx2;
#endif
  return burst_plain;
}

typedef struct {
  gint64 end; /* monotonic time, µs */
  double rate;
} Measurement;

static gpointer
measure (gpointer data)
{
  Measurement *m = data;
  Burst burst = widest_burst ();
  gint64 start = g_get_monotonic_time ();
  double operations = 0;

  while (g_get_monotonic_time () < m->end)
    operations += burst ();
  m->rate = operations * 1e6 / (g_get_monotonic_time () - start);
  return NULL;
}

double
peak_measure (guint threads, double seconds)
{
  g_autofree Measurement *all = g_new0 (Measurement, threads);
  g_autofree GThread **running = g_new (GThread *, threads);
  gint64 end = g_get_monotonic_time () + (gint64)(seconds * 1e6);
  double rate = 0;

  for (guint i = 0; i < threads; i++) {
    all[i].end = end;
    running[i] = g_thread_new ("peak", measure, &all[i]);
  }
  for (guint i = 0; i < threads; i++) {
    g_thread_join (running[i]);
    rate += all[i].rate;
  }
  return rate;
}
