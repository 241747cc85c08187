/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* TFRecord framing (length, masked CRC-32C, data, masked CRC-32C) around
 * protocol buffers of tensorflow.Event, as far as scalars need them. */
#include "tensorboard.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define CRC32C_POLYNOMIAL 0x82f63b78u

struct _TensorBoard {
  FILE *file;
};

static guint32
masked_crc32c (const guint8 *data, gsize size)
{
  guint32 crc = 0xffffffffu;

  for (gsize i = 0; i < size; i++) {
    crc ^= data[i];
    for (guint bit = 0; bit < 8; bit++)
      crc = (crc >> 1) ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

static void
put_varint (GByteArray *out, guint64 value)
{
  do {
    guint8 byte = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);

    g_byte_array_append (out, &byte, 1);
    value >>= 7;
  } while (value);
}

/* Field numbers with their wire types. */
#define VARINT(field) ((field) << 3)
#define FIXED64(field) ((field) << 3 | 1)
#define BYTES(field) ((field) << 3 | 2)
#define FIXED32(field) ((field) << 3 | 5)

static void
put_double (GByteArray *out, guint field, double value)
{
  guint64 bits;

  memcpy (&bits, &value, sizeof bits);
  bits = GUINT64_TO_LE (bits);
  put_varint (out, FIXED64 (field));
  g_byte_array_append (out, (guint8 *)&bits, sizeof bits);
}

static void
put_float (GByteArray *out, guint field, float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  bits = GUINT32_TO_LE (bits);
  put_varint (out, FIXED32 (field));
  g_byte_array_append (out, (guint8 *)&bits, sizeof bits);
}

static void
put_bytes (GByteArray *out, guint field, const void *data, gsize size)
{
  put_varint (out, BYTES (field));
  put_varint (out, size);
  g_byte_array_append (out, data, (guint)size);
}

static void
write_record (TensorBoard *self, const GByteArray *event)
{
  guint64 length = GUINT64_TO_LE ((guint64)event->len);
  guint32 crc = GUINT32_TO_LE (masked_crc32c ((guint8 *)&length, 8));

  fwrite (&length, 8, 1, self->file);
  fwrite (&crc, 4, 1, self->file);
  fwrite (event->data, 1, event->len, self->file);
  crc = GUINT32_TO_LE (masked_crc32c (event->data, event->len));
  fwrite (&crc, 4, 1, self->file);
  fflush (self->file);
}

static GByteArray *
event_new (void)
{
  GByteArray *event = g_byte_array_new ();

  put_double (event, 1, g_get_real_time () / (double)G_USEC_PER_SEC);
  return event;
}

TensorBoard *
tensorboard_open (const char *directory, GError **error)
{
  static const char version[] = "brain.Event:2";
  g_autofree char *name
      = g_strdup_printf ("events.out.tfevents.%" G_GINT64_FORMAT ".%d.vinfo",
          g_get_real_time () / G_USEC_PER_SEC, (int)getpid ());
  g_autofree char *path = g_build_filename (directory, name, NULL);
  FILE *file = g_fopen (path, "wb");
  g_autoptr (GByteArray) event = NULL;
  TensorBoard *self;

  if (!file) {
    int why = errno;

    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (why),
        "%s: cannot create: %s", path, g_strerror (why));
    return NULL;
  }
  self = g_new0 (TensorBoard, 1);
  self->file = file;
  event = event_new ();
  put_bytes (event, 3, version, strlen (version));
  write_record (self, event);
  return self;
}

void
tensorboard_close (TensorBoard *self)
{
  if (!self)
    return;
  fclose (self->file);
  g_free (self);
}

void
tensorboard_add (TensorBoard *self, const char *tag, guint64 step, double value)
{
  g_autoptr (GByteArray) event = NULL;
  g_autoptr (GByteArray) summary = NULL;
  g_autoptr (GByteArray) scalar = NULL;

  if (!isfinite (value))
    return;
  scalar = g_byte_array_new ();
  put_bytes (scalar, 1, tag, strlen (tag));
  put_float (scalar, 2, (float)value);
  summary = g_byte_array_new ();
  put_bytes (summary, 1, scalar->data, scalar->len);
  event = event_new ();
  put_varint (event, VARINT (2));
  put_varint (event, step);
  put_bytes (event, 5, summary->data, summary->len);
  write_record (self, event);
}
