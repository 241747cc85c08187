/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * plugin-vinfo:
 *
 * Scores frames by V-information, keeps the best, trains on them.
 */
#include <gst/gst.h>

#ifdef HAVE_GSTVINFORESERVOIR
#include "gstvinforeservoir.h"
#endif
#ifdef HAVE_GSTVINFOSCORE
#include "gstvinfoscore.h"
#endif
#ifdef HAVE_GSTVINFOTRAINER
#include "gstvinfotrainer.h"
#endif

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean ok = FALSE;

#ifdef HAVE_GSTVINFOSCORE
  ok |= GST_ELEMENT_REGISTER (vinfoscore, plugin);
#endif
#ifdef HAVE_GSTVINFORESERVOIR
  ok |= GST_ELEMENT_REGISTER (vinforeservoir, plugin);
#endif
#ifdef HAVE_GSTVINFOTRAINER
  ok |= GST_ELEMENT_REGISTER (vinfotrainer, plugin);
#endif

  return ok;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, vinfo,
    "Scores, keeps and learns from frames by V-information", plugin_init,
    VINFO_VERSION, "LGPL", "gst-vinfo", "Unknown package origin")
