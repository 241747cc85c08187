/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <sys/resource.h>
#include <unistd.h>

#include "nn/pool-private.h"
#include "nn/vinfo-priority.h"

static int
nice_of_thread (void)
{
  return getpriority (PRIO_PROCESS, 0);
}

static int
nice_of_process (void)
{
  return getpriority (PRIO_PROCESS, (id_t)getpid ());
}

/* What a thread of that priority runs at; 19 is the lowest there is. */
static int
expected (VInfoPriority priority)
{
  return MIN (nice_of_process () + (int)priority, 19);
}

static gpointer
lower (gpointer priority)
{
  vinfo_priority_lower (GPOINTER_TO_UINT (priority));
  return GINT_TO_POINTER (nice_of_thread ());
}

static int
nice_of_lowered (VInfoPriority priority)
{
  GThread *thread = g_thread_new (NULL, lower, GUINT_TO_POINTER (priority));

  return GPOINTER_TO_INT (g_thread_join (thread));
}

static void
test_thread_gives_way_and_its_process_does_not (void)
{
  int before = nice_of_thread ();

  g_assert_cmpint (nice_of_lowered (VINFO_PRIORITY_SCORING), ==,
      expected (VINFO_PRIORITY_SCORING));
  g_assert_cmpint (nice_of_lowered (VINFO_PRIORITY_TRAINING), ==,
      expected (VINFO_PRIORITY_TRAINING));
  g_assert_cmpint (nice_of_thread (), ==, before);
}

static gpointer
train_then_score (gpointer unused)
{
  vinfo_priority_lower (VINFO_PRIORITY_TRAINING);
  return lower (GUINT_TO_POINTER (VINFO_PRIORITY_SCORING));
}

static void
test_lowered_thread_is_not_raised (void)
{
  GThread *thread = g_thread_new (NULL, train_then_score, NULL);

  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==,
      expected (VINFO_PRIORITY_TRAINING));
}

typedef struct {
  gint *nices;
  GThread *caller;
} Seen;

static void
note_nice (gsize begin, gsize end, gpointer data)
{
  Seen *seen = data;

  for (gsize i = begin; i < end; i++)
    seen->nices[i]
        = g_thread_self () == seen->caller ? G_MININT : nice_of_thread ();
  g_usleep (1000);
}

/* The first test of the process: a thread that trains makes the pool. */
static gpointer
use_pool_first (gpointer unused)
{
  vinfo_priority_lower (VINFO_PRIORITY_TRAINING);
  nn_threads ();
  return NULL;
}

static void
test_pool_runs_at_scoring_priority_whoever_made_it (void)
{
  enum { N = 100 };
  gint nices[N];
  guint n_of_pool = 0;
  Seen seen = { nices, g_thread_self () };

  g_thread_join (g_thread_new (NULL, use_pool_first, NULL));
  nn_parallel (N, 1, note_nice, &seen);
  for (guint i = 0; i < N; i++) {
    if (nices[i] == G_MININT)
      continue;
    n_of_pool++;
    g_assert_cmpint (nices[i], ==, expected (VINFO_PRIORITY_SCORING));
  }
  if (nn_threads () > 1)
    g_assert_cmpuint (n_of_pool, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/priority/pool-made-by-training",
      test_pool_runs_at_scoring_priority_whoever_made_it);
  g_test_add_func (
      "/priority/thread", test_thread_gives_way_and_its_process_does_not);
  g_test_add_func ("/priority/not-raised", test_lowered_thread_is_not_raised);
  return g_test_run ();
}
