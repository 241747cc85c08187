/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/embedding-codes-private.h"

#include <math.h>

#include "nn/random-private.h"

#define SIZE 37
#define ROWS 600

/* Normalised, with a few large values in some: coarse grids. */
static void
fill (gfloat *embedding, guint64 id)
{
  NnRandom random = { id, 5, 0 };
  gdouble sum = 0;

  for (guint i = 0; i < SIZE; i++) {
    embedding[i] = nn_random_normal (&random);
    if (id % 3 == 0 && i < 2)
      embedding[i] *= 30;
    sum += embedding[i] * embedding[i];
  }
  for (guint i = 0; i < SIZE; i++)
    embedding[i] /= sqrt (sum);
}

static gdouble
multiply (const gfloat *a, const gfloat *b)
{
  gdouble sum = 0;

  for (guint i = 0; i < SIZE; i++)
    sum += (gdouble)a[i] * b[i];
  return sum;
}

/* The largest distances of bounds from what they bound. */
typedef struct {
  gdouble coarse, fine;
} Widest;

static void
assert_bounds (const EmbeddingCodes *codes, const gfloat *rows,
    const gfloat *wanted, Widest *widest)
{
  g_autofree gfloat *bounds = g_new (gfloat, ROWS);
  EmbeddingQuery query = { 0 };

  embedding_query_set (&query, codes, wanted);
  for (guint row = 0; row < ROWS; row += 100)
    embedding_codes_bound (codes, row, 100, &query, bounds + row);
  for (guint row = 0; row < ROWS; row++) {
    gdouble exact = multiply (rows + row * SIZE, wanted);
    gdouble fine = embedding_codes_bound_row (codes, row, &query);

    g_assert_cmpfloat (bounds[row], >=, exact);
    g_assert_cmpfloat (fine, >=, exact);
    widest->coarse = MAX (widest->coarse, bounds[row] - exact);
    widest->fine = MAX (widest->fine, fine - exact);
  }
  embedding_query_finish (&query);
}

static void
test_bounds_hold_and_are_tight (void)
{
  g_autofree gfloat *rows = g_new (gfloat, ROWS * SIZE);
  Widest widest = { 0 };
  EmbeddingCodes codes = { 0 };

  embedding_codes_allocate (&codes, SIZE, ROWS);
  for (guint row = 0; row < ROWS; row++) {
    fill (rows + row * SIZE, row);
    embedding_codes_set (&codes, row, rows + row * SIZE);
  }
  /* those rows themselves, where rounding errors all add up, and others */
  for (guint id = 0; id < 2 * ROWS; id++) {
    gfloat wanted[SIZE];

    fill (wanted, id);
    assert_bounds (&codes, rows, wanted, &widest);
  }
  g_assert_cmpfloat (widest.coarse, <, 0.6);
  g_assert_cmpfloat (widest.fine, <, 0.1);
  embedding_codes_finish (&codes);
}

static void
test_rows_of_zeros_and_tiny_numbers_are_bounded (void)
{
  gfloat tiny[SIZE] = { 0 }, wanted[SIZE], bounds[3];
  EmbeddingCodes codes = { 0 };
  EmbeddingQuery query = { 0 };

  tiny[3] = 1e-39f;
  fill (wanted, 1);
  embedding_codes_allocate (&codes, SIZE, 3);
  embedding_codes_set (&codes, 0, NULL);
  embedding_codes_set (&codes, 1, tiny);
  embedding_codes_set (&codes, 2, wanted);
  embedding_codes_copy (&codes, 0, 2);
  embedding_codes_set (&codes, 2, NULL);
  embedding_query_set (&query, &codes, wanted);
  embedding_codes_bound (&codes, 0, 3, &query, bounds);
  g_assert_cmpfloat (bounds[0], >=, multiply (wanted, wanted));
  g_assert_cmpfloat (bounds[1], >=, multiply (tiny, wanted));
  g_assert_cmpfloat (bounds[1], <, 1e-3);
  g_assert_cmpfloat (bounds[2], >=, 0);
  g_assert_cmpfloat (bounds[2], <, 0.05);
  embedding_query_finish (&query);
  embedding_codes_finish (&codes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embedding-codes/bounds-hold-and-are-tight",
      test_bounds_hold_and_are_tight);
  g_test_add_func (
      "/embedding-codes/rows-of-zeros-and-tiny-numbers-are-bounded",
      test_rows_of_zeros_and_tiny_numbers_are_bounded);
  return g_test_run ();
}
