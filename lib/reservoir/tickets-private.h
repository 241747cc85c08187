/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/still-private.h"

G_BEGIN_DECLS

/* Draws of u. The frames of a still scene share the u of its first, so that a
 * thousand of them are one draw, not a thousand. */
typedef struct {
  guint64 seed;
  GHashTable *runs; /* feed → StillRun */
} Tickets;

void tickets_init (Tickets *tickets, guint64 seed);
void tickets_finish (Tickets *tickets);
gdouble tickets_draw (Tickets *tickets, const char *feed, guint64 id,
    const guint8 thumbnail[VINFO_THUMBNAIL_SIZE]);

/* The u of the frames whose still scene begins with @id, in (0, 1). */
gdouble ticket_hash (guint64 id, guint64 seed);

/* A second, independent number in (0, 1) for the uniform share. A function of
 * u, so that what shares one ticket shares both. */
gdouble ticket_rank (gdouble u, guint64 seed);

G_END_DECLS
