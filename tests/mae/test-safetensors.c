/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "temporary-directory.h"

#include "mae/safetensors-private.h"
#include "mae/vinfo-mae.h"

#include <math.h>
#include <string.h>

typedef struct {
  char *directory, *path;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->directory = temporary_directory_new ();
  f->path = g_build_filename (f->directory, "t.safetensors", NULL);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  temporary_directory_free (f->directory);
  g_free (f->path);
}

/* A file of a header length, a header and n bytes of data. */
static void
put_file (Fixture *f, guint64 length, const char *header, gsize n_data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree guint8 *data = g_malloc0 (n_data + 1);
  g_autoptr (GError) error = NULL;
  guint64 little = GUINT64_TO_LE (length);
  g_byte_array_append (bytes, (guint8 *)&little, sizeof little);
  g_byte_array_append (bytes, (const guint8 *)header, strlen (header));
  g_byte_array_append (bytes, data, n_data);
  g_file_set_contents (f->path, (char *)bytes->data, bytes->len, &error);
  g_assert_no_error (error);
}

static void
assert_refused (Fixture *f, VInfoMaeError code, const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Safetensors) file = safetensors_open (f->path, &error);
  g_assert_null (file);
  g_assert_error (error, VINFO_MAE_ERROR, (gint)code);
  g_assert_true (g_str_has_prefix (error->message, f->path));
  if (!strstr (error->message, what))
    g_error ("'%s' is not in '%s'", what, error->message);
}

static void
refuse_header (
    Fixture *f, const char *header, gsize n, int code, const char *what)
{
  put_file (f, strlen (header), header, n);
  assert_refused (f, code, what);
}

#define T(dtype, shape, begin, end)                                            \
  "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin      \
  "," end "]}"

static void
test_what_is_written_is_read (Fixture *f, gconstpointer unused)
{
  const float a[6] = { 1, -2, 3.5, 1e-40f, INFINITY, 1e38f };
  const gint64 b[1] = { -7 };
  const SafetensorsEntry entries[] = {
    { "a", SAFETENSORS_F32, 2, { 2, 3 }, a },
    { "nothing", SAFETENSORS_F32, 1, { 0 }, a },
    { "b", SAFETENSORS_I64, 0, { 0 }, b },
  };
  const char *metadata[] = { "format", "pt", "quote", "\"\n", NULL };
  g_autoptr (GError) error = NULL;
  float out[6];
  g_assert_true (safetensors_write (f->path, entries, 3, metadata, &error));
  g_autoptr (Safetensors) file = safetensors_open (f->path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (safetensors_n_entries (file), ==, 3);
  g_assert_cmpstr (safetensors_metadata (file, "format"), ==, "pt");
  g_assert_cmpstr (safetensors_metadata (file, "quote"), ==, "\"\n");
  g_assert_null (safetensors_metadata (file, "missing"));
  g_assert_true (safetensors_read_floats (file, "a", out, 6, &error));
  g_assert_cmpmem (out, sizeof out, a, sizeof a);
  const SafetensorsEntry *entry = safetensors_find (file, "b");
  g_assert_cmpuint (entry->n_dims, ==, 0);
  g_assert_cmpmem (entry->data, 8, b, 8);
  g_assert_cmpuint (safetensors_find (file, "nothing")->shape[0], ==, 0);
  g_assert_null (safetensors_find (file, "c"));
}

static void
test_half_floats_are_converted (Fixture *f, gconstpointer unused)
{
  const guint16 f16[6] = { 0x3c00, 0xc100, 0x7bff, 0x0001, 0x8000, 0xfc00 };
  const guint16 bf16[2] = { 0x3f80, 0xc020 };
  const SafetensorsEntry entries[] = {
    { "f16", SAFETENSORS_F16, 1, { 6 }, f16 },
    { "bf16", SAFETENSORS_BF16, 1, { 2 }, bf16 },
  };
  const float expected[6] = { 1, -2.5f, 65504, 0x1p-24f, -0.0f, -INFINITY };
  float out[6];
  g_assert_true (safetensors_write (f->path, entries, 2, NULL, NULL));
  g_autoptr (Safetensors) file = safetensors_open (f->path, NULL);
  g_assert_true (safetensors_read_floats (file, "f16", out, 6, NULL));
  g_assert_cmpmem (out, sizeof out, expected, sizeof expected);
  g_assert_true (safetensors_read_floats (file, "bf16", out, 2, NULL));
  g_assert_cmpfloat (out[0], ==, 1);
  g_assert_cmpfloat (out[1], ==, -2.5);
}

static void
test_wrong_reads_are_refused (Fixture *f, gconstpointer unused)
{
  const gint64 b[1] = { 1 };
  const SafetensorsEntry entry = { "b", SAFETENSORS_I64, 1, { 1 }, b };
  g_autoptr (GError) error = NULL;
  float out[2];
  g_assert_true (safetensors_write (f->path, &entry, 1, NULL, NULL));
  g_autoptr (Safetensors) file = safetensors_open (f->path, NULL);
  g_assert_false (safetensors_read_floats (file, "b", out, 1, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH);
  g_clear_error (&error);
  g_assert_false (safetensors_read_floats (file, "b", out, 2, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH);
  g_clear_error (&error);
  g_assert_false (safetensors_read_floats (file, "c", out, 1, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_MISMATCH);
}

static void
test_truncated_files_are_refused (Fixture *f, gconstpointer unused)
{
  const char *header = "{\"a\":" T ("F32", "[4]", "0", "16") "}";
  g_autofree char *whole = NULL;
  gsize size;
  put_file (f, strlen (header), header, 16);
  g_assert_true (g_file_get_contents (f->path, &whole, &size, NULL));
  g_autoptr (Safetensors) file = safetensors_open (f->path, NULL);
  g_assert_nonnull (file);
  for (gsize n = 0; n < size; n++) {
    g_file_set_contents (f->path, whole, n, NULL);
    assert_refused (f, VINFO_MAE_ERROR_CORRUPT, "truncated");
  }
}

static void
test_missing_file_is_not_found (Fixture *f, gconstpointer unused)
{
  assert_refused (f, VINFO_MAE_ERROR_NOT_FOUND, "cannot open");
}

static void
test_huge_header_length_is_refused (Fixture *f, gconstpointer unused)
{
  put_file (f, G_MAXUINT64, "{}", 0);
  assert_refused (f, VINFO_MAE_ERROR_CORRUPT, "beyond the file");
  put_file (f, G_MAXUINT64 - 7, "{}", 0);
  assert_refused (f, VINFO_MAE_ERROR_CORRUPT, "beyond the file");
}

/* Before it is parsed, as it would be in vain for a while. */
static void
test_header_of_many_megabytes_is_refused (Fixture *f, gconstpointer unused)
{
  g_autofree char *header = g_strnfill (5 << 20, ' ');

  header[0] = '{';
  header[(5 << 20) - 1] = '}';
  refuse_header (f, header, 0, VINFO_MAE_ERROR_CORRUPT, "header");
}

static void
test_bad_json_is_refused (Fixture *f, gconstpointer unused)
{
  g_autofree char *deep = g_strnfill (100000, '[');
  refuse_header (f, deep, 0, VINFO_MAE_ERROR_CORRUPT, "too deep");
  refuse_header (f, "", 0, VINFO_MAE_ERROR_CORRUPT, "JSON");
  refuse_header (f, "[]", 0, VINFO_MAE_ERROR_CORRUPT, "not an object");
  refuse_header (f, "{\"a\":", 0, VINFO_MAE_ERROR_CORRUPT, "JSON");
  refuse_header (f, "{\"\xff\":1}", 0, VINFO_MAE_ERROR_CORRUPT, "UTF-8");
  refuse_header (f, "{\"a\":1}", 0, VINFO_MAE_ERROR_CORRUPT, "a: not an");
  refuse_header (f, "{\"a\":{}}", 0, VINFO_MAE_ERROR_CORRUPT, "no dtype");
  refuse_header (
      f, "{\"__metadata__\":3}", 0, VINFO_MAE_ERROR_CORRUPT, "metadata");
}

static void
test_bad_tensors_are_refused (Fixture *f, gconstpointer unused)
{
  static const struct {
    const char *header, *what;
  } cases[] = {
    { "{\"a\":" T ("F32", "[4]", "0", "12") "}", "takes 16" },
    { "{\"a\":" T ("F32", "[4]", "8", "24") "}", "outside" },
    { "{\"a\":" T ("F32", "[4]", "16", "0") "}", "outside" },
    { "{\"a\":" T ("F32", "[4]", "-16", "0") "}", "two numbers" },
    { "{\"a\":" T ("F32", "[-4]", "0", "16") "}", "negative" },
    { "{\"a\":" T ("F32", "[4.5]", "0", "16") "}", "not a number" },
    { "{\"a\":" T ("F32", "{}", "0", "16") "}", "shape" },
    { "{\"a\":" T ("F32", "[1,1,1,1,1,1,1,1,4]", "0", "16") "}", "at most" },
    { "{\"a\":" T ("F32", "[4294967296,4294967296,4]", "0", "16") "}",
        "too large" },
    { "{\"a\":" T ("F32", "[2]", "0", "8") "}", "belong to no tensor" },
    { "{\"a\":" T ("F32", "[2]", "8", "16") "}", "gap" },
    { "{\"a\":" T ("F32", "[3]", "0", "12") ",\"b\":" //
        T ("F32", "[2]", "8", "16") "}",
        "overlaps" },
    { "{\"a\":" T ("F32", "[4]", "0", "16") ",\"b\":" //
        T ("F32", "[4]", "0", "16") "}",
        "overlaps" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    refuse_header (
        f, cases[i].header, 16, VINFO_MAE_ERROR_CORRUPT, cases[i].what);
  refuse_header (f, "{\"a\":" T ("C64", "[2]", "0", "16") "}", 16,
      VINFO_MAE_ERROR_UNSUPPORTED, "C64");
}

/* Changes each byte of a valid file in turn; whatever opens must be whole. */
static void
test_changed_bytes_never_lead_outside (Fixture *f, gconstpointer unused)
{
  const char *header = "{\"a\":" T ("F32", "[2,1]", "0", "8") ",\"b\":" //
      T ("I64", "[1]", "8", "16") "}";
  g_autofree char *whole = NULL;
  gsize size;
  put_file (f, strlen (header), header, 16);
  g_assert_true (g_file_get_contents (f->path, &whole, &size, NULL));
  for (gsize i = 0; i < 8 + strlen (header); i++)
    for (guint change = 1; change < 256; change = change * 2 + 1) {
      whole[i] ^= change;
      g_file_set_contents_full (
          f->path, whole, size, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
      whole[i] ^= change;
      g_autoptr (Safetensors) file = safetensors_open (f->path, NULL);
      gsize bytes = 0;
      for (guint e = 0; file && e < safetensors_n_entries (file); e++) {
        const SafetensorsEntry *entry = safetensors_entry (file, e);
        gsize n = entry->dtype == SAFETENSORS_U8 ? 1 : 4;
        for (guint d = 0; d < entry->n_dims; d++)
          n *= entry->shape[d];
        for (gsize j = 0; j < MIN (n, 4); j++)
          bytes += ((const guint8 *)entry->data)[j] == 0;
      }
      g_assert_cmpuint (bytes, <=, 16);
    }
}

static void
test_failed_write_leaves_the_old_file (Fixture *f, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (f->path, "inside", NULL);
  g_autoptr (GError) error = NULL;
  put_file (f, 2, "{}", 0);
  g_assert_false (safetensors_write (path, NULL, 0, NULL, &error));
  g_assert_error (error, VINFO_MAE_ERROR, VINFO_MAE_ERROR_IO);
  g_autoptr (Safetensors) file = safetensors_open (f->path, NULL);
  g_assert_nonnull (file);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test)                                                        \
  g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/safetensors/round-trip", test_what_is_written_is_read);
  ADD ("/safetensors/half", test_half_floats_are_converted);
  ADD ("/safetensors/wrong-read", test_wrong_reads_are_refused);
  ADD ("/safetensors/truncated", test_truncated_files_are_refused);
  ADD ("/safetensors/missing", test_missing_file_is_not_found);
  ADD ("/safetensors/huge-header", test_huge_header_length_is_refused);
  ADD ("/safetensors/header-of-many-megabytes",
      test_header_of_many_megabytes_is_refused);
  ADD ("/safetensors/bad-json", test_bad_json_is_refused);
  ADD ("/safetensors/bad-tensors", test_bad_tensors_are_refused);
  ADD ("/safetensors/changed", test_changed_bytes_never_lead_outside);
  ADD ("/safetensors/failed-write", test_failed_write_leaves_the_old_file);
  return g_test_run ();
}
