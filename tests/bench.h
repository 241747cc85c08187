/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <time.h>

#include "scene.h"

/* What the benchmarks share: clocks, frames, and their one line of JSON for
 * each number. */

static inline void
bench_print (const char *name, gdouble value, const char *unit)
{
  g_print (
      "{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", name, value, unit);
}

/* Of all cores together, whatever else runs on them. */
static inline gdouble
bench_cpu_seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static inline gdouble
bench_seconds (void)
{
  return g_get_monotonic_time () / 1e6;
}

typedef gdouble (*BenchClock) (void);
typedef void (*BenchFunc) (gpointer data);

/* Time of the fastest of @rounds calls, after one that warms up: what else the
 * machine does can only add to it. */
static inline gdouble
bench_fastest (BenchClock clock, BenchFunc func, gpointer data, guint rounds)
{
  gdouble fastest = INFINITY;

  func (data);
  for (guint i = 0; i < rounds; i++) {
    gdouble start = clock ();

    func (data);
    fastest = fmin (fastest, clock () - start);
  }
  return fastest;
}

#define BENCH_SIDE 224

/* A scene with a camera's noise, which a lossless codec has to keep. */
static inline VInfoImage *
bench_frame_new (guint64 seed)
{
  g_autoptr (VInfoImage) scene = scene_new (seed, BENCH_SIDE, BENCH_SIDE);
  g_autoptr (VInfoImage) noise = noise_new (seed, BENCH_SIDE, BENCH_SIDE);
  const guint8 *a = vinfo_image_get_pixels (scene);
  const guint8 *b = vinfo_image_get_pixels (noise);
  g_autofree guint8 *rgb = g_malloc (3 * BENCH_SIDE * BENCH_SIDE);

  for (guint i = 0; i < 3 * BENCH_SIDE * BENCH_SIDE; i++)
    rgb[i] = (guint8)((15 * a[i] + b[i]) / 16);
  return vinfo_image_new_from_data (
      BENCH_SIDE, BENCH_SIDE, 3 * BENCH_SIDE, rgb);
}
