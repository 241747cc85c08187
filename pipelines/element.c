/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Making elements and setting them up with errors instead of surprises.
 */
#include "element.h"

#include "choice.h"

GstElement *
element_new (const char *factory, GError **error)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (!element)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "%s: no such element: %s", factory,
        g_str_has_prefix (factory, "vinfo")
            ? "run it by meson devenv, or set GST_PLUGIN_PATH"
            : "install gstreamer1.0-plugins-base and -good");
  return element;
}

gboolean
element_set_nick (
    GstElement *element, const char *property, const char *nick, GError **error)
{
  GParamSpec *spec
      = g_object_class_find_property (G_OBJECT_GET_CLASS (element), property);
  gint value;

  g_return_val_if_fail (G_IS_PARAM_SPEC_ENUM (spec), FALSE);
  if (!choice_parse (spec->value_type, property, nick, &value, error))
    return FALSE;
  g_object_set (element, property, value, NULL);
  return TRUE;
}

/* Returns: (transfer full): which numbers @spec allows */
static char *
describe_range (GParamSpec *spec)
{
  if (G_IS_PARAM_SPEC_INT (spec))
    return g_strdup_printf ("%d to %d", G_PARAM_SPEC_INT (spec)->minimum,
        G_PARAM_SPEC_INT (spec)->maximum);
  if (G_IS_PARAM_SPEC_UINT (spec))
    return g_strdup_printf ("%u to %u", G_PARAM_SPEC_UINT (spec)->minimum,
        G_PARAM_SPEC_UINT (spec)->maximum);
  if (G_IS_PARAM_SPEC_UINT64 (spec))
    return g_strdup_printf ("%" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
        G_PARAM_SPEC_UINT64 (spec)->minimum,
        G_PARAM_SPEC_UINT64 (spec)->maximum);
  if (G_IS_PARAM_SPEC_DOUBLE (spec))
    return g_strdup_printf ("%g to %g", G_PARAM_SPEC_DOUBLE (spec)->minimum,
        G_PARAM_SPEC_DOUBLE (spec)->maximum);
  return g_strdup ("another kind");
}

gboolean
element_set_number (
    GstElement *element, const char *property, double value, GError **error)
{
  GParamSpec *spec
      = g_object_class_find_property (G_OBJECT_GET_CLASS (element), property);
  g_auto (GValue) number = G_VALUE_INIT;
  g_auto (GValue) converted = G_VALUE_INIT;

  g_return_val_if_fail (spec != NULL, FALSE);
  g_value_init (&number, G_TYPE_DOUBLE);
  g_value_set_double (&number, value);
  g_value_init (&converted, spec->value_type);
  if (value < 0 || !g_value_transform (&number, &converted)
      || g_param_value_validate (spec, &converted)) {
    g_autofree char *range = describe_range (spec);

    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--%s must be %s, not %g", property, range, value);
    return FALSE;
  }
  g_object_set_property (G_OBJECT (element), property, &converted);
  return TRUE;
}
