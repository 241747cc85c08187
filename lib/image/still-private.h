/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/* Thumbnails at most this far apart (root mean square, grey levels) show the
 * same picture: above a camera's noise after averaging to 16×16, below any
 * object of a few hundredths of the picture. */
#define THUMBNAIL_SAME_DISTANCE 2.5f

/* Consecutive frames of one feed whose thumbnail stays the same as that of the
 * run's first frame: a still scene. All zero before the first. */
typedef struct {
  gboolean begun;
  guint64 id; /* of the first frame */
  guint8 first[VINFO_THUMBNAIL_SIZE];
} StillRun;

/* Returns: the id of the first frame of the run that frame @id belongs to */
guint64 still_run_follow (
    StillRun *run, guint64 id, const guint8 thumbnail[VINFO_THUMBNAIL_SIZE]);

G_END_DECLS
