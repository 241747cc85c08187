/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reservoir/vinfo-reservoir.h"

#define FRAME_EMBEDDING_SIZE 32
#define FRAME_ETA 0.9

/* A made-up frame and the memory that its offer borrows. Everything follows
 * from the id, and frames of different ids look different. */
typedef struct {
  VInfoOffer offer;
  VInfoImage *image;
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE];
  gfloat embedding[FRAME_EMBEDDING_SIZE];
} Frame;

void frame_init (Frame *frame, guint64 id, gfloat quantile);
void frame_finish (Frame *frame);

/* Gives it the embedding of a source, turned a little (cosine about 0.99). */
void frame_show_source (Frame *frame, guint64 source);

/* Makes its picture larger: noise, 3·side² bytes and more once encoded. */
void frame_enlarge (Frame *frame, guint side);

/* Offers it. Returns: the reason */
VInfoReason frame_offer (Frame *frame, VInfoReservoir *reservoir);

/* Offers the frame of @id with @quantile and forgets it. */
VInfoReason offer_id (VInfoReservoir *reservoir, guint64 id, gfloat quantile);

/* A reservoir on a store in memory. */
VInfoReservoir *open_reservoir (const VInfoReservoirConfig *config);

/* Returns: (transfer full): ids of the kept, ascending */
GArray *list_ids (VInfoReservoir *reservoir);
void assert_same_ids (GArray *ids, GArray *expected);
gint compare_ids (gconstpointer a, gconstpointer b);
