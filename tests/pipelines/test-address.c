/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address.h"

static void
assert_shown_as (const char *address, const char *expected)
{
  g_autofree char *shown = address_without_password (address);

  g_assert_cmpstr (shown, ==, expected);
}

static void
test_password_is_left_out (void)
{
  assert_shown_as ("rtsp://me:secret@door:554/1", "rtsp://door:554/1");
  assert_shown_as ("rtsp://secret@door", "rtsp://door");
  assert_shown_as ("http://me:se%40cret@[::1]:80/a?b", "http://[::1]:80/a?b");
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
test_address_without_password_stays_as_it_is (void)
{
  const char *const addresses[] = { "rtsp://Door:0554/1//x", "http://h/%ff/a@b",
    "http://h?to=a@b", "HTTP://h/%7Ea b", "file:///tmp/a@b.mp4", "test:ball:1",
    "clips/a@b.mp4", "odd:a://b@c", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    assert_shown_as (addresses[i], addresses[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/password", test_password_is_left_out);
  g_test_add_func ("/address/unescaped",
      test_password_that_should_have_been_escaped_is_left_out);
  g_test_add_func (
      "/address/unchanged", test_address_without_password_stays_as_it_is);
  return g_test_run ();
}
