/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nn/random-private.h"
#include "reservoir/heap-private.h"

#define N 500

/* Plain maximum over the nodes that are in. */
static HeapNode *
find_worst (HeapNode *nodes, const gboolean *in)
{
  HeapNode *worst = NULL;

  for (guint i = 0; i < N; i++) {
    if (in[i]
        && (worst == NULL || nodes[i].key > worst->key
            || (nodes[i].key == worst->key
                && nodes[i].arrival > worst->arrival)))
      worst = &nodes[i];
  }
  return worst;
}

static void
assert_no_child_is_worse (const Heap *heap)
{
  for (guint i = 1; i < heap->nodes->len; i++) {
    const HeapNode *parent = g_ptr_array_index (heap->nodes, (i - 1) / 2);
    const HeapNode *child = g_ptr_array_index (heap->nodes, i);

    g_assert_cmpuint (child->index, ==, i);
    g_assert_cmpfloat (child->key, <=, parent->key);
  }
}

static guint64
sum_sizes (const HeapNode *nodes, const gboolean *in)
{
  guint64 sum = 0;

  for (guint i = 0; i < N; i++)
    sum += in[i] ? nodes[i].size : 0;
  return sum;
}

static void
test_worst_is_on_top_through_any_changes (void)
{
  NnRandom random = { 1, 0, 0 };
  HeapNode nodes[N] = { 0 };
  gboolean in[N] = { FALSE };
  Heap heap;

  heap_init (&heap);
  for (guint step = 0; step < 20000; step++) {
    guint i = nn_random_below (&random, N);
    gdouble key = nn_random_below (&random, 50); /* with many ties */

    if (!in[i]) {
      nodes[i] = (HeapNode){ key, i, nn_random_below (&random, 100), 0 };
      heap_insert (&heap, &nodes[i]);
      in[i] = TRUE;
    } else if (step % 2 == 0) {
      heap_remove (&heap, &nodes[i]);
      in[i] = FALSE;
    } else {
      heap_rekey (&heap, &nodes[i], key);
    }
    if (step % 7 == 0) {
      g_assert_true (heap_get_worst (&heap) == find_worst (nodes, in));
      assert_no_child_is_worse (&heap);
    }
  }
  g_assert_cmpuint (heap.bytes, ==, sum_sizes (nodes, in));
  heap_finish (&heap);
}

static void
test_nodes_leave_from_worst_to_best (void)
{
  NnRandom random = { 2, 0, 0 };
  HeapNode nodes[N] = { 0 };
  gdouble last = 2;
  Heap heap;

  heap_init (&heap);
  for (guint i = 0; i < N; i++) {
    nodes[i] = (HeapNode){ nn_random_uniform (&random), i, 1, 0 };
    heap_insert (&heap, &nodes[i]);
  }
  for (guint n = N; n > 0; n--) {
    HeapNode *worst = heap_get_worst (&heap);

    g_assert_cmpuint (heap_get_length (&heap), ==, n);
    g_assert_cmpfloat (worst->key, <=, last);
    last = worst->key;
    heap_remove (&heap, worst);
  }
  g_assert_null (heap_get_worst (&heap));
  heap_finish (&heap);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/heap/worst-is-on-top-through-any-changes",
      test_worst_is_on_top_through_any_changes);
  g_test_add_func ("/heap/nodes-leave-from-worst-to-best",
      test_nodes_leave_from_worst_to_best);
  return g_test_run ();
}
