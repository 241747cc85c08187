/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-text.h"

#include "units.h"

static void
assert_text (const char *json, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = json_from_string (json, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = json_to_text (json_node_get_object (root));
  g_assert_cmpstr (text, ==, expected);
}

static void
test_bytes_have_the_unit_that_fits (void)
{
  assert_text ("{\"bytes\":58753659,\"file_bytes\":1024,\"samples\":58753659}",
      "bytes       58.8 MB\nfile_bytes  1.0 kB\nsamples     58753659\n");
}

static void
test_fractions_are_short_and_what_is_missing_is_a_dash (void)
{
  assert_text ("{\"loss\":[0.11593618988990784,1.5602407455444336],"
               "\"alpha\":null,\"is\":true}",
      "loss   0.1159; 1.56\nalpha  -\nis     yes\n");
}

static void
test_counts_are_listed_and_long_lists_are_not (void)
{
  assert_text ("{\"rejected\":{\"noise\":3,\"evicted\":20},\"feeds\":{},"
               "\"masks\":[0,1,2,3,0,1,2,3,0],\"hidden\":[[0,1],[1,0]]}",
      "rejected  noise: 3, evicted: 20\n"
      "feeds     none\n"
      "masks     9 entries (--json lists them)\n"
      "hidden    2 entries (--json lists them)\n");
}

static void
test_parts_are_named_by_their_whole (void)
{
  assert_text ("{\"store\":{\"samples\":7,\"ood\":{\"kind\":\"knn\"}}}",
      "store.samples  7\nstore.ood      kind: knn\n");
}

static void
test_time_has_the_unit_that_fits (void)
{
  static const struct {
    double seconds;
    const char *text;
  } times[] = { { 0.5, "0.5 s" }, { 41.67, "41.7 s" }, { 600, "10 minutes" },
    { 4170, "69.5 minutes" }, { 86400, "24 hours" }, { 864000, "10 days" },
    { 3e8, "9.51 years" } };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    g_autofree char *text = units_of_seconds (times[i].seconds);

    g_assert_cmpstr (text, ==, times[i].text);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-text/bytes", test_bytes_have_the_unit_that_fits);
  g_test_add_func ("/json-text/fractions",
      test_fractions_are_short_and_what_is_missing_is_a_dash);
  g_test_add_func (
      "/json-text/lists", test_counts_are_listed_and_long_lists_are_not);
  g_test_add_func ("/json-text/parts", test_parts_are_named_by_their_whole);
  g_test_add_func ("/json-text/time", test_time_has_the_unit_that_fits);
  return g_test_run ();
}
