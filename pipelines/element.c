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
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%g: out of range for %s (%s)", value, property,
        g_param_spec_get_blurb (spec));
    return FALSE;
  }
  g_object_set_property (G_OBJECT (element), property, &converted);
  return TRUE;
}
