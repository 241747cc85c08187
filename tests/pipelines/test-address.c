/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address.h"

#include <string.h>

static void
assert_shown_as (const char *address, const char *expected)
{
  g_autofree char *shown = address_without_secrets (address);

  g_assert_cmpstr (shown, ==, expected);
}

static void
test_password_is_left_out (void)
{
  assert_shown_as ("rtsp://me:secret@door:554/1", "rtsp://door:554/1");
  assert_shown_as ("rtsp://secret@door", "rtsp://door");
  assert_shown_as ("http://me:se%40cret@[::1]:80/a", "http://[::1]:80/a");
}

/* As some elements take them. */
static void
test_password_that_should_have_been_escaped_is_left_out (void)
{
  assert_shown_as ("rtsp://me:s@cret@door/1", "rtsp://door/1");
  assert_shown_as ("rtsp://me:se#cret@door/1", "rtsp://door/1");
  assert_shown_as ("rtsp://me:12#cret@door/1", "rtsp://door/1");
  assert_shown_as ("rtsp://me:se/cret@door/1", "rtsp://door/1");
  assert_shown_as ("rtsp://me:se?cret@door/1", "rtsp://door/1");
}

static void
test_address_without_secrets_stays_as_it_is (void)
{
  const char *const addresses[] = { "rtsp://Door:0554/1//x", "http://h/%ff/a@b",
    "http://h/?", "HTTP://h/%7Ea b", "file:///tmp/a@b.mp4", "test:ball:1",
    "clips/a@b.mp4?c", "odd:a://b@c", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    assert_shown_as (addresses[i], addresses[i]);
}

/* The digits are those of `printf %s 'to=a@b' | sha256sum`. */
static void
test_query_is_hidden (void)
{
  assert_shown_as ("http://h?to=a@b", "http://h?hidden=9f718a1a");
  assert_shown_as ("http://me:secret@h/x?to=a@b", "http://h/x?hidden=9f718a1a");
  assert_shown_as ("http://h/x?hidden=no-hash", "http://h/x?hidden=85c4d3e2");
}

static void
test_queries_that_differ_stay_different (void)
{
  g_autofree char *one = address_without_secrets ("rtsp://h/x?channel=1&t=a#b");
  g_autofree char *two = address_without_secrets ("rtsp://h/x?channel=2&t=a#b");
  g_autofree char *three
      = address_without_secrets ("rtsp://h/x?channel=1&t=a#c");

  g_assert_cmpstr (one, !=, two);
  g_assert_cmpstr (one, !=, three);
  g_assert_null (strpbrk (one, "&#"));
}

static void
test_what_may_be_shown_stays_as_it_is (void)
{
  g_autofree char *once = address_without_secrets ("http://me:s@h/x?token=a");

  assert_shown_as (once, once);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/password", test_password_is_left_out);
  g_test_add_func ("/address/unescaped",
      test_password_that_should_have_been_escaped_is_left_out);
  g_test_add_func (
      "/address/unchanged", test_address_without_secrets_stays_as_it_is);
  g_test_add_func ("/address/query", test_query_is_hidden);
  g_test_add_func ("/address/queries", test_queries_that_differ_stay_different);
  g_test_add_func ("/address/again", test_what_may_be_shown_stays_as_it_is);
  return g_test_run ();
}
