/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "contact-sheet.h"

#include <math.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

/* Id of a sample that was scored before there was a panel. */
#define NO_PANEL_YET 1000

static VInfoImage *
new_image (guint8 red, guint8 green, guint8 blue)
{
  const guint side = 40;
  g_autofree guint8 *pixels = g_malloc (3 * side * side);

  for (guint i = 0; i < side * side; i++) {
    pixels[3 * i] = red;
    pixels[3 * i + 1] = green;
    pixels[3 * i + 2] = blue;
  }
  return vinfo_image_new_from_data (side, side, 3 * side, pixels);
}

static void
put_bytes (
    VInfoStore *store, guint64 id, double key, VInfoImage *image, GBytes *blob)
{
  g_autoptr (VInfoSample) sample = vinfo_sample_new ();
  g_autoptr (GError) error = NULL;

  sample->id = id;
  sample->feed = g_strdup ("main");
  sample->source = g_strdup ("file:///clip.mp4");
  sample->caps = g_strdup ("video/x-raw");
  sample->pts = id * GST_SECOND;
  sample->codec = VINFO_IMAGE_CODEC_PNG;
  sample->blob = g_bytes_ref (blob);
  sample->blob_size = g_bytes_get_size (sample->blob);
  sample->width = vinfo_image_get_width (image);
  sample->height = vinfo_image_get_height (image);
  sample->score.value = id == 1 ? NAN : 0.5F;
  sample->score.pvi = id == NO_PANEL_YET ? NAN : 0.5F;
  sample->score.quantile = 0.5F;
  sample->key = key;
  sample->arrival = id;
  vinfo_store_put (store, sample, &error);
  g_assert_no_error (error);
}

static void
put (VInfoStore *store, guint64 id, double key, VInfoImage *image)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) blob
      = vinfo_image_encode (image, VINFO_IMAGE_CODEC_PNG, 90, &error);

  g_assert_no_error (error);
  put_bytes (store, id, key, image, blob);
}

/* The drawn sheet, read back. */
static VInfoImage *
draw (VInfoStore *store)
{
  g_autofree char *folder = g_dir_make_tmp ("vinfo-sheet-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "sheet.png", NULL);
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  VInfoImage *image;
  char *data;
  gsize size;

  contact_sheet_write (store, inputs, "gain", "vinfo", NULL, file, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (file, &data, &size, NULL));
  bytes = g_bytes_new_take (data, size);
  image = vinfo_image_decode (bytes, file, &error);
  g_assert_no_error (error);
  g_remove (file);
  g_rmdir (folder);
  return image;
}

/* Leftmost column in which a pixel of exactly that colour is; -1 for none. */
static gint
find_colour (VInfoImage *image, guint8 red, guint8 green, guint8 blue)
{
  const guint8 *pixels = vinfo_image_get_pixels (image);
  guint width = vinfo_image_get_width (image);
  guint height = vinfo_image_get_height (image);

  for (guint x = 0; x < width; x++)
    for (guint y = 0; y < height; y++) {
      const guint8 *pixel = pixels + 3 * (y * width + x);

      if (pixel[0] == red && pixel[1] == green && pixel[2] == blue)
        return (gint)x;
    }
  return -1;
}

static void
test_frames_are_drawn_in_order_of_priority (void)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  g_autoptr (VInfoImage) red = new_image (200, 0, 0);
  g_autoptr (VInfoImage) green = new_image (0, 200, 0);
  g_autoptr (VInfoImage) blue = new_image (0, 0, 200);
  g_autoptr (VInfoImage) sheet = NULL;

  put (store, 1, 0.3, red);
  put (store, 2, 0.1, green);
  put (store, 3, 0.2, blue);
  sheet = draw (store);
  g_assert_cmpint (find_colour (sheet, 0, 200, 0), >=, 0);
  g_assert_cmpint (
      find_colour (sheet, 0, 200, 0), <, find_colour (sheet, 0, 0, 200));
  g_assert_cmpint (
      find_colour (sheet, 0, 0, 200), <, find_colour (sheet, 200, 0, 0));
}

static void
test_damaged_picture_leaves_the_others_on_the_sheet (void)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  g_autoptr (VInfoImage) green = new_image (0, 200, 0);
  g_autoptr (GBytes) junk = g_bytes_new_static ("junk", 4);
  g_autoptr (VInfoImage) sheet = NULL;

  put_bytes (store, 1, 0.1, green, junk);
  put (store, 2, 0.2, green);
  sheet = draw (store);
  g_assert_cmpint (find_colour (sheet, 102, 0, 0), >=, 0);
  g_assert_cmpint (
      find_colour (sheet, 0, 200, 0), >, find_colour (sheet, 102, 0, 0));
}

static void
test_bar_is_left_out_where_the_quantile_is_unknown (void)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  g_autoptr (VInfoImage) green = new_image (0, 200, 0);
  g_autoptr (VInfoImage) without = NULL;
  g_autoptr (VInfoImage) with = NULL;

  put (store, NO_PANEL_YET, 0.1, green);
  without = draw (store);
  put (store, 2, 0.2, green);
  with = draw (store);
  g_assert_cmpint (find_colour (without, 243, 166, 38), <, 0);
  g_assert_cmpint (find_colour (with, 243, 166, 38), >=, 0);
}

static void
test_empty_store_gives_a_sheet_that_says_so (void)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  g_autoptr (VInfoImage) sheet = draw (store);

  g_assert_cmpint (find_colour (sheet, 255, 255, 255), >=, 0);
}

static void
test_sheet_that_cannot_be_written_is_an_error_that_names_it (void)
{
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, NULL);
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (contact_sheet_write (
      store, inputs, "gain", "vinfo", NULL, "/nowhere/sheet.png", &error));
  g_assert_true (g_str_has_prefix (error->message, "/nowhere/sheet.png: "));
}

static void
test_heading_counts_kinds_and_says_what_they_are (void)
{
  g_autoptr (GPtrArray) samples
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_sample_unref);
  g_autofree char *heading = NULL;

  for (guint i = 0; i < 4; i++) {
    VInfoSample *sample = vinfo_sample_new ();

    sample->blob_size = 500000;
    sample->uniform = i == 0;
    sample->spare = i >= 2;
    g_ptr_array_add (samples, sample);
  }
  heading = contact_sheet_describe (samples);
  g_assert_cmpstr (heading, ==,
      "4 kept (2.0 MB), 1 of them uniform (a plain sample of the stream), 2 "
      "spare (near-duplicates, the first to go)");
}

static void
test_legend_explains_what_captions_say (void)
{
  static const char *const scores[]
      = { "gain", "pvi", "loss", "loss-easy", "region", "random" };

  for (guint i = 0; i < G_N_ELEMENTS (scores); i++) {
    g_autofree char *legend = contact_sheet_explain (scores[i], "vinfo");
    g_autofree char *meaning = g_strdup_printf ("\n%s: ", scores[i]);

    g_assert_nonnull (strstr (legend, meaning));
    g_assert_nonnull (strstr (legend, "loss: "));
    g_assert_nonnull (strstr (legend, "\nq and the bar: "));
    g_assert_nonnull (strstr (legend, "its id as in exports"));
    g_assert_nonnull (strstr (legend, "\nNear-duplicates: "));
  }
}

static void
test_legend_tells_a_draw_from_an_order_of_scores (void)
{
  g_autofree char *draw = contact_sheet_explain ("gain", "vinfo");
  g_autofree char *rank = contact_sheet_explain ("gain", "top-k");

  g_assert_nonnull (strstr (draw, "E = -log u / w first"));
  g_assert_null (strstr (rank, "log u"));
  g_assert_nonnull (strstr (rank, "top-k"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/contact-sheet/order", test_frames_are_drawn_in_order_of_priority);
  g_test_add_func ("/contact-sheet/damaged",
      test_damaged_picture_leaves_the_others_on_the_sheet);
  g_test_add_func (
      "/contact-sheet/bar", test_bar_is_left_out_where_the_quantile_is_unknown);
  g_test_add_func (
      "/contact-sheet/empty", test_empty_store_gives_a_sheet_that_says_so);
  g_test_add_func ("/contact-sheet/heading",
      test_heading_counts_kinds_and_says_what_they_are);
  g_test_add_func (
      "/contact-sheet/legend", test_legend_explains_what_captions_say);
  g_test_add_func ("/contact-sheet/order-told",
      test_legend_tells_a_draw_from_an_order_of_scores);
  g_test_add_func ("/contact-sheet/unwritable",
      test_sheet_that_cannot_be_written_is_an_error_that_names_it);
  return g_test_run ();
}
