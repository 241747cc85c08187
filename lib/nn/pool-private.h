/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A work item: does items [begin, end) of a parallel loop. */
typedef void (*NnRange) (gsize begin, gsize end, gpointer data);

/* Splits [0, n) into blocks of `block` items and runs them on the process's
 * one pool of threads and on the caller; returns when all are done. Which
 * thread runs a block never changes a result: a block's bounds depend on n and
 * `block` alone. May be called from several threads at once; not nested (a
 * nested call runs in place). Makes OpenBLAS single-threaded on first use. */
void nn_parallel (gsize n, gsize block, NnRange run, gpointer data);

/* Loops started by this thread give way to those of others (training gives
 * way to scoring) from now on. */
void nn_set_background (gboolean background);

/* Threads of the pool, the caller included: cores, or $VINFO_THREADS. */
guint nn_threads (void);

G_END_DECLS
