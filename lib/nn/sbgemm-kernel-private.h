/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What kernels of nn_sbgemm() compute on. A line is a row of op(a) or a column
 * of op(b); its values at two steps of k that follow each other make a word, the
 * earlier one in its low half. A tile is 16 lines by 16 words, 1 kB:
 * of a as [line, word], of b as [word, line]. A panel is 32 lines:
 * [k / 32, 2 tiles], with zeros where there are fewer lines or steps. */
#define SBGEMM_TILE 16                           /* lines, and words of each */
#define SBGEMM_STEPS (2 * SBGEMM_TILE)           /* of k, in a tile */
#define SBGEMM_WORDS (SBGEMM_TILE * SBGEMM_TILE) /* of a tile */

typedef struct {
  const char *name;
  gboolean fast; /* faster than products of floats */
  gboolean (*can_run) (void);

  /* Around the calls of `run` on a thread; may be NULL. */
  void (*begin) (void);
  void (*end) (void);

  /* A tile of what is stored in rows that are ld floats apart, each a line's
   * 32 steps (steps_adjacent) or a step's 16 lines. of_a: which kind of tile */
  void (*pack) (const float *in, gsize ld, gboolean steps_adjacent,
      gboolean of_a, guint32 *tile);

  /* sums: [32, 32] of a panel of a by one of b, of `chunks` times 32 steps */
  void (*run) (gsize chunks, const guint32 *a, const guint32 *b, float *sums);
} SbgemmKernel;

/* Ends with one that runs everywhere; the others are this processor's kind. */
extern const SbgemmKernel sbgemm_plain;
#if defined(__x86_64__)
extern const SbgemmKernel sbgemm_avx512;
#if defined(__linux__)
extern const SbgemmKernel sbgemm_amx;
#endif
#endif

G_END_DECLS
