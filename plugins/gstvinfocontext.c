/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfocontext.h"

static VInfoPredictorTable *
known_table (GstElement *element)
{
  g_autoptr (GstContext) context
      = gst_element_get_context (element, VINFO_PREDICTOR_CONTEXT_TYPE);

  return context ? vinfo_predictor_table_from_context (context) : NULL;
}

static gboolean
query_peer (GstElement *element, GstPad *pad, gpointer user_data)
{
  GstQuery *query = user_data;
  GstContext *context = NULL;

  if (gst_pad_peer_query (pad, query))
    gst_query_parse_context (query, &context);
  if (context)
    gst_element_set_context (element, context);

  return context == NULL;
}

static void
query_neighbours (GstElement *element)
{
  g_autoptr (GstQuery) query
      = gst_query_new_context (VINFO_PREDICTOR_CONTEXT_TYPE);

  gst_element_foreach_pad (element, query_peer, query);
}

static VInfoPredictorTable *
offer_new_table (GstElement *element)
{
  VInfoPredictorTable *table = vinfo_predictor_table_new_weak ();
  g_autoptr (GstContext) context = vinfo_predictor_table_to_context (table);

  gst_element_set_context (element, context);
  gst_element_post_message (
      element, gst_message_new_have_context (
                   GST_OBJECT (element), g_steal_pointer (&context)));

  return table;
}

VInfoPredictorTable *
gst_vinfo_context_acquire (GstElement *element)
{
  VInfoPredictorTable *table = known_table (element);

  if (!table) {
    query_neighbours (element);
    table = known_table (element);
  }
  if (!table) {
    gst_element_post_message (
        element, gst_message_new_need_context (
                     GST_OBJECT (element), VINFO_PREDICTOR_CONTEXT_TYPE));
    table = known_table (element);
  }

  return table ? table : offer_new_table (element);
}

gboolean
gst_vinfo_context_answer (GstElement *element, GstQuery *query)
{
  g_autoptr (GstContext) context = NULL;
  const char *type;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CONTEXT)
    return FALSE;
  gst_query_parse_context_type (query, &type);
  if (g_strcmp0 (type, VINFO_PREDICTOR_CONTEXT_TYPE) != 0)
    return FALSE;

  context = gst_element_get_context (element, type);
  if (context)
    gst_query_set_context (query, context);

  return context != NULL;
}
