/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstVInfoField:
 *
 * Where a struct holds the value of a property: boolean, int, uint, uint64,
 * double, enum or string (owned). Zero where it holds none of that number.
 */
typedef struct {
  gsize offset;
  gsize size;
} GstVInfoField;

/** Entry of a table of fields, whose index is the property's id. */
#define GST_VINFO_FIELD(Struct, member)                                        \
  {                                                                            \
    G_STRUCT_OFFSET (Struct, member), sizeof (((Struct *)NULL)->member)        \
  }

/**
 * gst_vinfo_fields_set:
 * @fields: (array length=n)
 * @object: the struct; hold the lock that its fields want
 *
 * Returns: %FALSE where @id is none of the fields'
 */
gboolean gst_vinfo_fields_set (const GstVInfoField *fields, guint n,
    gpointer object, guint id, const GValue *value);

/** gst_vinfo_fields_get: as gst_vinfo_fields_set(), to @value */
gboolean gst_vinfo_fields_get (const GstVInfoField *fields, guint n,
    gconstpointer object, guint id, GValue *value);

G_END_DECLS
