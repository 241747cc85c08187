/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/* Thumbnails at most this far apart (root mean square, grey levels) show the
 * same picture: above a camera's noise after averaging to 16×16, below any
 * object of a few hundredths of the picture. */
#define THUMBNAIL_SAME_DISTANCE 2.5f

/* Draws of u. Consecutive frames of one feed whose thumbnail stays the same as
 * that of their run's first frame share the run's u, so that a still scene of a
 * thousand frames is one draw, not a thousand. */
typedef struct {
  guint64 seed;
  GHashTable *runs; /* feed → Run */
} Tickets;

void tickets_init (Tickets *tickets, guint64 seed);
void tickets_finish (Tickets *tickets);
gdouble tickets_draw (Tickets *tickets, const char *feed, guint64 id,
    const guint8 thumbnail[VINFO_THUMBNAIL_SIZE]);

/* The u of @id outside any run, in (0, 1). */
gdouble ticket_hash (guint64 id, guint64 seed);

/* A second, independent number in (0, 1) for the uniform share. A function of
 * u, so that what shares one ticket shares both. */
gdouble ticket_rank (gdouble u, guint64 seed);

G_END_DECLS
