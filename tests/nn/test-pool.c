/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nn/layers-private.h"
#include "nn/pool-private.h"
#include "nn/random-private.h"

#include <stdio.h>
#include <string.h>

enum { N = 1003, BLOCK = 10 };

static void
count (gsize begin, gsize end, gpointer data)
{
  g_assert_true (begin % BLOCK == 0);
  g_assert_true (end == MIN (begin + BLOCK, N));
  for (gsize i = begin; i < end; i++)
    g_atomic_int_inc (&((gint *)data)[i]);
}

static void
test_each_item_is_done_once (void)
{
  gint counts[N] = { 0 };
  for (guint repeat = 1; repeat <= 50; repeat++) {
    nn_parallel (N, BLOCK, count, counts);
    for (guint i = 0; i < N; i++)
      g_assert_cmpint (counts[i], ==, repeat);
  }
  nn_parallel (0, BLOCK, count, NULL);
}

static void
nest (gsize begin, gsize end, gpointer data)
{
  gint *counts = data;
  for (gsize i = begin; i < end; i++)
    nn_parallel (N, BLOCK, count, counts + i * N);
}

static void
test_nested_loops_run_in_place (void)
{
  g_autofree gint *counts = g_new0 (gint, 4 * N);
  nn_parallel (4, 1, nest, counts);
  for (guint i = 0; i < 4 * N; i++)
    g_assert_cmpint (counts[i], ==, 1);
}

/* Slow enough that other threads would come to help. */
static void
stay (gsize begin, gsize end, gpointer thread)
{
  g_usleep (2000);
  g_assert_true (g_thread_self () == thread);
}

static void
nest_slowly (gsize begin, gsize end, gpointer unused)
{
  nn_parallel (20, 1, stay, g_thread_self ());
}

static void
test_nested_loops_stay_on_their_thread (void)
{
  nn_parallel (1, 1, nest_slowly, NULL);
}

static gpointer
count_often (gpointer data)
{
  for (guint i = 0; i < 200; i++)
    nn_parallel (N, BLOCK, count, data);
  return NULL;
}

static void
test_loops_of_several_threads_do_not_mix (void)
{
  g_autofree gint *counts = g_new0 (gint, 3 * N);
  GThread *threads[3];
  for (guint i = 0; i < 3; i++)
    threads[i] = g_thread_new (NULL, count_often, counts + i * N);
  for (guint i = 0; i < 3; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < 3 * N; i++)
    g_assert_cmpint (counts[i], ==, 200);
}

static void
nap (gsize begin, gsize end, gpointer data)
{
  g_atomic_int_inc ((gint *)data);
  g_usleep (1000);
}

static gpointer
train (gpointer data)
{
  nn_set_background (TRUE);
  nn_parallel (300, 1, nap, data);
  return NULL;
}

/* Blocks of a loop in the foreground, and how many of the background's had been
 * begun when each was. */
typedef struct {
  gint *background, *begun;
} Foreground;

static void
nap_and_look (gsize begin, gsize end, gpointer data)
{
  Foreground *f = data;
  f->begun[begin] = g_atomic_int_get (f->background);
  g_usleep (1000);
}

/* While the foreground has blocks, a thread may end the background's block that it
 * is in, or has just been given; none may begin more. Looked at in the loop's first
 * half: later on, threads that find no block may go on in the background. */
static void
test_background_gives_way (void)
{
  guint half = 10 * nn_threads ();
  gint background = 0;
  g_autofree gint *begun = g_new0 (gint, 2 * half);
  GThread *thread = g_thread_new (NULL, train, &background);
  while (g_atomic_int_get (&background) == 0)
    g_thread_yield ();
  nn_parallel (2 * half, 1, nap_and_look, &(Foreground){ &background, begun });
  g_thread_join (thread);
  g_assert_cmpint (begun[half] - begun[0], <=, 2 * nn_threads ());
  g_assert_cmpint (background, ==, 300);
}

/* Prints a result that takes tiles, rows, columns and heads. */
static int
print_digest (void)
{
  enum { ROWS = 680, DIM = 96 };
  g_autofree float *x = g_new (float, ROWS *DIM);
  g_autofree float *w = g_new (float, 3 * DIM * DIM);
  g_autofree float *y = g_new0 (float, 3 * ROWS * DIM);
  g_autofree float *d_w = g_new0 (float, 3 * DIM * DIM);
  float d_bias[3 * DIM] = { 0 };
  NnAttention shape = { 40, ROWS / 40, DIM, 4 };
  g_autofree float *scratch = g_new (float, nn_attention_scratch (&shape));
  g_autoptr (GChecksum) digest = g_checksum_new (G_CHECKSUM_SHA256);
  NnRandom random = { 1, 1, 0 };
  for (guint i = 0; i < ROWS * DIM; i++)
    x[i] = nn_random_normal (&random);
  for (guint i = 0; i < 3 * DIM * DIM; i++)
    w[i] = nn_random_normal (&random) / 10;
  for (VInfoDtype dtype = VINFO_DTYPE_F32; dtype <= VINFO_DTYPE_BF16; dtype++) {
    NnLinear linear = { ROWS, DIM, 3 * DIM, dtype };
    nn_linear_forward (&linear, y, x, w, w, NULL);
    nn_attention_forward (&shape, x, y, scratch);
    nn_linear_backward (&linear, NULL, d_w, d_bias, y, x, w);
    g_checksum_update (digest, (guchar *)x, ROWS * DIM * sizeof *x);
  }
  g_checksum_update (digest, (guchar *)d_w, 3 * DIM * DIM * sizeof *d_w);
  g_checksum_update (digest, (guchar *)d_bias, sizeof d_bias);
  printf ("%u %s", nn_threads (), g_checksum_get_string (digest));
  return 0;
}

static char *program;

static char *
digest_with_threads (guint n)
{
  g_autofree char *value = g_strdup_printf ("%u", n);
  g_auto (GStrv) environment
      = g_environ_setenv (g_get_environ (), "VINFO_THREADS", value, TRUE);
  char *argv[] = { program, "--digest", NULL }, *output = NULL;
  g_autoptr (GError) error = NULL;
  gint status;
  g_spawn_sync (NULL, argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &output,
      NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  g_assert_true (g_str_has_prefix (output, value));
  return output;
}

static void
test_results_do_not_depend_on_threads (void)
{
  g_autofree char *one = digest_with_threads (1);
  for (guint n = 2; n <= 5; n++) {
    g_autofree char *many = digest_with_threads (n);
    g_assert_cmpstr (strchr (one, ' '), ==, strchr (many, ' '));
  }
}

int
main (int argc, char **argv)
{
  program = argv[0];
  if (argc == 2 && g_str_equal (argv[1], "--digest"))
    return print_digest ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pool/once", test_each_item_is_done_once);
  g_test_add_func ("/pool/nested", test_nested_loops_run_in_place);
  g_test_add_func (
      "/pool/nested-thread", test_nested_loops_stay_on_their_thread);
  g_test_add_func ("/pool/callers", test_loops_of_several_threads_do_not_mix);
  g_test_add_func ("/pool/background", test_background_gives_way);
  g_test_add_func ("/pool/threads", test_results_do_not_depend_on_threads);
  return g_test_run ();
}
