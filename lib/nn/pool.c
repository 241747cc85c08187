/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One pool of threads for the whole process. Loops wait in two queues; each
 * thread, before each block, takes from the foreground's queue first, so a
 * background loop costs a foreground one a block at most. */

#include "nn/pool-private.h"

#include <cblas.h>
#include <stdlib.h>

#include "nn/vinfo-priority.h"

typedef struct {
  NnRange run;
  gpointer data;
  gsize n, block;
  gsize next;    /* first item that no thread has taken */
  guint running; /* blocks that threads are in */
  gboolean background;
  GList link; /* in its queue until the last block is taken */
} Loop;

static struct {
  GMutex lock; /* protects all below and every Loop's next, running and link */
  GCond work;  /* a queue has blocks to take */
  GCond done;  /* a loop has ended */
  GQueue foreground, background;
  guint n_foreground; /* foreground loops that have not ended */
} pool = { .foreground = G_QUEUE_INIT, .background = G_QUEUE_INIT };

static _Thread_local gboolean is_background;
static _Thread_local gboolean is_inside; /* a block of a loop */

static Loop *
next_loop (void)
{
  Loop *loop = g_queue_peek_head (&pool.foreground);
  return loop ? loop : g_queue_peek_head (&pool.background);
}

/* Takes a block of loop, runs it without the lock, and announces the end of
 * the loop where it was the last one. */
static void
run_block (Loop *loop)
{
  gsize begin = loop->next, end = MIN (begin + loop->block, loop->n);
  loop->next = end;
  loop->running++;
  if (end == loop->n)
    g_queue_unlink (
        loop->background ? &pool.background : &pool.foreground, &loop->link);
  g_mutex_unlock (&pool.lock);

  is_inside = TRUE;
  loop->run (begin, end, loop->data);
  is_inside = FALSE;

  g_mutex_lock (&pool.lock);
  if (--loop->running > 0 || loop->next < loop->n)
    return;
  if (!loop->background)
    pool.n_foreground--;
  g_cond_broadcast (&pool.done);
}

static gpointer
worker (gpointer unused)
{
  vinfo_priority_lower (VINFO_PRIORITY_SCORING);
  g_mutex_lock (&pool.lock);
  for (;;) {
    Loop *loop = next_loop ();
    if (loop)
      run_block (loop);
    else
      g_cond_wait (&pool.work, &pool.lock);
  }
  return NULL;
}

static guint
configured_threads (void)
{
  const char *text = g_getenv ("VINFO_THREADS");
  guint64 n;
  if (!text)
    return g_get_num_processors ();
  if (g_ascii_string_to_unsigned (text, 10, 1, 1024, &n, NULL))
    return n;
  g_warning ("VINFO_THREADS: %s: not a number from 1 to 1024; ignored", text);
  return g_get_num_processors ();
}

guint
nn_threads (void)
{
  static gsize n_threads;
  if (g_once_init_enter (&n_threads)) {
    guint n = configured_threads ();
    openblas_set_num_threads (1);
    for (guint i = 1; i < n; i++)
      g_thread_unref (g_thread_new ("vinfo-nn", worker, NULL));
    g_once_init_leave (&n_threads, n);
  }
  return n_threads;
}

void
nn_set_background (gboolean background)
{
  is_background = background;
}

static void
run_in_place (gsize n, gsize block, NnRange run, gpointer data)
{
  for (gsize begin = 0; begin < n; begin += block)
    run (begin, MIN (begin + block, n), data);
}

/* The caller works on its own loop alone, so that it returns as soon as that
 * is done; a background caller waits while there is any foreground loop. */
static void
run_shared (Loop *loop)
{
  g_mutex_lock (&pool.lock);
  g_queue_push_tail_link (
      loop->background ? &pool.background : &pool.foreground, &loop->link);
  if (!loop->background)
    pool.n_foreground++;
  if (loop->n > loop->block)
    g_cond_broadcast (&pool.work);
  while (loop->next < loop->n || loop->running > 0) {
    gboolean yield = loop->background && pool.n_foreground > 0;
    if (loop->next < loop->n && !yield)
      run_block (loop);
    else
      g_cond_wait (&pool.done, &pool.lock);
  }
  g_mutex_unlock (&pool.lock);
}

void
nn_parallel (gsize n, gsize block, NnRange run, gpointer data)
{
  g_return_if_fail (block > 0);
  nn_threads ();
  if (n == 0)
    return;
  if (is_inside) {
    run_in_place (n, block, run, data);
    return;
  }
  Loop loop = { run, data, n, block, .background = is_background };
  loop.link.data = &loop;
  run_shared (&loop);
}
