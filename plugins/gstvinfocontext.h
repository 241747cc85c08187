/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "score/vinfo-predictor-table.h"

G_BEGIN_DECLS

/**
 * gst_vinfo_context_acquire:
 * @element: may post NEED_CONTEXT and HAVE_CONTEXT; hold no lock
 *
 * Finds the predictor table that @element shares with others: its own context,
 * its neighbours' (by query), its bin's or application's (NEED_CONTEXT); where
 * nobody has one, makes it and tells all (HAVE_CONTEXT). #GstElement keeps the
 * context, so no set_context() of one's own is needed.
 *
 * Returns: (transfer full): the table
 */
VInfoPredictorTable *gst_vinfo_context_acquire (GstElement *element);

/**
 * gst_vinfo_context_answer:
 *
 * Answers a neighbour's CONTEXT query with @element's table.
 *
 * Returns: %FALSE where @query is another one or there is no table yet
 */
gboolean gst_vinfo_context_answer (GstElement *element, GstQuery *query);

G_END_DECLS
