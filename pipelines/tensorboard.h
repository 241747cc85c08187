/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * TensorBoard:
 *
 * An event file that TensorBoard reads: scalars over steps.
 */
typedef struct _TensorBoard TensorBoard;

/** tensorboard_open: a new file in @directory, or %NULL with @error */
TensorBoard *tensorboard_open (const char *directory, GError **error);
void tensorboard_close (TensorBoard *self);

/** tensorboard_add: @value of @tag at @step; no-op where it is not finite */
void tensorboard_add (
    TensorBoard *self, const char *tag, guint64 step, double value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TensorBoard, tensorboard_close)
