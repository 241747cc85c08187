/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/still-private.h"

#include <string.h>

guint64
still_run_follow (
    StillRun *run, guint64 id, const guint8 thumbnail[VINFO_THUMBNAIL_SIZE])
{
  if (!run->begun
      || vinfo_thumbnail_distance (run->first, thumbnail)
             > THUMBNAIL_SAME_DISTANCE) {
    run->begun = TRUE;
    run->id = id;
    memcpy (run->first, thumbnail, sizeof run->first);
  }
  return run->id;
}
