/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"

G_BEGIN_DECLS

/* A calibration starts, and μ is frozen, with this many frames. */
#define PANEL_MIN 32

/* The panel: a uniform sample of the stream that is never trained on. A frame
 * belongs to it where the hash of its id is small; at most one frame in twenty
 * of those seen, at most `capacity`. Not thread-safe. */
typedef struct {
  guint capacity;
  guint side; /* of the square that frames are kept at */
  guint64 seed;
  guint64 seen;   /* frames offered */
  GArray *frames; /* of PanelFrame */
} Panel;

typedef struct {
  guint64 id;
  guint64 rank;      /* uniform in a twentieth; the lowest stay */
  guint64 pixels;    /* hash of the picture */
  VInfoImage *image; /* [side, side, 3] */
} PanelFrame;

Panel *panel_new (guint capacity, guint side, guint64 seed);
void panel_free (Panel *panel);

/* Counts a frame; TRUE where it is the panel's now, or would be if that were not
 * more than its share yet: it must not be trained on. */
gboolean panel_offer (Panel *panel, guint64 id, VInfoImage *image);

/* Adds a picture that is one of twenty, held out of training by a rule of the
 * caller's; one that is there already, or ranks too high for a full panel,
 * doesn't join. */
void panel_hold_out (Panel *panel, guint64 id, VInfoImage *image);

/* Whether the frame is the panel's, by its id or by its pixels. */
gboolean panel_has (const Panel *panel, guint64 id, VInfoImage *image);

/* Adds a stored frame as it is. */
void panel_restore (Panel *panel, guint64 id, VInfoImage *square);

/* (transfer full) the pictures, in order of arrival */
GPtrArray *panel_dup_images (const Panel *panel);

G_END_DECLS
