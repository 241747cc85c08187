/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/gstvinfometa.h"

#include <gst/video/gstvideometa.h>

/* The part of the buffer that the result is of; none: the whole. */
typedef struct {
  guint x, y, width, height;
} Crop;

static Crop
get_crop (GstBuffer *buffer)
{
  const GstVideoCropMeta *meta = gst_buffer_get_video_crop_meta (buffer);

  return meta ? (Crop){ meta->x, meta->y, meta->width, meta->height }
              : (Crop){ 0 };
}

/* As GstVideoCropMeta follows the same scaling. */
static Crop
scale_crop (Crop crop, const GstVideoMetaTransform *scaling)
{
  gint old_width = GST_VIDEO_INFO_WIDTH (scaling->in_info);
  gint old_height = GST_VIDEO_INFO_HEIGHT (scaling->in_info);
  gint width = GST_VIDEO_INFO_WIDTH (scaling->out_info);
  gint height = GST_VIDEO_INFO_HEIGHT (scaling->out_info);

  return (Crop){ crop.x * width / old_width, crop.y * height / old_height,
    crop.width * width / old_width, crop.height * height / old_height };
}

static void
write_crop (GstStructure *structure, Crop crop)
{
  gst_structure_set (structure, "crop-x", G_TYPE_UINT, crop.x, "crop-y",
      G_TYPE_UINT, crop.y, "crop-width", G_TYPE_UINT, crop.width, "crop-height",
      G_TYPE_UINT, crop.height, NULL);
}

static Crop
read_crop (const GstStructure *structure)
{
  Crop crop = { 0 };

  gst_structure_get (structure, "crop-x", G_TYPE_UINT, &crop.x, "crop-y",
      G_TYPE_UINT, &crop.y, "crop-width", G_TYPE_UINT, &crop.width,
      "crop-height", G_TYPE_UINT, &crop.height, NULL);
  return crop;
}

static void
add_meta (GstBuffer *buffer, VInfoResult *result, Crop crop)
{
  GstCustomMeta *meta
      = gst_buffer_get_custom_meta (buffer, GST_VINFO_META_NAME);
  GstStructure *structure;

  if (!meta)
    meta = gst_buffer_add_custom_meta (buffer, GST_VINFO_META_NAME);
  structure = gst_custom_meta_get_structure (meta);
  gst_structure_set (structure, "result", VINFO_TYPE_RESULT, result, NULL);
  write_crop (structure, crop);
}

/* Follows copies, and scaling: the pixels still show the same. */
static gboolean
transform_meta (GstBuffer *target, GstCustomMeta *meta, GstBuffer *buffer,
    GQuark type, gpointer data, gpointer user_data)
{
  gboolean scales = GST_VIDEO_META_TRANSFORM_IS_SCALE (type);
  VInfoResult *result;
  Crop crop;

  if (!GST_META_TRANSFORM_IS_COPY (type) && !scales)
    return FALSE;
  result = gst_buffer_get_vinfo_result (buffer);
  if (!result)
    return TRUE;
  crop = read_crop (gst_custom_meta_get_structure (meta));
  add_meta (target, result, scales ? scale_crop (crop, data) : crop);
  return TRUE;
}

void
gst_vinfo_meta_register (void)
{
  static gsize done = 0;
  static const gchar *tags[]
      = { GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR, NULL };

  if (g_once_init_enter (&done)) {
    gst_meta_register_custom (
        GST_VINFO_META_NAME, tags, transform_meta, NULL, NULL);
    g_once_init_leave (&done, 1);
  }
}

void
gst_buffer_add_vinfo_result (GstBuffer *buffer, VInfoResult *result)
{
  gst_vinfo_meta_register ();
  add_meta (buffer, result, get_crop (buffer));
}

VInfoResult *
gst_buffer_get_vinfo_result (GstBuffer *buffer)
{
  GstCustomMeta *meta;
  const GValue *value;

  gst_vinfo_meta_register ();
  meta = gst_buffer_get_custom_meta (buffer, GST_VINFO_META_NAME);
  value = meta ? gst_structure_get_value (
              gst_custom_meta_get_structure (meta), "result")
               : NULL;
  return value ? g_value_get_boxed (value) : NULL;
}

gboolean
gst_buffer_is_cropped_since_vinfo_result (GstBuffer *buffer)
{
  GstCustomMeta *meta
      = gst_buffer_get_custom_meta (buffer, GST_VINFO_META_NAME);
  Crop now = get_crop (buffer), then;

  /* without one now the pixels are as the result's copies left them */
  if (!meta || !gst_buffer_get_video_crop_meta (buffer))
    return FALSE;
  then = read_crop (gst_custom_meta_get_structure (meta));
  return now.x != then.x || now.y != then.y || now.width != then.width
         || now.height != then.height;
}
