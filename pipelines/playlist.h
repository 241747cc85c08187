/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "input.h"

/**
 * Playlist:
 *
 * Inputs played one after another as one stream. Sources exist only while they
 * play and shortly before, so that a long list costs no more than a short one.
 * Owned by the main thread.
 */
typedef struct _Playlist Playlist;

/**
 * PlaylistLimitFunc: told, on a streaming thread, that the stream has run for
 * as long as it may.
 */
typedef void (*PlaylistLimitFunc) (gpointer user_data);

/**
 * PlaylistFailureFunc:
 * @input: (transfer none): what can't be played, or not to its end
 * @message: (transfer none): its first error
 *
 * Told on the main thread when it is the input's turn.
 */
typedef void (*PlaylistFailureFunc) (
    const Input *input, GstMessage *message, gpointer user_data);

/**
 * playlist_new:
 * @inputs: (transfer none) (element-type Input): at least one
 * @paced: whether recordings play no faster than the clock
 *
 * Adds a source of @inputs to @pipeline.
 *
 * Returns: (transfer full): the playlist, or %NULL with @error
 */
Playlist *playlist_new (
    GstBin *pipeline, GPtrArray *inputs, gboolean paced, GError **error);
void playlist_free (Playlist *self);

/** playlist_get_element: (transfer none): has the static pad "src" */
GstElement *playlist_get_element (Playlist *self);

/** playlist_set_limit: calls @reached once @limit of running time has passed */
void playlist_set_limit (Playlist *self, GstClockTime limit,
    PlaylistLimitFunc reached, gpointer user_data);

/**
 * playlist_take_error:
 * @message: (transfer none): an error, on the thread that posts it
 *
 * Leaves out the input that it came from; the others play.
 *
 * Returns: %FALSE where it is of no input
 */
gboolean playlist_take_error (Playlist *self, GstMessage *message);

/** playlist_set_failed: calls @failed for each input that fails */
void playlist_set_failed (
    Playlist *self, PlaylistFailureFunc failed, gpointer user_data);

/** playlist_tell_failures: at once, of those whose turn it has been */
void playlist_tell_failures (Playlist *self);

/** playlist_get_n_failed: Returns: inputs that failed, also before their turn */
guint playlist_get_n_failed (Playlist *self);

/**
 * playlist_get_fraction:
 *
 * Returns: about how much of the whole has played, 0 to 1, or NaN where its
 *   length is not known
 */
double playlist_get_fraction (Playlist *self);

/** playlist_find_input: (transfer none) (nullable): whose element @object is */
const Input *playlist_find_input (Playlist *self, GstObject *object);

/**
 * playlist_stop:
 *
 * Ends the stream: what it gave so far is the whole, then EOS. Does not wait.
 */
void playlist_stop (Playlist *self);
