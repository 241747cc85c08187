/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* c: [m, n] = addend + bias + scale op(a) op(b), op(a): [m, k], op(b): [k, n].
 * Rows of what is stored are lda, ldb and ldc floats apart.
 * transpose_a: a is stored as [k, m]; transpose_b: b is stored as [n, k].
 * addend: (nullable) [m, n], rows ldc apart, may be c; bias: (nullable) [n] */
typedef struct {
  gsize m, n, k;
  const float *a, *b;
  float *c;
  gsize lda, ldb, ldc;
  gboolean transpose_a, transpose_b;
  float scale;
  const float *addend, *bias;
} NnSgemm;

/* On the calling thread. But with OpenBLAS an element of c is the same bit for bit
 * whatever part of a larger product the call is for. */
void nn_sgemm (const NnSgemm *product);

/* Kernels that run on this machine, fastest first, and NULL at the end. The last
 * is plain C, and "openblas" is the library's. Without nn_sgemm_use() it is the
 * one that the environment's VINFO_KERNEL names, or the first. */
const char *const *nn_sgemm_list (void);

/* Returns: whether it runs on this machine. For tests and measurements. */
gboolean nn_sgemm_use (const char *name);

G_END_DECLS
