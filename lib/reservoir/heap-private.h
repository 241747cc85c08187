/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An indexed binary heap, worst on top: the largest key, among equal keys the
 * latest arrival. Nodes live inside their owners and know their place, so that
 * any of them can be moved or taken out in O(log n). */
typedef struct {
  gdouble key;
  guint64 arrival;
  gsize size; /* bytes that the owner takes */
  guint index;
} HeapNode;

typedef struct {
  GPtrArray *nodes;
  guint64 bytes; /* sum of the nodes' sizes */
} Heap;

void heap_init (Heap *heap);
void heap_finish (Heap *heap);
guint heap_get_length (const Heap *heap);
HeapNode *heap_get_worst (const Heap *heap); /* NULL where empty */
void heap_insert (Heap *heap, HeapNode *node);
void heap_remove (Heap *heap, HeapNode *node);
void heap_rekey (Heap *heap, HeapNode *node, gdouble key);

G_END_DECLS
