/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Values of choices by the names that people give.
 */
#include "choice.h"

static char *
list_nicks (const GEnumClass *values)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < values->n_values; i++)
    g_string_append_printf (
        list, "%s%s", i > 0 ? ", " : "", values->values[i].value_nick);
  return g_string_free (list, FALSE);
}

gboolean
choice_parse (
    GType type, const char *what, const char *nick, gint *value, GError **error)
{
  GEnumClass *values = g_type_class_ref (type);
  const GEnumValue *found = g_enum_get_value_by_nick (values, nick);
  g_autofree char *nicks = list_nicks (values);

  if (found)
    *value = found->value;
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: no such %s: there are %s", nick, what, nicks);
  g_type_class_unref (values);
  return found != NULL;
}

gboolean
choice_check (const char *const *names, const char *what, const char *name,
    GError **error)
{
  g_autofree char *list = NULL;

  if (!name || g_strv_contains (names, name))
    return TRUE;
  list = g_strjoinv (", ", (char **)names);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s: no such %s: there are %s", name, what, list);
  return FALSE;
}
