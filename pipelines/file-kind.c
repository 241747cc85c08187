/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a file is by its first bytes, to tell whoever gave another than is meant.
 */
#include "file-kind.h"

#include <stdio.h>
#include <string.h>

#include "image/vinfo-image.h"

#define HEAD 512

typedef struct {
  gsize offset;
  const char *bytes;
  gsize size;
  const char *name;
} Kind;

/* The string's last byte is the compiler's. */
#define KIND(offset, bytes, name)                                              \
  {                                                                            \
    offset, bytes, sizeof bytes - 1, name                                      \
  }

static const char film[] = "a film";
static const char archive[] = "an archive or compressed";

static const Kind kinds[] = {
  KIND (0, "SQLite format 3\0", NULL),
  KIND (8, "AVI ", film),
  KIND (4, "ftyp", film),
  KIND (0, "\x1a\x45\xdf\xa3", film),
  KIND (0, "PK\3\4", "a zip archive"),
  KIND (257, "ustar", "a tar archive"),
  KIND (0, "\x1f\x8b", archive),
  KIND (0,
      "\xfd"
      "7zXZ",
      archive),
  KIND (0, "7z\xbc\xaf", archive),
};

static gboolean
is_picture (const char *head, gsize n)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (head, n);
  g_autoptr (GError) why = NULL;
  g_autoptr (VInfoImage) image = vinfo_image_decode (bytes, NULL, &why);

  return !g_error_matches (
      why, VINFO_IMAGE_ERROR, VINFO_IMAGE_ERROR_UNSUPPORTED);
}

/* Returns: (nullable): %NULL of a store, and of what can't be read: whoever opens
 * it says why */
static const char *
describe (const char *file)
{
  char head[HEAD];
  FILE *stream = fopen (file, "re");
  gsize n = stream ? fread (head, 1, HEAD, stream) : 0;
  gboolean failed = !stream || ferror (stream);

  if (stream)
    fclose (stream);
  if (failed)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    const Kind *kind = &kinds[i];

    if (n >= kind->offset + kind->size
        && memcmp (head + kind->offset, kind->bytes, kind->size) == 0)
      return kind->name;
  }
  return n == 0                 ? "empty"
         : is_picture (head, n) ? "a picture"
                                : "of no known kind";
}

gboolean
file_kind_check_store (const char *file, const char *wanted, GError **error)
{
  const char *name = describe (file);

  if (!name)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s: %s, not a store: give %s", file, name, wanted);
  return FALSE;
}
