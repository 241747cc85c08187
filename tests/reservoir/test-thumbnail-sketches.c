/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/thumbnail-sketches-private.h"

#include "nn/random-private.h"

#define HALF 100
#define ROWS 500
#define DISTANCE 2.5f

/* Noise of many strengths around a few pictures: some pairs lie just within
 * the distance, some just outside, most far away. */
static void
fill (guint8 *thumbnail, guint64 id)
{
  NnRandom picture = { id % 5, 6, 0 }, noise = { id, 7, 0 };
  guint strength = 1 + id % 13, lift = nn_random_below (&noise, 6);

  for (guint i = 0; i < VINFO_THUMBNAIL_SIZE; i++)
    thumbnail[i] = nn_random_below (&picture, 200) + lift
                   + nn_random_below (&noise, strength);
}

static void
test_near_thumbnails_are_never_ruled_out (void)
{
  g_autofree guint8 *thumbnails = g_malloc (ROWS * VINFO_THUMBNAIL_SIZE);
  g_autofree gfloat *bounds = g_new (gfloat, ROWS);
  gfloat sketch[THUMBNAIL_SKETCH_SIZE];
  guint n_near = 0, n_raised = 0;
  ThumbnailSketches sketches = { 0 };

  thumbnail_sketches_allocate (&sketches, ROWS);
  for (guint row = 0; row < ROWS; row++) {
    fill (thumbnails + row * VINFO_THUMBNAIL_SIZE, row);
    thumbnail_sketches_set (
        &sketches, row, thumbnails + row * VINFO_THUMBNAIL_SIZE);
  }
  for (guint wanted = 0; wanted < ROWS; wanted++) {
    const guint8 *thumbnail = thumbnails + wanted * VINFO_THUMBNAIL_SIZE;

    for (guint row = 0; row < ROWS; row++)
      bounds[row] = 0.5;
    thumbnail_sketch (thumbnail, sketch);
    thumbnail_sketches_raise (&sketches, 0, HALF, sketch, DISTANCE, 2, bounds);
    thumbnail_sketches_raise (
        &sketches, HALF, ROWS - HALF, sketch, DISTANCE, 2, bounds + HALF);
    for (guint row = 0; row < ROWS; row++) {
      gboolean near = vinfo_thumbnail_distance (
                          thumbnail, thumbnails + row * VINFO_THUMBNAIL_SIZE)
                      <= DISTANCE;

      g_assert_true (bounds[row] == 2 || (bounds[row] == 0.5 && !near));
      n_near += near;
      n_raised += bounds[row] == 2;
    }
  }
  g_assert_cmpuint (n_near, >, 2 * ROWS);
  g_assert_cmpuint (n_raised, <, ROWS * ROWS / 5); /* it rules most out */
  thumbnail_sketches_finish (&sketches);
}

static void
test_extreme_thumbnails_find_themselves (void)
{
  guint8 thumbnails[3][VINFO_THUMBNAIL_SIZE];
  gfloat bounds[3], sketch[THUMBNAIL_SKETCH_SIZE];
  ThumbnailSketches sketches = { 0 };

  for (guint i = 0; i < VINFO_THUMBNAIL_SIZE; i++) {
    thumbnails[0][i] = 0;
    thumbnails[1][i] = 255;
    thumbnails[2][i] = i % 2 ? 255 : 0;
  }
  thumbnail_sketches_allocate (&sketches, 3);
  for (guint row = 0; row < 3; row++)
    thumbnail_sketches_set (&sketches, row, thumbnails[row]);
  for (guint wanted = 0; wanted < 3; wanted++) {
    bounds[0] = bounds[1] = bounds[2] = 0;
    thumbnail_sketch (thumbnails[wanted], sketch);
    thumbnail_sketches_raise (&sketches, 0, 3, sketch, 0, 1, bounds);
    for (guint row = 0; row < 3; row++)
      g_assert_cmpfloat (bounds[row], ==, row == wanted);
  }
  thumbnail_sketches_finish (&sketches);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/thumbnail-sketches/near-thumbnails-are-never-ruled-out",
      test_near_thumbnails_are_never_ruled_out);
  g_test_add_func ("/thumbnail-sketches/extreme-thumbnails-find-themselves",
      test_extreme_thumbnails_find_themselves);
  return g_test_run ();
}
