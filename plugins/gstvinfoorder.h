/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define GST_TYPE_VINFO_ORDER (gst_vinfo_order_get_type ())

/**
 * GstVInfoOrder:
 * @GST_VINFO_ORDER_MIX: a quarter are the newest that were not served yet, the
 *   rest shuffled passes over all kept; shuffled passes where nothing new comes
 * @GST_VINFO_ORDER_PRIORITY: passes, best key first
 * @GST_VINFO_ORDER_UNIFORM: shuffled passes
 * @GST_VINFO_ORDER_NEWEST: passes, last admitted first
 * @GST_VINFO_ORDER_TIME: passes, by wall time of arrival, then stream time
 */
typedef enum {
  GST_VINFO_ORDER_MIX,
  GST_VINFO_ORDER_PRIORITY,
  GST_VINFO_ORDER_UNIFORM,
  GST_VINFO_ORDER_NEWEST,
  GST_VINFO_ORDER_TIME
} GstVInfoOrder;

GType gst_vinfo_order_get_type (void);

/* Puts VInfoSamples into the order of one pass; @random: of the shuffled. */
void gst_vinfo_order_sort (
    GstVInfoOrder order, GPtrArray *samples, GRand *random);

G_END_DECLS
