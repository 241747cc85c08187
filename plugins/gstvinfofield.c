/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfofield.h"

static gsize
size_of (GType type)
{
  switch (G_TYPE_FUNDAMENTAL (type)) {
  case G_TYPE_BOOLEAN:
  case G_TYPE_INT:
  case G_TYPE_UINT:
  case G_TYPE_ENUM:
    return sizeof (gint);
  case G_TYPE_UINT64:
  case G_TYPE_DOUBLE:
    return sizeof (guint64);
  case G_TYPE_STRING:
    return sizeof (char *);
  default:
    g_assert_not_reached ();
  }
}

/* A table that names a field of another size than the property's value would
 * have it written beside the field. */
static gpointer
find (const GstVInfoField *fields, guint n, gconstpointer object, guint id,
    const GValue *value)
{
  if (id >= n || fields[id].size == 0)
    return NULL;
  g_assert (fields[id].size == size_of (G_VALUE_TYPE (value)));

  return (guint8 *)object + fields[id].offset;
}

gboolean
gst_vinfo_fields_set (const GstVInfoField *fields, guint n, gpointer object,
    guint id, const GValue *value)
{
  gpointer field = find (fields, n, object, id, value);

  if (!field)
    return FALSE;

  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
  case G_TYPE_BOOLEAN:
    *(gboolean *)field = g_value_get_boolean (value);
    break;
  case G_TYPE_INT:
    *(gint *)field = g_value_get_int (value);
    break;
  case G_TYPE_UINT:
    *(guint *)field = g_value_get_uint (value);
    break;
  case G_TYPE_ENUM:
    *(gint *)field = g_value_get_enum (value);
    break;
  case G_TYPE_UINT64:
    *(guint64 *)field = g_value_get_uint64 (value);
    break;
  case G_TYPE_DOUBLE:
    *(gdouble *)field = g_value_get_double (value);
    break;
  case G_TYPE_STRING:
    g_free (*(char **)field);
    *(char **)field = g_value_dup_string (value);
    break;
  }

  return TRUE;
}

gboolean
gst_vinfo_fields_get (const GstVInfoField *fields, guint n,
    gconstpointer object, guint id, GValue *value)
{
  gconstpointer field = find (fields, n, object, id, value);

  if (!field)
    return FALSE;

  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
  case G_TYPE_BOOLEAN:
    g_value_set_boolean (value, *(const gboolean *)field);
    break;
  case G_TYPE_INT:
    g_value_set_int (value, *(const gint *)field);
    break;
  case G_TYPE_UINT:
    g_value_set_uint (value, *(const guint *)field);
    break;
  case G_TYPE_ENUM:
    g_value_set_enum (value, *(const gint *)field);
    break;
  case G_TYPE_UINT64:
    g_value_set_uint64 (value, *(const guint64 *)field);
    break;
  case G_TYPE_DOUBLE:
    g_value_set_double (value, *(const gdouble *)field);
    break;
  case G_TYPE_STRING:
    g_value_set_string (value, *(char *const *)field);
    break;
  }

  return TRUE;
}
