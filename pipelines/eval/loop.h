/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "selection.h"

/**
 * loop_run:
 * @arm: whose properties the elements get
 * @setting: what they see
 * @selection: gets the kept frames, what was scored and, where @arm composes,
 *   the mosaics
 *
 * Plays a stream once through vinfoscore, vinforeservoir, vinfocompose where
 * @arm wants it, and vinfotrainer, in lock-step.
 *
 * Returns: whether it worked
 */
gboolean loop_run (const Arm *arm, const Setting *setting, Selection *selection,
    GError **error);
