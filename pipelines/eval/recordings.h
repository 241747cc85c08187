/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * Recording:
 * @images: (element-type VInfoImage): squares, in the order of time
 * @junk: whether it was made, and nothing is to be learnt from it
 *
 * A feed as it was recorded.
 */
typedef struct {
  char *name;
  GPtrArray *images;
  gboolean junk;
} Recording;

/**
 * recordings_load:
 * @folder: of films, and of folders of images; each of them is a feed, in the
 *   order of their names
 * @n: frames of each that are taken, evenly over its length
 * @side: of the squares that they are stretched to, pixels
 * @junk: (nullable) (array zero-terminated=1): feeds that are made: `noise`
 *   (independent pixels), `flat` (another colour each time)
 *
 * Returns: (transfer full) (element-type Recording): or %NULL with @error
 */
GPtrArray *recordings_load (
    const char *folder, guint n, guint side, char *const *junk, GError **error);

/**
 * recording_take:
 * @from: share of the recording's length
 * @to: another
 * @images: (element-type VInfoImage): gets what lies between
 */
void recording_take (
    const Recording *self, double from, double to, GPtrArray *images);

/* What of a recording is used for what; the gap keeps the test's scenes apart. */
#define RECORDING_STREAM_END 0.7
#define RECORDING_VALIDATION_END 0.75
#define RECORDING_TEST_BEGIN 0.8
