/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element as the sink of its feeds, where nobody takes samples: what a
 * GstBaseSink is to a bin. */
#include "gstvinforeservoir.h"

#define GST_CAT_DEFAULT gst_vinfo_reservoir_debug

/* Role -------------------------------------------------------------------- */

/* Whether feeds end here; else they do in what follows. */
gboolean
gst_vinfo_reservoir_is_sink (GstVInfoReservoir *self)
{
  gboolean is_sink;

  GST_OBJECT_LOCK (self);
  is_sink = GST_ELEMENT (self)->numsinkpads > 0
            && GST_OBJECT_FLAG_IS_SET (self, GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_UNLOCK (self);

  return is_sink;
}

/* Outside a bin nobody would set PLAYING once data is here. */
gboolean
gst_vinfo_reservoir_sink_prerolls (GstVInfoReservoir *self)
{
  gboolean async, in_bin;

  g_mutex_lock (&self->lock);
  async = self->async;
  g_mutex_unlock (&self->lock);
  GST_OBJECT_LOCK (self);
  in_bin = GST_OBJECT_PARENT (self) != NULL;
  GST_OBJECT_UNLOCK (self);

  return async && in_bin && gst_vinfo_reservoir_is_sink (self);
}

/* States ------------------------------------------------------------------ */

static void
post_eos_message (GstVInfoReservoir *self)
{
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_eos (GST_OBJECT (self)));
}

/* In PLAYING, now or later. */
void
gst_vinfo_reservoir_sink_post_eos (GstVInfoReservoir *self)
{
  gboolean playing;

  g_mutex_lock (&self->lock);
  self->eos_due = TRUE;
  playing = self->playing;
  g_mutex_unlock (&self->lock);

  if (playing)
    post_eos_message (self);
}

void
gst_vinfo_reservoir_sink_set_playing (GstVInfoReservoir *self, gboolean playing)
{
  gboolean eos_due;

  g_mutex_lock (&self->lock);
  self->playing = playing;
  g_cond_broadcast (&self->cond);
  eos_due = self->eos_due;
  g_mutex_unlock (&self->lock);

  if (playing && eos_due)
    post_eos_message (self);
}

/* Data arrived. */
void
gst_vinfo_reservoir_sink_preroll (GstVInfoReservoir *self)
{
  if (gst_vinfo_preroll_commit (&self->preroll, GST_ELEMENT (self))
      == GST_STATE_PLAYING)
    gst_vinfo_reservoir_sink_set_playing (self, TRUE);
}
