/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/**
 * element_new:
 *
 * Returns: (transfer floating): a new element, or %NULL with @error that says
 *   what to install
 */
GstElement *element_new (const char *factory, GError **error);

/**
 * element_set_nick:
 * @property: an enumeration
 * @nick: one of its values
 *
 * Returns: %FALSE with @error, naming those there are, where @nick is none
 */
gboolean element_set_nick (GstElement *element, const char *property,
    const char *nick, GError **error);

/**
 * element_set_number:
 * @property: of any numeric type; so is the option called that sets it
 *
 * Returns: %FALSE with @error where @value is out of the property's range
 */
gboolean element_set_number (
    GstElement *element, const char *property, double value, GError **error);
