/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What of an address others may see. The rest of it stays as it is, byte for byte:
 * it names the source of samples, and their ids follow from it. A query may hold a
 * token or choose a channel, so what stands for it tells one from another.
 */
#include "address.h"

#include <string.h>

#define SEPARATOR "://"
#define HIDDEN "hidden="
#define HASH_DIGITS 8 /* of 64: few to check guesses by, enough for any site */

/* The length of what user name and password are part of. Where they hold what
 * should have been escaped, all that is known is that they end at a later @. */
static gsize
length_of_authority (const char *address, const char *authority)
{
  const GUriFlags flags = G_URI_FLAGS_PARSE_RELAXED | G_URI_FLAGS_ENCODED;

  return g_uri_is_valid (address, flags, NULL) ? strcspn (authority, "/?")
                                               : strlen (authority);
}

static char *
without_password (const char *address, const char *authority)
{
  const char *at = g_strrstr_len (
      authority, (gssize)length_of_authority (address, authority), "@");

  if (!at)
    return g_strdup (address);
  return g_strdup_printf (
      "%.*s%s", (int)(authority - address), address, at + 1);
}

static gboolean
is_hidden (const char *query)
{
  const char *hash = query + strlen (HIDDEN);

  return g_str_has_prefix (query, HIDDEN) && strlen (hash) == HASH_DIGITS
         && strspn (hash, "0123456789abcdef") == HASH_DIGITS;
}

/* Up to the end: what should have been escaped may hold a #. */
static void
hide_query (char **address)
{
  char *query = strchr (*address, '?');
  g_autofree char *hash = NULL;
  char *shown;

  if (!query || query[1] == '\0' || is_hidden (query + 1))
    return;
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, query + 1, -1);
  shown = g_strdup_printf ("%.*s" HIDDEN "%.*s", (int)(query + 1 - *address),
      *address, HASH_DIGITS, hash);
  g_free (*address);
  *address = shown;
}

char *
address_without_secrets (const char *address)
{
  const char *scheme = g_uri_peek_scheme (address);
  const char *authority = scheme ? address + strlen (scheme) : NULL;
  char *shown;

  if (!authority || !g_str_has_prefix (authority, SEPARATOR))
    return g_strdup (address);
  shown = without_password (address, authority + strlen (SEPARATOR));
  hide_query (&shown);
  return shown;
}
