/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What an element complains of, for people.
 */
#include "diagnosis.h"

#include <string.h>

/* The debug text is "FILE(LINE): FUNCTION (): PATH:" and, where the element
 * knows more, what it knows on lines of its own. */
static char *
find_cause (const char *debug, const Input *input)
{
  const char *cause = debug ? strchr (debug, '\n') : NULL;
  g_autoptr (GString) text = g_string_new (cause ? cause + 1 : "");

  if (input) {
    g_autofree char *address = input_describe (input);

    g_string_replace (text, input->uri, address, 0);
  }
  g_strdelimit (text->str, "\n", ' ');
  return g_strdup (g_strstrip (text->str));
}

/* Base classes say the same of whatever ends the flow of data. */
static gboolean
is_source_without_data (GstObject *object, const GError *error)
{
  return GST_IS_URI_HANDLER (object)
         && g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
}

/* Nobody wants to hear which decoder its sound would need. */
static gboolean
is_sound_alone (const GError *error, const char *debug)
{
  return g_error_matches (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN)
         && debug && strstr (debug, "(audio/") && !strstr (debug, "(video/")
         && !strstr (debug, "(image/");
}

static const char *
name_of_factory (GstObject *object)
{
  GstElementFactory *factory
      = GST_IS_ELEMENT (object) ? gst_element_get_factory (GST_ELEMENT (object))
                                : NULL;

  return factory ? GST_OBJECT_NAME (factory) : GST_OBJECT_NAME (object);
}

static void
parse (GstMessage *message, GError **error, char **debug)
{
  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_ERROR:
    gst_message_parse_error (message, error, debug);
    break;
  case GST_MESSAGE_WARNING:
    gst_message_parse_warning (message, error, debug);
    break;
  default:
    gst_message_parse_info (message, error, debug);
  }
}

char *
diagnosis_new (GstMessage *message, const Input *input)
{
  GstObject *object = GST_MESSAGE_SRC (message);
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;
  g_autofree char *cause = NULL;
  g_autofree char *place = NULL;
  const char *what;

  parse (message, &error, &debug);
  cause = find_cause (debug, input);
  place = input ? input_describe (input) : g_strdup (GST_OBJECT_NAME (object));
  what = is_source_without_data (object, error)
             ? "cannot be reached, or sends nothing that can be read"
             : error->message;
  if (is_sound_alone (error, debug))
    return g_strdup_printf ("%s: no video in it", place);
  if (!*cause)
    return g_strdup_printf ("%s: %s", place, what);
  return g_strdup_printf (
      "%s: %s (%s: %s)", place, what, name_of_factory (object), cause);
}
