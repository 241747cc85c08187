/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Memory that a thread keeps from call to call: fresh pages cost more than what
 * a small product does with them. */

#include "nn/scratch-private.h"

#define ALIGNMENT 64

typedef struct {
  gpointer data;
  gsize size;
} Buffer;

static void
buffers_free (gpointer data)
{
  Buffer *buffers = data;
  for (guint i = 0; i < NN_SCRATCH_LAST; i++)
    g_aligned_free (buffers[i].data);
  g_free (buffers);
}

gpointer
nn_scratch (NnScratch purpose, gsize size)
{
  static GPrivate of_thread = G_PRIVATE_INIT (buffers_free);
  Buffer *buffers = g_private_get (&of_thread);
  if (!buffers) {
    buffers = g_new0 (Buffer, NN_SCRATCH_LAST);
    g_private_set (&of_thread, buffers);
  }
  Buffer *buffer = &buffers[purpose];
  if (buffer->size < size) {
    g_aligned_free (buffer->data);
    buffer->data = g_aligned_alloc (size, 1, ALIGNMENT);
    buffer->size = size;
  }
  return buffer->data;
}
