/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* JSON by the letter of RFC 8259. json-glib takes more than that (comments,
 * hexadecimal numbers, single quotes, lone surrogates, which are no UTF-8), and
 * reads numbers beyond 64 bits as others: -18446744073709551604 is 12. */

#include "mae/json-private.h"

#include <string.h>

/* More than any format here needs; json-glib recurses, so that a file of
 * brackets alone would use up the stack. */
#define MAX_DEPTH 32

typedef struct {
  const char *at, *end;
  guint depth;
  const char *problem; /* the first one, found at `at` */
} Scan;

static gboolean scan_value (Scan *s);

static gboolean
fail (Scan *s, const char *problem)
{
  if (!s->problem)
    s->problem = problem;
  return FALSE;
}

static gboolean
take (Scan *s, char c)
{
  if (s->at == s->end || *s->at != c)
    return FALSE;
  s->at++;
  return TRUE;
}

static void
skip_space (Scan *s)
{
  while (take (s, ' ') || take (s, '\n') || take (s, '\r') || take (s, '\t'))
    ;
}

/* The character that \uXXXX stands for, `at` being behind the u. */
static gboolean
scan_unicode (Scan *s, guint *unit)
{
  *unit = 0;
  for (guint i = 0; i < 4; i++, s->at++) {
    if (s->at == s->end || !g_ascii_isxdigit (*s->at))
      return fail (s, "not four hexadecimal digits after \\u");
    *unit = *unit * 16 + g_ascii_xdigit_value (*s->at);
  }
  return TRUE;
}

static gboolean
scan_escape (Scan *s)
{
  guint unit, low;
  if (s->at < s->end && memchr ("\"\\/bfnrt", *s->at, 8)) {
    s->at++;
    return TRUE;
  }
  if (!take (s, 'u'))
    return fail (s, "an escape that there is not");
  if (!scan_unicode (s, &unit))
    return FALSE;
  if (unit == 0)
    return fail (s, "a NUL character in a string");
  if (unit < 0xd800 || unit > 0xdfff)
    return TRUE;
  if (unit < 0xdc00 && take (s, '\\') && take (s, 'u') && scan_unicode (s, &low)
      && low >= 0xdc00 && low <= 0xdfff)
    return TRUE;
  return fail (s, "half of a surrogate pair");
}

static gboolean
scan_string (Scan *s)
{
  if (!take (s, '"'))
    return fail (s, "no string where one must be");
  while (!take (s, '"')) {
    if (s->at == s->end)
      return fail (s, "a string without an end");
    if ((guchar)*s->at < ' ')
      return fail (s, "a control character in a string");
    if (*s->at++ == '\\' && !scan_escape (s))
      return FALSE;
  }
  return TRUE;
}

static guint
skip_digits (Scan *s)
{
  const char *begin = s->at;
  while (s->at < s->end && g_ascii_isdigit (*s->at))
    s->at++;
  return s->at - begin;
}

/* Whether the digits from `begin` to here are a number up to G_MAXINT64. */
static gboolean
fits (const Scan *s, const char *begin)
{
  guint64 value = 0;
  for (; begin < s->at; begin++)
    if (!g_uint64_checked_mul (&value, value, 10)
        || !g_uint64_checked_add (&value, value, *begin - '0')
        || value > G_MAXINT64)
      return FALSE;
  return TRUE;
}

static gboolean
scan_number (Scan *s)
{
  gboolean whole = TRUE;
  take (s, '-');
  const char *begin = s->at;
  if (!take (s, '0') && skip_digits (s) == 0)
    return fail (s, "no value where one must be");
  gboolean in_range = fits (s, begin);
  if (take (s, '.')) {
    whole = FALSE;
    if (skip_digits (s) == 0)
      return fail (s, "no digit after the point");
  }
  if (take (s, 'e') || take (s, 'E')) {
    whole = FALSE;
    if (!take (s, '+'))
      take (s, '-');
    if (skip_digits (s) == 0)
      return fail (s, "no digit in the exponent");
  }
  return !whole || in_range || fail (s, "a number beyond 64 bits");
}

static gboolean
scan_word (Scan *s, const char *word)
{
  gsize n = strlen (word);
  if ((gsize)(s->end - s->at) < n || memcmp (s->at, word, n) != 0)
    return fail (s, "no value where one must be");
  s->at += n;
  return TRUE;
}

static gboolean
scan_member (Scan *s)
{
  skip_space (s);
  if (!scan_string (s))
    return FALSE;
  skip_space (s);
  return take (s, ':') ? scan_value (s) : fail (s, "no colon after a name");
}

/* What is between brackets that end with `close`. */
static gboolean
scan_list (Scan *s, char close, gboolean (*scan_item) (Scan *s))
{
  s->at++;
  if (++s->depth > MAX_DEPTH)
    return fail (s, "nested too deep");
  skip_space (s);
  if (!take (s, close)) {
    do
      if (!scan_item (s))
        return FALSE;
    while (take (s, ','));
    if (!take (s, close))
      return fail (s, "neither a comma nor the closing bracket");
  }
  s->depth--;
  return TRUE;
}

static gboolean
scan_value (Scan *s)
{
  gboolean good;
  skip_space (s);
  switch (s->at < s->end ? *s->at : '\0') {
  case '{':
    good = scan_list (s, '}', scan_member);
    break;
  case '[':
    good = scan_list (s, ']', scan_value);
    break;
  case '"':
    good = scan_string (s);
    break;
  case 't':
    good = scan_word (s, "true");
    break;
  case 'f':
    good = scan_word (s, "false");
    break;
  case 'n':
    good = scan_word (s, "null");
    break;
  default:
    good = scan_number (s);
  }
  skip_space (s);
  return good;
}

const char *
mae_json_problem (const char *text, gsize size, gsize *where)
{
  Scan s = { text, text + size, 0, NULL };
  if (scan_value (&s) && s.at < s.end)
    fail (&s, "something after the end");
  *where = s.at - text;
  return s.problem;
}
