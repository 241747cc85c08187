/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/nibble-products-private.h"

#include "nn/random-private.h"

#define ROWS 40

/* Values and factors as large as they may be among them. */
static void
assert_way_is_right (NibbleProducts multiply, guint size)
{
  const guint half = NIBBLE_ROW_SIZE (size);
  g_autofree guint8 *rows = g_malloc0 (ROWS * half);
  g_autofree gint8 *factors = g_malloc0 (2 * half);
  gint32 expected[ROWS] = { 0 }, products[ROWS];
  NnRandom random = { size, 0, 0 };

  for (guint i = 0; i < size; i++)
    factors[i] = i % 3 == 0 ? 127 : (gint)nn_random_below (&random, 255) - 127;
  for (guint row = 0; row < ROWS; row++)
    for (guint i = 0; i < size; i++) {
      guint value = row == 0 ? 15 : nn_random_below (&random, 16);

      nibble_set (rows + row * half, half, i, value);
      expected[row] += (gint)value * factors[i];
    }
  multiply (rows, ROWS, half, factors, products);
  for (guint row = 0; row < ROWS; row++)
    g_assert_cmpint (products[row], ==, expected[row]);
}

static void
test_all_ways_give_the_products (void)
{
  static const guint sizes[] = { 1, 16, 37, 64, 65, 192, 384, 1000 };
  NibbleProducts way;

  for (guint i = 0; (way = nibble_products_get (i)) != NULL; i++)
    for (guint j = 0; j < G_N_ELEMENTS (sizes); j++)
      assert_way_is_right (way, sizes[j]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nibble-products/all-ways-give-the-products",
      test_all_ways_give_the_products);
  return g_test_run ();
}
