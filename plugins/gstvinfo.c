/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * plugin-vinfo:
 *
 * Scores frames by V-information, keeps the best, trains on them.
 */
#include <gst/gst.h>

#include "gstvinfocompose.h"
#include "gstvinforeservoir.h"
#include "gstvinfoscore.h"
#include "gstvinfosrc.h"
#include "gstvinfotrainer.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean ok = FALSE;

  ok |= GST_ELEMENT_REGISTER (vinfoscore, plugin);
  ok |= GST_ELEMENT_REGISTER (vinfocompose, plugin);
  ok |= GST_ELEMENT_REGISTER (vinforeservoir, plugin);
  ok |= GST_ELEMENT_REGISTER (vinfosrc, plugin);
  ok |= GST_ELEMENT_REGISTER (vinfotrainer, plugin);

  return ok;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, vinfo,
    "Scores, keeps and learns from frames by V-information", plugin_init,
    VINFO_VERSION, "LGPL", "gst-vinfo", "Unknown package origin")
