/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/vinfo-composer.h"

#include <string.h>

#include "predictor/vinfo-scorer.h"
#include "scene.h"

#define SIDE 8 /* patches of nano */
#define WIDTH 120
#define HEIGHT 90
#define N_FRAMES 7
#define MAX_REGIONS 3
#define MAX_CROPS (N_FRAMES * MAX_REGIONS)

static VInfoPredictor *
predictor_new (void)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  VInfoPredictor *predictor;

  config.masks = 4;
  predictor = vinfo_predictor_new (&config, NULL);
  g_assert_nonnull (predictor);
  return predictor;
}

/* A grey slope with three spots, whose places and brightness the seed chooses. */
static VInfoImage *
frame_new (guint64 seed)
{
  NnRandom random = { seed, 7, 0 };
  guint8 rgb[HEIGHT][WIDTH][3];

  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++)
      memset (rgb[y][x], 110 + (int)(x + y) / 12, 3);
  for (guint spot = 0; spot < 3; spot++) {
    guint left = 10 + 40 * spot, top = nn_random_below (&random, HEIGHT - 22);
    guint8 grey = 200 + nn_random_below (&random, 56);

    for (guint y = top; y < top + 22; y++)
      memset (rgb[y][left], grey, 20 * 3);
  }
  return vinfo_image_new_from_data (WIDTH, HEIGHT, WIDTH * 3, rgb[0][0]);
}

static VInfoComposer *
composer_new (VInfoPredictor *predictor, guint window, VInfoRegionsFunc propose)
{
  VInfoComposerConfig config = VINFO_COMPOSER_CONFIG_INIT;

  config.window = window;
  config.max_regions = MAX_REGIONS;
  config.propose = propose;
  return vinfo_composer_new (predictor, &config);
}

static void
add_frame (VInfoComposer *composer, guint64 seed, guint64 id)
{
  g_autoptr (VInfoImage) image = frame_new (seed);

  vinfo_composer_add (composer, image, id);
}

static VInfoImage *
take (VInfoComposer *composer, VInfoCrop *crops, guint *n)
{
  guint64 version;

  return vinfo_composer_take (composer, 64, 48, crops, n, &version);
}

/* Rows and columns of a crop, in a loop. */
static VInfoImage *
cut_plainly (const VInfoImage *image, const VInfoCrop *crop)
{
  const guint8 *from = vinfo_image_get_pixels (image);
  g_autofree guint8 *rgb = g_malloc (3 * crop->width * crop->height);

  for (guint y = 0; y < crop->height; y++)
    for (guint x = 0; x < crop->width; x++)
      for (guint c = 0; c < 3; c++)
        rgb[(y * crop->width + x) * 3 + c]
            = from[((crop->y + y) * WIDTH + crop->x + x) * 3 + c];
  return vinfo_image_new_from_data (
      crop->width, crop->height, 3 * crop->width, rgb);
}

static gfloat
loss_of (VInfoScorer *scorer, const VInfoSnapshot *snapshot, VInfoImage *image)
{
  guint64 id = 1;
  VInfoScore score;

  vinfo_scorer_score (
      scorer, snapshot, VINFO_SCORE_LOSS, 1, &image, &id, &score, NULL);
  return score.loss;
}

static gint
compare_crops (gconstpointer a, gconstpointer b)
{
  const VInfoCrop *first = a, *second = b;

  return (first->error < second->error) - (first->error > second->error);
}

/* Every crop of frames 0 to N_FRAMES − 1, each scored alone, sorted. */
static guint
list_all_crops (VInfoPredictor *predictor, VInfoCrop *all)
{
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  g_autoptr (VInfoSnapshot) snapshot = vinfo_predictor_get_snapshot (predictor);
  guint n = 0;

  for (guint i = 0; i < N_FRAMES; i++) {
    g_autoptr (VInfoImage) image = frame_new (i);
    gfloat map[SIDE * SIDE];
    VInfoRegion regions[MAX_REGIONS];
    guint n_regions;

    vinfo_scorer_map_errors (scorer, snapshot, image, map);
    n_regions
        = vinfo_regions_propose_hot (map, SIDE, SIDE, MAX_REGIONS, regions);
    for (guint r = 0; r < n_regions; r++) {
      VInfoCrop crop = { .frame = i, .id = 100 + i };
      g_autoptr (VInfoImage) picture = NULL;

      vinfo_region_to_pixels (&regions[r], SIDE, SIDE, WIDTH, HEIGHT, &crop.x,
          &crop.y, &crop.width, &crop.height);
      picture = cut_plainly (image, &crop);
      crop.error = loss_of (scorer, snapshot, picture);
      all[n++] = crop;
    }
  }
  qsort (all, n, sizeof *all, compare_crops);
  return n;
}

static void
assert_same_crop (const VInfoCrop *a, const VInfoCrop *b)
{
  g_assert_cmpuint (a->frame, ==, b->frame);
  g_assert_cmpuint (a->id, ==, b->id);
  g_assert_cmpuint (a->x, ==, b->x);
  g_assert_cmpuint (a->y, ==, b->y);
  g_assert_cmpuint (a->width, ==, b->width);
  g_assert_cmpuint (a->height, ==, b->height);
  g_assert_cmpfloat_with_epsilon (a->error, b->error, 1e-4 * b->error);
}

static void
test_mosaic_holds_the_hardest_of_all_crops (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoComposer) composer = composer_new (predictor, N_FRAMES, NULL);
  g_autoptr (VInfoImage) mosaic = NULL, expected = NULL;
  VInfoImage *pictures[VINFO_COMPOSER_CROPS];
  VInfoCrop all[MAX_CROPS], crops[VINFO_COMPOSER_CROPS];
  guint n_all = list_all_crops (predictor, all), n;

  for (guint i = 0; i < N_FRAMES; i++) {
    g_assert_false (vinfo_composer_is_full (composer));
    add_frame (composer, i, 100 + i);
  }
  g_assert_true (vinfo_composer_is_full (composer));
  g_assert_cmpuint (vinfo_composer_get_n_crops (composer), ==, n_all);
  g_assert_cmpuint (n_all, >, 2 * VINFO_COMPOSER_CROPS);
  mosaic = take (composer, crops, &n);
  g_assert_cmpuint (n, ==, VINFO_COMPOSER_CROPS);
  for (guint i = 0; i < n; i++) {
    g_autoptr (VInfoImage) image = frame_new (all[i].frame);

    assert_same_crop (&crops[i], &all[i]);
    pictures[i] = cut_plainly (image, &crops[i]);
  }
  expected = vinfo_image_mosaic (pictures, n, 2, 64, 48);
  g_assert_cmpuint (vinfo_image_hash (mosaic), ==, vinfo_image_hash (expected));
  for (guint i = 0; i < n; i++)
    vinfo_image_unref (pictures[i]);
}

static void
test_crops_are_used_once (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoComposer) composer = composer_new (predictor, 2, NULL);
  g_autoptr (VInfoImage) first = NULL, second = NULL, third = NULL;
  VInfoCrop crops[VINFO_COMPOSER_CROPS];
  guint n;

  add_frame (composer, 1, 1);
  add_frame (composer, 2, 2);
  first = take (composer, crops, &n);
  g_assert_nonnull (first);
  g_assert_cmpuint (vinfo_composer_get_n_frames (composer), ==, 0);
  g_assert_cmpuint (vinfo_composer_get_n_crops (composer), ==, 0);

  add_frame (composer, 3, 3);
  second = take (composer, crops, &n);
  g_assert_nonnull (second);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (crops[i].id, ==, 3);
  third = take (composer, crops, &n);
  g_assert_null (third);
  g_assert_cmpuint (n, ==, 0);
}

static void
test_a_sample_that_comes_again_counts_once (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoComposer) composer = composer_new (predictor, 3, NULL);
  g_autoptr (VInfoImage) mosaic = NULL;
  VInfoCrop crops[VINFO_COMPOSER_CROPS];
  guint n, n_crops;

  add_frame (composer, 1, 1);
  n_crops = vinfo_composer_get_n_crops (composer);
  add_frame (composer, 1, 1);
  add_frame (composer, 1, 1);
  g_assert_true (vinfo_composer_is_full (composer));
  g_assert_cmpuint (vinfo_composer_get_n_crops (composer), ==, n_crops);
  mosaic = take (composer, crops, &n);
  g_assert_cmpuint (n, ==, MIN (n_crops, VINFO_COMPOSER_CROPS));
  for (guint i = 1; i < n; i++)
    g_assert_true (crops[i].x != crops[0].x || crops[i].y != crops[0].y);
}

static guint n_proposals;

/* The left and the right half. */
static guint
propose_halves (const gfloat *errors, guint rows, guint columns,
    guint max_regions, VInfoRegion *regions)
{
  n_proposals++;
  for (guint i = 0; i < 2; i++)
    regions[i] = (VInfoRegion){ i * columns / 2, 0, columns / 2, rows, 0 };
  return 2;
}

static void
test_proposal_can_be_swapped (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoComposer) composer
      = composer_new (predictor, 1, propose_halves);
  g_autoptr (VInfoImage) mosaic = NULL;
  VInfoCrop crops[VINFO_COMPOSER_CROPS];
  guint n;

  add_frame (composer, 5, 5);
  mosaic = take (composer, crops, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (crops[0].width, ==, WIDTH / 2);
  g_assert_cmpuint (crops[0].height, ==, HEIGHT);
  g_assert_cmpuint (crops[0].x + crops[1].x, ==, WIDTH / 2);
}

static void
publish_other_weights (VInfoPredictor *predictor)
{
  g_autoptr (VInfoMae) newest = vinfo_predictor_get_newest (predictor);
  g_autoptr (VInfoMae) other
      = vinfo_mae_new (vinfo_mae_get_config (newest), 99);
  g_autoptr (GError) error = NULL;

  vinfo_predictor_publish (predictor, other, &error);
  g_assert_no_error (error);
}

/* What was judged in one window holds in the next, until the predictor is
 * another; then the window in work still goes by the old. */
static void
test_judgements_last_as_long_as_the_version (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoComposer) composer
      = composer_new (predictor, 2, propose_halves);
  VInfoCrop before[VINFO_COMPOSER_CROPS], after[VINFO_COMPOSER_CROPS];
  guint n;

  n_proposals = 0;
  add_frame (composer, 1, 1);
  vinfo_image_unref (take (composer, before, &n));
  add_frame (composer, 1, 1);
  g_assert_cmpuint (n_proposals, ==, 1);
  publish_other_weights (predictor);
  add_frame (composer, 2, 2);
  g_assert_cmpuint (n_proposals, ==, 2);
  vinfo_image_unref (take (composer, after, &n));
  for (guint i = 0; i < n; i++)
    if (after[i].id == 1 && after[i].x == before[0].x)
      g_assert_cmpfloat (after[i].error, ==, before[0].error);

  add_frame (composer, 1, 1);
  g_assert_cmpuint (n_proposals, ==, 3);
  vinfo_image_unref (take (composer, after, &n));
  g_assert_cmpfloat (after[0].error, !=, before[0].error);
}

static void
test_frames_without_an_id_are_all_judged (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoComposer) composer
      = composer_new (predictor, 2, propose_halves);

  n_proposals = 0;
  add_frame (composer, 1, 0);
  add_frame (composer, 2, 0);
  g_assert_cmpuint (n_proposals, ==, 2);
  g_assert_cmpuint (vinfo_composer_get_n_crops (composer), ==, 4);
  vinfo_composer_clear (composer);
  g_assert_cmpuint (vinfo_composer_get_n_frames (composer), ==, 0);
}

static void
test_tiny_pictures_are_composed (void)
{
  g_autoptr (VInfoPredictor) predictor = predictor_new ();
  g_autoptr (VInfoComposer) composer = composer_new (predictor, 2, NULL);
  g_autoptr (VInfoImage) image = scene_new (1, 1, 1);
  g_autoptr (VInfoImage) mosaic = NULL;
  VInfoCrop crops[VINFO_COMPOSER_CROPS];
  guint64 version;
  guint n;

  vinfo_composer_add (composer, image, 0);
  mosaic = vinfo_composer_take (composer, 2, 2, crops, &n, &version);
  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (vinfo_image_get_width (mosaic), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/composer/mosaic-holds-the-hardest-of-all-crops",
      test_mosaic_holds_the_hardest_of_all_crops);
  g_test_add_func ("/composer/crops-are-used-once", test_crops_are_used_once);
  g_test_add_func ("/composer/a-sample-that-comes-again-counts-once",
      test_a_sample_that_comes_again_counts_once);
  g_test_add_func (
      "/composer/proposal-can-be-swapped", test_proposal_can_be_swapped);
  g_test_add_func ("/composer/judgements-last-as-long-as-the-version",
      test_judgements_last_as_long_as_the_version);
  g_test_add_func ("/composer/frames-without-an-id-are-all-judged",
      test_frames_without_an_id_are_all_judged);
  g_test_add_func (
      "/composer/tiny-pictures-are-composed", test_tiny_pictures_are_composed);
  return g_test_run ();
}
