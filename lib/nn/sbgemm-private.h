/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nn/sgemm-private.h"

G_BEGIN_DECLS

/* Products as nn_sgemm()'s, but of op(a) and op(b) rounded to bf16 (to nearest
 * even): a number of float's range and 8 bits of precision. Products are summed
 * in floats; scale, addend, bias and c are floats. Subnormal operands may count
 * as 0. On the calling thread. An element of c is the same bit for bit
 * whatever part of a larger product the call is for. */
void nn_sbgemm (const NnSgemm *product);

/* The same in two parts, for threads: all columns of b are packed, then rows of
 * c computed. A part begins at a multiple of the panel's width. */
#define NN_SBGEMM_PANEL 32

/* Bytes of all of b when packed, aligned for any vector. */
gsize nn_sbgemm_packed_size (const NnSgemm *product);
void nn_sbgemm_pack (
    const NnSgemm *product, gsize column, gsize end, gpointer packed);
void nn_sbgemm_rows (
    const NnSgemm *product, gsize row, gsize end, gconstpointer packed);

/* Kernels that run on this machine, fastest first, and NULL at the end. The last
 * is plain C. */
const char *const *nn_sbgemm_list (void);

/* Returns: whether it runs on this machine. For tests and measurements. */
gboolean nn_sbgemm_use (const char *name);

/* Whether the kernel in use is faster than nn_sgemm(). */
gboolean nn_sbgemm_is_fast (void);

G_END_DECLS
