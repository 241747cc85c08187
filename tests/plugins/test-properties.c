/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "harness.h"

/* A value in the range of every property of its type, another for each n. */
static void
choose_value (GParamSpec *pspec, guint n, GValue *value)
{
  gint64 small = 10 + n;

  g_value_init (value, pspec->value_type);
  if (G_VALUE_HOLDS_BOOLEAN (value))
    g_value_set_boolean (value, !G_PARAM_SPEC_BOOLEAN (pspec)->default_value);
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, (gint)small);
  else if (G_VALUE_HOLDS_UINT (value))
    g_value_set_uint (value, (guint)small);
  else if (G_VALUE_HOLDS_UINT64 (value))
    g_value_set_uint64 (value, (guint64)small);
  else if (G_VALUE_HOLDS_DOUBLE (value))
    g_value_set_double (value, small / 100.);
  else if (G_VALUE_HOLDS_ENUM (value))
    g_value_set_enum (value,
        n % 2 ? G_PARAM_SPEC_ENUM (pspec)->default_value
              : G_ENUM_CLASS (g_type_class_peek (pspec->value_type))->maximum);
  else if (G_VALUE_HOLDS_STRING (value))
    g_value_set_string (value, pspec->name);
  else
    fail ("%s is of another type: %s", pspec->name,
        g_type_name (pspec->value_type));
}

static gboolean
is_own (GObject *object, GParamSpec *pspec)
{
  return pspec->owner_type == G_OBJECT_TYPE (object)
         && pspec->flags & G_PARAM_WRITABLE;
}

/* All are set before the first is read: none may write over another. */
static void
check_properties (GObject *object)
{
  guint n;
  g_autofree GParamSpec **pspecs
      = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);
  g_autofree GValue *values = g_new0 (GValue, n);
  guint n_own = 0;

  for (guint i = 0; i < n; i++) {
    if (!is_own (object, pspecs[i]))
      continue;
    choose_value (pspecs[i], n_own++, &values[i]);
    g_object_set_property (object, pspecs[i]->name, &values[i]);
  }
  fail_unless (n_own > 0);

  for (guint i = 0; i < n; i++) {
    GValue read = G_VALUE_INIT;

    if (!is_own (object, pspecs[i]))
      continue;
    g_value_init (&read, pspecs[i]->value_type);
    g_object_get_property (object, pspecs[i]->name, &read);
    fail_unless (g_param_values_cmp (pspecs[i], &read, &values[i]) == 0,
        "%s: %s", G_OBJECT_TYPE_NAME (object), pspecs[i]->name);
    g_value_unset (&read);
    g_value_unset (&values[i]);
  }
}

GST_START_TEST (test_each_property_reads_as_it_was_written)
{
  static const char *const factories[] = { "vinfocompose", "vinfoscore",
    "vinforeservoir", "vinfosrc", "vinfotrainer" };

  for (guint i = 0; i < G_N_ELEMENTS (factories); i++) {
    g_autoptr (GstElement) element
        = gst_element_factory_make (factories[i], NULL);

    fail_unless (element != NULL);
    gst_object_ref_sink (element);
    check_properties (G_OBJECT (element));
  }
}
GST_END_TEST;

GST_START_TEST (test_each_property_of_a_feed_reads_as_it_was_written)
{
  g_autoptr (GstElement) element
      = gst_element_factory_make ("vinforeservoir", NULL);
  g_autoptr (GstPad) pad = NULL;

  gst_object_ref_sink (element);
  pad = gst_element_request_pad_simple (element, "sink_0");
  check_properties (G_OBJECT (pad));
}
GST_END_TEST;

static Suite *
properties_suite (void)
{
  Suite *suite = suite_create ("properties");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_each_property_reads_as_it_was_written);
  tcase_add_test (tc, test_each_property_of_a_feed_reads_as_it_was_written);
  return suite;
}

GST_CHECK_MAIN (properties);
