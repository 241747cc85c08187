/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "nn/random-private.h"
#include "predictor/vinfo-regions.h"

#define MAX_REGIONS 8
#define MAX_SIDE 16

typedef struct {
  guint side;
  gfloat errors[MAX_SIDE * MAX_SIDE];
} Map;

/* Errors like those of texture: log-normal around 1. */
static Map
make_texture (guint side, guint64 seed)
{
  NnRandom random = { seed, 0, 0 };
  Map map = { side };

  for (guint i = 0; i < side * side; i++)
    map.errors[i] = (gfloat)exp (0.4 * nn_random_normal (&random));
  return map;
}

static Map
make_plain (guint side, gfloat error)
{
  Map map = { side };

  for (guint i = 0; i < side * side; i++)
    map.errors[i] = error;
  return map;
}

static void
plant (Map *map, VInfoRegion where, gfloat factor)
{
  for (guint y = where.y; y < where.y + where.height; y++)
    for (guint x = where.x; x < where.x + where.width; x++)
      map->errors[y * map->side + x] *= factor;
}

static guint
propose (const Map *map, VInfoRegion *regions)
{
  return vinfo_regions_propose_hot (
      map->errors, map->side, map->side, MAX_REGIONS, regions);
}

static gboolean
holds (const VInfoRegion *region, guint x, guint y)
{
  return x >= region->x && x < region->x + region->width && y >= region->y
         && y < region->y + region->height;
}

/* Share of the patches of @where that lie in one of @regions. */
static gdouble
cover (const VInfoRegion *where, const VInfoRegion *regions, guint n)
{
  guint inside = 0;

  for (guint y = where->y; y < where->y + where->height; y++)
    for (guint x = where->x; x < where->x + where->width; x++) {
      gboolean held = FALSE;

      for (guint i = 0; i < n; i++)
        held = held || holds (&regions[i], x, y);
      inside += held;
    }
  return inside / (gdouble)(where->width * where->height);
}

static void
assert_region (
    const VInfoRegion *region, guint x, guint y, guint width, guint height)
{
  g_assert_cmpuint (region->x, ==, x);
  g_assert_cmpuint (region->y, ==, y);
  g_assert_cmpuint (region->width, ==, width);
  g_assert_cmpuint (region->height, ==, height);
}

/* One to three boxes of 2 to 5 patches a side that don't touch. */
static guint
draw_boxes (guint side, NnRandom *random, VInfoRegion *boxes)
{
  guint wanted = 1 + nn_random_below (random, 3), n = 0;

  for (guint attempt = 0; attempt < 100 && n < wanted; attempt++) {
    VInfoRegion box = { 0, 0, 2 + nn_random_below (random, 4),
      2 + nn_random_below (random, 4), 0 };
    gboolean apart = TRUE;

    box.x = nn_random_below (random, side - box.width + 1);
    box.y = nn_random_below (random, side - box.height + 1);
    for (guint i = 0; i < n; i++)
      apart = apart
              && (box.x > boxes[i].x + boxes[i].width
                  || boxes[i].x > box.x + box.width
                  || box.y > boxes[i].y + boxes[i].height
                  || boxes[i].y > box.y + box.height);
    if (apart)
      boxes[n++] = box;
  }
  return n;
}

static guint
area (const Map *map, const VInfoRegion *regions, guint n)
{
  VInfoRegion all = { 0, 0, map->side, map->side, 0 };

  return (guint)lround (cover (&all, regions, n) * map->side * map->side);
}

/* Covered means: nine in ten of its patches are in proposed boxes. That would
 * be no feat if these were large. */
static void
test_planted_regions_are_covered (gconstpointer side)
{
  NnRandom random = { 11, 0, 0 };
  guint planted = 0, covered = 0;
  gdouble hot_area = 0, proposed_area = 0;

  for (guint trial = 0; trial < 500; trial++) {
    Map map = make_texture (GPOINTER_TO_UINT (side), trial);
    VInfoRegion boxes[3], regions[MAX_REGIONS];
    guint n_boxes = draw_boxes (map.side, &random, boxes), n;

    for (guint i = 0; i < n_boxes; i++)
      plant (&map, boxes[i], 6);
    n = propose (&map, regions);
    for (guint i = 0; i < n_boxes; i++)
      covered += cover (&boxes[i], regions, n) >= 0.9;
    planted += n_boxes;
    hot_area += area (&map, boxes, n_boxes);
    proposed_area += area (&map, regions, n);
  }
  g_test_message ("%u of %u covered, %.2f of their area proposed", covered,
      planted, proposed_area / hot_area);
  g_assert_cmpfloat (covered, >=, 0.9 * planted);
  g_assert_cmpfloat (proposed_area, <=, 2 * hot_area);
}

static void
test_flat_map_is_one_region (void)
{
  VInfoRegion regions[MAX_REGIONS];
  Map plain = make_plain (8, 2), nothing = make_plain (8, 0);
  Map unknown = make_plain (8, NAN), nearly = make_plain (8, 2);

  g_assert_cmpuint (propose (&plain, regions), ==, 1);
  assert_region (&regions[0], 0, 0, 8, 8);
  g_assert_cmpfloat (regions[0].error, ==, 2);
  g_assert_cmpuint (propose (&nothing, regions), ==, 1);
  assert_region (&regions[0], 0, 0, 8, 8);
  plant (&nearly, (VInfoRegion){ 2, 2, 3, 3, 0 }, 1.2f);
  g_assert_cmpuint (propose (&nearly, regions), ==, 1);
  assert_region (&regions[0], 0, 0, 8, 8);
  g_assert_cmpuint (propose (&unknown, regions), ==, 1);
  assert_region (&regions[0], 0, 0, 8, 8);
  g_assert_true (isnan (regions[0].error));
}

static void
test_hotter_regions_come_first (void)
{
  VInfoRegion regions[MAX_REGIONS];
  Map map = make_plain (12, 1);

  plant (&map, (VInfoRegion){ 0, 0, 3, 4, 0 }, 8);
  plant (&map, (VInfoRegion){ 6, 7, 4, 3, 0 }, 10);
  g_assert_cmpuint (propose (&map, regions), ==, 2);
  assert_region (&regions[0], 6, 7, 4, 3);
  g_assert_cmpfloat (regions[0].error, ==, 10);
  assert_region (&regions[1], 0, 0, 3, 4);
  g_assert_cmpfloat (regions[1].error, ==, 8);
}

static void
test_patches_that_touch_at_a_corner_are_one_region (void)
{
  VInfoRegion regions[MAX_REGIONS];
  Map map = make_plain (8, 1);

  plant (&map, (VInfoRegion){ 1, 1, 2, 2, 0 }, 9);
  plant (&map, (VInfoRegion){ 3, 3, 2, 2, 0 }, 9);
  g_assert_cmpuint (propose (&map, regions), ==, 1);
  assert_region (&regions[0], 1, 1, 4, 4);

  map = make_plain (8, 1);
  plant (&map, (VInfoRegion){ 1, 1, 2, 2, 0 }, 9);
  plant (&map, (VInfoRegion){ 4, 1, 2, 2, 0 }, 9);
  g_assert_cmpuint (propose (&map, regions), ==, 2);
}

/* A region doesn't go on at the other end of the next row. */
static void
test_regions_end_at_the_border (void)
{
  VInfoRegion regions[MAX_REGIONS];
  Map map = make_plain (8, 1);

  plant (&map, (VInfoRegion){ 6, 2, 2, 2, 0 }, 9);
  plant (&map, (VInfoRegion){ 0, 3, 2, 2, 0 }, 8);
  g_assert_cmpuint (propose (&map, regions), ==, 2);
  assert_region (&regions[0], 6, 2, 2, 2);
  assert_region (&regions[1], 0, 3, 2, 2);
}

static void
test_small_regions_grow_to_a_quarter_of_the_sides (void)
{
  VInfoRegion regions[MAX_REGIONS];
  Map map = make_plain (14, 1);

  plant (&map, (VInfoRegion){ 6, 13, 1, 1, 0 }, 100);
  g_assert_cmpuint (propose (&map, regions), ==, 1);
  assert_region (&regions[0], 5, 10, 4, 4);
  g_assert_cmpfloat_with_epsilon (regions[0].error, 115 / 16.0, 1e-5);

  map = make_plain (14, 1);
  plant (&map, (VInfoRegion){ 0, 0, 1, 1, 0 }, 100);
  propose (&map, regions);
  assert_region (&regions[0], 0, 0, 4, 4);
}

/* A block in the corner of an L: their boxes share 36 of 64 patches. */
static void
test_no_two_regions_show_the_same (void)
{
  VInfoRegion regions[MAX_REGIONS];
  Map map = make_plain (16, 1);

  plant (&map, (VInfoRegion){ 2, 2, 1, 8, 0 }, 9);
  plant (&map, (VInfoRegion){ 3, 9, 7, 1, 0 }, 9);
  plant (&map, (VInfoRegion){ 4, 2, 6, 6, 0 }, 9);
  g_assert_cmpuint (propose (&map, regions), ==, 1);
  assert_region (&regions[0], 4, 2, 6, 6);

  map = make_plain (16, 1); /* once grown, these share 8 of 24 */
  plant (&map, (VInfoRegion){ 5, 5, 1, 1, 0 }, 100);
  plant (&map, (VInfoRegion){ 7, 5, 1, 1, 0 }, 90);
  g_assert_cmpuint (propose (&map, regions), ==, 2);
}

static void
test_no_more_regions_than_asked_for (void)
{
  VInfoRegion all[MAX_REGIONS], few[MAX_REGIONS];
  Map map = make_plain (16, 1);

  for (guint i = 0; i < 9; i++)
    plant (&map, (VInfoRegion){ 5 * (i % 3) + 1, 5 * (i / 3) + 1, 4, 4, 0 },
        10 + (gfloat)i);
  g_assert_cmpuint (propose (&map, all), ==, MAX_REGIONS);
  g_assert_cmpuint (
      vinfo_regions_propose_hot (map.errors, 16, 16, 3, few), ==, 3);
  g_assert_cmpmem (few, 3 * sizeof *few, all, 3 * sizeof *all);
  assert_region (&few[0], 11, 11, 4, 4);
}

static void
test_unknown_patches_take_after_their_neighbours (void)
{
  VInfoRegion regions[MAX_REGIONS];
  Map map = make_plain (8, 1);

  plant (&map, (VInfoRegion){ 2, 2, 3, 3, 0 }, 9);
  map.errors[3 * 8 + 3] = NAN;
  map.errors[7 * 8 + 7] = INFINITY;
  g_assert_cmpuint (propose (&map, regions), ==, 1);
  assert_region (&regions[0], 2, 2, 3, 3);
  g_assert_cmpfloat (regions[0].error, ==, 9);
}

static void
test_maps_need_not_be_square (void)
{
  gfloat errors[3 * 20];
  VInfoRegion regions[MAX_REGIONS];

  for (guint i = 0; i < 60; i++)
    errors[i] = i / 20 == 1 && i % 20 >= 4 && i % 20 < 13 ? 9 : 1;
  g_assert_cmpuint (
      vinfo_regions_propose_hot (errors, 3, 20, MAX_REGIONS, regions), ==, 1);
  assert_region (&regions[0], 4, 1, 9, 1);
}

static void
assert_pixels (VInfoRegion region, guint side, guint width, guint height,
    guint x, guint y, guint w, guint h)
{
  guint left, top, pixel_width, pixel_height;

  vinfo_region_to_pixels (&region, side, side, width, height, &left, &top,
      &pixel_width, &pixel_height);
  g_assert_cmpuint (left, ==, x);
  g_assert_cmpuint (top, ==, y);
  g_assert_cmpuint (pixel_width, ==, w);
  g_assert_cmpuint (pixel_height, ==, h);
}

static void
test_pixels_are_all_that_the_patches_touch (void)
{
  assert_pixels ((VInfoRegion){ 0, 0, 8, 8, 0 }, 8, 641, 7, 0, 0, 641, 7);
  assert_pixels ((VInfoRegion){ 2, 4, 2, 3, 0 }, 8, 80, 40, 20, 20, 20, 15);
  assert_pixels ((VInfoRegion){ 1, 1, 1, 1, 0 }, 3, 10, 10, 3, 3, 4, 4);
  assert_pixels ((VInfoRegion){ 7, 7, 1, 1, 0 }, 8, 3, 1, 2, 0, 1, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/regions/planted-regions-are-covered",
      GUINT_TO_POINTER (14), test_planted_regions_are_covered);
  g_test_add_data_func ("/regions/planted-regions-are-covered-on-8x8",
      GUINT_TO_POINTER (8), test_planted_regions_are_covered);
  g_test_add_func (
      "/regions/flat-map-is-one-region", test_flat_map_is_one_region);
  g_test_add_func (
      "/regions/hotter-regions-come-first", test_hotter_regions_come_first);
  g_test_add_func ("/regions/patches-that-touch-at-a-corner-are-one-region",
      test_patches_that_touch_at_a_corner_are_one_region);
  g_test_add_func (
      "/regions/regions-end-at-the-border", test_regions_end_at_the_border);
  g_test_add_func ("/regions/small-regions-grow-to-a-quarter-of-the-sides",
      test_small_regions_grow_to_a_quarter_of_the_sides);
  g_test_add_func ("/regions/no-two-regions-show-the-same",
      test_no_two_regions_show_the_same);
  g_test_add_func ("/regions/no-more-regions-than-asked-for",
      test_no_more_regions_than_asked_for);
  g_test_add_func ("/regions/unknown-patches-take-after-their-neighbours",
      test_unknown_patches_take_after_their_neighbours);
  g_test_add_func (
      "/regions/maps-need-not-be-square", test_maps_need_not_be_square);
  g_test_add_func ("/regions/pixels-are-all-that-the-patches-touch",
      test_pixels_are_all_that_the_patches_touch);
  return g_test_run ();
}
