/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What of an address others may see. The rest of it stays as it is, byte for byte:
 * it names the source of samples, and their ids follow from it.
 */
#include "address.h"

#include <string.h>

#define SEPARATOR "://"

/* The length of what user name and password are part of. Where they hold what
 * should have been escaped, all that is known is that they end at a later @. */
static gsize
length_of_authority (const char *address, const char *authority)
{
  const GUriFlags flags = G_URI_FLAGS_PARSE_RELAXED | G_URI_FLAGS_ENCODED;

  return g_uri_is_valid (address, flags, NULL) ? strcspn (authority, "/?")
                                               : strlen (authority);
}

char *
address_without_password (const char *address)
{
  const char *scheme = g_uri_peek_scheme (address);
  const char *authority = scheme ? address + strlen (scheme) : NULL;
  const char *at;

  if (!authority || !g_str_has_prefix (authority, SEPARATOR))
    return g_strdup (address);
  authority += strlen (SEPARATOR);
  at = g_strrstr_len (
      authority, (gssize)length_of_authority (address, authority), "@");
  if (!at)
    return g_strdup (address);
  return g_strdup_printf (
      "%.*s%s", (int)(authority - address), address, at + 1);
}
