/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstvinfoorder.h"
#include "reservoir/vinfo-reservoir.h"

G_BEGIN_DECLS

/* Says which kept sample is next. One thread's, but for note_admission. */
typedef struct _GstVInfoServer GstVInfoServer;

/* @reservoir: NULL: list the store, with keys as they were written */
GstVInfoServer *gst_vinfo_server_new (VInfoReservoir *reservoir,
    VInfoStore *store, GstVInfoOrder order, guint64 seed);
void gst_vinfo_server_free (GstVInfoServer *server);

/* Any thread: the next pass is over what @reservoir keeps. */
void gst_vinfo_server_set_reservoir (
    GstVInfoServer *server, VInfoReservoir *reservoir);

/* Any thread. */
void gst_vinfo_server_note_admission (GstVInfoServer *server, guint64 id);

/* From now on exactly @passes over the kept set as it is. */
void gst_vinfo_server_begin_passes (GstVInfoServer *server, guint passes);

/* From now on pass after pass. */
void gst_vinfo_server_begin_stream (GstVInfoServer *server);

/* Returns: (transfer full): the next sample with its blob; NULL without @error
 * where there is none, also after a pass of which none was used; with @error where
 * this one can't be read (the next call goes on after it), or what there is can't
 * be listed (has_failed). What was evicted meanwhile is passed over. */
VInfoSample *gst_vinfo_server_next (GstVInfoServer *server, GError **error);
gboolean gst_vinfo_server_has_failed (GstVInfoServer *server);

/* The last one was of use: its picture could be read. */
void gst_vinfo_server_note_use (GstVInfoServer *server);

G_END_DECLS
