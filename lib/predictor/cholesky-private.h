/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A = LLᵀ in place, row by row: the lower triangle of a [width, width] becomes
 * L, what is above it 0. A has no eigenvalue below its ridge. */
void cholesky_factorise (double *a, guint width);

G_END_DECLS
