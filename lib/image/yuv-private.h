/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/* From Y, Cb, Cr to RGB, in 8192nds. */
typedef struct {
  gint16 black;      /* Y of black */
  gint16 y;          /* of Y, in each of R, G, B */
  gint16 cr_r, cb_b; /* of Cr in R, of Cb in B */
  gint16 cb_g, cr_g; /* both in G; to be subtracted */
} YuvMatrix;

/* By range and matrix; BT.601 where the matrix is none of YUV. */
void yuv_matrix_init (YuvMatrix *matrix, const GstVideoColorimetry *from);

/* One row of samples at full resolution; rgb: [n, 3]; scratch: [3 * n] */
void yuv_row_to_rgb (const YuvMatrix *matrix, const guint8 *y, const guint8 *cb,
    const guint8 *cr, guint8 *rgb, guint8 *scratch, gsize n);

/* The way back, for JPEG: full range, BT.601. */
void yuv_row_from_rgb (
    const guint8 *rgb, guint8 *y, guint8 *cb, guint8 *cr, gsize n);

G_END_DECLS
