/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * InputKind:
 * @INPUT_URI: a file or an address that GStreamer decodes
 * @INPUT_IMAGES: pictures, each of them one frame
 * @INPUT_PATTERN: a generated stream
 */
typedef enum { INPUT_URI, INPUT_IMAGES, INPUT_PATTERN } InputKind;

/**
 * Input:
 * @name: what people call it, in messages and on the contact sheet
 * @uri: of the stream, to open it
 * @source: of its samples: @uri without secrets
 * @live: whether it cannot wait (a camera)
 * @files: (element-type filename): of %INPUT_IMAGES, in order: those in a folder
 *   itself, then those in its folders, at any depth
 * @changed: when its last file or folder was, µs since 1970
 * @pattern: of %INPUT_PATTERN, a nick of videotestsrc
 * @n_frames: of %INPUT_PATTERN, or -1 for endless
 */
typedef struct {
  InputKind kind;
  char *name;
  char *uri;
  char *source;
  gboolean live;
  GPtrArray *files;
  gint64 changed;
  char *pattern;
  gint n_frames;
} Input;

/** Frames a second of generated streams and of folders of images. */
#define PATTERN_RATE 30
#define IMAGES_RATE 25

/**
 * input_new:
 * @argument: a file, a folder of images, also in folders in it, a URI, or
 *   `test:PATTERN[:SECONDS]`
 *
 * Returns: the input, or %NULL with @error where there is no such thing
 */
Input *input_new (const char *argument, GError **error);
void input_free (Input *input);

/** input_is_there: %FALSE with @error, which says why nothing is at @path */
gboolean input_is_there (const char *path, GError **error);

/**
 * input_describe:
 *
 * Returns: (transfer full): the file or the whole address, without secrets
 */
char *input_describe (const Input *input);

/**
 * input_find_picture:
 * @inputs: (element-type Input)
 * @source: of a sample
 * @pts: its stream time, ns
 * @time: of its arrival, µs since 1970
 *
 * Returns: (nullable): the file of the picture that the sample is of. %NULL where
 *   it is of no picture, and where the folder was changed since, so that others
 *   may have taken their places.
 */
const char *input_find_picture (
    GPtrArray *inputs, const char *source, guint64 pts, gint64 time);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Input, input_free)
