/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/heap-private.h"

static gboolean
is_worse (const HeapNode *a, const HeapNode *b)
{
  return a->key > b->key || (a->key == b->key && a->arrival > b->arrival);
}

static HeapNode *
node_at (const Heap *heap, guint index)
{
  return g_ptr_array_index (heap->nodes, index);
}

static void
set_node (Heap *heap, guint index, HeapNode *node)
{
  heap->nodes->pdata[index] = node;
  node->index = index;
}

static void
sift_up (Heap *heap, HeapNode *node)
{
  guint index = node->index;

  while (index > 0 && is_worse (node, node_at (heap, (index - 1) / 2))) {
    set_node (heap, index, node_at (heap, (index - 1) / 2));
    index = (index - 1) / 2;
  }
  set_node (heap, index, node);
}

static void
sift_down (Heap *heap, HeapNode *node)
{
  guint index = node->index;

  for (;;) {
    guint child = 2 * index + 1;

    if (child >= heap->nodes->len)
      break;
    if (child + 1 < heap->nodes->len
        && is_worse (node_at (heap, child + 1), node_at (heap, child)))
      child++;
    if (!is_worse (node_at (heap, child), node))
      break;
    set_node (heap, index, node_at (heap, child));
    index = child;
  }
  set_node (heap, index, node);
}

void
heap_init (Heap *heap)
{
  heap->nodes = g_ptr_array_new ();
  heap->bytes = 0;
}

void
heap_finish (Heap *heap)
{
  g_clear_pointer (&heap->nodes, g_ptr_array_unref);
}

guint
heap_get_length (const Heap *heap)
{
  return heap->nodes->len;
}

HeapNode *
heap_get_worst (const Heap *heap)
{
  return heap->nodes->len > 0 ? node_at (heap, 0) : NULL;
}

void
heap_insert (Heap *heap, HeapNode *node)
{
  node->index = heap->nodes->len;
  g_ptr_array_add (heap->nodes, node);
  heap->bytes += node->size;
  sift_up (heap, node);
}

void
heap_remove (Heap *heap, HeapNode *node)
{
  HeapNode *last = node_at (heap, heap->nodes->len - 1);

  g_ptr_array_set_size (heap->nodes, heap->nodes->len - 1);
  heap->bytes -= node->size;
  if (last == node)
    return;
  set_node (heap, node->index, last);
  sift_up (heap, last);
  sift_down (heap, last);
}

void
heap_rekey (Heap *heap, HeapNode *node, gdouble key)
{
  node->key = key;
  sift_up (heap, node);
  sift_down (heap, node);
}
