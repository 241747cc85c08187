/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the src pad's task is to do next. All here wants the lock. */
#include "gstvinforeservoir.h"

#define MAX_CREDIT 256. /* unused credit that a live feed may gather */
#define CATCH_UP 2.     /* a frame pays so many times its own samples */

gboolean
gst_vinfo_reservoir_src_is_replay (GstVInfoReservoir *self)
{
  return self->reservoir == NULL;
}

gboolean
gst_vinfo_reservoir_src_serves (GstVInfoReservoir *self)
{
  return self->active && self->flow == GST_FLOW_OK && !self->flushing
         && gst_pad_is_linked (self->srcpad);
}

static gboolean
limit_is_reached (GstVInfoReservoir *self)
{
  return self->eos_requested
         || (self->num_buffers >= 0
             && self->counts.samples >= (guint64)self->num_buffers);
}

static gboolean
views_are_left (GstVInfoReservoir *self, guint kept)
{
  return self->views < (guint64)self->max_views * kept;
}

static guint
get_min_samples (GstVInfoReservoir *self)
{
  return MIN (self->min_samples, self->config.capacity);
}

static gboolean
enough_is_kept (GstVInfoReservoir *self, guint kept)
{
  return kept > 0 && kept >= get_min_samples (self);
}

gboolean
gst_vinfo_reservoir_src_has_credit (GstVInfoReservoir *self)
{
  guint kept = gst_vinfo_keeper_get_kept (self->keeper);

  if (!views_are_left (self, kept))
    return FALSE;
  /* what the ratio left over is forgotten at the end, as all credit is */
  if (gst_vinfo_limiter_is_on (&self->limiter) && !self->draining)
    return gst_vinfo_limiter_may_sample (
        &self->limiter, kept, get_min_samples (self));

  return self->credit >= 1 && enough_is_kept (self, kept);
}

/* Whether samples that came with frames so far are still to be pushed. */
gboolean
gst_vinfo_reservoir_src_owes (GstVInfoReservoir *self)
{
  if (self->serving)
    return TRUE;

  return gst_vinfo_reservoir_src_serves (self) && !self->ended
         && !limit_is_reached (self)
         && gst_vinfo_reservoir_src_has_credit (self);
}

static gboolean
all_feeds_ended (GstVInfoReservoir *self)
{
  gboolean ended;

  GST_OBJECT_LOCK (self);
  ended = GST_ELEMENT (self)->sinkpads != NULL;
  for (GList *l = GST_ELEMENT (self)->sinkpads; l && ended; l = l->next) {
    GstVInfoReservoirPad *pad = l->data;
    ended = pad->eos && pad->pending == 0;
  }
  GST_OBJECT_UNLOCK (self);

  return ended;
}

/* What lock-step frames still owe is paid before the passes; what live ones
 * left unused is forgotten. */
static void
begin_drain (GstVInfoReservoir *self)
{
  self->draining = TRUE;
  self->drained = FALSE;
  self->passing = FALSE;
  self->drain_start = g_get_monotonic_time ();
  self->credit = self->debt;
  self->debt = 0;
}

/* A replay is all drain: it takes as long as it takes. */
static gboolean
drain_timed_out (GstVInfoReservoir *self)
{
  guint64 elapsed = (guint64)(g_get_monotonic_time () - self->drain_start);

  return !gst_vinfo_reservoir_src_is_replay (self)
         && elapsed >= self->drain_timeout / 1000;
}

static GstVInfoReservoirWork
find_drain_work (GstVInfoReservoir *self)
{
  if (!self->draining)
    begin_drain (self);

  if (gst_vinfo_reservoir_src_serves (self) && !self->drained
      && !drain_timed_out (self))
    return GST_VINFO_RESERVOIR_WORK_SAMPLE;

  return GST_VINFO_RESERVOIR_WORK_END;
}

GstVInfoReservoirWork
gst_vinfo_reservoir_src_find_work (GstVInfoReservoir *self)
{
  gboolean live = gst_vinfo_reservoir_src_serves (self);

  if (self->ended || self->flushing)
    return GST_VINFO_RESERVOIR_WORK_NONE;
  if (live && !self->started) /* what follows prerolls when data is here */
    return self->arrived || gst_vinfo_reservoir_src_is_replay (self)
               ? GST_VINFO_RESERVOIR_WORK_START
               : GST_VINFO_RESERVOIR_WORK_NONE;
  if (limit_is_reached (self))
    return GST_VINFO_RESERVOIR_WORK_END;
  if (gst_vinfo_reservoir_src_is_replay (self) || all_feeds_ended (self))
    return find_drain_work (self);

  return gst_vinfo_reservoir_src_owes (self) ? GST_VINFO_RESERVOIR_WORK_SAMPLE
                                             : GST_VINFO_RESERVOIR_WORK_NONE;
}

/* Something new may come on a pad that had ended. */
void
gst_vinfo_reservoir_src_resume (GstVInfoReservoir *self)
{
  self->draining = FALSE;
  if (!limit_is_reached (self)) {
    self->ended = FALSE;
    self->eos_due = FALSE;
  }
  g_cond_broadcast (&self->cond);
}

/* Lock-step frames come one by one, so none may hold up the stream for long:
 * what those before the first samples owe is paid by the next ones. */
static void
add_lock_step_credit (GstVInfoReservoir *self, guint kept)
{
  gdouble due;

  self->debt += self->samples_per_frame;
  if (!enough_is_kept (self, kept))
    return;
  due = MIN (self->debt, CATCH_UP * self->samples_per_frame);
  self->credit += due;
  self->debt -= due;
}

/* Who flushes below need not tell: the next frame tries again. */
static void
try_again (GstVInfoReservoir *self)
{
  if (self->flow != GST_FLOW_FLUSHING)
    return;
  self->flow = GST_FLOW_OK;
  self->started = FALSE;
}

/* The ratio is that of what a peer could take. */
void
gst_vinfo_reservoir_src_note_admission (
    GstVInfoReservoir *self, gboolean bounded)
{
  try_again (self);
  if (gst_vinfo_reservoir_src_serves (self))
    gst_vinfo_limiter_note_insert (&self->limiter,
        gst_vinfo_keeper_get_kept (self->keeper), get_min_samples (self),
        bounded);
}

/* While views are used up nothing is due, later neither. */
void
gst_vinfo_reservoir_src_add_credit (GstVInfoReservoir *self, gboolean bounded)
{
  guint kept = gst_vinfo_keeper_get_kept (self->keeper);

  try_again (self);
  if (!gst_vinfo_reservoir_src_serves (self)
      || gst_vinfo_limiter_is_on (&self->limiter)
      || (kept > 0 && !views_are_left (self, kept)))
    return;

  if (bounded)
    self->credit = MIN (self->credit + self->samples_per_frame, MAX_CREDIT);
  else
    add_lock_step_credit (self, kept);
}
