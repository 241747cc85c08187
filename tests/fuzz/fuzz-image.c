/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as an image file: refused with an error, or a picture of which
 * every pixel is there. */

#include "fuzz.h"

#include "image/image-private.h"

/* Enough for any decoder's branches, and soon decoded. */
#define MAX_PIXELS (1u << 18)

static void
read_all (VInfoImage *image)
{
  gsize width = vinfo_image_get_width (image);
  gsize height = vinfo_image_get_height (image);
  const guint8 *pixels = vinfo_image_get_pixels (image);
  guint64 sum = 0;

  g_assert_true (width >= 1 && height >= 1);
  g_assert_true (width * height <= MAX_PIXELS);
  for (gsize i = 0; i < width * height * 3; i++)
    sum += pixels[i];
  g_assert_true (sum <= width * height * 3 * 255);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoImage) image
      = image_decode_limited (bytes, "input", MAX_PIXELS, &error);

  g_assert_true ((image == NULL) == (error != NULL));
  if (image) {
    read_all (image);
    return 0;
  }
  g_assert_true (error->domain == VINFO_IMAGE_ERROR);
  g_assert_true (g_str_has_prefix (error->message, "input: decode"));
  return 0;
}
