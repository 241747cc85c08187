/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/vinfo-mae.h"
#include "nn/vinfo-dtype.h"

/*
 * The works of `vinfo bench`: what is done again and again to pictures of the
 * model's size, and what that takes in arithmetic.
 */

typedef struct {
  const char *name;
  gboolean trains; /* else it scores, with one mask */
  const char *architecture;
  guint batch; /* pictures at a time */
  VInfoDtype dtype;
} Work;

/** work_find: Returns: (nullable) (transfer none): the work of that name */
const Work *work_find (const char *name);

/** work_list: Returns: (array zero-terminated=1) (transfer none): all, in the
 * order of the table; the last has no name */
const Work *work_list (void);

/**
 * work_get_operations:
 *
 * Floating point operations of one picture, two for each multiply-add of the
 * matrix products of the plain algorithm (all positions go through the whole
 * decoder); a training step is three forward passes. What we leave out without
 * changing the answer is counted all the same, for the peers do it.
 */
double work_get_operations (const Work *work);

/**
 * work_serve:
 * @model: a Hugging Face directory
 *
 * Takes part as vinfo: see contestant.h for what is read from the standard
 * input and written to the standard output.
 *
 * Returns: the exit status
 */
gboolean work_serve (const Work *work, const char *model, GError **error);
