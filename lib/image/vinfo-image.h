/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

#define VINFO_TYPE_IMAGE (vinfo_image_get_type ())
#define VINFO_IMAGE_ERROR (vinfo_image_error_quark ())

/** Side of the square luma thumbnail, and its number of bytes. */
#define VINFO_THUMBNAIL_SIDE 16
#define VINFO_THUMBNAIL_SIZE (VINFO_THUMBNAIL_SIDE * VINFO_THUMBNAIL_SIDE)

/** No image has a side beyond this; larger ones are refused, not attempted. */
#define VINFO_IMAGE_MAX_SIDE 32768

/** No file with more pixels, or of more bytes, is decoded: of either a few can
 * ask for all memory there is. */
#define VINFO_IMAGE_MAX_PIXELS (1u << 27)
#define VINFO_IMAGE_MAX_BYTES (256u << 20)

/**
 * VInfoImageError:
 * @VINFO_IMAGE_ERROR_CORRUPT: the bytes are no complete image
 * @VINFO_IMAGE_ERROR_UNSUPPORTED: not a format this library reads or writes
 * @VINFO_IMAGE_ERROR_SIZE: zero-sized, or larger than #VINFO_IMAGE_MAX_SIDE,
 *   #VINFO_IMAGE_MAX_PIXELS or #VINFO_IMAGE_MAX_BYTES allow
 * @VINFO_IMAGE_ERROR_FAILED: the codec or converter failed
 */
typedef enum {
  VINFO_IMAGE_ERROR_CORRUPT,
  VINFO_IMAGE_ERROR_UNSUPPORTED,
  VINFO_IMAGE_ERROR_SIZE,
  VINFO_IMAGE_ERROR_FAILED
} VInfoImageError;

/**
 * VInfoImageCodec:
 * @VINFO_IMAGE_CODEC_PNG: lossless, the default
 * @VINFO_IMAGE_CODEC_MJPEG: lossy, full-range BT.601 4:4:4, smaller
 */
typedef enum { VINFO_IMAGE_CODEC_PNG, VINFO_IMAGE_CODEC_MJPEG } VInfoImageCodec;

/**
 * VInfoImage:
 *
 * An immutable, reference-counted picture: packed 8-bit RGB,
 * `[height, width, 3]` row-major without padding, sRGB values as displayed.
 */
typedef struct _VInfoImage VInfoImage;

VINFO_API
GType vinfo_image_get_type (void);
VINFO_API
GQuark vinfo_image_error_quark (void);

/**
 * vinfo_image_new_from_data:
 * @width: pixels a row, 1 to #VINFO_IMAGE_MAX_SIDE
 * @height: rows, 1 to #VINFO_IMAGE_MAX_SIDE
 * @stride: bytes from one row to the next, at least 3 * @width
 * @data: (array): RGB rows, copied
 *
 * Returns: (transfer full): a new image
 */
VINFO_API
VInfoImage *vinfo_image_new_from_data (
    guint width, guint height, gsize stride, const guint8 *data);
VINFO_API
VInfoImage *vinfo_image_ref (VInfoImage *image);
VINFO_API
void vinfo_image_unref (VInfoImage *image);
VINFO_API
guint vinfo_image_get_width (const VInfoImage *image);
VINFO_API
guint vinfo_image_get_height (const VInfoImage *image);

/**
 * vinfo_image_get_pixels:
 *
 * Returns: (transfer none) (array): `[height, width, 3]` bytes
 */
VINFO_API
const guint8 *vinfo_image_get_pixels (const VInfoImage *image);

/**
 * vinfo_image_hash:
 *
 * Returns: a 64-bit hash of size and pixels; equal images hash equal in every
 *   process and build
 */
VINFO_API
guint64 vinfo_image_hash (const VInfoImage *image);

/**
 * vinfo_image_resize:
 * @x: left edge of the region to take, @y its top, in pixels
 * @region_width: 0 for all of the width
 * @region_height: 0 for all of the height
 * @width: wanted width
 * @height: wanted height
 *
 * Stretches a region of @image to exactly @width by @height (bilinear with
 * antialiasing when shrinking). The one resampler of scorer, trainer and tools.
 *
 * Returns: (transfer full): the new image; @image itself where nothing changes
 */
VINFO_API
VInfoImage *vinfo_image_resize (VInfoImage *image, guint x, guint y,
    guint region_width, guint region_height, guint width, guint height);

/**
 * vinfo_image_mosaic:
 * @images: (array length=n): the tiles, row by row
 * @n: at least 1
 * @columns: tiles a row; where the last row has fewer, they share its width
 * @width: of the mosaic, a pixel a column at least
 * @height: of it, a pixel a row at least
 *
 * Lays pictures side by side without gaps, each stretched to its tile by
 * vinfo_image_resize(): pixels of one that has the tile's size stay as they
 * are. Tile c of a row starts at ⌊c·width/tiles⌋; rows likewise.
 *
 * Returns: (transfer full): the new image
 */
VINFO_API
VInfoImage *vinfo_image_mosaic (VInfoImage *const *images, guint n,
    guint columns, guint width, guint height);

/**
 * vinfo_image_thumbnail:
 * @thumbnail: (out): #VINFO_THUMBNAIL_SIZE luma bytes, box-averaged
 */
VINFO_API
void vinfo_image_thumbnail (
    const VInfoImage *image, guint8 thumbnail[VINFO_THUMBNAIL_SIZE]);

/**
 * vinfo_thumbnail_distance:
 *
 * Returns: root mean square difference in grey levels, 0 to 255
 */
VINFO_API
gfloat vinfo_thumbnail_distance (
    const guint8 a[VINFO_THUMBNAIL_SIZE], const guint8 b[VINFO_THUMBNAIL_SIZE]);

/**
 * vinfo_image_encode:
 * @quality: 1 to 100, for lossy codecs
 *
 * Returns: (transfer full): a complete PNG or JPEG file, or %NULL with @error
 *   in the domain #VINFO_IMAGE_ERROR
 */
VINFO_API
GBytes *vinfo_image_encode (const VInfoImage *image, VInfoImageCodec codec,
    guint quality, GError **error);

/**
 * vinfo_image_decode:
 * @bytes: a complete PNG, JPEG, BMP, TIFF or WebP file, told by its first bytes
 * @name: (nullable): what to call it in errors, e.g. the file name
 *
 * Never crashes or reads out of bounds on any input; a picture beyond
 * #VINFO_IMAGE_MAX_PIXELS is refused before memory is spent on it. Alpha is dropped, not
 * blended; an EXIF orientation isn't applied.
 *
 * Returns: (transfer full): the image, or %NULL with @error in the domain
 *   #VINFO_IMAGE_ERROR, message "NAME: WHAT: WHY"
 */
VINFO_API
VInfoImage *vinfo_image_decode (
    GBytes *bytes, const char *name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VInfoImage, vinfo_image_unref)

G_END_DECLS
