/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

#define VINFO_TYPE_SCORING (vinfo_scoring_get_type ())

/**
 * VInfoScoring:
 * @VINFO_SCORING_ALL: every frame that passes the gates
 * @VINFO_SCORING_NEEDED: those that a reservoir could keep, by the draw that
 *   it makes whatever the score is; frames of the panel; and a sample of the
 *   others, one in %VINFO_SCORING_SAMPLE, for statistics
 *
 * Which frames a feed's worker scores.
 */
typedef enum { VINFO_SCORING_ALL, VINFO_SCORING_NEEDED } VInfoScoring;

#define VINFO_SCORING_SAMPLE 64

VINFO_API
GType vinfo_scoring_get_type (void);

/**
 * VInfoNeeds:
 *
 * What asks for scores: every reservoir that frames may go to.
 * A frame needs no score only where all agree. Reference-counted, thread-safe.
 */
typedef struct _VInfoNeeds VInfoNeeds;

/**
 * VInfoNeedFunc:
 * @id: the frame's sample id
 * @run: id of the first frame of the frame's still scene, see
 *   vinfo_result_get_run()
 * @version: of the predictor that would score it
 *
 * On the worker's thread with a lock held: must be short and not come back.
 *
 * Returns: whether the frame could be kept under some score
 */
typedef gboolean (*VInfoNeedFunc) (
    guint64 id, guint64 run, guint64 version, gpointer user_data);

VINFO_API
VInfoNeeds *vinfo_needs_new (void);
VINFO_API
VInfoNeeds *vinfo_needs_ref (VInfoNeeds *needs);
VINFO_API
void vinfo_needs_unref (VInfoNeeds *needs);

/**
 * vinfo_needs_add:
 * @func: (scope notified)
 *
 * Returns: a number for vinfo_needs_remove(), never 0
 */
VINFO_API
guint vinfo_needs_add (VInfoNeeds *needs, VInfoNeedFunc func,
    gpointer user_data, GDestroyNotify destroy);

/** vinfo_needs_remove: afterwards its function is not called any more. */
VINFO_API
void vinfo_needs_remove (VInfoNeeds *needs, guint number);

/**
 * vinfo_needs_ask:
 *
 * Returns: whether anything could keep the frame; %TRUE where nobody can say
 */
VINFO_API
gboolean vinfo_needs_ask (
    VInfoNeeds *needs, guint64 id, guint64 run, guint64 version);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VInfoNeeds, vinfo_needs_unref)

G_END_DECLS
