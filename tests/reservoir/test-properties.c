/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What holds for every policy in every order of offers, hostile ones too. */
#include <math.h>

#include "frames.h"
#include "nn/random-private.h"

#define N_FRAMES 400
#define CAPACITY 24
#define CAPACITY_BYTES 9000

typedef enum {
  ORDER_RANDOM,
  ORDER_RISING,      /* each beats all before it */
  ORDER_FALLING,     /* none does */
  ORDER_EQUAL,       /* nothing to choose by */
  ORDER_ALTERNATING, /* best and worst in turn */
  ORDER_BURSTS,      /* near-duplicates one after another */
  ORDER_UNSCORED,    /* no score, no embedding */
  N_ORDERS
} Order;

static gfloat
get_quantile (Order order, guint i)
{
  NnRandom random = { i, 6, 0 };

  switch (order) {
  case ORDER_RISING:
    return i / (gfloat)N_FRAMES;
  case ORDER_FALLING:
    return 1 - i / (gfloat)N_FRAMES;
  case ORDER_EQUAL:
    return 0.5f;
  case ORDER_ALTERNATING:
    return i % 2;
  case ORDER_UNSCORED:
    return NAN;
  default:
    return nn_random_uniform (&random);
  }
}

static void
make_frame (Frame *frame, Order order, guint i)
{
  NnRandom random = { i, 7, 0 };

  frame_init (frame, i + 1, get_quantile (order, i));
  frame->offer.score.region = frame->offer.score.value;
  if (order != ORDER_UNSCORED)
    frame_show_source (frame, order == ORDER_BURSTS ? 1 + i / 20 : 1 + i);
  /* now and then one that is nearly all there is room for */
  frame_enlarge (frame, i % 50 == 49 ? 50 : 1 + nn_random_below (&random, 16));
}

static VInfoReservoir *
open_policy (const char *policy, guint64 seed, guint64 capacity_bytes)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;

  config.policy = policy;
  config.capacity = CAPACITY;
  config.capacity_bytes = capacity_bytes;
  config.seed = seed;
  return open_reservoir (&config);
}

/* Returns: (transfer full): the kept set; bounds hold after every offer, and no
 * offer is lost from the counts */
static GArray *
offer_all (const char *policy, Order order, guint64 seed)
{
  g_autoptr (VInfoReservoir) reservoir
      = open_policy (policy, seed, CAPACITY_BYTES);
  guint64 offered, rejected[VINFO_N_REASONS], sum = 0;

  for (guint i = 0; i < N_FRAMES; i++) {
    Frame frame;

    make_frame (&frame, order, i);
    frame_offer (&frame, reservoir);
    frame_finish (&frame);
    g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), <=, CAPACITY);
    g_assert_cmpuint (
        vinfo_reservoir_get_bytes (reservoir), <=, CAPACITY_BYTES);
  }
  vinfo_reservoir_get_counts (reservoir, &offered, rejected);
  for (guint i = 0; i < VINFO_N_REASONS; i++)
    sum += rejected[i];
  g_assert_cmpuint (offered, ==, sum + vinfo_reservoir_get_size (reservoir));
  g_assert_cmpuint (vinfo_reservoir_get_size (reservoir), >, 0);
  return list_ids (reservoir);
}

static void
test_bounds_hold_in_every_order (gconstpointer policy)
{
  for (guint order = 0; order < N_ORDERS; order++)
    g_array_unref (offer_all (policy, order, 1));
}

static void
test_same_offers_leave_the_same_set (gconstpointer policy)
{
  for (guint order = 0; order < N_ORDERS; order++) {
    g_autoptr (GArray) ids = offer_all (policy, order, 2);
    g_autoptr (GArray) again = offer_all (policy, order, 2);

    assert_same_ids (again, ids);
  }
}

/* Among equal scores the earlier stays. */
static gboolean
is_among_highest (Order order, guint i)
{
  gfloat value = get_quantile (order, i);
  guint n_better = 0;

  for (guint j = 0; j < N_FRAMES; j++) {
    gfloat other = get_quantile (order, j);

    n_better += other > value || (other == value && j < i);
  }
  return n_better < CAPACITY;
}

static void
test_top_k_equals_a_sort_in_every_order (void)
{
  for (guint order = 0; order < ORDER_UNSCORED; order++) {
    g_autoptr (VInfoReservoir) reservoir = open_policy ("top-k", 1, G_MAXINT64);
    g_autoptr (GArray) expected = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) ids = NULL;

    for (guint i = 0; i < N_FRAMES; i++) {
      const guint64 id = i + 1;

      offer_id (reservoir, id, get_quantile (order, i));
      if (is_among_highest (order, i))
        g_array_append_val (expected, id);
    }
    ids = list_ids (reservoir);
    assert_same_ids (ids, expected);
  }
}

/* Counts how often each of @n frames is the one that is kept of all. */
static gdouble
chi_squared_of_draws (const char *policy, guint n, guint n_seeds)
{
  VInfoReservoirConfig config = VINFO_RESERVOIR_CONFIG_INIT;
  g_autofree guint *count = g_new0 (guint, n);
  g_autofree gdouble *weights = g_new (gdouble, n);
  gdouble sum = 0, chi_squared = 0;
  gboolean weighted = g_str_equal (policy, "vinfo");

  config.policy = policy;
  config.capacity = 1;
  config.uniform_share = 0;
  for (guint i = 0; i < n; i++) {
    weights[i] = weighted ? exp (i / (n - 1.) / config.temperature) : 1;
    sum += weights[i];
  }
  for (config.seed = 0; config.seed < n_seeds; config.seed++) {
    g_autoptr (VInfoReservoir) reservoir = open_reservoir (&config);
    g_autoptr (GArray) ids = NULL;

    for (guint i = 0; i < n; i++)
      offer_id (reservoir, i + 1, i / (n - 1.));
    ids = list_ids (reservoir);
    count[g_array_index (ids, guint64, 0) - 1]++;
  }
  for (guint i = 0; i < n; i++) {
    gdouble expected = n_seeds * weights[i] / sum;

    chi_squared += (count[i] - expected) * (count[i] - expected) / expected;
  }
  return chi_squared;
}

/* The 99.9 % point of χ² with 7 degrees of freedom is 24.3. */
static void
test_uniform_passes_the_chi_squared_test (void)
{
  g_assert_cmpfloat (chi_squared_of_draws ("uniform", 8, 1600), <, 24.3);
}

/* The first of a draw without replacement has probability w/Σw. */
static void
test_weighted_draw_passes_the_chi_squared_test (void)
{
  g_assert_cmpfloat (chi_squared_of_draws ("vinfo", 8, 3000), <, 24.3);
}

int
main (int argc, char **argv)
{
  const char *const *policies = vinfo_policy_get_names ();

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; policies[i]; i++) {
    g_autofree char *bounds = g_strconcat (
        "/properties/bounds-hold-in-every-order/", policies[i], NULL);
    g_autofree char *repeats = g_strconcat (
        "/properties/same-offers-leave-the-same-set/", policies[i], NULL);

    g_test_add_data_func (bounds, policies[i], test_bounds_hold_in_every_order);
    g_test_add_data_func (
        repeats, policies[i], test_same_offers_leave_the_same_set);
  }
  g_test_add_func ("/properties/top-k-equals-a-sort-in-every-order",
      test_top_k_equals_a_sort_in_every_order);
  g_test_add_func ("/properties/uniform-passes-the-chi-squared-test",
      test_uniform_passes_the_chi_squared_test);
  g_test_add_func ("/properties/weighted-draw-passes-the-chi-squared-test",
      test_weighted_draw_passes_the_chi_squared_test);
  return g_test_run ();
}
