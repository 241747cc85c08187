/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfolimiter.h"

/* Less would block both sides for ever. */
static gdouble
get_buffer (const GstVInfoLimiter *limiter)
{
  return MAX (limiter->error_buffer, MAX (limiter->samples_per_insert, 1));
}

gboolean
gst_vinfo_limiter_is_on (const GstVInfoLimiter *limiter)
{
  return limiter->samples_per_insert > 0;
}

gboolean
gst_vinfo_limiter_may_sample (
    const GstVInfoLimiter *limiter, guint size, guint min_size)
{
  return size > 0 && size >= min_size
         && limiter->error - 1 >= -get_buffer (limiter);
}

void
gst_vinfo_limiter_note_sample (GstVInfoLimiter *limiter)
{
  limiter->error -= 1;
}

void
gst_vinfo_limiter_note_insert (
    GstVInfoLimiter *limiter, guint size, guint min_size, gboolean bounded)
{
  if (limiter->counts)
    limiter->error += limiter->samples_per_insert;
  limiter->counts = limiter->counts || size >= min_size;
  if (bounded)
    limiter->error = MIN (limiter->error, get_buffer (limiter));
}

guint64
gst_vinfo_limiter_count_due (const GstVInfoLimiter *limiter)
{
  return (guint64)MAX (limiter->error + get_buffer (limiter), 0);
}
