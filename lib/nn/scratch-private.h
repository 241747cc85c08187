/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  NN_SCRATCH_OWN,  /* for the thread alone */
  NN_SCRATCH_LENT, /* for the threads of a parallel loop that it starts */
  NN_SCRATCH_LAST
} NnScratch;

/* The calling thread's memory of that purpose, of at least so many bytes and
 * aligned for any vector: until it asks again. */
gpointer nn_scratch (NnScratch purpose, gsize size);

G_END_DECLS
