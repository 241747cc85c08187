/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoPriority:
 * @VINFO_PRIORITY_SCORING: below threads that a camera or a screen waits for
 * @VINFO_PRIORITY_TRAINING: below %VINFO_PRIORITY_SCORING
 *
 * What a thread works at, as to who goes first where processors are short. The
 * value is its nice value above the process's.
 */
typedef enum {
  VINFO_PRIORITY_SCORING = 5,
  VINFO_PRIORITY_TRAINING = 10
} VInfoPriority;

/**
 * vinfo_priority_lower:
 * @priority: what the calling thread works at from now on
 *
 * Lets the calling thread give way to threads of the process that must be in
 * time. A thread can't be raised again without privileges: for threads of
 * one's own, as they begin. Does nothing where the system has no priority for
 * each thread, or the thread has a lower one.
 */
VINFO_API
void vinfo_priority_lower (VInfoPriority priority);

G_END_DECLS
