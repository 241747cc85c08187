/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sqlite3.h>

#include "store/vinfo-sample.h"

G_BEGIN_DECLS

/* Columns of a sample in the order in which they are bound and read: those that
 * may change (the feed is bound and read by name, so it goes first), then those
 * of the picture. Parameter 1 is the id. */
#define ROW_STATE                                                              \
  "source, pts, wall_time, caps, loss, pvi, gain, score, quantile, version, "  \
  "masks, ticket, key, uniform, spare, arrival, inclusion, views, thumbnail, " \
  "embedding, embedding_version, ood, soft_inclusion, uniform_inclusion, "     \
  "first_loss, region"
#define ROW_STATE_PARAMETERS                                                   \
  "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "  \
  "?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28"
#define ROW_PICTURE "codec, blob_size, width, height"
#define ROW_PICTURE_PARAMETERS "?29, ?30, ?31, ?32"
#define ROW_FEED_PARAMETER "(SELECT id FROM feeds WHERE name = ?2)"

/* Each returns SQLite's status. */
int row_bind_state (sqlite3_stmt *statement, const VInfoSample *sample);
int row_bind_picture (sqlite3_stmt *statement, const VInfoSample *sample);

/* From columns id, feed's name, ROW_STATE, ROW_PICTURE and, with_blob, data.
 * NULL where they can't be a sample's. */
VInfoSample *row_read (sqlite3_stmt *statement, gboolean with_blob);

G_END_DECLS
