/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/vinfo-fitter.h"

#include <string.h>

#include "picture.h"

static void
info_init (GstVideoInfo *info, GstVideoFormat format, guint width, guint height,
    const char *colorimetry)
{
  g_assert_true (gst_video_info_set_format (info, format, width, height));
  if (colorimetry)
    g_assert_true (
        gst_video_colorimetry_from_string (&info->colorimetry, colorimetry));
}

/* A frame of the format, by GStreamer's own conversion from an image; with
 * `padding` extra bytes in each row, which only a video meta tells. */
static GstBuffer *
new_buffer (const GstVideoInfo *info, const VInfoImage *image, guint padding)
{
  GstVideoInfo rgb, padded = *info;
  GstVideoAlignment align;
  GstBuffer *from, *to;
  GstVideoFrame in, out;
  GstVideoConverter *converter;
  gsize row = info->width * 3;

  gst_video_alignment_reset (&align);
  align.padding_right = padding;
  align.padding_bottom = padding;
  if (padding)
    g_assert_true (gst_video_info_align (&padded, &align));

  gst_video_info_set_format (
      &rgb, GST_VIDEO_FORMAT_RGB, info->width, info->height);
  from = gst_buffer_new_allocate (NULL, rgb.size, NULL);
  to = gst_buffer_new_allocate (NULL, padded.size, NULL);
  gst_buffer_memset (to, 0, 0x55, -1);
  gst_buffer_add_video_meta_full (to, 0, GST_VIDEO_INFO_FORMAT (info),
      info->width, info->height, GST_VIDEO_INFO_N_PLANES (info), padded.offset,
      padded.stride);

  gst_video_frame_map (&in, &rgb, from, GST_MAP_WRITE);
  for (gint y = 0; y < info->height; y++)
    memcpy ((guint8 *)in.data[0] + y * in.info.stride[0],
        vinfo_image_get_pixels (image) + y * row, row);
  g_assert_true (gst_video_frame_map (&out, info, to, GST_MAP_WRITE));
  converter = gst_video_converter_new (&rgb, info, NULL);
  gst_video_converter_frame (converter, &in, &out);
  gst_video_converter_free (converter);
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&in);
  gst_buffer_unref (from);
  return to;
}

static VInfoImage *
fit (const GstVideoInfo *info, guint frame_size, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoFitter) fitter = vinfo_fitter_new (info, frame_size, &error);
  VInfoImage *image;

  g_assert_no_error (error);
  image = vinfo_fitter_fit (fitter, buffer, &error);
  g_assert_no_error (error);
  return image;
}

static const GstVideoFormat formats[]
    = { GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_YUY2,
        GST_VIDEO_FORMAT_UYVY, GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_BGRx,
        GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_GRAY8,
        GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_P010_10LE };

static void
test_padded_rows_equal_packed_ones (void)
{
  const guint sizes[][2] = { { 64, 48 }, { 37, 21 } };
  const guint frame_sizes[] = { 0, 16 };

  for (guint i = 0; i < G_N_ELEMENTS (formats) * 4; i++) {
    const guint *size = sizes[i / 2 % 2];
    g_autoptr (VInfoImage) picture = picture_new (size[0], size[1]);
    g_autoptr (VInfoImage) a = NULL, b = NULL;
    GstVideoInfo info;
    GstBuffer *packed, *padded;

    info_init (&info, formats[i / 4], size[0], size[1], NULL);
    packed = new_buffer (&info, picture, 0);
    padded = new_buffer (&info, picture, 50);
    g_assert_cmpuint (
        gst_buffer_get_size (padded), >, gst_buffer_get_size (packed));
    a = fit (&info, frame_sizes[i % 2], packed);
    b = fit (&info, frame_sizes[i % 2], padded);
    g_assert_cmpint (picture_max_difference (a, b), ==, 0);
    gst_buffer_unref (packed);
    gst_buffer_unref (padded);
  }
}

static void
test_rgb_formats_come_through_exactly (void)
{
  const GstVideoFormat exact[] = { GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGRx,
    GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_ARGB, GST_VIDEO_FORMAT_GBR };
  g_autoptr (VInfoImage) picture = picture_new_noise (37, 21, 1);

  for (guint i = 0; i < G_N_ELEMENTS (exact); i++) {
    g_autoptr (VInfoImage) image = NULL;
    GstVideoInfo info;
    GstBuffer *buffer;

    info_init (&info, exact[i], 37, 21, NULL);
    buffer = new_buffer (&info, picture, 0);
    image = fit (&info, 0, buffer);
    g_assert_cmpint (picture_max_difference (image, picture), ==, 0);
    gst_buffer_unref (buffer);
  }
}

/* A frame of one colour from its Y, Cb and Cr */
static VInfoImage *
fit_colour (const char *colorimetry, guint8 y, guint8 cb, guint8 cr)
{
  GstVideoInfo info;
  GstBuffer *buffer;
  VInfoImage *image;

  info_init (&info, GST_VIDEO_FORMAT_Y444, 16, 16, colorimetry);
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_memset (buffer, info.offset[0], y, 256);
  gst_buffer_memset (buffer, info.offset[1], cb, 256);
  gst_buffer_memset (buffer, info.offset[2], cr, 256);
  image = fit (&info, 0, buffer);
  gst_buffer_unref (buffer);
  return image;
}

static void
test_colours_follow_the_caps (void)
{
  /* (200, 100, 50) by each matrix and range, from the definitions */
  const struct {
    const char *colorimetry;
    guint8 y, cb, cr;
  } cases[] = {
    { "bt601", 123, 91, 175 }, { "bt709", 117, 96, 174 },
    { "1:4:0:0", 124, 86, 182 }, /* full range, BT.601: JPEG */
    { "1:3:0:0", 118, 92, 180 }, /* full range, BT.709 */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VInfoImage) image = fit_colour (
        cases[i].colorimetry, cases[i].y, cases[i].cb, cases[i].cr);

    picture_assert_pixel (image, 8, 8, 200, 100, 50, 2);
  }
}

static void
test_frame_size_bounds_the_short_side (void)
{
  const guint sizes[][5] = { /* width, height, frame size, expected */
    { 1280, 720, 512, 910, 512 }, { 720, 1280, 360, 360, 640 },
    { 640, 360, 512, 640, 360 }, { 640, 360, 0, 640, 360 },
    { 1000, 3, 1, 333, 1 }, { 33, 33, 32, 32, 32 }
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const guint *s = sizes[i];
    g_autoptr (VInfoImage) picture = picture_new (s[0], s[1]);
    g_autoptr (VInfoImage) image = NULL;
    GstVideoInfo info;
    GstBuffer *buffer;

    info_init (&info, GST_VIDEO_FORMAT_NV12, s[0], s[1], NULL);
    buffer = new_buffer (&info, picture, 0);
    image = fit (&info, s[2], buffer);
    g_assert_cmpuint (vinfo_image_get_width (image), ==, s[3]);
    g_assert_cmpuint (vinfo_image_get_height (image), ==, s[4]);
    gst_buffer_unref (buffer);
  }
}

static void
test_shrinking_does_not_alias (void)
{
  g_autoptr (VInfoImage) noise = picture_new_noise (512, 512, 1);
  g_autoptr (VInfoImage) image = NULL;
  GstVideoInfo info;
  GstBuffer *buffer;

  info_init (&info, GST_VIDEO_FORMAT_RGB, 512, 512, NULL);
  buffer = new_buffer (&info, noise, 0);
  image = fit (&info, 16, buffer);
  for (guint i = 0; i < 256; i++)
    picture_assert_pixel (image, i % 16, i / 16, 127, 127, 127, 20);
  gst_buffer_unref (buffer);
}

static void
add_crop (GstBuffer *buffer, guint x, guint y, guint width, guint height)
{
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);

  crop->x = x;
  crop->y = y;
  crop->width = width;
  crop->height = height;
}

static void
test_crop_meta_crops (void)
{
  const guint crops[][4] = { { 16, 8, 32, 24 }, { 5, 7, 21, 13 },
    { 63, 47, 1, 1 }, { 0, 0, 64, 48 } };
  g_autoptr (VInfoImage) picture = picture_new_noise (64, 48, 1);

  for (guint i = 0; i < G_N_ELEMENTS (crops); i++) {
    const guint *c = crops[i];
    g_autoptr (VInfoImage) expected
        = vinfo_image_resize (picture, c[0], c[1], c[2], c[3], c[2], c[3]);
    g_autoptr (VInfoImage) image = NULL;
    GstVideoInfo info;
    GstBuffer *buffer;

    info_init (&info, GST_VIDEO_FORMAT_BGRx, 64, 48, NULL);
    buffer = new_buffer (&info, picture, 3);
    add_crop (buffer, c[0], c[1], c[2], c[3]);
    image = fit (&info, 0, buffer);
    g_assert_cmpint (picture_max_difference (image, expected), ==, 0);
    gst_buffer_unref (buffer);
  }
}

static gdouble
mean_difference (const VInfoImage *a, const VInfoImage *b)
{
  gsize n = (gsize)vinfo_image_get_width (a) * vinfo_image_get_height (a) * 3;
  const guint8 *p = vinfo_image_get_pixels (a);
  const guint8 *q = vinfo_image_get_pixels (b);
  gdouble sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += ABS (p[i] - q[i]);
  return sum / n;
}

static void
test_cropped_chroma_lies_where_it_lay (void)
{
  g_autoptr (VInfoImage) picture = picture_new (64, 48);
  GstVideoInfo info;

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autoptr (VInfoImage) whole = NULL, part = NULL, expected = NULL;
    GstBuffer *buffer;

    info_init (&info, formats[i], 64, 48, NULL);
    buffer = new_buffer (&info, picture, 0);
    whole = fit (&info, 0, buffer);
    add_crop (buffer, 17, 9, 31, 23);
    part = fit (&info, 0, buffer);
    expected = vinfo_image_resize (whole, 17, 9, 31, 23, 31, 23);
    /* Chroma that lay a sample further would differ by 4 on average. */
    g_assert_cmpfloat (mean_difference (part, expected), <, 1.5);
    gst_buffer_unref (buffer);
  }
}

/* Decoders with a crop meta: the caps tell the visible size, the video meta the
 * size in memory. */
static void
test_crop_lies_in_the_frame_of_the_meta (void)
{
  g_autoptr (VInfoImage) picture = picture_new_noise (64, 48, 1);
  g_autoptr (VInfoImage) expected
      = vinfo_image_resize (picture, 24, 16, 40, 32, 40, 32);
  g_autoptr (VInfoImage) image = NULL;
  GstVideoInfo coded, visible;
  GstBuffer *buffer;

  info_init (&coded, GST_VIDEO_FORMAT_BGRx, 64, 48, NULL);
  info_init (&visible, GST_VIDEO_FORMAT_BGRx, 40, 32, NULL);
  buffer = new_buffer (&coded, picture, 0);
  add_crop (buffer, 24, 16, 40, 32);
  image = fit (&visible, 0, buffer);
  g_assert_cmpint (picture_max_difference (image, expected), ==, 0);
  gst_buffer_unref (buffer);
}

static void
test_crop_may_change_between_frames (void)
{
  g_autoptr (VInfoImage) picture = picture_new (64, 48);
  g_autoptr (VInfoFitter) fitter = NULL;
  GstVideoInfo info;
  GstBuffer *plain, *cropped;

  info_init (&info, GST_VIDEO_FORMAT_I420, 64, 48, NULL);
  plain = new_buffer (&info, picture, 0);
  cropped = new_buffer (&info, picture, 0);
  add_crop (cropped, 0, 0, 32, 16);
  fitter = vinfo_fitter_new (&info, 24, NULL);
  for (guint i = 0; i < 4; i++) {
    g_autoptr (VInfoImage) image
        = vinfo_fitter_fit (fitter, i % 2 ? cropped : plain, NULL);

    g_assert_cmpuint (vinfo_image_get_width (image), ==, 32);
    g_assert_cmpuint (vinfo_image_get_height (image), ==, i % 2 ? 16 : 24);
  }
  gst_buffer_unref (plain);
  gst_buffer_unref (cropped);
}

static void
assert_not_fitted (const GstVideoInfo *info, GstBuffer *buffer, gint code)
{
  g_autoptr (VInfoFitter) fitter = vinfo_fitter_new (info, 0, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (vinfo_fitter_fit (fitter, buffer, &error));
  g_assert_error (error, VINFO_IMAGE_ERROR, code);
  gst_buffer_unref (buffer);
}

static void
test_lying_buffers_are_errors (void)
{
  g_autoptr (VInfoImage) picture = picture_new (64, 48);
  gint strides[GST_VIDEO_MAX_PLANES] = { 4096, 32, 32 };
  GstVideoInfo info;
  GstBuffer *buffer;

  info_init (&info, GST_VIDEO_FORMAT_I420, 64, 48, NULL);

  buffer = gst_buffer_new_allocate (NULL, info.size - 1, NULL);
  assert_not_fitted (&info, buffer, VINFO_IMAGE_ERROR_FAILED);

  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_add_video_meta_full (
      buffer, 0, GST_VIDEO_FORMAT_I420, 64, 48, 3, info.offset, strides);
  assert_not_fitted (&info, buffer, VINFO_IMAGE_ERROR_FAILED);

  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_add_video_meta (buffer, 0, GST_VIDEO_FORMAT_NV12, 64, 48);
  assert_not_fitted (&info, buffer, VINFO_IMAGE_ERROR_FAILED);

  buffer = new_buffer (&info, picture, 0);
  add_crop (buffer, 40, 0, 25, 10);
  assert_not_fitted (&info, buffer, VINFO_IMAGE_ERROR_SIZE);

  buffer = new_buffer (&info, picture, 0);
  add_crop (buffer, G_MAXUINT, G_MAXUINT, 2, 2);
  assert_not_fitted (&info, buffer, VINFO_IMAGE_ERROR_SIZE);
}

static void
assert_unfit (const GstVideoInfo *info, gint code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (vinfo_fitter_new (info, 0, &error));
  g_assert_error (error, VINFO_IMAGE_ERROR, code);
}

static void
test_unfit_caps_are_errors (void)
{
  GstVideoInfo info;

  info_init (&info, GST_VIDEO_FORMAT_ENCODED, 64, 48, NULL);
  assert_unfit (&info, VINFO_IMAGE_ERROR_UNSUPPORTED);
  info_init (&info, GST_VIDEO_FORMAT_GRAY8, 0, 48, NULL);
  assert_unfit (&info, VINFO_IMAGE_ERROR_SIZE);
  info_init (&info, GST_VIDEO_FORMAT_GRAY8, VINFO_IMAGE_MAX_SIDE + 1, 2, NULL);
  assert_unfit (&info, VINFO_IMAGE_ERROR_SIZE);
}

static void
test_every_raw_format_is_converted (void)
{
  g_autoptr (VInfoImage) picture = picture_new (48, 32);
  guint n;
  const GstVideoFormat *all = gst_video_formats_raw (&n);

  for (guint i = 0; i < n; i++) {
    g_autoptr (VInfoImage) image = NULL;
    GstVideoInfo info;
    GstBuffer *buffer;

    info_init (&info, all[i], 48, 32, NULL);
    buffer = new_buffer (&info, picture, 0);
    image = fit (&info, 16, buffer);
    g_assert_cmpuint (vinfo_image_get_width (image), ==, 24);
    gst_buffer_unref (buffer);
  }
}

#define ADD(name) g_test_add_func ("/fitter/" #name, test_##name)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  ADD (padded_rows_equal_packed_ones);
  ADD (rgb_formats_come_through_exactly);
  ADD (colours_follow_the_caps);
  ADD (frame_size_bounds_the_short_side);
  ADD (shrinking_does_not_alias);
  ADD (crop_meta_crops);
  ADD (cropped_chroma_lies_where_it_lay);
  ADD (crop_lies_in_the_frame_of_the_meta);
  ADD (crop_may_change_between_frames);
  ADD (lying_buffers_are_errors);
  ADD (unfit_caps_are_errors);
  ADD (every_raw_format_is_converted);
  return g_test_run ();
}
