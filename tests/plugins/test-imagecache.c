/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "gstvinfoimagecache.h"

#define WIDTH 40
#define HEIGHT 30
#define IMAGE_BYTES (3 * WIDTH * HEIGHT)

static VInfoSample *
sample_of (guint64 id)
{
  g_autofree guint8 *data = g_malloc (IMAGE_BYTES);
  g_autoptr (VInfoImage) image = NULL;
  VInfoSample *sample = vinfo_sample_new ();

  memset (data, (int)id, IMAGE_BYTES);
  image = vinfo_image_new_from_data (WIDTH, HEIGHT, 3 * WIDTH, data);
  sample->id = id;
  sample->blob = vinfo_image_encode (image, VINFO_IMAGE_CODEC_PNG, 90, NULL);
  return sample;
}

/* Samples with the ids from @first on. */
static GPtrArray *
samples_of (guint first, guint n)
{
  GPtrArray *samples
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_sample_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (samples, sample_of (first + i));
  return samples;
}

/* Gets the picture, which must be the sample's. */
static VInfoImage *
get (GstVInfoImageCache *cache, VInfoSample *sample)
{
  VInfoImage *image = gst_vinfo_image_cache_get (cache, sample, "test", NULL);

  g_assert_nonnull (image);
  g_assert_cmpuint (
      vinfo_image_get_pixels (image)[IMAGE_BYTES - 1], ==, sample->id);
  return image;
}

static void
get_all (GstVInfoImageCache *cache, GPtrArray *samples)
{
  for (guint i = 0; i < samples->len; i++)
    vinfo_image_unref (get (cache, samples->pdata[i]));
}

static void
test_picture_is_decoded_once (void)
{
  GstVInfoImageCache *cache = gst_vinfo_image_cache_new (10 * IMAGE_BYTES);
  g_autoptr (VInfoSample) sample = sample_of (7);
  g_autoptr (VInfoImage) first = get (cache, sample);
  g_autoptr (VInfoImage) second = get (cache, sample);

  g_assert_true (first == second);
  g_assert_cmpuint (gst_vinfo_image_cache_get_size (cache), ==, 1);
  gst_vinfo_image_cache_free (cache);
}

static void
test_pictures_stay_within_the_bytes (void)
{
  GstVInfoImageCache *cache = gst_vinfo_image_cache_new (10 * IMAGE_BYTES);
  g_autoptr (GPtrArray) samples = samples_of (1, 30);

  get_all (cache, samples);
  g_assert_cmpuint (gst_vinfo_image_cache_get_size (cache), ==, 10);
  gst_vinfo_image_cache_free (cache);
}

static void
test_pictures_of_evicted_samples_are_dropped (void)
{
  GstVInfoImageCache *cache = gst_vinfo_image_cache_new (30 * IMAGE_BYTES);
  g_autoptr (GPtrArray) samples = samples_of (1, 30);
  g_autoptr (GPtrArray) others = samples_of (101, 25);
  g_autoptr (VInfoImage) kept = NULL;
  g_autoptr (VInfoImage) again = NULL;

  get_all (cache, samples);
  kept = get (cache, samples->pdata[27]);
  g_ptr_array_remove_range (samples, 0, 25);
  gst_vinfo_image_cache_retain (cache, samples);
  g_assert_cmpuint (gst_vinfo_image_cache_get_size (cache), ==, 5);

  /* those that stayed are found, at whatever place they are now, also when
   * others have taken the places where they were */
  get_all (cache, samples);
  g_assert_cmpuint (gst_vinfo_image_cache_get_size (cache), ==, 5);
  get_all (cache, others);
  get_all (cache, samples);
  again = get (cache, samples->pdata[2]);
  g_assert_true (again == kept);
  g_assert_cmpuint (gst_vinfo_image_cache_get_size (cache), ==, 30);
  gst_vinfo_image_cache_free (cache);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/imagecache/decoded-once", test_picture_is_decoded_once);
  g_test_add_func ("/imagecache/bytes", test_pictures_stay_within_the_bytes);
  g_test_add_func (
      "/imagecache/evicted", test_pictures_of_evicted_samples_are_dropped);
  return g_test_run ();
}
