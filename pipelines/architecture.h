/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "predictor/vinfo-predictor.h"

/** architecture_check: %FALSE with @error where there is none of that @name (%NULL: not
 * given) */
gboolean architecture_check (const char *name, GError **error);

/**
 * architecture_warn:
 * @asked: (nullable): architecture for a new model
 *
 * Says so where @predictor was there already and is of another architecture.
 */
void architecture_warn (VInfoPredictor *predictor, const char *asked);
