/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfoorder.h"

#include "store/vinfo-sample.h"

GType
gst_vinfo_order_get_type (void)
{
  static gsize type;
  static const GEnumValue orders[] = {
    { GST_VINFO_ORDER_MIX, "25% newest, 75% of all kept, shuffled", "mix" },
    { GST_VINFO_ORDER_PRIORITY, "Best key first, spares last", "priority" },
    { GST_VINFO_ORDER_UNIFORM, "Shuffled passes", "uniform" },
    { GST_VINFO_ORDER_NEWEST, "Last admitted first", "newest" },
    { GST_VINFO_ORDER_TIME, "By time of arrival", "time" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstVInfoOrder", orders));

  return type;
}

static gint
compare (guint64 a, guint64 b)
{
  return (a > b) - (a < b);
}

static gint
compare_keys (gconstpointer pa, gconstpointer pb)
{
  const VInfoSample *a = *(VInfoSample *const *)pa;
  const VInfoSample *b = *(VInfoSample *const *)pb;

  if (a->spare != b->spare)
    return a->spare ? 1 : -1;
  if (a->key != b->key)
    return a->key < b->key ? -1 : 1;
  return compare (a->arrival, b->arrival);
}

static gint
compare_arrivals_back (gconstpointer pa, gconstpointer pb)
{
  const VInfoSample *a = *(VInfoSample *const *)pa;
  const VInfoSample *b = *(VInfoSample *const *)pb;

  return compare (b->arrival, a->arrival);
}

static gint
compare_times (gconstpointer pa, gconstpointer pb)
{
  const VInfoSample *a = *(VInfoSample *const *)pa;
  const VInfoSample *b = *(VInfoSample *const *)pb;

  if (a->wall_time != b->wall_time)
    return a->wall_time < b->wall_time ? -1 : 1;
  if (a->pts != b->pts)
    return compare (a->pts, b->pts);
  return compare (a->arrival, b->arrival);
}

static void
shuffle (GPtrArray *samples, GRand *random)
{
  for (guint i = samples->len; i > 1; i--) {
    guint j = (guint)g_rand_int_range (random, 0, (gint32)i);
    gpointer swapped = samples->pdata[i - 1];

    samples->pdata[i - 1] = samples->pdata[j];
    samples->pdata[j] = swapped;
  }
}

void
gst_vinfo_order_sort (GstVInfoOrder order, GPtrArray *samples, GRand *random)
{
  switch (order) {
  case GST_VINFO_ORDER_PRIORITY:
    g_ptr_array_sort (samples, compare_keys);
    break;
  case GST_VINFO_ORDER_NEWEST:
    g_ptr_array_sort (samples, compare_arrivals_back);
    break;
  case GST_VINFO_ORDER_TIME:
    g_ptr_array_sort (samples, compare_times);
    break;
  case GST_VINFO_ORDER_MIX:
  case GST_VINFO_ORDER_UNIFORM:
    shuffle (samples, random);
    break;
  }
}
