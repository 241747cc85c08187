/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfomode.h"

static const GEnumValue modes[] = {
  { GST_VINFO_MODE_AUTO, "async where upstream is live, else sync", "auto" },
  { GST_VINFO_MODE_SYNC, "Wait for each frame; deterministic", "sync" },
  { GST_VINFO_MODE_ASYNC, "Never hold a frame", "async" },
  { 0, NULL, NULL },
};

GType
gst_vinfo_mode_get_type (void)
{
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstVInfoMode", modes));

  return type;
}

gboolean
gst_vinfo_upstream_is_live (GstPad *sinkpad)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (sinkpad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);

  return live;
}

GstVInfoMode
gst_vinfo_mode_resolve (GstVInfoMode mode, gboolean live)
{
  if (mode != GST_VINFO_MODE_AUTO)
    return mode;

  return live ? GST_VINFO_MODE_ASYNC : GST_VINFO_MODE_SYNC;
}

const char *
gst_vinfo_mode_to_string (GstVInfoMode mode)
{
  return modes[mode].value_nick;
}
