/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The formats in which data sets are exchanged, and how to tell them.
 */
#include "exchange.h"

#include <gio/gio.h>

#define MAX_DEPTH 64

static const ExchangeFormat *const formats[]
    = { &exchange_webdataset, &exchange_imagefolder };

const ExchangeFormat *
exchange_find (const char *name, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_strcmp0 (name, formats[i]->name) == 0)
      return formats[i];
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s: no such format: webdataset or imagefolder", name);
  return NULL;
}

static gboolean
holds_tar (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, ".tar"))
      return TRUE;
  return FALSE;
}

const ExchangeFormat *
exchange_guess (const char *path)
{
  return !g_file_test (path, G_FILE_TEST_IS_DIR) || holds_tar (path)
             ? &exchange_webdataset
             : &exchange_imagefolder;
}

/* The parser takes each level by a call of its own. */
static gboolean
is_shallow (const char *text)
{
  guint depth = 0;
  gboolean quoted = FALSE;

  for (; *text; text++) {
    if (quoted && *text == '\\' && text[1])
      text++;
    else if (*text == '"')
      quoted = !quoted;
    else if (!quoted && (*text == '[' || *text == '{')) {
      if (++depth > MAX_DEPTH)
        return FALSE;
    } else if (!quoted && (*text == ']' || *text == '}') && depth > 0)
      depth--;
  }
  return TRUE;
}

JsonNode *
exchange_parse (const char *text, GError **error)
{
  if (is_shallow (text))
    return json_from_string (text, error);
  g_set_error (
      error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "JSON nested too deep");
  return NULL;
}

const char *
exchange_extension (const VInfoSample *sample)
{
  return sample->codec == VINFO_IMAGE_CODEC_MJPEG ? "jpg" : "png";
}
