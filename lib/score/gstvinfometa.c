/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/gstvinfometa.h"

#include <gst/video/gstvideometa.h>

/* Follows copies, and scaling: the pixels still show the same. */
static gboolean
transform_meta (GstBuffer *target, GstCustomMeta *meta, GstBuffer *buffer,
    GQuark type, gpointer data, gpointer user_data)
{
  VInfoResult *result;

  if (!GST_META_TRANSFORM_IS_COPY (type)
      && !GST_VIDEO_META_TRANSFORM_IS_SCALE (type))
    return FALSE;
  result = gst_buffer_get_vinfo_result (buffer);
  if (result)
    gst_buffer_add_vinfo_result (target, result);
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
  GstCustomMeta *meta;

  gst_vinfo_meta_register ();
  meta = gst_buffer_get_custom_meta (buffer, GST_VINFO_META_NAME);
  if (!meta)
    meta = gst_buffer_add_custom_meta (buffer, GST_VINFO_META_NAME);
  gst_structure_set (gst_custom_meta_get_structure (meta), "result",
      VINFO_TYPE_RESULT, result, NULL);
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
