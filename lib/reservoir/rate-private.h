/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many samples of each feed may be admitted a minute, by the time of the
 * frames themselves: one token bucket for each. It holds a minute's worth, and
 * is full when its feed is first seen. Plain memory of its owner's. */
typedef struct {
  GHashTable *buckets; /* feed → Bucket */
} Rates;

void rates_init (Rates *rates);
void rates_finish (Rates *rates);

/* Whether a frame of @feed at @time (ns) of @source may be admitted; @rate: most
 * samples a minute, 0 for no limit. Time that goes back brings nothing; of several
 * sources the one that has gone on furthest counts. */
gboolean rates_may_admit (Rates *rates, const char *feed, const char *source,
    gdouble rate, guint64 time);

/* It was: takes one token. */
void rates_note_admission (Rates *rates, const char *feed, gdouble rate);

G_END_DECLS
