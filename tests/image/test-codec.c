/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <string.h>

#include "image/avframe-private.h"
#include "image/image-private.h"
#include "picture.h"

static GBytes *
encode (const VInfoImage *image, VInfoImageCodec codec, guint quality)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = vinfo_image_encode (image, codec, quality, &error);

  g_assert_no_error (error);
  return bytes;
}

static VInfoImage *
decode (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  VInfoImage *image = vinfo_image_decode (bytes, "test", &error);

  g_assert_no_error (error);
  return image;
}

static void
assert_refused (GBytes *bytes, VInfoImageError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (vinfo_image_decode (bytes, "photo.png", &error));
  g_assert_error (error, VINFO_IMAGE_ERROR, (gint)code);
  g_assert_true (g_str_has_prefix (error->message, "photo.png: decode"));
}

static void
test_png_comes_back_exactly (void)
{
  const guint sizes[][2] = { { 1, 1 }, { 7, 3 }, { 64, 64 }, { 333, 127 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (VInfoImage) image
        = picture_new_noise (sizes[i][0], sizes[i][1], i);
    g_autoptr (GBytes) bytes = encode (image, VINFO_IMAGE_CODEC_PNG, 90);
    g_autoptr (VInfoImage) back = decode (bytes);

    g_assert_cmpint (picture_max_difference (image, back), ==, 0);
  }
}

static void
test_jpeg_comes_back_close (void)
{
  const guint sizes[][2] = { { 1, 1 }, { 7, 3 }, { 64, 64 }, { 333, 127 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (VInfoImage) image = picture_new (sizes[i][0], sizes[i][1]);
    g_autoptr (GBytes) bytes = encode (image, VINFO_IMAGE_CODEC_MJPEG, 100);
    g_autoptr (VInfoImage) back = decode (bytes);

    g_assert_cmpint (picture_max_difference (image, back), <=, 8);
  }
}

static void
test_jpeg_keeps_saturated_colours (void)
{
  const guint8 colours[][3] = { { 255, 0, 0 }, { 0, 255, 0 }, { 0, 0, 255 },
    { 0, 0, 0 }, { 255, 255, 255 }, { 200, 30, 120 } };

  for (guint i = 0; i < G_N_ELEMENTS (colours); i++) {
    const guint8 *c = colours[i];
    g_autoptr (VInfoImage) image = picture_new_plain (32, 32, c[0], c[1], c[2]);
    g_autoptr (GBytes) bytes = encode (image, VINFO_IMAGE_CODEC_MJPEG, 95);
    g_autoptr (VInfoImage) back = decode (bytes);

    picture_assert_pixel (back, 16, 16, c[0], c[1], c[2], 3);
  }
}

static void
test_lower_quality_is_smaller (void)
{
  g_autoptr (VInfoImage) image = picture_new_noise (128, 128, 1);
  gsize last = G_MAXSIZE;

  for (gint quality = 100; quality > 0; quality -= 20) {
    g_autoptr (GBytes) bytes = encode (image, VINFO_IMAGE_CODEC_MJPEG, quality);

    g_assert_cmpuint (g_bytes_get_size (bytes), <, last);
    last = g_bytes_get_size (bytes);
  }
}

static void
test_encoding_repeats_byte_by_byte (void)
{
  g_autoptr (VInfoImage) image = picture_new (100, 80);

  for (guint codec = 0; codec < 2; codec++) {
    g_autoptr (GBytes) a = encode (image, codec, 90);
    g_autoptr (GBytes) b = encode (image, codec, 90);

    g_assert_true (g_bytes_equal (a, b));
  }
}

static void
test_longest_side_is_encoded (void)
{
  g_autoptr (VInfoImage) image
      = picture_new_plain (VINFO_IMAGE_MAX_SIDE, 1, 9, 9, 9);

  for (guint codec = 0; codec < 2; codec++) {
    g_autoptr (GBytes) bytes = encode (image, codec, 90);
    g_autoptr (VInfoImage) back = decode (bytes);

    picture_assert_pixel (back, VINFO_IMAGE_MAX_SIDE - 1, 0, 9, 9, 9, 1);
  }
}

/* A file of one of the other kinds, by libavcodec's own encoder. */
static GBytes *
encode_with (enum AVCodecID id, const VInfoImage *image)
{
  AVCodecContext *context = avcodec_alloc_context3 (avcodec_find_encoder (id));
  AVFrame *frame = avframe_new_rgb (image, NULL);
  AVPacket *packet = av_packet_alloc ();
  GBytes *bytes;

  if (id == AV_CODEC_ID_BMP) /* knows no RGB: red and blue change places */
    frame->format = AV_PIX_FMT_BGR24;
  context->width = frame->width;
  context->height = frame->height;
  context->pix_fmt = frame->format;
  context->time_base = (AVRational){ 1, 25 };
  g_assert_cmpint (avcodec_open2 (context, NULL, NULL), ==, 0);
  g_assert_cmpint (avcodec_send_frame (context, frame), ==, 0);
  g_assert_cmpint (avcodec_receive_packet (context, packet), ==, 0);
  bytes = g_bytes_new (packet->data, packet->size);
  av_packet_free (&packet);
  av_frame_free (&frame);
  avcodec_free_context (&context);
  return bytes;
}

static void
test_tiff_and_bmp_are_read (void)
{
  g_autoptr (VInfoImage) image = picture_new_plain (20, 10, 200, 100, 50);
  g_autoptr (GBytes) tiff = encode_with (AV_CODEC_ID_TIFF, image);
  g_autoptr (GBytes) bmp = encode_with (AV_CODEC_ID_BMP, image);
  g_autoptr (VInfoImage) from_tiff = decode (tiff);
  g_autoptr (VInfoImage) from_bmp = decode (bmp);

  g_assert_cmpint (picture_max_difference (image, from_tiff), ==, 0);
  picture_assert_pixel (from_bmp, 19, 9, 50, 100, 200, 0);
}

/* 32x16 by cwebp -lossless: red and blue halves */
static const guint8 webp_lossless[] = {
  0x52,
  0x49,
  0x46,
  0x46,
  0x26,
  0x00,
  0x00,
  0x00,
  0x57,
  0x45,
  0x42,
  0x50,
  0x56,
  0x50,
  0x38,
  0x4c,
  0x19,
  0x00,
  0x00,
  0x00,
  0x2f,
  0x1f,
  0xc0,
  0x03,
  0x00,
  0x0f,
  0x10,
  0xf3,
  0xbf,
  0xff,
  0xf3,
  0x1f,
  0x0e,
  0x04,
  0x02,
  0x49,
  0xfe,
  0xd2,
  0x03,
  0x2c,
  0x10,
  0xd1,
  0xff,
  0x28,
  0x5e,
  0x00,
};

/* 32x16 by cwebp -q 90: one colour */
static const guint8 webp_lossy[] = {
  0x52,
  0x49,
  0x46,
  0x46,
  0x48,
  0x00,
  0x00,
  0x00,
  0x57,
  0x45,
  0x42,
  0x50,
  0x56,
  0x50,
  0x38,
  0x20,
  0x3c,
  0x00,
  0x00,
  0x00,
  0x50,
  0x03,
  0x00,
  0x9d,
  0x01,
  0x2a,
  0x20,
  0x00,
  0x10,
  0x00,
  0x3e,
  0x31,
  0x14,
  0x88,
  0x42,
  0xa2,
  0x21,
  0x21,
  0x18,
  0x04,
  0x00,
  0x20,
  0x03,
  0x04,
  0xa0,
  0x07,
  0x60,
  0x0f,
  0xc0,
  0x0f,
  0xc0,
  0x00,
  0x15,
  0x62,
  0x00,
  0x00,
  0xfe,
  0xc4,
  0xef,
  0xff,
  0xff,
  0x59,
  0x55,
  0xf2,
  0x54,
  0x7e,
  0xe4,
  0xbf,
  0xff,
  0xf7,
  0x64,
  0xed,
  0x95,
  0xc8,
  0xff,
  0x78,
  0xd4,
  0x00,
  0x00,
  0x00,
};

static void
test_webp_is_read (void)
{
  g_autoptr (GBytes) lossless
      = g_bytes_new_static (webp_lossless, sizeof webp_lossless);
  g_autoptr (GBytes) lossy = g_bytes_new_static (webp_lossy, sizeof webp_lossy);
  g_autoptr (VInfoImage) halves = decode (lossless);
  g_autoptr (VInfoImage) plain = decode (lossy);

  picture_assert_pixel (halves, 15, 15, 255, 0, 0, 0);
  picture_assert_pixel (halves, 16, 0, 0, 0, 255, 0);
  picture_assert_pixel (plain, 20, 8, 200, 100, 50, 4);
}

static AVFrame *
new_frame (enum AVPixelFormat format, guint width, guint height)
{
  AVFrame *frame = av_frame_alloc ();

  frame->format = format;
  frame->width = width;
  frame->height = height;
  g_assert_cmpint (av_frame_get_buffer (frame, 0), >=, 0);
  return frame;
}

static VInfoImage *
to_image_and_free (AVFrame *frame)
{
  g_autoptr (GError) error = NULL;
  VInfoImage *image = avframe_to_image (frame, &error);

  g_assert_no_error (error);
  av_frame_free (&frame);
  return image;
}

static void
test_unusual_pixels_are_read (void)
{
  const struct {
    enum AVPixelFormat format;
    guint8 row[8]; /* two pixels */
    guint8 rgb[6];
  } cases[] = {
    { AV_PIX_FMT_GRAY8, { 10, 250 }, { 10, 10, 10, 250, 250, 250 } },
    { AV_PIX_FMT_YA8, { 10, 0, 250, 255 }, { 10, 10, 10, 250, 250, 250 } },
    { AV_PIX_FMT_GRAY16BE, { 100, 100, 0, 0 }, { 100, 100, 100, 0, 0, 0 } },
    { AV_PIX_FMT_MONOBLACK, { 0x40 }, { 0, 0, 0, 255, 255, 255 } },
    { AV_PIX_FMT_MONOWHITE, { 0x40 }, { 255, 255, 255, 0, 0, 0 } },
    { AV_PIX_FMT_RGBA, { 1, 2, 3, 0, 4, 5, 6, 255 }, { 1, 2, 3, 4, 5, 6 } },
    { AV_PIX_FMT_ARGB, { 9, 1, 2, 3, 9, 4, 5, 6 }, { 1, 2, 3, 4, 5, 6 } },
    { AV_PIX_FMT_BGR24, { 3, 2, 1, 6, 5, 4 }, { 1, 2, 3, 4, 5, 6 } },
    { AV_PIX_FMT_RGB565LE, { 0x00, 0xf8, 0x1f, 0x00 },
        { 255, 0, 0, 0, 0, 255 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    AVFrame *frame = new_frame (cases[i].format, 2, 1);
    g_autoptr (VInfoImage) image = NULL;

    memcpy (frame->data[0], cases[i].row, sizeof cases[i].row);
    image = to_image_and_free (frame);
    g_assert_cmpmem (
        vinfo_image_get_pixels (image), 6, cases[i].rgb, sizeof cases[i].rgb);
  }
}

static void
test_palette_is_applied (void)
{
  AVFrame *frame = new_frame (AV_PIX_FMT_PAL8, 2, 1);
  g_autoptr (VInfoImage) image = NULL;

  ((guint32 *)frame->data[1])[7] = 0xff102030;
  ((guint32 *)frame->data[1])[200] = 0xff405060;
  frame->data[0][0] = 200;
  frame->data[0][1] = 7;
  image = to_image_and_free (frame);
  picture_assert_pixel (image, 0, 0, 0x40, 0x50, 0x60, 0);
  picture_assert_pixel (image, 1, 0, 0x10, 0x20, 0x30, 0);
}

/* Grey rows over chroma of red (rows 0 and 1) and of blue (2 and 3) */
static void
test_halved_rows_of_chroma_are_read (void)
{
  AVFrame *frame = new_frame (AV_PIX_FMT_YUVJ440P, 8, 4);
  g_autoptr (VInfoImage) image = NULL;

  frame->color_range = AVCOL_RANGE_JPEG;
  for (guint y = 0; y < 4; y++)
    memset (frame->data[0] + y * frame->linesize[0], y < 2 ? 76 : 29, 8);
  for (guint y = 0; y < 2; y++) {
    memset (frame->data[1] + y * frame->linesize[1], y ? 255 : 85, 8);
    memset (frame->data[2] + y * frame->linesize[2], y ? 107 : 255, 8);
  }
  image = to_image_and_free (frame);
  picture_assert_pixel (image, 3, 0, 254, 0, 0, 2);
  picture_assert_pixel (image, 3, 1, 254, 0, 0, 2);
  picture_assert_pixel (image, 3, 2, 0, 0, 254, 2);
  picture_assert_pixel (image, 3, 3, 0, 0, 254, 2);
}

static void
test_other_files_are_unsupported (void)
{
  static const char *const files[]
      = { "", "x", "GIF89a      ", "hello, world", "\x89PNG" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new (files[i], strlen (files[i]));

    assert_refused (bytes, VINFO_IMAGE_ERROR_UNSUPPORTED);
  }
}

/* One small file of each kind */
static GBytes *
new_file (guint kind)
{
  g_autoptr (VInfoImage) image = picture_new (40, 24);

  switch (kind) {
  case 0:
    return encode (image, VINFO_IMAGE_CODEC_PNG, 0);
  case 1:
    return encode (image, VINFO_IMAGE_CODEC_MJPEG, 80);
  case 2:
    return encode_with (AV_CODEC_ID_TIFF, image);
  case 3:
    return encode_with (AV_CODEC_ID_BMP, image);
  case 4:
    return g_bytes_new_static (webp_lossless, sizeof webp_lossless);
  default:
    return g_bytes_new_static (webp_lossy, sizeof webp_lossy);
  }
}

#define N_KINDS 6

/* Writes two numbers of n bytes over those at `at`. */
static GBytes *
with_size (GBytes *bytes, gsize at, guint n, gboolean little, guint32 first,
    guint32 second)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint8 *copy = g_memdup2 (data, size);
  const guint32 values[] = { first, second };

  for (guint v = 0; v < 2; v++)
    for (guint i = 0; i < n; i++)
      copy[at + v * n + i]
          = (guint8)(values[v] >> 8 * (little ? i : n - 1 - i));
  return g_bytes_new_take (copy, size);
}

static gsize
find_jpeg_size (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i + 9 < size; i++)
    if (data[i] == 0xff && data[i + 1] == 0xc0)
      return i + 5;
  g_assert_not_reached ();
}

/* Too many pixels, and none: one error, and no gigabytes on the way to it. */
static void
test_sizes_that_nobody_means_are_refused (void)
{
  const guint32 sizes[][2]
      = { { 30000, 30000 }, { 40000, 1 }, { 0, 20 }, { 20, 0 } };
  g_autoptr (VInfoImage) image = picture_new (20, 20);
  g_autoptr (GBytes) png = encode (image, VINFO_IMAGE_CODEC_PNG, 0);
  g_autoptr (GBytes) jpeg = encode (image, VINFO_IMAGE_CODEC_MJPEG, 90);
  g_autoptr (GBytes) bmp = encode_with (AV_CODEC_ID_BMP, image);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    guint32 a = sizes[i][0], b = sizes[i][1];
    g_autoptr (GBytes) as_png = with_size (png, 16, 4, FALSE, a, b);
    g_autoptr (GBytes) as_jpeg
        = with_size (jpeg, find_jpeg_size (jpeg), 2, FALSE, a, b);
    g_autoptr (GBytes) as_bmp = with_size (bmp, 18, 4, TRUE, a, b);

    assert_refused (as_png, VINFO_IMAGE_ERROR_SIZE);
    assert_refused (as_jpeg, VINFO_IMAGE_ERROR_SIZE);
    assert_refused (as_bmp, VINFO_IMAGE_ERROR_SIZE);
  }
}

static void
test_a_limit_of_pixels_is_kept_to_the_pixel (void)
{
  g_autoptr (VInfoImage) image = picture_new (20, 30);
  const enum AVCodecID codecs[] = { AV_CODEC_ID_BMP, AV_CODEC_ID_TIFF };

  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    g_autoptr (GBytes) bytes = encode_with (codecs[i], image);
    g_autoptr (VInfoImage) fits
        = image_decode_limited (bytes, "image", 600, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (fits);
    g_assert_null (image_decode_limited (bytes, "image", 599, &error));
    g_assert_error (error, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_SIZE);
  }
}

static void
test_truncated_files_are_corrupt (void)
{
  for (guint kind = 0; kind < N_KINDS; kind++) {
    g_autoptr (GBytes) file = new_file (kind);

    for (gsize size = 12; size < g_bytes_get_size (file); size++) {
      /* A copy, so that a sanitizer sees a read beyond its end. */
      g_autoptr (GBytes) part
          = g_bytes_new (g_bytes_get_data (file, NULL), size);

      assert_refused (part, VINFO_IMAGE_ERROR_CORRUPT);
    }
  }
}

static void
test_end_of_embedded_jpeg_is_not_the_end (void)
{
  static const guint8 thumbnail[]
      = { 0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9 };
  g_autoptr (GBytes) file = new_file (1);
  g_autoptr (GByteArray) with = g_byte_array_new ();
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  g_autoptr (GBytes) whole = NULL, part = NULL;
  g_autoptr (VInfoImage) image = NULL;

  g_byte_array_append (with, data, 2);
  g_byte_array_append (with, thumbnail, sizeof thumbnail);
  g_byte_array_append (with, data + 2, size - 2);
  whole = g_bytes_new (with->data, with->len);
  part = g_bytes_new (with->data, with->len - 2);
  image = decode (whole);
  assert_refused (part, VINFO_IMAGE_ERROR_CORRUPT);
}

static void
test_damaged_files_never_crash (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (42);
  guint refused = 0;

  for (guint round = 0; round < 1200; round++) {
    g_autoptr (GBytes) file = new_file (round % N_KINDS);
    gsize size;
    guint8 *data = g_bytes_unref_to_data (g_steal_pointer (&file), &size);
    g_autoptr (GBytes) damaged = NULL;
    g_autoptr (VInfoImage) image = NULL;
    g_autoptr (GError) error = NULL;

    for (gint n = g_rand_int_range (rand, 1, 9); n > 0; n--)
      data[g_rand_int_range (rand, 4, size)] = g_rand_int (rand);
    damaged = g_bytes_new_take (data, size);
    image = vinfo_image_decode (damaged, "damaged", &error);
    g_assert_true ((image == NULL) == (error != NULL));
    refused += image == NULL;
  }
  g_assert_cmpuint (refused, >, 100);
}

static void
test_random_bytes_never_crash (void)
{
  static const char *const starts[]
      = { "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "BM", "II*", "RIFF0000WEBP" };
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint round = 0; round < 500; round++) {
    const char *start = starts[round % G_N_ELEMENTS (starts)];
    gsize size = g_rand_int_range (rand, 16, 400);
    guint8 *data = g_malloc (size);
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (VInfoImage) image = NULL;

    for (gsize i = 0; i < size; i++)
      data[i] = g_rand_int (rand);
    memcpy (data, start, strlen (start));
    bytes = g_bytes_new_take (data, size);
    image = vinfo_image_decode (bytes, NULL, NULL);
  }
}

#define ADD(name) g_test_add_func ("/codec/" #name, test_##name)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD (png_comes_back_exactly);
  ADD (jpeg_comes_back_close);
  ADD (jpeg_keeps_saturated_colours);
  ADD (lower_quality_is_smaller);
  ADD (encoding_repeats_byte_by_byte);
  ADD (longest_side_is_encoded);
  ADD (tiff_and_bmp_are_read);
  ADD (webp_is_read);
  ADD (unusual_pixels_are_read);
  ADD (palette_is_applied);
  ADD (halved_rows_of_chroma_are_read);
  ADD (other_files_are_unsupported);
  ADD (sizes_that_nobody_means_are_refused);
  ADD (a_limit_of_pixels_is_kept_to_the_pixel);
  ADD (truncated_files_are_corrupt);
  ADD (end_of_embedded_jpeg_is_not_the_end);
  ADD (damaged_files_never_crash);
  ADD (random_bytes_never_crash);
  return g_test_run ();
}
